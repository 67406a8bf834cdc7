"""Reductions: all axes give shape (1,), integers stay integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unified_nn.dtypes import float64
from unified_nn.errors import ArgumentError, IndexRangeError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.dtypes import resolve
from unified_nn.mxnet.ndarray.function import define
from unified_nn.ops import elementwise as elementwise
from unified_nn.ops import reduce as ops
from unified_nn.ops.elementwise import abs_, add, as_dtype, cast, equal, isfinite, isnan, mul, sqrt, square, sub, where
from unified_nn.ops.shape import reshape
from unified_nn.tensor import Tensor

Axis = int | tuple[int, ...] | None
Reduction = Callable[..., Tensor]


def axes_of(title: str, x: Tensor, axis: Any, exclude: bool = False) -> tuple[int, ...]:
    """The reduced axes; none given, or an empty tuple, means all."""
    if axis is None or axis == ():
        chosen = set(range(x.ndim))
        return tuple(sorted(chosen)) if not exclude else ()
    found = []
    for a in axis if isinstance(axis, (tuple, list)) else (axis,):
        if not -x.ndim <= a < x.ndim:
            raise failure(IndexRangeError, title, f"axis {a} is out of range for an array of shape {x._shape}")
        found.append(a % x.ndim)
    if len(set(found)) != len(found):
        raise failure(ArgumentError, title, f"axis {axis} names one axis twice")
    return tuple(a for a in range(x.ndim) if (a in found) != exclude)


def at_least_1d(x: Tensor) -> Tensor:
    """MXNet has no arrays without axes."""
    return reshape(x, shape=(1,)) if not x._shape else x


def _mean(x: Tensor, *, axis: Any, keepdims: bool) -> Tensor:
    if x._dtype.is_floating:
        return ops.mean(x, axis=axis, keepdims=keepdims)
    return cast(ops.mean(cast(x, dtype=float64), axis=axis, keepdims=keepdims), dtype=x._dtype)


def _prod(x: Tensor, *, axis: tuple[int, ...], keepdims: bool) -> Tensor:
    """Axis by axis, from the last."""
    for a in sorted(axis, reverse=True):
        x = ops.prod(x, axis=a, keepdims=keepdims)
    return x


def drift(x: Tensor) -> Tensor:
    """0 in the shape of x, with gradient 1: what gives a value another gradient than its own."""
    still = x._detached()
    return where(isfinite(still), sub(x, still), 0.0)


def _extremum(reduction: Reduction) -> Reduction:
    """max or min whose ties all get the whole gradient, as in MXNet."""

    def call(x: Tensor, *, axis: Any, keepdims: bool) -> Tensor:
        if not x.tracked:
            return reduction(x, axis=axis, keepdims=keepdims)
        still = x._detached()
        best = reduction(still, axis=axis, keepdims=True)
        moving = where(equal(still, best), drift(x), 0.0)
        out = add(best, ops.sum_(moving, axis=axis, keepdims=True))
        return out if keepdims else reshape(out, shape=reduction(still, axis=axis, keepdims=False)._shape)

    return call


def _nansum(x: Tensor, *, axis: Any, keepdims: bool) -> Tensor:
    return ops.sum_(where(isnan(x), 0.0, x), axis=axis, keepdims=keepdims)


def _nanprod(x: Tensor, *, axis: Any, keepdims: bool) -> Tensor:
    return _prod(where(isnan(x), 1.0, x), axis=axis, keepdims=keepdims)


_REDUCTIONS: dict[tuple[str, ...], Reduction] = {
    ("sum", "sum_axis"): ops.sum_,
    ("mean",): _mean,
    ("prod",): _prod,
    ("max", "max_axis"): _extremum(ops.max_),
    ("min", "min_axis"): _extremum(ops.min_),
    ("nansum",): _nansum,
    ("nanprod",): _nanprod,
}


def _define(names: tuple[str, ...], reduction: Reduction) -> None:
    def body(data: Tensor, axis: Axis = None, keepdims: bool = False, exclude: bool = False) -> Tensor:
        chosen = axes_of(names[0], data, axis, exclude)
        return at_least_1d(reduction(data, axis=chosen, keepdims=bool(keepdims)))

    body.__doc__ = f"{names[0]} over the axes, or over all others where exclude is true."
    define(*names, method=True)(body)


for _names, _reduction in _REDUCTIONS.items():
    _define(_names, _reduction)


@define("norm", method=True)
def norm(data: Tensor, ord: int = 2, axis: Axis = None, out_dtype: object = None, keepdims: bool = False) -> Tensor:
    """sqrt(sum(x ** 2)) for ord 2, sum(|x|) for ord 1."""
    if ord not in (1, 2):
        raise failure(ArgumentError, "norm", f"ord={ord!r}, expected 1 or 2")
    chosen = axes_of("norm", data, axis)
    wide = data if data._dtype.is_floating else cast(data, dtype=float64)
    if ord == 1:
        found = ops.sum_(abs_(wide), axis=chosen, keepdims=keepdims)
    else:
        found = sqrt(ops.sum_(square(wide), axis=chosen, keepdims=keepdims))
    return at_least_1d(as_dtype(found, data._dtype if out_dtype is None else resolve(out_dtype)))


def _define_place(name: str, reduction: Reduction) -> None:
    def body(data: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
        if axis is not None:
            axes_of(name, data, axis)
        found = reduction(data, axis=axis, keepdims=bool(keepdims))
        return at_least_1d(cast(found, dtype=data._dtype))

    body.__doc__ = f"{name} along the axis, or of the flattened array, in the dtype of the array."
    define(name, method=True)(body)


_define_place("argmax", ops.argmax)
_define_place("argmin", ops.argmin)


@define("argmax_channel", method=True)
def argmax_channel(data: Tensor) -> Tensor:
    """argmax along axis 1."""
    return cast(ops.argmax(data, axis=1), dtype=data._dtype)


@define("cumsum")
def cumsum(a: Tensor, axis: int | None = None, dtype: object = None) -> Tensor:
    """The running sum along the axis, or of the flattened array."""
    x = a if dtype is None else as_dtype(a, resolve(dtype))
    return ops.cumsum(reshape(x, shape=(-1,)), axis=0) if axis is None else ops.cumsum(x, axis=axis)


@define("moments")
def moments(data: Tensor, axes: Axis = None, keepdims: bool = False) -> list[Tensor]:
    """The mean and the variance over the axes."""
    chosen = axes_of("moments", data, axes)
    center = ops.mean(data, axis=chosen, keepdims=True)
    spread = ops.mean(square(sub(data, center)), axis=chosen, keepdims=keepdims)
    return [at_least_1d(ops.mean(data, axis=chosen, keepdims=keepdims)), at_least_1d(spread)]


@define("L2Normalization")
def l2_normalization(data: Tensor, eps: float = 1e-10, mode: str = "instance") -> Tensor:
    """data / sqrt(sum(data ** 2) + eps): over all but the batch ("instance"), axis 1 ("channel"), or the rest."""
    modes = {"instance": tuple(range(1, data.ndim)), "channel": (1,), "spatial": tuple(range(2, data.ndim))}
    if mode not in modes:
        raise failure(ArgumentError, "L2Normalization", f"mode={mode!r}, expected one of {', '.join(modes)}")
    total = ops.sum_(square(data), axis=modes[mode], keepdims=True)
    return mul(data, elementwise.rsqrt(add(total, eps)))
