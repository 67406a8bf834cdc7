"""Picking and placing by index, on arrays of a module `xp`. Every index array is checked: CuPy would wrap around."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from unified_nn.backend import ARRAY
from unified_nn.errors import IndexRangeError, make
from unified_nn_backends.numpy.width import is_narrow

Array = Any
Module = Any
Index = tuple[Any, ...]

FULL = slice(None)


def _filled(index: Index, arrays: tuple[Array, ...], x: Array) -> Index:
    """The index with the arrays in their places."""
    if not arrays:
        return index
    supply = iter(arrays)
    parts = tuple(next(supply) if part is ARRAY else part for part in index)
    used = sum(_axes_of(part) for part in parts)
    axis = 0
    for part in parts:
        if _is_places(part) and axis < x.ndim:
            _check(part, x.shape[axis], axis, lowest=-x.shape[axis])
        axis += x.ndim - used if part is Ellipsis else _axes_of(part)
    return tuple(_signed(part) if _is_places(part) else part for part in parts)


def _axes_of(part: Any) -> int:
    """How many axes of the array a part of an index takes."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if hasattr(part, "dtype") and part.dtype.kind == "b" else 1


def _is_places(part: Any) -> bool:
    return hasattr(part, "dtype") and part.dtype.kind != "b"


def _signed(i: Array) -> Array:
    return i.astype("int64", copy=False)


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
    places = _filled(index, arrays, x)
    if not any(_is_places(part) for part in places):  # slices and masks name no place twice
        out = x.copy()
        out[places] += y
        return out
    axis = _only_axis(places, x.ndim)
    if axis is None or xp is not np:
        return _add_at(xp, x, places, y)
    return _add_slices(x, places[axis], y, axis)


def _only_axis(places: Index, ndim: int) -> int | None:
    """The axis that is indexed by an array, where all others are taken whole and in order."""
    parts = [part for part in places if part is not Ellipsis]
    axis = next(number for number, part in enumerate(parts) if _is_places(part))
    whole = all(isinstance(part, slice) and part == FULL for part in parts[:axis] + parts[axis + 1 :])
    return axis if whole and (places[-1] is Ellipsis or not any(p is Ellipsis for p in places)) else None


def _add_slices(x: Array, i: Array, y: Array, axis: int) -> Array:
    """A copy of x with the slices y[..., i, ...] added: those of one place are summed first, in their order."""
    out = x.astype("float32") if is_narrow(x.dtype) else x.copy()
    lead, tail = x.shape[:axis], x.shape[axis + 1 :]
    y = np.broadcast_to(y, (*lead, *i.shape, *tail))
    if y.size:
        y = y.reshape(math.prod(lead), i.size, -1).swapaxes(0, 1)
        flat = i.reshape(-1) % x.shape[axis]
        order = np.argsort(flat, kind="stable")
        ordered = flat[order]
        starts = np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])
        sums = np.add.reduceat(y[order], starts, axis=0, dtype=out.dtype)
        target = out.reshape(math.prod(lead), x.shape[axis], -1)
        target[:, ordered[starts]] += sums.swapaxes(0, 1)
    return out.astype(x.dtype, copy=False)


def _add_at(xp: Module, x: Array, places: Index, y: Array) -> Array:
    """A copy of x with y added one after the other, so that places may repeat."""
    out = x.astype("float32") if is_narrow(x.dtype) else x.copy()
    if xp is np or out.dtype != "int64":
        xp.add.at(out, places, y.astype(out.dtype, copy=False))
    else:  # CuPy has no atomic addition of int64; that of uint64 gives the same bits
        xp.add.at(out.view("uint64"), places, y.astype("int64").view("uint64"))
    return out.astype(x.dtype, copy=False)


def take(xp: Module, x: Array, i: Array, *, axis: int) -> Array:
    _check(i, x.shape[axis], axis)
    return x.take(_signed(i), axis=axis)


def _within(x: Array, i: Array, axis: int) -> Array:
    """x without what lies beyond i on the other axes."""
    at = axis % x.ndim
    return x[tuple(FULL if a == at else slice(size) for a, size in enumerate(i.shape))]


def gather(xp: Module, x: Array, i: Array, *, axis: int) -> Array:
    if x.ndim == 0:
        _check(i, 1, 0)
        return x.copy()
    _check(i, x.shape[axis], axis)
    return xp.take_along_axis(_within(x, i, axis), _signed(i), axis)


def scatter_add(xp: Module, x: Array, i: Array, y: Array, *, axis: int) -> Array:
    if x.ndim == 0:
        _check(i, 1, 0)
        return x + y
    _check(i, x.shape[axis], axis)
    y = y[tuple(slice(size) for size in i.shape)]
    places = [xp.arange(size).reshape(-1, *(1,) * (x.ndim - a - 1)) for a, size in enumerate(i.shape)]
    places[axis] = _signed(i)
    if i.shape[axis] == 1:  # no place is named twice
        out = x.copy()
        out[tuple(places)] += y
        return out
    if xp is not np:
        return _add_at(xp, x, tuple(places), y)
    flat = np.zeros(i.shape, "int64")
    for a, place in enumerate(places):
        flat += place * math.prod(x.shape[a + 1 :])
    return _add_at(np, x.reshape(-1), (flat.reshape(-1),), y.reshape(-1)).reshape(x.shape)
