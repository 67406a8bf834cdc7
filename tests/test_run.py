"""A script that is run by us sees, prints and exits as it does under plain `python`; only its frameworks differ."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import pytest

from unified_nn import registry
from unified_nn.errors import UnknownBackendError
from unified_nn.run import StartError, run_module, run_script

SOURCE = Path(__file__).parents[1]

SHOW = """
    import sys
    main = sys.modules["__main__"]
    print(sys.argv, sys.path[0], main.__dict__ is globals())
    print(__name__, __file__, __spec__ and __spec__.name, __package__, __doc__, type(__builtins__), type(__loader__))
    print(globals().get("__cached__", "unset"))
"""
FILES = {
    "show.py": SHOW,
    "sub/show.py": '"""A docstring."""\n' + textwrap.dedent(SHOW) + "import neighbour",
    "sub/neighbour.py": "print(__name__)",
    "encoded.py": "# -*- coding: latin-1 -*-\nprint('\\u00e9', ascii('X'))\n".replace("X", "\xe9"),
    "future.py": "def f(x: undefined): pass\n",
    "exit_none.py": "import sys; sys.exit()",
    "exit_3.py": "raise SystemExit(3)",
    "exit_true.py": "import sys; sys.exit(True)",
    "exit_text.py": "import sys; sys.exit('no data')",
    "raises.py": """
        def f():
            try:
                1 / 0
            except ZeroDivisionError as error:
                raise ValueError("outer") from error
        f()
    """,
    "group.py": """
        def f():
            import raises
        caught = []
        try:
            f()
        except ValueError as error:
            caught.append(error)
        raise ExceptionGroup("several", [*caught, ValueError("v")])
    """,
    "syntax.py": "x = 1\ny = = 2\n",
    "import_raises.py": "def f():\n    import raises\nf()\n",
    "chain.py": """
        def f():
            import raises
        try:
            f()
        except ValueError as error:
            try:
                raise KeyError from error
            except KeyError as outer:
                raise ExceptionGroup("both", [error, ExceptionGroup("one", [outer])])
    """,
    "dynamic.py": "import importlib\nimportlib.import_module('raises')",
    "needy/__init__.py": "import something_absent",
    "import_absent.py": "import something_absent",
    "hook.py": """
        import sys, traceback
        def hook(kind, error, tb): print("hooked", kind.__name__, len(traceback.extract_tb(tb)))
        sys.excepthook = hook
        raise ValueError
    """,
    "late.py": """
        import atexit, sys, threading, time
        def at_exit(): print("exit", sys.modules["__main__"].name)
        def in_thread():
            threading.main_thread().join()
            print("thread", sys.modules["__main__"].name)
        name = "still here"
        atexit.register(at_exit)
        threading.Thread(target=in_thread).start()
    """,
    "folder/__main__.py": SHOW + "    import beside",
    "folder/beside.py": "print(__name__)",
    "package/__init__.py": "print('package', __name__)",
    "package/__main__.py": SHOW + "    from . import part",
    "package/part.py": SHOW + "    from . import __name__ as parent; print(parent)",
    "package/bad.py": "1 +",
    "broken/__init__.py": "def f(): raise RuntimeError('in the parent')\nf()",
    "broken/part.py": "",
    "mainless/__init__.py": "",
}

#: What plain python is given, and we as well.
SAME = {
    "script": ["show.py", "a", "-h", "--backend", "x", "--", "-m"],
    "script in a folder": ["sub/show.py"],
    "script through a link": ["link.py"],
    "absolute": ["{folder}/sub/show.py"],
    "source encoding": ["encoded.py"],
    "our __future__ does not leak": ["future.py"],
    "folder": ["folder", "1"],
    "zip": ["program.zip", "1"],
    "module": ["-m", "package.part", "-m", "x"],
    "package": ["-m", "package", "--backend"],
    "exit none": ["exit_none.py"],
    "exit 3": ["exit_3.py"],
    "exit true": ["exit_true.py"],
    "exit text": ["exit_text.py"],
    "error with cause": ["raises.py"],
    "error group": ["group.py"],
    "syntax error": ["syntax.py"],
    "error while importing": ["import_raises.py"],
    "error while importing, in a chain": ["chain.py"],
    "error while importing by name": ["dynamic.py"],
    "absent module": ["import_absent.py"],
    "excepthook of the script": ["hook.py"],
    "threads and exit handlers": ["late.py"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("scripts")
    for name, text in FILES.items():
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_text(textwrap.dedent(text), encoding="latin-1")
    (made / "link.py").symlink_to(made / "sub" / "show.py")
    with zipfile.ZipFile(made / "program.zip", "w") as archive:
        archive.write(made / "folder/__main__.py", "__main__.py")
        archive.write(made / "folder/beside.py", "beside.py")
    return made


def python(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (SOURCE, SOURCE / "backends", SOURCE / "conformance")))
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def ours(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return python(folder, "-m", "unified_nn", "run", *arguments, **more)


#: Modules whose parents or source fail, with the last line printed.
FAIL_AT_ONCE = {
    "package.bad": "SyntaxError: invalid syntax",
    "broken.part": "RuntimeError: in the parent",
    "needy.part": "ModuleNotFoundError: No module named 'something_absent'",
}

CANNOT_START = {
    "no file": (["absent.py"], "can't open 'absent.py': No such file or directory"),
    "folder without main": (["sub"], "can't run 'sub': it has no __main__.py"),
    "no module": (["-m", "absent"], "can't run: no module named 'absent'"),
    "no parent": (["-m", "absent.part"], "can't run 'absent.part': no module named 'absent'"),
    "parent is no package": (["-m", "show.part"], "can't run 'show.part': no module named 'show.part'"),
    "package without main": (["-m", "mainless"], "can't run: no module named 'mainless.__main__'; it is a package"),
    "built-in": (["-m", "sys"], "can't run 'sys': it has no Python code"),
    "framework's module": (["-m", "torch.absent"], "can't run: no module named 'unified_nn.torch.absent'"),
    "backend": (["--backend", "tourch", "show.py"], "no backend 'tourch'; known: "),
}


#: Many runs for one start of the interpreter: every run is a fork, which ends as an interpreter of its own does.
FORKS = """
import json, os, sys
from unified_nn import cli, run
exits = []
for number, arguments in enumerate(json.loads(sys.argv[1])):
    child = os.fork()
    if not child:
        for stream in (1, 2):
            os.dup2(os.open(f"{number}.printed{stream}", os.O_WRONLY | os.O_CREAT), stream)
        sys.exit(cli.main(["run", *arguments]))
    exits.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(json.dumps(exits))
