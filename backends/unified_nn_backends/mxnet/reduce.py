"""Reductions of MXNet arrays; 16-bit floats are summed in float32 and rounded once."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from unified_nn_backends.mxnet.call import anchored, dtype_name, full, invoke, part, reshaped, size
from unified_nn_backends.mxnet.contraction import MOST_AXES, SMALL, expanded, total
from unified_nn_backends.mxnet.elementwise import (
    FLOATING,
    as_type,
    div,
    equal,
    maximum,
    minimum,
    mul,
    through,
    truth,
)  # fmt: skip
from unified_nn_backends.mxnet.recording import with_rules

Array = Any
Axis = int | tuple[int, ...] | None
Function = Callable[..., Array]


def normal_axes(x: Array, axis: Axis) -> tuple[int, ...]:
    """The reduced axes counted from the front, each once."""
    ndim = len(x.shape)
    if axis is None:
        return tuple(range(ndim))
    chosen = axis if isinstance(axis, tuple) else (axis,)
    if any(not -ndim <= a < max(ndim, 1) for a in chosen):
        raise ValueError(f"axis {axis} is out of range for an array of shape {x.shape}")
    found = tuple(a % ndim for a in chosen) if ndim else ()
    if len(set(found)) != len(found):
        raise ValueError(f"axis {axis} names one axis twice")
    return found


def reduced_shape(x: Array, axes: tuple[int, ...], keepdims: bool) -> tuple[int, ...]:
    """The shape that is left of x without those axes."""
    kept = tuple(1 if a in axes else s for a, s in enumerate(x.shape))
    return kept if keepdims else tuple(s for a, s in enumerate(x.shape) if a not in axes)


def _of_nothing(x: Array, shape: tuple[int, ...], value: float | None, dtype: str) -> Array:
    """The result for an x without elements, which MXNet's reductions get wrong or fail on, long after the call."""
    if value is None and size(shape):
        raise ValueError(f"an array of shape {x.shape} has no element to reduce to")
    made = full(shape, 0 if value is None else value, dtype)
    return anchored(made, x) if dtype in FLOATING else made


