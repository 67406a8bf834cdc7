"""A backend whose arrays can do nothing: whoever touches one without asking the backend fails at once.

It is also the smallest complete backend; `backends/README.md` explains how it came about.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

import numpy as np
from unified_nn_backends.numpy import NumpyBackend

from unified_nn.backend import Autodiff, Backend
from unified_nn.dtypes import DType


class Opaque:
    """An array behind a wall: no shape, no dtype, no arithmetic, no comparison, no truth, no conversion."""

    __slots__ = ("__weakref__", "_hidden")

    def __init__(self, hidden: np.ndarray) -> None:
        self._hidden = hidden

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a native array was used directly; ask its backend")

    __array__ = __bool__ = __eq__ = __iter__ = __len__ = _refuse
    __hash__ = object.__hash__


class LoopbackBackend(Backend):
    """The NumPy backend's functions on opaque arrays."""

    name: ClassVar[str] = "loopback"

    def __init__(self, autodiff: Autodiff | None = None) -> None:
        super().__init__(autodiff)
        self._inner = NumpyBackend()
        self.functions = {op: _through(function) for op, function in self._inner.functions.items()}

    @property
    def version(self) -> str:
        return self._inner.version

    def from_numpy(self, array: np.ndarray, device: str = "cpu") -> Opaque:
        return Opaque(self._inner.from_numpy(array, device))

    def to_numpy(self, native: Opaque) -> np.ndarray:
        return self._inner.to_numpy(native._hidden)

    def shape(self, native: Opaque) -> tuple[int, ...]:
        return self._inner.shape(native._hidden)

    def dtype(self, native: Opaque) -> DType:
        return self._inner.dtype(native._hidden)

    def owns(self, value: object) -> bool:
        return isinstance(value, Opaque)


def _through(function: Callable[..., np.ndarray]) -> Callable[..., Opaque]:
    """The function on opaque arrays; numbers and attributes pass as they are."""

    def call(*arrays: Any, **attrs: Any) -> Opaque:
        given = [a._hidden if isinstance(a, Opaque) else a for a in arrays]
        assert not any(isinstance(a, np.ndarray) for a in arrays), "a bare array reached the backend"
        return Opaque(function(*given, **attrs))

    return call
