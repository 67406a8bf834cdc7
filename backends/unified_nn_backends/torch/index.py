"""Picking and placing by index on torch tensors.

torch differs from NumPy, whose meaning the ops have: it has no negative steps, takes uint8 arrays for masks, and a
plain integer beside an array does not count as an array. A wrong index kills the process's use of a GPU, so there it
is looked for before the call; on the CPU only when the call fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from unified_nn.backend import ARRAY, Function
from unified_nn.errors import IndexRangeError, make

Array = Any
Index = tuple[Any, ...]


def check_range(i: Array, length: int, axis: int, lowest: int = 0) -> None:
    if i.numel() == 0:
        return
    low, high = int(i.min()), int(i.max())
    if low < lowest or high >= length:
        bad = low if low < lowest else high
        raise make(IndexRangeError, f"index {bad} is out of range for axis {axis} with size {length}")


def guarded(call: Callable[[], Array], i: Array, length: int, axis: int) -> Array:
    """The call's result; a wrong index raises IndexRangeError."""
    if i.is_cuda:
        check_range(i, length, axis)
    try:
        return call()
    except (IndexError, RuntimeError):
        check_range(i, length, axis)
        raise


# ---- Python's index ------------------------------------------------------------------------------------------------


def _axes_of(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, torch.Tensor) and part.dtype is torch.bool else 1


def _filled(index: Index, arrays: tuple[Array, ...]) -> list[Any]:
    """The index with the arrays in their places, as int64 or bool."""
    supply = (a if a.dtype is torch.bool else a.to(torch.int64) for a in arrays)
    parts = [next(supply) if part is ARRAY else part for part in index]
    if any(a.ndim or a.dtype is torch.bool for a in arrays):
        device = arrays[0].device
        for at, part in enumerate(parts):
            if isinstance(part, int):
                parts[at] = torch.tensor([part], device=device)
            elif isinstance(part, torch.Tensor) and part.ndim == 0 and part.dtype is not torch.bool:
                parts[at] = part.reshape(1)
    return parts


def _with_axes(parts: list[Any], ndim: int) -> list[tuple[int, int, Any]]:
    """(place in the index, first axis of x, part) of all parts that pick from x."""
    found, axis = [], 0
    for at, part in enumerate(parts):
        if part is Ellipsis:
            axis += ndim - sum(map(_axes_of, parts))
        elif part is not None:
            found.append((at, axis, part))
            axis += _axes_of(part)
    return found


def _forward(x: Array, parts: list[Any]) -> tuple[Index, list[int]]:
    """The index with positive steps for x flipped along the axes that come with it."""
    flipped = []
    for at, axis, part in _with_axes(parts, x.ndim):
        if isinstance(part, slice) and part.step is not None and part.step < 0 and axis < x.ndim:
            size = x.shape[axis]
            taken = range(*part.indices(size))
            first = size - 1 - taken.start
            parts[at] = slice(first, first - len(taken) * part.step, -part.step) if taken else slice(0, 0)
            flipped.append(axis)
    return tuple(parts), flipped


def _check_arrays(x: Array, parts: Index) -> None:
    for _, axis, part in _with_axes(list(parts), x.ndim):
        if isinstance(part, torch.Tensor) and part.dtype is not torch.bool and axis < x.ndim:
            check_range(part, x.shape[axis], axis, -x.shape[axis])


def _indexed(call: Callable[[], Any], x: Array, parts: Index) -> Any:
    if x.is_cuda:
        _check_arrays(x, parts)
    try:
        return call()
    except (IndexError, RuntimeError):
        _check_arrays(x, parts)
        raise


def getitem(x: Array, *arrays: Array, index: Index) -> Array:
    parts, flipped = _forward(x, _filled(index, arrays))
    source = torch.flip(x, flipped) if flipped else x
    return _indexed(lambda: source[parts], x, parts)


def setitem(x: Array, y: Array, *arrays: Array, index: Index) -> Array:
    parts, flipped = _forward(x, _filled(index, arrays))
    out = torch.flip(x, flipped) if flipped else x.clone()
    _indexed(lambda: out.__setitem__(parts, y), x, parts)
    return torch.flip(out, flipped) if flipped else out


def index_add(x: Array, y: Array, *arrays: Array, index: Index) -> Array:
    axis = len(index) - 1
    if index[-1:] == (ARRAY,) and arrays[0].dtype is not torch.bool and index[:-1] == (slice(None),) * axis:
        i = arrays[0].to(torch.int64)
        check_range(i, x.shape[axis], axis, -x.shape[axis])
        shape = (*x.shape[:axis], *i.shape, *x.shape[axis + 1 :])
        addends = y.expand(shape).reshape(*x.shape[:axis], i.numel(), *x.shape[axis + 1 :])
        return x.index_add(axis, (i % max(x.shape[axis], 1)).reshape(-1), addends)
    places = getitem(torch.arange(x.numel(), device=x.device).reshape(x.shape), *arrays, index=index)
    addends = y.expand(places.shape).reshape(-1)
    return x.reshape(-1).index_add(0, places.reshape(-1), addends).reshape(x.shape)


# ---- along one axis ------------------------------------------------------------------------------------------------


def take(x: Array, i: Array, *, axis: int) -> Array:
    places = i.to(torch.int64)
    if x.ndim == 2 and axis in (0, -2) and x.is_floating_point():  # whose backward is the fast one
        return guarded(lambda: F.embedding(places, x), places, x.shape[0], 0)
    at = axis + x.ndim if axis < 0 else axis
    flat = guarded(lambda: torch.index_select(x, at, places.reshape(-1)), places, x.shape[at], at)
    return flat.reshape(*x.shape[:at], *i.shape, *x.shape[at + 1 :])


def gather(x: Array, i: Array, *, axis: int) -> Array:
    places = i.to(torch.int64)
    return guarded(lambda: torch.gather(x, axis, places), places, _length(x, axis), axis)


def scatter_add(x: Array, i: Array, y: Array, *, axis: int) -> Array:
    places = i.to(torch.int64)
    addends = y if y.shape == i.shape else y[tuple(slice(size) for size in i.shape)]  # torch's gradient needs it
    return guarded(lambda: torch.scatter_add(x, axis, places, addends), places, _length(x, axis), axis)


def _length(x: Array, axis: int) -> int:
    length: int = x.shape[axis] if x.ndim else 1
    return length


FUNCTIONS: dict[str, Function] = {
    "getitem": getitem,
    "setitem": setitem,
    "index_add": index_add,
    "take": take,
    "gather": gather,
    "scatter_add": scatter_add,
}