"""


@pytest.fixture(scope="module")
def runs(folder: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """All the runs of the tables above: what was printed, and the exit status."""
    names = [*SAME, *FAIL_AT_ONCE, *CANNOT_START]
    asked = [*SAME.values(), *(["-m", module] for module in FAIL_AT_ONCE), *(row[0] for row in CANNOT_START.values())]
    asked = [[argument.format(folder=folder) for argument in arguments] for arguments in asked]
    driver = python(folder, "-c", FORKS, json.dumps(asked))
    assert driver.returncode == 0, driver.stderr
    return {
        name: subprocess.CompletedProcess(
            name, code, (folder / f"{number}.printed1").read_text(), (folder / f"{number}.printed2").read_text()
        )
        for number, (name, code) in enumerate(zip(names, json.loads(driver.stdout), strict=True))
    }


@pytest.mark.parametrize("name", SAME)
def test_as_python_does(name: str, folder: Path, runs: dict[str, subprocess.CompletedProcess[str]]) -> None:
    plain, run = python(folder, *(argument.format(folder=folder) for argument in SAME[name])), runs[name]
    assert run.stdout == plain.stdout
    assert run.stderr == plain.stderr
    assert run.returncode == plain.returncode


@pytest.mark.parametrize("module", FAIL_AT_ONCE)
def test_a_module_that_fails_at_once_shows_its_own_frames_only(
    module: str, runs: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    run = runs[module]
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == FAIL_AT_ONCE[module]
    assert "unified_nn" not in run.stderr
    assert "importlib" not in run.stderr


@pytest.mark.parametrize("name", CANNOT_START)
def test_what_cannot_start_says_why(name: str, runs: dict[str, subprocess.CompletedProcess[str]]) -> None:
    run = runs[name]
    assert run.returncode == 2
    assert run.stderr.startswith(f"error: {CANNOT_START[name][1]}")
    assert run.stderr.count("\n") == 1


def test_safe_path_is_kept(folder: Path) -> None:
    script = ["-P", "show.py"]
    assert ours(folder, "show.py", PYTHONSAFEPATH="1").stdout == python(folder, *script).stdout


def test_start_errors_are_raised_to_callers_in_python(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="can't open") as caught:
        run_script(tmp_path / "absent.py")
    assert isinstance(caught.value, StartError)
    with pytest.raises(UnknownBackendError, match="no backend 'x'"):
        run_module("this", backend="x")


# ---- What differs: the frameworks ----

FRAMEWORKS = """
    import sys
    import torch, mindspore, mxnet as mx
    import json, lib
    from torch import nn
    print(torch.__name__, nn.__name__, mindspore.__name__, mx.__name__, lib.KIND)
    import torch.absent