def reduction(name: str, identity: float | None, dtype: str | None = None) -> Function:
    """MXNet's reduction of that name; `identity` is what no elements give, `dtype` the result's where it is not x's."""

    def call(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
        axes = normal_axes(x, axis)
        if not size(x.shape):
            return _of_nothing(x, reduced_shape(x, axes, keepdims), identity, dtype or dtype_name(x))
        if not axes:
            return truth(x) if dtype == "bool" else x
        if 1 < len(axes) < len(x.shape) and len(x.shape) > MOST_AXES:
            return reshaped(_one_by_one(name, x, axes), reduced_shape(x, axes, keepdims))
        return invoke(name, x, axis=axes, keepdims=keepdims)

    return call


def _one_by_one(name: str, x: Array, axes: tuple[int, ...]) -> Array:
    """The reduction, one axis after the other; for those where that is the same."""
    for axis in axes:
        shape = x.shape
        lone = reshaped(x, (size(shape[:axis]), shape[axis], size(shape[axis + 1 :])))
        x = reshaped(invoke(name, lone, axis=(1,), keepdims=True), (*shape[:axis], 1, *shape[axis + 1 :]))
    return x


def _kept(function: Function) -> Function:
    """A reduction that MXNet would widen, in the dtype of x."""

    def call(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
        wide = {"float16": "float32", "bool": "int64"}.get(dtype_name(x), dtype_name(x))
        return as_type(function(as_type(x, wide), axis=axis, keepdims=keepdims), dtype_name(x))

    return call


def _total(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    if size(x.shape) <= SMALL or dtype_name(x) not in FLOATING:
        return _sum(x, axis=axis, keepdims=keepdims)
    axes = normal_axes(x, axis)
    return reshaped(total(x, axes), reduced_shape(x, axes, keepdims))


_sum = reduction("_np_sum", 0)
sum_ = _kept(_total)
prod = _kept(reduction("_np_prod", 1))
any_ = reduction("_np_any", 0, "bool")
all_ = reduction("_np_all", 1, "bool")


def _mean(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    count = size([x.shape[a] for a in normal_axes(x, axis)])
    if not count:
        return _of_nothing(x, reduced_shape(x, normal_axes(x, axis), keepdims), math.nan, dtype_name(x))
    return div(sum_(x, axis=axis, keepdims=keepdims), float(count))


mean = through("float32", _mean, "float16")


def _extremum(name: str, beats: Function) -> Function:
    """The largest or smallest: MXNet's own for small arrays, else one half of the axis against the other until one is
    left, which is faster."""
    own = reduction(name, None)

    def call(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
        if size(x.shape) <= SMALL:
            return own(x, axis=axis, keepdims=keepdims)
        axes = normal_axes(x, axis)
        out = x
        for at in axes:
            shape = out.shape
            out = reshaped(out, (size(shape[:at]), shape[at], size(shape[at + 1 :])))
            while (length := out.shape[1]) > 1:
                half = (length + 1) // 2
                out = beats(part(out, 1, 0, half), part(out, 1, length - half, length))
            out = reshaped(out, (*shape[:at], 1, *shape[at + 1 :]))
        return reshaped(out, reduced_shape(x, axes, keepdims))

    return through("uint8", call, "bool")


max_ = _extremum("_np_max", maximum)
min_ = _extremum("_np_min", minimum)


def _place(name: str) -> Function:
    """The place of an extreme element, as int64."""

    def call(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
        axes = normal_axes(x, axis)
        if not size(x.shape):
            return _of_nothing(x, reduced_shape(x, axes, keepdims), None, "int64")
        if not x.shape:
            return full((), 0, "int64")
        x = as_type(x, "uint8") if dtype_name(x) == "bool" else x
        found = invoke(name, x, axis=None if axis is None else axes[0])
        return reshaped(found, reduced_shape(x, axes, keepdims))

    return call


argmax = _place("_npi_argmax")
argmin = _place("_npi_argmin")


def cumsum(x: Array, *, axis: int) -> Array:
    (at,) = normal_axes(x, axis) or (0,)
    if not size(x.shape) or not x.shape:
        return x
    name = dtype_name(x)
    wide = {"float16": "float32", "bool": "int64", "uint8": "int64"}.get(name, name)
    return as_type(invoke("_np_cumsum", as_type(x, wide), axis=at, dtype=wide), name)


# ---- gradients where MXNet's own are not the op's: ties and zeros ---------------------------------------------------


def _spread(g: Array, x: Array, axis: Axis) -> Array:
    """A reduced array, with or without keepdims, over the reduced axes of x again."""
    return expanded(reshaped(g, reduced_shape(x, normal_axes(x, axis), True)), x.shape)


def _to_extreme(g: Array, out: Array, x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Ties share the gradient evenly (MXNet gives all of it to each)."""
    hit = as_type(equal(x, _spread(out, x, axis)), dtype_name(g))
    share = div(g, reshaped(sum_(hit, axis=axis, keepdims=True), g.shape))
    return mul(_spread(share, x, axis), hit)


def _to_factors(g: Array, out: Array, x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The product of the others, right where elements are 0 (MXNet divides by them)."""
    if axis is None:
        flat = reshaped(x, (size(x.shape),))
        return mul(_spread(g, x, None), reshaped(_others(flat, 0), x.shape))
    return mul(_spread(g, x, axis), _others(x, normal_axes(x, axis)[0]))


def _others(x: Array, axis: int) -> Array:
    """For each element the product of all others along the axis, by running products in log2(length) steps."""
    before, after, step = _shifted(x, axis, 1), _shifted(x, axis, -1), 1
    while step < x.shape[axis]:
        before = mul(before, _shifted(before, axis, step))
        after = mul(after, _shifted(after, axis, -step))
        step *= 2
    return mul(before, after)


def _shifted(x: Array, axis: int, by: int) -> Array:
    """x moved along the axis, with ones coming in."""
    length = x.shape[axis]
    count = min(abs(by), length)
    ones = full((*x.shape[:axis], count, *x.shape[axis + 1 :]), 1, dtype_name(x))
    if count == length:
        return ones
    start, stop = (0, length - count) if by > 0 else (count, length)
    rest = part(x, axis, start, stop)
    return invoke("_npi_concatenate", *((ones, rest) if by > 0 else (rest, ones)), axis=axis, num_args=2)


RECORDED: dict[str, Function] = {
    "max": with_rules(max_, _to_extreme), "min": with_rules(min_, _to_extreme), "prod": with_rules(prod, _to_factors),
}  # fmt: skip
