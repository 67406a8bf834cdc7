"""What a person sees when nobody catches the error: their own lines, one message, an exit status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tests.conftest import installed

SOURCE = Path(__file__).parents[2]
ROOTS = os.pathsep.join(str(SOURCE / part) for part in ("", "backends", "conformance"))

FAILS = {
    "torch": """
        import torch
        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = nn.Sequential(nn.Linear(4, 9), nn.ReLU(), nn.Linear(8, 2))

            def forward(self, x):
                return self.body(x)

        print("start")
        Net()(torch.ones(2, 4))
    """,
    "mindspore": """
        import mindspore as ms
        from mindspore import nn, ops

        class Net(nn.Cell):
            def __init__(self):
                super().__init__()
                self.body = nn.SequentialCell(nn.Dense(4, 9), nn.ReLU(), nn.Dense(8, 2))

            def construct(self, x):
                return self.body(x)

        print("start")
        Net()(ops.ones((2, 4), ms.float32))
    """,
    "mxnet": """
        from mxnet import nd
        from mxnet.gluon import nn, Block

        class Net(Block):
            def __init__(self):
                super().__init__()
                self.body = nn.Sequential()
                self.body.add(nn.Dense(9), nn.Activation("relu"), nn.Dense(2, in_units=8))

            def forward(self, x):
                return self.body(x)

        print("start")
        net = Net()
        net.initialize()
        net(nd.ones((2, 4)))
    """,
}
CASES = [*(("numpy", vocabulary) for vocabulary in FAILS), ("torch", "torch")]


def ours(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": ROOTS, **more}
    command = [sys.executable, "-m", "unified_nn", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(("backend", "vocabulary"), CASES)
def test_a_layer_that_fails(backend: str, vocabulary: str, tmp_path: Path) -> None:
    if backend != "numpy" and not installed(backend):
        pytest.skip(f"not run: {backend} is not installed")
    script = tmp_path / "train.py"
    script.write_text(textwrap.dedent(FAILS[vocabulary]))
    run = ours(tmp_path, "run", "--backend", backend, "train.py")
    assert run.returncode == 1
    assert run.stdout == "start\n"
    lines = run.stderr[run.stderr.index("Traceback") :].splitlines()
    files = [line for line in lines if line.startswith("  File ")]
    assert [f'"{script}"' in line for line in files] == [True, True]  # the call, and the line in forward
    kind = {"mxnet": "Dense"}.get(vocabulary, "Linear" if vocabulary == "torch" else "Dense")
    assert lines[-1].split(": ", 1)[1] == (
        f"Net.body.2 ({kind} 8 -> 2): expected last dim 8, got 9, input (2, 9); weight (2, 8)"
    )
    assert run.stderr.count("Traceback") == 1


@pytest.mark.parametrize("net", ["torch.nn.Linear(2, 2)", "mindspore.nn.Dense(2, 2)", "mxnet.gluon.nn.Dense(2)"])
def test_an_attribute_typo_is_suggested(net: str, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(f"import torch, mindspore, mxnet\n{net}.weigth")
    run = ours(tmp_path, "run", "x.py")
    assert run.stderr.splitlines()[-1].endswith("object has no attribute 'weigth'. Did you mean: 'weight'?")


def test_a_fault_of_ours_shows_the_way_to_it(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(
        "import unified_nn.ops.linalg as l\nfrom unified_nn.torch import ones\nl.matmul.rule = None\n"
        "l.matmul.stub = l.matmul.passed = None\nl.matmul.checked = True\nl.matmul(ones(2, 2), ones(2, 2))"
    )
    run = ours(tmp_path, "run", "train.py")
    assert run.returncode == 1
    assert "op.py" in run.stderr


def test_an_error_in_a_users_function_called_by_us_keeps_its_lines(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(
        "import torch\nnet = torch.nn.Linear(2, 2)\n"
        "def hook(*args):\n    return {}['lost']\n"
        "net.register_forward_hook(hook)\nnet(torch.ones(1, 2))\n"
    )
    run = ours(tmp_path, "run", "train.py")
    assert run.stderr.splitlines()[-1] == "KeyError: 'lost'"
    assert "unified_nn" not in run.stderr
    assert run.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("magic",), "invalid choice: 'magic'"),
        (("run",), "the following arguments are required: SCRIPT"),
        (("run", "absent.py"), "error: can't open 'absent.py': No such file or directory"),
        (("run", "--backend", "tourch", "x.py"), "Did you mean 'torch'?"),
        (("run", "-m", "absent_module"), "error: can't run: no module named 'absent_module'"),
        (("backends", "--magic"), "unrecognized arguments: --magic"),
        (("conformance", "-k", "("), "error: -k '(' is not a regular expression"),
        (("conformance", "-k", "no such case"), "error: no case matches"),
        (("conformance", "--backend", "tourch"), "Did you mean 'torch'?"),
        (("port", "inspect", "absent"), "error: absent: cannot be opened: No such file or directory"),
    ],
    ids=lambda value: "-".join(value) or "nothing" if isinstance(value, tuple) else "",
)
def test_a_wrong_call_exits_2_and_says_one_thing(arguments: tuple[str, ...], text: str, tmp_path: Path) -> None:
    (tmp_path / "x.py").touch()
    run = ours(tmp_path, *arguments)
    assert run.returncode == 2
    assert text in run.stderr
    assert "Traceback" not in run.stderr
    assert run.stdout == ""


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise on Windows")
def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    """`unified-nn COMMAND | head -1` ends quietly, as a program that SIGPIPE ends."""
    printer = (
        "import sys\nfrom unified_nn import cli\n"
        "cli.backends = lambda argv: [print('x' * 80) for _ in range(10_000)] and 0\nsys.exit(cli.main(['backends']))"
    )
    environment = {**os.environ, "PYTHONPATH": ROOTS}
    with subprocess.Popen(
        [sys.executable, "-c", printer], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout.readline() == b"x" * 80 + b"\n"
        process.stdout.close()
        printed = process.stderr.read()
        assert process.wait(timeout=60) == 141
    assert printed == b""


@pytest.mark.skipif(os.name == "nt", reason="a shell redirection of POSIX")
def test_closed_output(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("print(1)")
    line = f"{sys.executable} -m unified_nn run x.py >&-"
    run = subprocess.run(
        line, shell=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": ROOTS}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT for a single process on Windows")
def test_an_interrupted_command(tmp_path: Path) -> None:
    waits = (
        "import signal, sys, time\nfrom unified_nn import cli\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "cli.backends = lambda argv: print('ready', flush=True) or time.sleep(30)\nsys.exit(cli.main(['backends']))"
    )
    environment = {**os.environ, "PYTHONPATH": ROOTS}
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", waits], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        _, printed = process.communicate(timeout=60)
    assert process.returncode == 130
    assert printed == b""
    assert time.monotonic() - started < 29


def test_a_terminal_without_the_letters(tmp_path: Path) -> None:
    """In the C locale, names are printed as escapes, by us and by Python for the script."""
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    run = ours(tmp_path, "run", "gr\u00f6\u00dfe.py", **ascii_only)
    assert run.returncode == 2
    assert run.stderr.startswith("error: can't open 'gr")
    (tmp_path / "x.py").write_text("import torch\ntorch.nn.Linear(4, 2)(torch.ones(2, 3))", encoding="utf-8")
    run = ours(tmp_path, "run", "x.py", **ascii_only)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].endswith(
        "Linear 4 -> 2: expected last dim 4, got 3, input (2, 3); weight (2, 4)"
    )
