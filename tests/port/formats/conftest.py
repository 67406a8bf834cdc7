"""Arrays of every element type with random bits, and what it means that a file is refused."""

from __future__ import annotations

import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from unified_nn.port.formats import WeightFileError, read

FLOAT8 = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu")
BITS = {name: np.dtype(getattr(ml_dtypes, name)) for name in ("bfloat16", *FLOAT8)}
SHAPES = {"matrix": (3, 5), "scalar": (), "empty": (0, 3), "one": (1,), "cube": (2, 1, 7)}

_EVENTS: list[tuple[str, tuple[object, ...]]] = []
_WATCHING = False


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if _WATCHING and event.split(".")[0] in ("open", "os", "subprocess", "import", "exec", "socket", "shutil"):
        _EVENTS.append((event, arguments))


sys.addaudithook(_audit)
for codec in ("cp437", "utf-32-le"):
    "".encode(codec)  # Python imports a codec at its first use


def _array(dtype: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    element = BITS.get(dtype) or np.dtype(dtype)
    count = int(np.prod(shape, dtype=int)) * element.itemsize
    raw = np.random.default_rng(seed).integers(0, 256, count, dtype=np.uint8)
    return (raw & 1 if dtype == "bool" else raw).view(element).reshape(shape)


@pytest.fixture
def samples() -> Callable[..., dict[str, np.ndarray]]:
    """samples(dtypes) -> name -> array: every shape once per type, random bits (NaN payloads, -0.0, denormals)."""

    def make(*dtypes: str, shapes: Mapping[str, tuple[int, ...]] = SHAPES) -> dict[str, np.ndarray]:
        pairs = [(dtype, shape) for dtype in dtypes for shape in shapes]
        return {f"{d}.{s}": _array(d, shapes[s], seed) for seed, (d, s) in enumerate(pairs)}

    return make


@pytest.fixture
def same() -> Callable[[object, object], None]:
    """same(found, expected): equal type, shape and bits of every array, equal names in equal order."""

    def check(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> None:
        assert list(found) == list(expected)
        for name, array in expected.items():
            other = found[name]
            assert (other.dtype, other.shape) == (array.dtype, array.shape), name
            assert other.tobytes() == array.tobytes(), name

    return check


@pytest.fixture
def everything() -> Callable[[Path], dict[str, np.ndarray]]:
    """everything(path): all arrays of a file, checked against its entries."""

    def load(path: Path) -> dict[str, np.ndarray]:
        with read(path) as weights:
            arrays = dict(weights.items())
            assert [(e.name, e.shape, e.nbytes) for e in weights.entries] == [
                (name, array.shape, array.nbytes) for name, array in arrays.items()
            ]
        assert all(array.flags.writeable and array.flags.c_contiguous for array in arrays.values())
        return arrays

    return load


@pytest.fixture
def refused(everything: Callable[[Path], object]) -> Iterator[Callable[..., str]]:
    """refused(path): WeightFileError and nothing else; quick, small, nothing run, nothing opened but the file."""
    global _WATCHING

    def check(path: Path, memory: int = 16 << 20, seconds: float = 10.0) -> str:
        global _WATCHING
        before = sorted(path.parent.iterdir())
        _EVENTS.clear()
        tracemalloc.start()
        started = time.perf_counter()
        _WATCHING = True
        try:
            with pytest.raises(WeightFileError) as caught:
                everything(path)
        finally:
            _WATCHING = False
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert time.perf_counter() - started < seconds
        assert peak < memory
        assert sorted(path.parent.iterdir()) == before
        _only_reads(path)
        message = str(caught.value)
        assert message.startswith(os.fspath(path))
        assert message.isprintable()
        assert len(message) < 1000
        return message

    yield check
    _WATCHING = False


def _only_reads(path: Path) -> None:
    allowed = {os.fspath(file) for file in path.parent.iterdir()} | {os.fspath(path.parent)}
    for event, arguments in _EVENTS:
        assert event in ("open", "os.listdir", "os.scandir"), (event, arguments)
        if event == "open":
            assert str(arguments[0]) in allowed, arguments
            flags = arguments[2]
            assert isinstance(flags, int)
            assert flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC) == 0, arguments


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="not run: torch is not installed")


@pytest.fixture
def mindspore():
    os.environ.setdefault("GLOG_v", "3")
    return pytest.importorskip("mindspore", reason="not run: mindspore is not installed")


@pytest.fixture
def mxnet():
    if "bool" not in vars(np):
        np.bool = bool  # MXNet 1.9.1 still uses the name that NumPy 1.24 took away
    return pytest.importorskip("mxnet", reason="not run: mxnet is not installed")


@pytest.fixture
def safetensors_numpy():
    return pytest.importorskip("safetensors.numpy", reason="not run: safetensors is not installed")
