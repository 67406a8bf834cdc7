"""Matrix products against an array module `xp`."""

from __future__ import annotations

from typing import Any

Array = Any
Module = Any


def matmul(xp: Module, x: Array, y: Array) -> Array:
    if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
        return xp.matmul(x.astype("float32"), y.astype("float32")).astype(x.dtype)
    return xp.matmul(x, y)
