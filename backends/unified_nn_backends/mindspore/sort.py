"""Order along an axis of MindSpore tensors."""

from __future__ import annotations

import math
from typing import Any

import mindspore as ms
from mindspore import ops

from unified_nn.backend import Function
from unified_nn_backends.mindspore.kernels import WIDE, axis_of, constant, filled, has_nan, is_empty, unary

Array = Any


def argsort(x: Array, *, axis: int) -> Array:
    at = axis_of(axis, x)
    if is_empty(x) or x.ndim == 0:
        return filled(x.shape, 0, ms.int64)
    if not has_nan(x):
        return _order(x, at)
    missing = ops.isnan(x)  # the kernel compares with NaN: order the rest first, then put these last
    order = _order(ops.where(missing, constant(math.inf, x.dtype), x), at)
    last = _order(ops.gather_elements(ops.cast(missing, ms.int32), at, order), at)
    return ops.gather_elements(order, at, last)


def _order(x: Array, axis: int) -> Array:
    return ops.cast(ops.sort(x, axis)[1], ms.int64)


VIA = {**WIDE, ms.bool_: ms.int32, ms.uint16: ms.int32, ms.uint32: ms.int64}

FUNCTIONS: dict[str, Function] = {"argsort": unary(argsort, VIA, keeps=False)}
