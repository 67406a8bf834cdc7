"""Matrix products of MindSpore tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from mindspore import ops

from unified_nn.backend import Function
from unified_nn_backends.mindspore.kernels import filled, is_empty, widened

Array = Any


def matmul(x: Array, y: Array) -> Array:
    if is_empty(x) or is_empty(y):  # the kernel gives what lies in memory
        shape = np.matmul(np.zeros(x.shape, "int8"), np.zeros(y.shape, "int8")).shape
        return filled(shape, 0, x.dtype)
    return ops.matmul(x, y)


def linear(x: Array, w: Array, b: Array | None = None) -> Array:
    if is_empty(x) or is_empty(w):
        out = matmul(x, ops.transpose(w, (1, 0)))
        return out if b is None else ops.add(out, b)
    return ops.dense(x, w, b)


FUNCTIONS: dict[str, Function] = {"matmul": widened(matmul), "linear": widened(linear)}
