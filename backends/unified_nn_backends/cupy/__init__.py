"""CuPy: the NumPy backend's engine on arrays of a CUDA device; only `from_numpy` and `to_numpy` cross to the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import cupy
import numpy as np

from unified_nn.backend import Autodiff, Backend, Function
from unified_nn.dtypes import DType, of_numpy
from unified_nn.errors import ArgumentError, DTypeError, make
from unified_nn_backends.numpy import engine

#: What CUDA kernels of CuPy exist for; ml_dtypes' bfloat16 is not among them.
KINDS = "biufc"


class CupyBackend(Backend):
    """CuPy, differentiated by the tape."""

    name: ClassVar[str] = "cupy"
    functions: Mapping[str, Function]

    def __init__(self, autodiff: Autodiff | None = None) -> None:
        super().__init__(autodiff)
        self.functions = engine.functions(cupy)

    @property
    def version(self) -> str:
        return str(cupy.__version__)

    def degraded(self) -> list[str]:
        missing = ["bfloat16: CuPy has no such dtype; use float16 or float32"]
        if not self.devices():
            missing.append("no CUDA device was found; arrays cannot be made")
        return missing

    def devices(self) -> list[str]:
        try:
            count = cupy.cuda.runtime.getDeviceCount()
        except cupy.cuda.runtime.CUDARuntimeError:  # no driver, or no device
            count = 0
        return [f"cuda:{number}" for number in range(count)]

    def _number(self, device: str) -> int:
        """The number of a device; "cpu" (where tensors are made by default) and "cuda" are the current one."""
        if device in ("cpu", "cuda"):
            return int(cupy.cuda.runtime.getDevice())
        kind, _, number = device.partition(":")
        if kind != "cuda" or not number.isdecimal() or device not in self.devices():
            raise make(ArgumentError, f"backend 'cupy' has no device {device!r}; it has {self.devices()}")
        return int(number)

    def from_numpy(self, array: np.ndarray[Any, Any], device: str = "cpu") -> Any:
        if array.dtype.kind not in KINDS:
            raise make(DTypeError, f"backend 'cupy' has no dtype {array.dtype.name}; cast the array to float32 first")
        with cupy.cuda.Device(self._number(device)):
            return cupy.asarray(array.astype(array.dtype.newbyteorder("="), copy=False))

    def to_numpy(self, native: Any) -> np.ndarray[Any, Any]:
        found: np.ndarray[Any, Any] = cupy.asnumpy(native)
        return found

    def shape(self, native: Any) -> tuple[int, ...]:
        found: tuple[int, ...] = native.shape
        return found

    def dtype(self, native: Any) -> DType:
        return of_numpy(native.dtype)

    def owns(self, value: object) -> bool:
        return isinstance(value, cupy.ndarray)

    def device(self, native: Any) -> str:
        return f"cuda:{native.device.id}"

    def to_device(self, native: Any, device: str) -> Any:
        if device == "cpu":
            raise make(ArgumentError, "backend 'cupy' has no arrays on the host; use .to_backend('numpy') for that")
        number = self._number(device)
        if native.device.id == number:
            return native
        with cupy.cuda.Device(number):
            return cupy.array(native)

    def synchronize(self) -> None:
        cupy.cuda.get_current_stream().synchronize()
