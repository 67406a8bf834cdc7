"""The built-in backend: every op on NumPy arrays, always there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from unified_nn.backend import Autodiff, Backend, Function
from unified_nn.dtypes import DType, of_numpy
from unified_nn.errors import ArgumentError, make
from unified_nn_backends.numpy import conv, elementwise, index, linalg, pool, reduce, shape, sort

FAMILIES: tuple[ModuleType, ...] = (conv, elementwise, index, linalg, pool, reduce, shape, sort)


def engine(xp: Any) -> dict[str, Function]:
    """The functions of every op on arrays of the module `xp`."""
    found: dict[str, Function] = {}
    for family in FAMILIES:
        for name, function in vars(family).items():
            if name[0] != "_" and getattr(function, "__module__", None) == family.__name__:
                code = getattr(function, "__code__", None)
                if code is not None and code.co_varnames[:1] == ("xp",):
                    found[name.rstrip("_")] = partial(function, xp)
    for name, ufunc in elementwise.UNARY.items():
        found[name] = getattr(xp, ufunc)
    for name, ufunc in elementwise.BINARY.items():
        found[name] = elementwise.binary(getattr(xp, ufunc))
    return found


def quiet(function: Callable[..., Any]) -> Function:
    """The function without NumPy's warnings, its 0-d results as arrays."""

    def call(*args: Any, **attrs: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.asarray(function(*args, **attrs))

    return call


class NumpyBackend(Backend):
    """NumPy, differentiated by the tape."""

    name: ClassVar[str] = "numpy"
    functions: Mapping[str, Function]

    def __init__(self, autodiff: Autodiff | None = None) -> None:
        super().__init__(autodiff)
        self.functions = {name: quiet(function) for name, function in engine(np).items()}

    @property
    def version(self) -> str:
        return np.__version__

    def from_numpy(self, array: np.ndarray[Any, Any], device: str = "cpu") -> Any:
        if device != "cpu":
            raise make(ArgumentError, f"backend 'numpy' has no device {device!r}; it has ['cpu']")
        return np.array(array, array.dtype.newbyteorder("="))

    def to_numpy(self, native: Any) -> np.ndarray[Any, Any]:
        return np.array(native)

    def shape(self, native: Any) -> tuple[int, ...]:
        found: tuple[int, ...] = native.shape
        return found

    def dtype(self, native: Any) -> DType:
        return of_numpy(native.dtype)

    def owns(self, value: object) -> bool:
        return isinstance(value, np.ndarray)