"""


def test_the_vocabularies_stand_in(folder: Path, tmp_path: Path) -> None:
    packages = tmp_path / "site-packages"
    (packages / "torch").mkdir(parents=True)
    (packages / "torch" / "__init__.py").write_text("KIND = 'real'")
    (packages / "lib.py").write_text("from torch import KIND")
    (folder / "frameworks.py").write_text(textwrap.dedent(FRAMEWORKS))
    path = os.pathsep.join(map(str, (packages, SOURCE, SOURCE / "backends")))
    run = ours(folder, "frameworks.py", PYTHONPATH=path)
    assert run.stdout == "unified_nn.torch unified_nn.torch.nn unified_nn.mindspore unified_nn.mxnet real\n"
    lines = run.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].startswith(f'  File "{folder / "frameworks.py"}", line 7')
    assert "torch.absent is not offered by unified_nn; torch has " in lines[-1]
    assert run.returncode == 1


def test_an_installed_program_is_the_users_when_it_is_run(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "installed"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package.parent / "torch.py").touch()
    (package / "model.py").write_text("import torch")
    (package / "train.py").write_text(
        "import torch, installed.model as m, other\nprint(m.torch is torch, other.torch is torch)"
    )
    (package.parent / "other.py").write_text("import torch")
    path = os.pathsep.join(map(str, (package.parent, SOURCE, SOURCE / "backends")))
    assert ours(tmp_path, "-m", "installed.train", PYTHONPATH=path).stdout == "True False\n"
    assert ours(tmp_path, "--user", "other", "-m", "installed.train", PYTHONPATH=path).stdout == "True True\n"
    real = ours(tmp_path, "--real", "installed.model", "-m", "installed.train", PYTHONPATH=path)
    assert real.stdout == "False False\n"
    script = str(package / "train.py")
    assert ours(tmp_path, script, PYTHONPATH=path).stdout == "False False\n"
    assert ours(tmp_path, "--user", "other", script, PYTHONPATH=path).stdout == "False True\n"
    both = ours(tmp_path, "--user", "installed", "--real", "installed.model", script, PYTHONPATH=path)
    assert both.stdout == "False False\n"


SPAWNS = """
    import multiprocessing, os, sys
    import torch
    class Item:
        def __init__(self, x): self.x = x
    def work(item):
        import torch.nn as nn
        from unified_nn import registry
        return Item((item.x, __name__, torch.__name__, nn.__name__, registry.current().name, sys.argv[1:]))
    if __name__ == "__main__":
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.map(work, [Item(3)])[0].x)
"""


@pytest.mark.parametrize("start", [["spawns.py"], ["-m", "spawns"]], ids=["script", "module"])
def test_spawned_children_get_the_vocabularies_and_the_backend(start: list[str], folder: Path) -> None:
    (folder / "spawns.py").write_text(textwrap.dedent(SPAWNS))
    run = ours(folder, "--backend", "numpy", *start, "7", UNIFIED_NN_BACKEND="absent")
    assert run.stderr == ""
    assert run.stdout == f"{(3, '__mp_main__', 'unified_nn.torch', 'unified_nn.torch.nn', 'numpy', ['7'])}\n"


def test_the_backend_is_current_in_the_script(folder: Path) -> None:
    script = "import threading, unified_nn\nfrom unified_nn import registry\n"
    script += "threading.Thread(target=lambda: print(registry.current().name)).start()\n"
    (folder / "current.py").write_text(script)
    assert ours(folder, "--backend", "numpy", "current.py", **{registry.VARIABLE: "absent"}).stdout == "numpy\n"


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT for a single process on Windows")
def test_an_interrupted_script_exits_as_a_shell_reports_it(folder: Path) -> None:
    (folder / "waits.py").write_text("import time\nprint('ready', flush=True)\ntime.sleep(30)\n")
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-m", "unified_nn", "run", "waits.py"]
    pipe = subprocess.PIPE
    started = time.monotonic()
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, printed = process.communicate(timeout=20)
    assert process.returncode == 130
    assert printed.splitlines()[-1] == "KeyboardInterrupt"
    assert "unified_nn" not in printed
    assert time.monotonic() - started < 25
