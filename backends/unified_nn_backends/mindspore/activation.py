"""Activations of MindSpore with the op's exact meaning; the others stay the op's own composition."""

from __future__ import annotations

from typing import Any

from mindspore import ops

from unified_nn.backend import Function
from unified_nn_backends.mindspore.kernels import constant, has_nan, unary

Array = Any


def relu(x: Array) -> Array:
    if has_nan(x):  # the kernel makes 0 of it
        zero = constant(0, x.dtype)
        return ops.where(ops.less_equal(x, zero), zero, x)
    return ops.relu(x)


FUNCTIONS: dict[str, Function] = {"relu": unary(relu), "sigmoid": unary(ops.sigmoid), "silu": unary(ops.silu)}
