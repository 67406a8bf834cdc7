"""Expressions evaluated in real MindSpore and in the vocabulary, and their results compared."""

from __future__ import annotations

import importlib
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

#: Relative to the largest value, by dtype: what MindSpore's own float32 kernels can be held to.
TOLERANCE = {"float16": 2e-3, "float32": 3e-5, "float64": 1e-10}

ARRAYS = {
    "x": np.array([[0.5, -1.25, 2.0], [3.5, -0.75, 0.1]], np.float32),
    "y": np.array([[1.5, 2.25, -0.5], [0.25, -0.75, 4.0]], np.float32),
    "p": np.array([[0.2, 0.5, 0.3], [0.1, 0.7, 0.2]], np.float32),
    "v": np.array([1.0, -2.0, 3.0], np.float32),
    "h": np.array([0.5, -1.5, 2.0], np.float16),
    "d": np.array([0.5, -1.5, 2.0], np.float64),
    "i": np.array([[1, 2, -3], [4, 0, 6]], np.int32),
    "l": np.array([2, 0], np.int32),
    "b": np.array([[True, False, True], [False, False, True]]),
    "sq": np.array([[2.0, 1.0, 0.5], [0.0, 3.0, -1.0], [1.0, 1.0, 1.0]], np.float32),
    "im": np.random.RandomState(0).randn(2, 4, 7, 6).astype(np.float32),
    "seq": np.random.RandomState(1).randn(2, 4, 9).astype(np.float32),
    "vol": np.random.RandomState(2).randn(2, 4, 5, 4, 6).astype(np.float32),
}


@dataclass(frozen=True)
class Outcome:
    """What an expression gave: plain values, or the error's class."""

    value: Any = None
    error: type[BaseException] | None = None
    text: str = ""


class World:
    """One of the two: real MindSpore or the vocabulary."""

    def __init__(self, root: str) -> None:
        self.ms = importlib.import_module(root)
        names = {"ms": self.ms, "np": np}
        for part in ("nn", "ops", "common.initializer", "train", "dataset"):
            names[part.rpartition(".")[2]] = importlib.import_module(f"{root}.{part}")
        names.update(Tensor=self.ms.Tensor, Parameter=self.ms.Parameter)
        self.names = types.MappingProxyType(names)

    def run(self, expression: str) -> Outcome:
        space = {
            "__name__": "expressions",
            **self.names,
            **{name: self.ms.Tensor(array.copy()) for name, array in ARRAYS.items()},
        }
        try:
            return Outcome(plain(eval(expression, space)))
        except Exception as error:
            self.flush()
            return Outcome(error=type(error), text=str(error))

    def call(self, function: Callable[[Any], Any]) -> Outcome:
        """What a function gives that is written against `m.ms`, `m.nn`, `m.ops`, ..."""
        try:
            return Outcome(plain(function(types.SimpleNamespace(**self.names))))
        except Exception as error:
            self.flush()
            return Outcome(error=type(error), text=str(error))

    def flush(self) -> None:
        """Real MindSpore reports an error again at later calls: wait until one works."""
        for _ in range(20):
            try:
                (self.ms.Tensor([1.0]) + 1.0).asnumpy()
            except Exception:
                continue
            return


def plain(value: Any) -> Any:
    """Tensors as arrays and lists as tuples, so that results can be compared."""
    if hasattr(value, "asnumpy"):
        return value.asnumpy()
    if isinstance(value, (list, tuple)):
        return tuple(map(plain, value))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def differences(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """What differs between two plain results."""
    if isinstance(theirs, np.ndarray) and isinstance(ours, np.ndarray):
        return array_differences(ours, theirs, where)
    if isinstance(theirs, tuple) and isinstance(ours, tuple):
        if len(theirs) != len(ours):
            return [f"{where}: {len(ours)} items, expected {len(theirs)}"]
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [line for at, (a, b) in pairs for line in differences(a, b, f"{where}[{at}]")]
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if list(theirs) != list(ours):
            return [f"{where}: keys {list(ours)}, expected {list(theirs)}"]
        return [line for key in theirs for line in differences(ours[key], theirs[key], f"{where}[{key!r}]")]
    if isinstance(theirs, float) and isinstance(ours, float):
        return [] if np.isclose(ours, theirs, rtol=1e-5, equal_nan=True) else [f"{where}: {ours}, expected {theirs}"]
    if repr(theirs) != repr(ours) or str(theirs) != str(ours):
        return [f"{where}: {ours!r}, expected {theirs!r}"]
    return []


def array_differences(ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any], where: str) -> list[str]:
    if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
        return [f"{where}: {ours.dtype} {ours.shape}, expected {theirs.dtype} {theirs.shape}"]
    if ours.dtype.kind != "f":
        return [] if (ours == theirs).all() else [f"{where}: {ours}, expected {theirs}"]
    finite = theirs[np.isfinite(theirs)]
    limit = TOLERANCE[theirs.dtype.name] * max(float(np.abs(finite).max(initial=0)), 0.2)
    same = np.isclose(ours.astype("f8"), theirs.astype("f8"), rtol=0, atol=limit, equal_nan=True)
    return [] if same.all() else [f"{where}: {ours}, expected {theirs}"]


_seen: dict[str, Outcome] = {}


def compare(ours: Outcome, theirs: Outcome) -> None:
    if theirs.error is not None:
        assert ours.error is not None, f"MindSpore raises {theirs.error.__name__}: {theirs.text[:300]}"
        assert issubclass(ours.error, theirs.error), (ours, theirs.error, theirs.text[:300])
        return
    assert ours.error is None, f"{ours.error}: {ours.text}"
    assert not differences(ours.value, theirs.value)


@pytest.fixture
def same(oracle: Callable[[str], Any]) -> Callable[[Callable[[Any], Any]], None]:
    """Fails unless the function gives the same in both, or raises an error that is caught as MindSpore's is."""
    oracle("mindspore")

    def check(function: Callable[[Any], Any]) -> None:
        theirs = World("mindspore").call(function)
        compare(World("unified_nn.mindspore").call(function), theirs)

    return check


@pytest.fixture
def agree(oracle: Callable[[str], Any]) -> Callable[[str], None]:
    """Fails unless the expression gives the same in both, or an error that is caught as MindSpore's is."""
    oracle("mindspore")

    def check(expression: str) -> None:
        if expression not in _seen:
            _seen[expression] = World("mindspore").run(expression)
        compare(World("unified_nn.mindspore").run(expression), _seen[expression])

    return check
