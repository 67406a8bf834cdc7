"""The backend that delegates to the real MXNet 1.9.1: its operators, and by default its autograd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from unified_nn.backend import Autodiff, Backend, Function
from unified_nn.dtypes import BY_NAME, DType
from unified_nn.errors import ArgumentError, make
from unified_nn_backends.mxnet import (
    activation,
    conv,
    elementwise,
    index,
    kinks,
    linalg,
    norm,
    pool,
    recording,
    reduce,
    shape,
    sort,
)  # fmt: skip
from unified_nn_backends.mxnet.call import detach, dtype_name, from_host, is_array, mx, to_host

#: Module -> the ops that it has, by the names of its functions without a trailing underscore.
OFFERED: dict[ModuleType, str] = {
    elementwise: "add sub mul div pow_ floor_div mod fmod maximum minimum arctan2 equal not_equal less less_equal "
    "greater greater_equal logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor "
    "bitwise_not isnan isinf isfinite neg abs_ square sign floor ceil trunc round_ select where clip cast",
    activation: "relu sigmoid leaky_relu gelu",
    shape: "reshape transpose expand concat stack unstack flip pad",
    reduce: "sum_ prod max_ min_ mean argmax argmin any_ all_ cumsum",
    conv: "conv conv_dx conv_dw",
    index: "getitem setitem index_add take gather scatter_add",
    linalg: "matmul linear",
    norm: "softmax log_softmax batch_norm layer_norm",
    pool: "max_pool max_pool_dx max_pool_pick max_pool_index avg_pool avg_pool_dx",
    sort: "argsort",
}
#: Those of them that other arrays than floating ones must not reach.
OF_FLOATS = (
    "sigmoid leaky_relu gelu conv conv_dx conv_dw avg_pool avg_pool_dx max_pool_dx mean softmax log_softmax batch_norm "
    "layer_norm"
)


def _functions() -> dict[str, Function]:
    found = {name.rstrip("_"): getattr(module, name) for module, names in OFFERED.items() for name in names.split()}
    found |= {name: elementwise.unary(own) for name, own in elementwise.UNARY.items()}
    of_floats = {name: elementwise.of_floats(found[name]) for name in (*elementwise.UNARY, *OF_FLOATS.split())}
    return found | of_floats


FUNCTIONS: Mapping[str, Function] = _functions()
#: What is called instead while MXNet records, where its gradient of the usual road is not the op's.
RECORDED: dict[Function, Function] = {
    FUNCTIONS[name]: function
    for module in (activation, conv, index, kinks, linalg, pool, reduce)
    for name, function in module.RECORDED.items()
}


class MxnetBackend(Backend):
    """MXNet on the CPU; natives are `mxnet.numpy.ndarray`."""

    name: ClassVar[str] = "mxnet"
    threads = False  # MXNet's Python side is made for one thread
    autodiffs: ClassVar[tuple[Autodiff, ...]] = ("native", "tape")
    functions: Mapping[str, Function] = FUNCTIONS

    @property
    def version(self) -> str:
        found: str = mx.__version__
        return found

    def degraded(self) -> list[str]:
        return [
            "second derivatives: MXNet has them for few operators; autodiff='tape' has them for all",
            "gradients of intermediate results: MXNet gives those of leaves only; autodiff='tape' gives all",
            "dtypes: MXNet has no complex numbers, and no bfloat16, int16 and unsigned integers above 8 bits on the CPU",
        ]

    def from_numpy(self, array: np.ndarray[Any, Any], device: str = "cpu") -> Any:
        if device != "cpu":
            raise make(ArgumentError, f"backend 'mxnet' has no device {device!r}; it has ['cpu']")
        return from_host(array)

    def to_numpy(self, native: Any) -> np.ndarray[Any, Any]:
        return to_host(native)

    def shape(self, native: Any) -> tuple[int, ...]:
        found: tuple[int, ...] = native.shape
        return found

    def dtype(self, native: Any) -> DType:
        return BY_NAME[dtype_name(native)]

    def owns(self, value: object) -> bool:
        return is_array(value)

    def synchronize(self) -> None:
        mx.nd.waitall()

    def variable(self, native: Any) -> Any:
        return recording.variable(native)

    def detach(self, native: Any) -> Any:
        return detach(native)

    def record(self, function: Function, natives: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
        return recording.call_recorded(RECORDED.get(function, function), natives, attrs)

    def gradient(
        self, outs: Sequence[Any], inputs: Sequence[Any], seeds: Sequence[Any], *, retain: bool, create: bool
    ) -> list[Any]:
        return recording.gradient(outs, inputs, seeds, retain=retain, create=create)
