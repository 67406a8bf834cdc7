"""The snippets of backends/README.md run: a backend for a library that is NumPy in another coat."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
from unified_nn import cli, errors, registry
from unified_nn.op import REGISTRY
from unified_nn.ops.elementwise import clip, sin, tanh

README = Path(__file__).parents[2] / "backends" / "README.md"


class Array:
    """The array of the library that the README calls Toy."""

    def __init__(self, values: np.ndarray) -> None:
        self.values, self.shape, self.dtype = values, values.shape, values.dtype

    def numpy(self) -> np.ndarray:
        return self.values


def on_arrays(function: Callable[..., np.ndarray]) -> Callable[..., Array]:
    return lambda x, *numbers: Array(np.asarray(function(x.values, *numbers)))


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the README's first two snippets define."""
    library, package, family = (ModuleType(n) for n in ("toy", "toy_backend", "toy_backend.elementwise"))
    vars(library).update(__version__="1.0", Array=Array, array=Array)
    vars(library).update((name, on_arrays(getattr(np, name))) for name in ("tanh", "exp", "clip"))
    for module in (library, package, family):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    init, elementwise, *_ = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    exec(elementwise, vars(family))
    package.elementwise = family  # type: ignore[attr-defined]
    exec(init, vars(package))
    return vars(package)


def test_the_first_two_files_are_a_backend(toy: dict[str, Any]) -> None:
    values = np.array([0.5, -2.0], "float32")
    with unified_nn.use_backend(toy["ToyBackend"]()):
        x = unified_nn.Tensor.from_numpy(values)
        np.testing.assert_array_equal(tanh(x).numpy(), np.tanh(values))
        np.testing.assert_array_equal(clip(x, low=-1.0, high=1.0).numpy(), np.clip(values, -1, 1))
        with pytest.raises(errors.NotOfferedError, match="sin: backend 'toy' does not offer this op"):
            sin(x)


def test_the_list_of_what_is_missing_shrinks(toy: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    snippet = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[3]
    exec(snippet, toy)
    missing = eval(capsys.readouterr().out)
    assert set(missing) == {op.name for op in REGISTRY.values() if op.is_primitive} - {"tanh", "exp", "clip"}


def test_the_entry_point_gives_it_its_name(
    toy: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tomllib.loads(re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[0])[
        "project"
    ]
    ((group, points),) = project["entry-points"].items()
    installed = tmp_path / "toy_backend-1.0.dist-info"  # what an installer makes of that table
    installed.mkdir()
    lines = [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    (installed / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-backend\nVersion: 1.0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_instances", {})
    assert type(unified_nn.set_backend("toy")) is toy["ToyBackend"]
    assert tanh(unified_nn.Tensor.from_numpy(np.zeros(2, "float32"))).backend.name == "toy"
    assert cli.main(["backends"]) == 0
    assert re.search(r"^toy +yes +1\.0", capsys.readouterr().out, re.MULTILINE)


def test_the_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README.read_text(encoding="utf-8"))
    assert links
    for link in links:
        assert (README.parent / link).exists(), link
