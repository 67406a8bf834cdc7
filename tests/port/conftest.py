"""Files that the tests write, and the command as a user calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from unified_nn import cli
from unified_nn.port import formats

Shapes = Mapping[str, tuple[int, ...]]


@pytest.fixture
def arrays() -> Callable[..., dict[str, np.ndarray]]:
    """arrays(shapes): float32 arrays of these names and shapes with values of their own."""

    def make(shapes: Shapes) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(11)
        made = {name: rng.uniform(0.5, 1.5, shape).astype("f4") for name, shape in shapes.items()}
        counts = {name: np.asarray(7, "i8") for name in shapes if name.endswith("num_batches_tracked")}
        return {**made, **counts}

    return make


@pytest.fixture
def file(tmp_path: Path, arrays: Callable[..., dict[str, np.ndarray]]) -> Callable[..., Path]:
    """file(name, shapes): a weight file with arrays of these names and shapes."""

    def make(name: str, shapes: Shapes) -> Path:
        formats.write(tmp_path / name, arrays(shapes))
        return tmp_path / name

    return make


@pytest.fixture
def port(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """port(arguments): exit status, standard output, standard error of `unified-nn port`."""

    def run(*arguments: object) -> tuple[int, str, str]:
        status = cli.main(["port", *map(str, arguments)])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return run
