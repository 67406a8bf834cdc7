"""Picking and placing by index, against an array module `xp`."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import IndexRangeError, make
from unified_nn.backend import ARRAY

Array = Any
Module = Any
Index = tuple[Any, ...]


def _filled(index: Index, arrays: tuple[Array, ...], x: Array) -> Index:
    """The index with the arrays in their places; every one is checked against the axis it picks from."""
    supply = iter(arrays)
    parts = tuple(next(supply) if part is ARRAY else part for part in index)
    used = sum(_axes_of(part) for part in parts)
    axis = 0
    for part in parts:
        if part is Ellipsis:
            axis += x.ndim - used
            continue
        if hasattr(part, "dtype") and part.dtype.kind != "b":
            _check(part, x.shape[axis], axis, -x.shape[axis])
        axis += _axes_of(part)
    return parts


def _axes_of(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if hasattr(part, "dtype") and part.dtype.kind == "b" else 1


def _check(i: Array, length: int, axis: int, lowest: int = 0) -> None:
    if i.size == 0:
        return
    low, high = int(i.min()), int(i.max())
    if low < lowest or high >= length:
        bad = low if low < lowest else high
        raise make(IndexRangeError, f"index {bad} is out of range for axis {axis} with size {length}")


def getitem(xp: Module, x: Array, *arrays: Array, index: Index) -> Array:
    return x[_filled(index, arrays, x)]


def setitem(xp: Module, x: Array, y: Array, *arrays: Array, index: Index) -> Array:
    out = x.copy()
    out[_filled(index, arrays, x)] = y
    return out


def index_add(xp: Module, x: Array, y: Array, *arrays: Array, index: Index) -> Array:
    out = x.copy()
    xp.add.at(out, _filled(index, arrays, x), y)
    return out


def take(xp: Module, x: Array, i: Array, *, axis: int) -> Array:
    _check(i, x.shape[axis], axis)
    return x.take(i, axis=axis)


def _cut(x: Array, i: Array, axis: int) -> Array:
    """x without what lies beyond i on the other axes."""
    at = axis % x.ndim
    return x[tuple(slice(None) if a == at else slice(size) for a, size in enumerate(i.shape))]


def gather(xp: Module, x: Array, i: Array, *, axis: int) -> Array:
    if x.ndim == 0:
        return x.copy()
    _check(i, x.shape[axis], axis)
    return xp.take_along_axis(_cut(x, i, axis), i, axis)


def scatter_add(xp: Module, x: Array, i: Array, y: Array, *, axis: int) -> Array:
    if x.ndim == 0:
        return x + y
    _check(i, x.shape[axis], axis)
    out = x.copy()
    places = list(xp.ogrid[tuple(slice(size) for size in i.shape)])
    places[axis] = i
    xp.add.at(out, tuple(places), _cut(y, i, axis)[tuple(slice(s) for s in i.shape)])
    return out
