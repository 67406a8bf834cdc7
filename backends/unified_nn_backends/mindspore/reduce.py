"""Reductions of MindSpore tensors.

The kernels give what lies in memory where there is nothing to reduce, and lose NaN when they compare: both are handled
around them.
"""

from __future__ import annotations

import math
from typing import Any

import mindspore as ms
from mindspore import ops

from unified_nn.backend import Function
from unified_nn.errors import ShapeError, make
from unified_nn_backends.mindspore.kernels import WIDE, axis_of, constant, filled, has_nan, is_empty, unary

Array = Any
Axis = int | tuple[int, ...] | None


def _axes(x: Array, axis: Axis) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(x.ndim))
    return tuple(axis_of(a, x) for a in (axis if isinstance(axis, tuple) else (axis,)))


def _left(x: Array, axes: tuple[int, ...], keepdims: bool) -> tuple[int, ...]:
    """The shape of the result."""
    if keepdims:
        return tuple(1 if a in axes else s for a, s in enumerate(x.shape))
    return tuple(s for a, s in enumerate(x.shape) if a not in axes)


def over_axes(function: Function, nothing: Any) -> Function:
    """The op from a function (x, axes, keepdims); `nothing` is the result of no elements, None where there is none."""

    def call(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
        axes = _axes(x, axis)
        if is_empty(x):
            shape = _left(x, axes, keepdims)
            if nothing is None and 0 not in shape:
                raise make(ShapeError, f"x {x.shape} has no elements along axes {axes}, and the result no value for it")
            return filled(shape, 0 if nothing is None else nothing, x.dtype)
        return function(x, axes, keepdims) if axes and x.ndim else x

    return call


def _sum(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return ops.sum(x, axes, keepdims, dtype=x.dtype)


def _mean(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return ops.mean(x, axes, keepdims)


def _max(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return _nan_wins(x, ops.amax(x, axes, keepdims), axes, keepdims)


def _min(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return _nan_wins(x, ops.amin(x, axes, keepdims), axes, keepdims)


def _nan_wins(x: Array, out: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    if not has_nan(x):
        return out
    return ops.where(ops.any(ops.isnan(x), axes, keepdims), constant(math.nan, x.dtype), out)


def _any(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return ops.any(x, axes, keepdims)


def _all(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    return ops.all(x, axes, keepdims)


def of_truth(function: Function, nothing: bool) -> Function:
    reduced = over_axes(function, nothing)

    def call(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
        return reduced(x if x.dtype == ms.bool_ else ops.cast(x, ms.bool_), axis=axis, keepdims=keepdims)

    return call


_prod = over_axes(lambda x, axes, keepdims: ops.prod(x, axes[0], keepdims, x.dtype), 1)


def prod(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    if axis is None:
        total = _prod(ops.reshape(x, (-1,)), axis=0)
        return ops.reshape(total, (1,) * x.ndim) if keepdims else total
    return _prod(x, axis=axis, keepdims=keepdims)


# ---- places --------------------------------------------------------------------------------------------------------


def _place(function: Function, x: Array, axis: int | None, keepdims: bool) -> Array:
    """The place by `function`; that of the first NaN where there is one, which the kernels pass over."""
    if axis is None:
        found = _place(function, ops.reshape(x, (-1,)), 0, False)
        return ops.reshape(found, (1,) * x.ndim) if keepdims else found
    at = axis_of(axis, x)
    if is_empty(x):
        return over_axes(function, None)(ops.cast(x, ms.int64), axis=at, keepdims=keepdims)
    if x.ndim == 0:
        return constant(0, ms.int64)
    found = ops.cast(function(x, axis, keepdims), ms.int64)
    if not has_nan(x):
        return found
    missing = ops.isnan(x)
    first = ops.argmax(ops.cast(missing, ms.int32), axis, keepdims)
    return ops.where(ops.any(missing, axis, keepdims), ops.cast(first, ms.int64), found)


def argmax(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    return _place(ops.argmax, x, axis, keepdims)


def argmin(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    return _place(ops.argmin, x, axis, keepdims)


def cumsum(x: Array, *, axis: int) -> Array:
    at = axis_of(axis, x)
    return x if x.ndim == 0 or is_empty(x) else ops.cumsum(x, at)


PLACES = {**WIDE, ms.bool_: ms.int32}

FUNCTIONS: dict[str, Function] = {
    "sum": unary(over_axes(_sum, 0)),
    "mean": unary(over_axes(_mean, math.nan)),
    "prod": unary(prod),
    "max": unary(over_axes(_max, None), {**WIDE, ms.bool_: ms.uint8}),
    "min": unary(over_axes(_min, None), {**WIDE, ms.bool_: ms.uint8}),
    "any": of_truth(_any, False),
    "all": of_truth(_all, True),
    "argmax": unary(argmax, PLACES, keeps=False),
    "argmin": unary(argmin, PLACES, keeps=False),
    "cumsum": unary(cumsum),
}
