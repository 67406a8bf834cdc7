"""Ops that reduce axes. `axis` is an int, a tuple, or None for all; `keepdims` leaves size 1 behind."""

from __future__ import annotations

import math

from unified_nn.op import composite, primitive
from unified_nn.ops import _rules as rules
from unified_nn.ops.elementwise import add, cast, div, equal, exp, full_like, log, mul, sqrt, square, sub, where
from unified_nn.ops.shape import expand, flip, reshape
from unified_nn.tensor import Tensor

Axis = int | tuple[int, ...] | None


def _kept(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """The shape with the reduced axes as size 1."""
    if axis is None:
        return (1,) * len(shape)
    chosen = {a % max(len(shape), 1) for a in (axis if isinstance(axis, tuple) else (axis,))}
    return tuple(1 if a in chosen else s for a, s in enumerate(shape))


def spread(g: Tensor, x: Tensor, axis: Axis) -> Tensor:
    """A reduced array (with or without keepdims) broadcast over the reduced axes of x again."""
    return expand(reshape(g, shape=_kept(x._shape, axis)), shape=x._shape)


def _count(x: Tensor, axis: Axis) -> int:
    """How many elements go into one of the result."""
    chosen = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return rules.size([x._shape[a] for a in chosen])


@primitive(
    saves=False, rule=rules.reduce, vjp={"x": lambda g, out, x, *, axis=None, keepdims=False: spread(g, x, axis)}
)
def sum_(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum over the axes, in the dtype of x."""
    ...


@composite(saves=False, rule=rules.reduce, vjp={
    "x": lambda g, out, x, *, axis=None, keepdims=False: div(spread(g, x, axis), float(_count(x, axis)))})  # fmt: skip
def mean(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean over the axes, of floating arrays; NaN where there are no elements."""
    count = _count(x, axis)
    total = sum_(x, axis=axis, keepdims=keepdims)
    return div(total, float(count)) if count else full_like(total, value=math.nan)


def _prod_vjp(g: Tensor, out: Tensor, x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """g * (product of the others), right also where elements are 0: exclusive products from both ends."""
    if axis is None:
        flat = reshape(x, shape=(-1,))
        return reshape(_prod_vjp(g, out, flat, axis=0), shape=x._shape)
    assert isinstance(axis, int)
    others = mul(_exclusive(x, axis), flip(_exclusive(flip(x, axes=(axis,)), axis), axes=(axis,)))
    return mul(spread(g, x, axis), others)


def _exclusive(x: Tensor, axis: int) -> Tensor:
    """The product of all earlier elements along the axis."""
    from unified_nn.ops.shape import concat, narrow

    length = x._shape[axis]
    if length == 0:
        return x
    parts = [full_like(narrow(x, axis=axis, start=0, length=1), value=1)]
    for i in range(length - 1):
        parts.append(mul(parts[-1], narrow(x, axis=axis, start=i, length=1)))
    return concat(*parts, axis=axis)


@primitive(rule=rules.reduce, vjp={"x": _prod_vjp})
def prod(x: Tensor, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The product over one axis or all, in the dtype of x."""
    ...


def _extremum_vjp(g: Tensor, out: Tensor, x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    hit = cast(equal(x, spread(out, x, axis)), dtype=g._dtype)
    return div(mul(spread(g, x, axis), hit), spread(sum_(hit, axis=axis, keepdims=True), x, axis))


@primitive(rule=rules.reduce, vjp={"x": _extremum_vjp})
def max_(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest element; NaN if one is. Ties share the gradient evenly."""
    ...


@primitive(rule=rules.reduce, vjp={"x": _extremum_vjp})
def min_(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The smallest element; NaN if one is. Ties share the gradient evenly."""
    ...


@primitive(rule=rules.reduce)
def argmax(x: Tensor, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The place of the first largest element as int64: along the axis, or in the flattened array."""
    ...


@primitive(rule=rules.reduce)
def argmin(x: Tensor, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The place of the first smallest element as int64: along the axis, or in the flattened array."""
    ...


@primitive(rule=rules.reduce)
def any_(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether any element is not zero, as bool."""
    ...


@primitive(rule=rules.reduce)
def all_(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether no element is zero, as bool."""
    ...


@primitive(saves=False, rule=rules.reduce, vjp={
    "x": lambda g, out, x, *, axis: flip(cumsum(flip(g, axes=(axis,)), axis=axis), axes=(axis,))})  # fmt: skip
def cumsum(x: Tensor, *, axis: int) -> Tensor:
    """The running sum along the axis, in the dtype of x."""
    ...


@composite(rule=rules.reduce)
def var(x: Tensor, *, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Tensor:
    """sum((x - mean) ** 2) / (n - ddof); NaN where n <= ddof."""
    centered = sub(x, mean(x, axis=axis, keepdims=True))
    total = sum_(square(centered), axis=axis, keepdims=keepdims)
    freedom = _count(x, axis) - ddof
    return div(total, float(freedom)) if freedom > 0 else full_like(total, value=math.nan)


@composite(rule=rules.reduce)
def std(x: Tensor, *, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Tensor:
    """The square root of the variance."""
    return sqrt(var(x, axis=axis, keepdims=keepdims, ddof=ddof))


@composite(rule=rules.reduce)
def logsumexp(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """log(sum(e ** x)) without overflow."""
    top = max_(x._detached(), axis=axis, keepdims=True)
    finite = where(equal(sub(top, top), 0), top, 0.0)
    total = log(sum_(exp(sub(x, finite)), axis=axis, keepdims=True))
    out = add(total, finite)
    return out if keepdims else reshape(out, shape=_dropped(x, axis))


def _dropped(x: Tensor, axis: Axis) -> tuple[int, ...]:
    if axis is None:
        return ()
    chosen = {a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,))}
    return tuple(s for a, s in enumerate(x._shape) if a not in chosen)
