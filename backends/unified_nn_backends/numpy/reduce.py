"""Reductions against an array module `xp`; 16-bit floats are summed in float32 and rounded once."""

from __future__ import annotations

from typing import Any

Array = Any
Module = Any
Axis = int | tuple[int, ...] | None


def _wide(x: Array) -> Any:
    """The dtype to accumulate in."""
    return "float32" if x.dtype.itemsize == 2 and x.dtype.kind in "fV" else x.dtype


def sum_(xp: Module, x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    wide = _wide(x)
    return x.astype(wide, copy=False).sum(axis=axis, dtype=wide, keepdims=keepdims).astype(x.dtype, copy=False)


def prod(xp: Module, x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    wide = _wide(x)
    return x.astype(wide, copy=False).prod(axis=axis, dtype=wide, keepdims=keepdims).astype(x.dtype, copy=False)


def max_(xp: Module, x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return xp.max(x, axis=axis, keepdims=keepdims)


def min_(xp: Module, x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return xp.min(x, axis=axis, keepdims=keepdims)


def argmax(xp: Module, x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    return xp.argmax(x, axis=axis, keepdims=keepdims).astype("int64")


def argmin(xp: Module, x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    return xp.argmin(x, axis=axis, keepdims=keepdims).astype("int64")


def any_(xp: Module, x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return xp.any(x.astype("bool", copy=False), axis=axis, keepdims=keepdims)


def all_(xp: Module, x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return xp.all(x.astype("bool", copy=False), axis=axis, keepdims=keepdims)


def cumsum(xp: Module, x: Array, *, axis: int) -> Array:
    wide = _wide(x)
    return x.astype(wide, copy=False).cumsum(axis=axis, dtype=wide).astype(x.dtype, copy=False)
