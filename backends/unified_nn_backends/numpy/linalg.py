"""Matrix products on arrays of a module `xp`."""

from __future__ import annotations

import math
from typing import Any

from unified_nn_backends.numpy.width import is_narrow, widened

Array = Any
Module = Any


def matmul(xp: Module, x: Array, y: Array) -> Array:
    if x.dtype != y.dtype:
        raise TypeError(f"x is {x.dtype}, y is {y.dtype}")  # NumPy would promote
    if is_narrow(x.dtype):
        return matmul(xp, x.astype("float32"), y.astype("float32")).astype(x.dtype)
    if y.ndim == 2 and x.ndim > 2:  # one product of the stacked rows instead of one per leading index
        rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
        return xp.matmul(rows, y).reshape(*x.shape[:-1], y.shape[1])
    return xp.matmul(x, y)


def linear(xp: Module, x: Array, w: Array, b: Array | None = None) -> Array:
    out = matmul(xp, widened(x), widened(w).T)
    if b is not None:
        out = xp.add(out, widened(b), out) if out.ndim else out + widened(b)
    return out.astype(x.dtype) if is_narrow(x.dtype) else out
