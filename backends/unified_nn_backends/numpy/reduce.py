"""Reductions on arrays of a module `xp`; 16-bit floats are summed in float32 and rounded once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from unified_nn.errors import DTypeError, make
from unified_nn_backends.numpy.width import is_narrow, wide, widened

Array = Any
Module = Any
Axis = int | tuple[int, ...] | None

#: Rows that are added one after the other before partial sums are added: keeps the error of long columns small.
RUN = 1024


def chosen_axes(ndim: int, axis: Axis) -> tuple[int, ...]:
    """The axes counted from the front."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))) if ndim else ()


def count_of(x: Array, axis: Axis) -> int:
    """How many elements go into one of the result."""
    return math.prod(x.shape[a] for a in chosen_axes(x.ndim, axis))


def _total(xp: Module, x: Array, axis: Axis, keepdims: bool) -> Array:
    """The sum in the dtype to compute in."""
    dtype = wide(x.dtype)
    if x.size > RUN and xp is np and x.shape[0] > RUN and x.dtype.kind in "fcV":  # "V": bfloat16
        axes = chosen_axes(x.ndim, axis)
        if 0 in axes and x.ndim - 1 not in axes:
            x = np.add.reduceat(x, range(0, x.shape[0], RUN), axis=0, dtype=dtype)
    return x.sum(axis=axis, dtype=dtype, keepdims=keepdims)


def sum_(xp: Module, x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    total = _total(xp, x, axis, keepdims)
    return total.astype(x.dtype) if is_narrow(x.dtype) else total


def _floating(name: str, x: Array) -> None:
    if x.dtype.kind in "biu":
        raise make(DTypeError, f"{name}: got an array of dtype {x.dtype}, expected a floating dtype; cast it first")


def mean(xp: Module, x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    _floating("mean", x)
    total = _total(xp, x, axis, keepdims)
    return (total / total.dtype.type(count_of(x, axis))).astype(x.dtype, copy=False)


def var(xp: Module, x: Array, *, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Array:
    _floating("var", x)
    values = widened(x)
    centered = xp.asarray(values - mean(xp, values, axis=axis, keepdims=True))  # of a 0-d array NumPy makes a number
    total = _total(xp, xp.multiply(centered, centered, centered), axis, keepdims)
    freedom = count_of(x, axis) - ddof
    return (total / total.dtype.type(freedom if freedom > 0 else math.nan)).astype(x.dtype, copy=False)


def prod(xp: Module, x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    found = xp.prod(x, axis=axis, dtype=wide(x.dtype), keepdims=keepdims)
    return found.astype(x.dtype) if is_narrow(x.dtype) else found


def max_(xp: Module, x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return x.max(axis=axis, keepdims=keepdims)


def min_(xp: Module, x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return x.min(axis=axis, keepdims=keepdims)


def argmax(xp: Module, x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    return xp.argmax(x, axis=axis, keepdims=keepdims).astype("int64", copy=False)


def argmin(xp: Module, x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    return xp.argmin(x, axis=axis, keepdims=keepdims).astype("int64", copy=False)


def any_(xp: Module, x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return xp.any(x, axis=axis, keepdims=keepdims)


def all_(xp: Module, x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    return xp.all(x, axis=axis, keepdims=keepdims)


def cumsum(xp: Module, x: Array, *, axis: int) -> Array:
    if x.ndim == 0:
        return x
    found = xp.cumsum(x, axis=axis, dtype=wide(x.dtype))
    return found.astype(x.dtype) if is_narrow(x.dtype) else found
