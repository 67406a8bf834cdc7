"""Picking and placing by index on MindSpore tensors.

Indices are looked at on the host: MindSpore's kernels wrap a negative place, leave out one beyond the end, or end the
process. An index with arrays in several places is turned into flat places by NumPy, whose meaning the ops have; the
values themselves move in MindSpore.
"""

from __future__ import annotations

from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Tensor, ops

from unified_nn.backend import ARRAY, Function
from unified_nn.errors import IndexRangeError, make
from unified_nn_backends.mindspore.kernels import axis_of, filled, is_empty, widened

Array = Any
Index = tuple[Any, ...]
Host = np.ndarray[Any, Any]


def checked(i: Array, length: int, axis: int, lowest: int = 0) -> Host:
    """The places on the host, all of them within [lowest, length)."""
    places: Host = i.asnumpy().astype("int64", copy=False)
    if places.size:
        low, high = int(places.min()), int(places.max())
        if low < lowest or high >= length:
            bad = low if low < lowest else high
            raise make(IndexRangeError, f"index {bad} is out of range for axis {axis} with size {length}")
    return places


def _picked(x: Array, places: Host, axis: int = 0) -> Array:
    """x[..., places, ...]."""
    shape = (*x.shape[:axis], *places.shape, *x.shape[axis + 1 :])
    if 0 in shape:
        return filled(shape, 0, x.dtype)
    return ops.gather(x, Tensor(places), axis)


# ---- Python's index ------------------------------------------------------------------------------------------------


def _one_array(x: Array, arrays: tuple[Array, ...], index: Index) -> int | None:
    """The axis of the one integer array where everything else is taken whole, the common case."""
    if len(arrays) != 1 or arrays[0].dtype == ms.bool_ or len(index) > x.ndim:
        return None
    axis = next(at for at, part in enumerate(index) if part is ARRAY)
    whole = all(part is ARRAY or (isinstance(part, slice) and part == slice(None)) for part in index)
    return axis if whole else None


def _flat(x: Array, arrays: tuple[Array, ...], index: Index) -> Host:
    """The place in the flattened x of every element of x[index]."""
    supply = iter(arrays)
    parts = tuple(next(supply).asnumpy() if part is ARRAY else part for part in index)
    count = int(np.prod(x.shape))
    try:
        return np.asarray(np.arange(count).reshape(x.shape)[parts])
    except IndexError as cause:
        raise make(IndexRangeError, f"getitem: {cause}; x {x.shape}") from None


def getitem(x: Array, *arrays: Array, index: Index) -> Array:
    axis = _one_array(x, arrays, index)
    if axis is not None:
        return _picked(x, checked(arrays[0], x.shape[axis], axis, -x.shape[axis]) % max(x.shape[axis], 1), axis)
    steps = any(isinstance(part, slice) and part.step not in (None, 1) for part in index)
    if arrays or steps or is_empty(x):  # steps: the backward of MindSpore's own fails in more than three axes
        return _picked(ops.reshape(x, (-1,)), _flat(x, arrays, index))
    return x[index]


def _placed(x: Array, y: Array, places: Host, how: str) -> Array:
    """x with y put, or added, at the flat places."""
    if not places.size:
        return x
    addends = ops.reshape(ops.broadcast_to(y, places.shape), (-1,))
    flat = ops.reshape(x, (-1,))
    return ops.reshape(ops.tensor_scatter_elements(flat, Tensor(places.reshape(-1)), addends, 0, how), x.shape)


def setitem(x: Array, y: Array, *arrays: Array, index: Index) -> Array:
    return _placed(x, y, _flat(x, arrays, index), "none")


def index_add(x: Array, y: Array, *arrays: Array, index: Index) -> Array:
    return _placed(x, y, _flat(x, arrays, index), "add")


# ---- along one axis ------------------------------------------------------------------------------------------------


def take(x: Array, i: Array, *, axis: int) -> Array:
    at = axis_of(axis, x)
    return _picked(x, checked(i, x.shape[at], at), at)


def gather(x: Array, i: Array, *, axis: int) -> Array:
    if x.ndim == 0:
        return ops.reshape(gather(ops.reshape(x, (1,)), ops.reshape(i, (1,)), axis=0), ())
    at = axis_of(axis, x)
    places = checked(i, x.shape[at], at)
    return filled(places.shape, 0, x.dtype) if is_empty(i) else ops.gather_elements(x, at, Tensor(places))


def scatter_add(x: Array, i: Array, y: Array, *, axis: int) -> Array:
    if x.ndim == 0:
        return ops.add(x, y)
    at = axis_of(axis, x)
    places = checked(i, x.shape[at], at)
    if is_empty(i):
        return x
    addends = y if y.shape == i.shape else y[tuple(slice(size) for size in i.shape)]
    return ops.tensor_scatter_elements(x, Tensor(places), addends, at, "add")


FUNCTIONS: dict[str, Function] = {
    "getitem": widened(getitem),
    "setitem": widened(setitem),
    "index_add": widened(index_add),
    "take": widened(take),
    "gather": widened(gather),
    "scatter_add": widened(scatter_add),
}
