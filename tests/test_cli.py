"""The command: what it prints, where, and its exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import unified_nn
from unified_nn import cli, registry
from unified_nn.errors import UnifiedError
from unified_nn.registry import Status

REPORT = [
    Status("cupy", False, None, "13", [], 'pip install "unified-nn[cuda]"', "No module named 'cupy'"),
    Status("mxnet", True, "1.9.1", "1.9.1", ["no float16 convolution", "no complex"]),
    Status("numpy", True, "1.26.4", None),
    Status("mine", False, hint="pip install mine", reason="broken. Try: pip install mine"),
]
TABLE = """\
backend  usable  version  tested  notes
cupy     no      -        13      No module named 'cupy'; try: pip install "unified-nn[cuda]"
mxnet    yes     1.9.1    1.9.1   no float16 convolution; no complex
numpy    yes     1.26.4   -
mine     no      -        -       broken. Try: pip install mine
"""


def test_backends_as_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(registry, "report", lambda: REPORT)
    assert cli.main(["backends"]) == 0
    assert capsys.readouterr().out == TABLE


def test_backends_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(registry, "report", lambda: REPORT)
    assert cli.main(["backends", "--json"]) == 0
    assert [Status(**row) for row in json.loads(capsys.readouterr().out)] == REPORT


def test_no_usable_backend_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "report", lambda: REPORT[:1])
    assert cli.main(["backends"]) == 1


def test_arguments_are_handed_on_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []
    runner = ModuleType("unified_nn_conformance.runner")
    runner.main = lambda argv: given.append(argv) or 1
    monkeypatch.setitem(sys.modules, "unified_nn_conformance", ModuleType("unified_nn_conformance"))
    monkeypatch.setitem(sys.modules, runner.__name__, runner)
    arguments = ["--help", "-k", "conv", "--", "--json", "--version"]
    assert cli.main(["conformance", *arguments]) == 1
    assert given == [arguments]


@pytest.mark.parametrize("package", ["unified_nn_conformance", "unified_nn_conformance.runner"])
def test_a_missing_package_says_where_it_is(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("unified_nn_conformance", "unified_nn_conformance.runner")
    for loaded in names:
        monkeypatch.delitem(sys.modules, loaded, raising=False)
    if package == names[1]:
        monkeypatch.setitem(sys.modules, names[0], ModuleType(names[0]))
    monkeypatch.setitem(sys.modules, package, None)
    assert cli.main(["conformance"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: conformance needs unified_nn_conformance.runner, which is not importable: ")
    assert "is in the folder conformance/" in message


def test_what_a_command_itself_lacks_is_reported_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "command_in_need.py").write_text("import something_absent")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(cli.COMMANDS, "need", cli.Command("command_in_need:main", ""))
    with pytest.raises(ModuleNotFoundError, match=r"'something_absent'$"):
        cli.main(["need"])


def test_an_error_of_ours_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def report() -> list[Status]:
        raise UnifiedError("the disk is full")

    monkeypatch.setattr(registry, "report", report)
    assert cli.main(["backends"]) == 2
    assert capsys.readouterr().err == "error: the disk is full\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["runs"], "invalid choice: 'runs' (choose from "),
        (["run"], "the following arguments are required: SCRIPT"),
        (["run", "--bakend", "x", "s.py"], "unrecognized arguments: --bakend"),
        (["run", "--back", "x", "s.py"], "unrecognized arguments: --back"),
        (["backends", "--jso", "x"], "unrecognized arguments: x"),
    ],
    ids=lambda value: " ".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_wrong_usage(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    printed = capsys.readouterr().out
    for name, command in cli.COMMANDS.items():
        assert f"  {name:<13}{command.summary}\n" in printed


def test_python_dash_m() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "unified_nn", "--version"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, f"unified-nn {unified_nn.__version__}\n")
