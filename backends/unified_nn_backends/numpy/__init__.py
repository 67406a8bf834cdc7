"""The built-in backend: every op on NumPy arrays, always there."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from unified_nn.backend import Autodiff, Backend
from unified_nn.dtypes import DType, of_numpy
from unified_nn.errors import ArgumentError, make
from unified_nn_backends.numpy import engine
from unified_nn_backends.numpy.quiet import quiet

#: Ops that compute nothing, so that there is nothing to warn of, and that give arrays also without axes.
VIEWS = {"expand", "reshape", "transpose", "unstack"}


class NumpyBackend(Backend):
    """NumPy, differentiated by the tape."""

    name: ClassVar[str] = "numpy"

    def __init__(self, autodiff: Autodiff | None = None) -> None:
        super().__init__(autodiff)
        self.functions = {
            op: function if op in VIEWS else quiet(function) for op, function in engine.functions(np).items()
        }

    @property
    def version(self) -> str:
        return np.__version__

    def from_numpy(self, array: np.ndarray[Any, Any], device: str = "cpu") -> Any:
        if device != "cpu":
            raise make(ArgumentError, f"backend 'numpy' has no device {device!r}; it has ['cpu']")
        return np.array(array, array.dtype.newbyteorder("="), order="C")

    def to_numpy(self, native: Any) -> np.ndarray[Any, Any]:
        return np.array(native)

    def shape(self, native: Any) -> tuple[int, ...]:
        found: tuple[int, ...] = native.shape
        return found

    def dtype(self, native: Any) -> DType:
        return of_numpy(native.dtype)

    def owns(self, value: object) -> bool:
        return isinstance(value, np.ndarray)
