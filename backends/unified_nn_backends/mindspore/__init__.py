"""MindSpore: every op and its gradient run in the real MindSpore, eagerly (PyNative), on the CPU.

Errors come at the call: the backend switches MindSpore's asynchronous dispatch off, which on a CPU is also faster.

What MindSpore's own CPU kernels do less well than others, and this backend leaves as it is (2.10, float32, the largest
error against float64 over normal inputs):

- tanh is off by 1e-4; exp by 6e-6, sigmoid by 4e-6, softmax by 7e-6, each relative to the value;
- log and log10 by 9e-5, log1p by 4e-5, expm1 by 5e-4 relative to a value near 0 (they round 1 + x, or subtract 1);
- floor_div is -0 for -1 / inf, and inf for inf / 2; dividing by -0 gives the infinity of dividing by 0;
- an integer divided by 0 is some large integer.

Gradients of gradients are not offered with autodiff="native": see engine.py.
"""

from __future__ import annotations

import os

os.environ.setdefault("GLOG_v", "3")  # MindSpore logs warnings by the page otherwise; read once, when it is imported

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar

import mindspore as ms
import numpy as np
from mindspore import Tensor, ops

from unified_nn import dtypes
from unified_nn.backend import Autodiff, Backend, Function
from unified_nn.dtypes import DType
from unified_nn.errors import ArgumentError, make
from unified_nn_backends.mindspore import (
    activation,
    conv,
    elementwise,
    index,
    linalg,
    norm,
    pool,
    reduce,
    shape,
    sort,
)
from unified_nn_backends.mindspore.engine import Engine, MissingEngineError
from unified_nn_backends.mindspore.kernels import OF_NATIVE, explained

FAMILIES: tuple[ModuleType, ...] = (
    activation, conv, elementwise, index, linalg, norm, pool, reduce, shape, sort,
)  # fmt: skip
FUNCTIONS: dict[str, Function] = {
    name: explained(name, function) for family in FAMILIES for name, function in family.FUNCTIONS.items()
}


class MindsporeBackend(Backend):
    """MindSpore, differentiated by its own eager engine or by the tape."""

    name: ClassVar[str] = "mindspore"
    threads = False  # MindSpore 2.10 aborts the process now and then when two threads call it at once
    functions: Mapping[str, Function] = FUNCTIONS

    def __init__(self, autodiff: Autodiff | None = None) -> None:
        ms.set_context(mode=ms.PYNATIVE_MODE, pynative_synchronize=True)
        self._missing: str | None = None
        try:
            self._engine = Engine()
        except MissingEngineError as error:
            self._missing = str(error)
        self.autodiffs = ("tape",) if self._missing else ("native", "tape")  # type: ignore[misc]
        super().__init__(autodiff)

    @property
    def version(self) -> str:
        return str(ms.__version__)

    def degraded(self) -> list[str]:
        found = [
            "float32 tanh is off by up to 1e-4, exp by 6e-6 relative: MindSpore's own CPU kernels are not more exact.",
            "create_graph=True needs autodiff='tape': MindSpore's own gradients of gradients are wrong for some ops.",
        ]
        if self._missing:
            found.append(
                f"autodiff='native' is not offered, only 'tape': of MindSpore's eager engine, {self._missing}."
            )
        return found

    # -- arrays --

    def from_numpy(self, array: np.ndarray[Any, Any], device: str = "cpu") -> Any:
        if device not in self.devices():
            raise make(ArgumentError, f"backend 'mindspore' has no device {device!r}; it has {self.devices()}")
        return Tensor(np.array(array, array.dtype.newbyteorder("="), order="C"))

    def to_numpy(self, native: Any) -> np.ndarray[Any, Any]:
        values = native.asnumpy()
        if native.dtype == ms.bfloat16:  # a dtype of MindSpore's own
            return np.array(values.view(np.uint16)).view(dtypes.bfloat16.numpy())
        return np.array(values, order="C")

    def shape(self, native: Any) -> tuple[int, ...]:
        found: tuple[int, ...] = native.shape
        return found

    def dtype(self, native: Any) -> DType:
        return OF_NATIVE[native.dtype]

    def owns(self, value: object) -> bool:
        return isinstance(value, Tensor)

    # -- native autodiff --

    def variable(self, native: Any) -> Any:
        return self._engine.variable(native)

    def detach(self, native: Any) -> Any:
        return ops.stop_gradient(native)

    def record(self, function: Function, natives: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
        return self._engine.record(function, natives, attrs)

    def gradient(
        self, outs: Sequence[Any], inputs: Sequence[Any], seeds: Sequence[Any], *, retain: bool, create: bool
    ) -> list[Any]:
        return self._engine.gradient(outs, inputs, seeds, retain=retain, create=create)
