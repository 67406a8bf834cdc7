"""Softmax on MindSpore tensors."""

from __future__ import annotations

from typing import Any

import mindspore as ms
import numpy as np
from mindspore import ops

from unified_nn.backend import Function
from unified_nn_backends.mindspore.kernels import WIDE, Via, axis_of, is_empty, unary

Array = Any


def on_axes(function: Function, via: Via) -> Function:
    def call(x: Array, *, axis: int) -> Array:
        at = axis_of(axis, x)
        if is_empty(x):
            return x
        if x.ndim == 0:
            return ops.reshape(function(ops.reshape(x, (1,)), 0), ())
        return function(x, at)

    return unary(call, via)


def softmax(x: Array, axis: int) -> Array:
    """MindSpore 2.10's float32 kernel leaves its *whole* result unwritten when one row has no finite maximum."""
    if x.dtype == ms.float32 and not np.isfinite(x.asnumpy().max(axis)).all():
        return ops.cast(ops.softmax(ops.cast(x, ms.float64), axis), ms.float32)
    return ops.softmax(x, axis)


def log_softmax(x: Array, axis: int) -> Array:
    """As MindSpore's own cross_entropy has it: its kernel is less exact, and rounds float64 to float32."""
    centered = ops.sub(x, ops.stop_gradient(ops.amax(x, axis, True)))
    return ops.sub(centered, ops.log(ops.sum(ops.exp(centered), axis, True)))


FUNCTIONS: dict[str, Function] = {
    "softmax": on_axes(softmax, WIDE),
    "log_softmax": on_axes(log_softmax, {**WIDE, ms.float16: ms.float32}),
}
