"""Order along an axis, on arrays of a module `xp`."""

from __future__ import annotations

from typing import Any

Array = Any
Module = Any


def argsort(xp: Module, x: Array, *, axis: int) -> Array:
    return xp.argsort(x, axis=axis, kind="stable").astype("int64", copy=False)
