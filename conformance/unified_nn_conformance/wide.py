"""The NumPy engine with float64 arrays that answer to the name float32: the truth of a program.

A program makes tensors of its own and draws random numbers, so it cannot be asked to run in float64. Here it runs as it
is, draws and rounds its constants as it does in float32, and every op computes in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from unified_nn_backends.numpy import NumpyBackend

from unified_nn import dtypes
from unified_nn.backend import Function
from unified_nn.dtypes import DType


class WideNumpy(NumpyBackend):
    """NumPy, where float32 is twice as wide as it says."""

    def __init__(self) -> None:
        super().__init__()
        self.functions = {**self.functions, "cast": _wide(self.functions["cast"])}

    def from_numpy(self, array: np.ndarray[Any, Any], device: str = "cpu") -> Any:
        return super().from_numpy(array.astype("float64") if array.dtype == "float32" else array, device)

    def dtype(self, native: Any) -> DType:
        found = super().dtype(native)
        return dtypes.float32 if found is dtypes.float64 else found


def _wide(cast: Function) -> Function:
    def call(x: Any, *, dtype: DType) -> Any:
        return cast(x, dtype=dtypes.float64 if dtype is dtypes.float32 else dtype)

    return call
