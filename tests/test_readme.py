"""README's recipes, followed to the letter in a copy of the sources; and the failure that it explains."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from unified_nn import torch
from unified_nn.torch import nn

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: A file's name in code, up to the block that changes it.
RECIPE = re.compile(r"`([\w/]+\.py)`[^`]*?\n```diff\n(.*?)```", re.DOTALL)


def follow(recipe: str, folder: Path) -> None:
    """Make every change of a recipe: lines with + go behind the line before them, or to the end of the file."""
    for name, block in RECIPE.findall(recipe):
        path = folder / name
        lines = path.read_text(encoding="utf-8").splitlines()
        place = len(lines)
        for line in block.splitlines():
            if line.startswith("+"):
                lines.insert(place, line[1:])
                place += 1
            else:
                found = [number for number, text in enumerate(lines) if text == line[1:]]
                assert len(found) == 1, (
                    f"README names the line {line[1:]!r} of {name}, which is there {len(found)} times"
                )
                place = found[0] + 1
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def section(title: str) -> str:
    return re.search(rf"^### {title}\n(.*?)^#", README, re.DOTALL | re.MULTILINE)[1]


def conformance(folder: Path, recipe: str) -> subprocess.CompletedProcess[str]:
    """The recipe's own command, on the changed sources."""
    command = re.search(r"^unified-nn (conformance.*)$", recipe, re.MULTILINE)[1].split()
    paths = os.pathsep.join(str(folder / root) for root in ("", "backends", "conformance"))
    return subprocess.run([sys.executable, "-m", "unified_nn", *command], capture_output=True, text=True, cwd=folder,
                          env={**os.environ, "PYTHONPATH": paths}, check=False)  # fmt: skip


@pytest.fixture
def sources(tmp_path: Path, oracle: Callable[[str], ModuleType]) -> Path:
    for framework in ("torch", "mindspore", "mxnet"):
        oracle(framework)  # the recipes run on all of them; a missing one is reported as not run
    for name in ("unified_nn", "backends", "conformance"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize(
    ("title", "right", "wrong"),
    [("An op made of other ops, and a row", "1.702)))", "1.7)))"),
     ("An op that every backend must have", "radians\": torch.deg2rad", "radians\": torch.sin")],
    ids=["composite-and-row", "primitive"],
)  # fmt: skip
def test_a_recipe_gives_what_it_says(title: str, right: str, wrong: str, sources: Path, tmp_path: Path) -> None:
    recipe = section(title)
    follow(recipe, sources)
    done = conformance(sources, recipe)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^numpy +2 +0 +0 +0 +0", done.stdout, re.MULTILINE), done.stdout
    assert "0 unexplained, 0 stale" in done.stdout
    # The same with a mistake in it is found, and said as README says it.
    changed = next(path for path in sources.rglob("*.py") if right in path.read_text(encoding="utf-8"))
    changed.write_text(changed.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    done = conformance(sources, recipe)
    assert done.returncode == 1, done.stdout + done.stderr
    found = re.search(r"^(\S+)[^\n]*  on (\w+): differs\n    (out 0: .*?) at \[[\d, ]+\] it is \S+, should be \S+$", done.stdout,
                      re.DOTALL | re.MULTILINE)  # fmt: skip
    assert found, done.stdout
    first, backend, said = found.groups()
    shown = re.search(rf"^{re.escape(first)}[^\n]*  on {backend}: differs\n    (out 0: .*?) at ", README, re.MULTILINE)
    number = re.compile(r"[\d.]+(e-\d+)?")
    assert number.sub("#", shown[1]) == number.sub("#", said)


def test_the_failure_that_it_explains() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(9, 2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.body(x)

    with pytest.raises(RuntimeError) as caught:
        Net()(torch.ones(2, 4))
    assert f"```\n{caught.value}\n```" in README


def test_its_links_and_files_are_there() -> None:
    named = set(re.findall(r"`((?:unified_nn|backends|conformance|docs|examples|benchmarks)/[\w/]+\.\w+)`", README))
    assert len(named) > 10
    assert not [name for name in named if not (ROOT / name).exists()]
