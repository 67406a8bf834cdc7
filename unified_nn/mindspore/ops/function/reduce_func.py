"""Reductions."""

from __future__ import annotations

import math
from typing import Any

from unified_nn import dtypes
from unified_nn.errors import NotOfferedError, make
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.ops.arguments import axes_of, axis_of, counted, floating, tensor, widened
from unified_nn.mindspore.ops.function.math_func import Function, _named
from unified_nn.ops import elementwise as el
from unified_nn.ops import reduce
from unified_nn.ops.index import gather
from unified_nn.ops.shape import squeeze


def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum over the axes; integers and bools are summed as int64."""
    x = tensor(input, "ops.sum")
    x = counted(x, "ops.sum") if dtype is None else el.as_dtype(x, mstype.to_canonical(dtype, "ops.sum: dtype"))
    return reduce.sum_(x, axis=axes_of(x, dim, "ops.sum"), keepdims=keepdim)


def prod(input: Any, axis: Any = None, keep_dims: bool = False, dtype: Any = None) -> Any:
    """The product over the axis, or over all."""
    x = tensor(input, "ops.prod")
    x = counted(x, "ops.prod") if dtype is None else el.as_dtype(x, mstype.to_canonical(dtype, "ops.prod: dtype"))
    return _over_axes(reduce.prod, x, axes_of(x, axis, "ops.prod"), keep_dims)


def _over_axes(op: Any, x: Any, axes: Any, keepdims: bool) -> Any:
    """An op of one axis over several, one after the other."""
    if not isinstance(axes, tuple):
        return op(x, axis=axes, keepdims=keepdims)
    for axis in sorted(axes, reverse=True):
        x = op(x, axis=axis, keepdims=keepdims)
    return x


def mean(x: Any, axis: Any = None, keep_dims: bool = False) -> Any:
    """The mean over the axes; that of integers drops its fraction."""
    found = tensor(x, "ops.mean")
    where = axes_of(found, axis, "ops.mean")
    if found._dtype.kind in "fc":
        return reduce.mean(found, axis=where, keepdims=keep_dims)
    count = reduce._count(found, where)
    total = reduce.sum_(found, axis=where, keepdims=keep_dims)
    return el.as_dtype(el.trunc(el.div(el.as_dtype(total, dtypes.float64), float(count))), found._dtype)


def _spread(name: str, op: Any) -> Function:
    """`std` and `var`, whose ddof may be a bool."""

    def function(input: Any, axis: Any = None, ddof: Any = 0, keepdims: bool = False) -> Any:
        x = floating(input, f"ops.{name}")
        return op(x, axis=axes_of(x, axis, f"ops.{name}"), keepdims=keepdims, ddof=int(ddof))

    return _named(function, name, op.__doc__)


std, var = _spread("std", reduce.std), _spread("var", reduce.var)


def _extremum(name: str, op: Any, place: Any) -> Function:
    """`max` and `min`: the value alone over everything, with its place along an axis."""

    def function(
        input: Any, axis: Any = None, keepdims: bool = False, *, initial: Any = None, where: Any = None
    ) -> Any:
        x = tensor(input, f"ops.{name}")
        if initial is not None or where is not None:
            raise make(NotOfferedError, f"mindspore.ops.{name}: initial and where are not offered; use ops.where first")
        if axis is None:
            return reduce_all(op, x), Tensor.from_numpy(0, "int64", x.backend)
        return at_place(place, x, axis_of(x, axis, f"ops.{name}"), keepdims)

    return _named(function, name, op.__doc__)


def at_place(place: Any, x: Any, axis: int, keepdims: bool) -> tuple[Any, Any]:
    """The value at the place that `place` finds along an axis, and the place; a tie's gradient goes to the first."""
    places = place(x, axis=axis, keepdims=True)
    values = gather(x, places, axis=axis) if x.ndim else x
    return (values, places) if keepdims or not x.ndim else (squeeze(values, axis=axis), squeeze(places, axis=axis))


def reduce_all(op: Any, x: Any) -> Any:
    return op(x, axis=None, keepdims=False)


max, min = _extremum("max", reduce.max_, reduce.argmax), _extremum("min", reduce.min_, reduce.argmin)


def amax(input: Any, axis: Any = None, keepdims: bool = False, *, initial: Any = None, where: Any = None) -> Any:
    """The largest element over the axes."""
    return _plain_extremum("amax", reduce.max_, input, axis, keepdims, initial, where)


def amin(input: Any, axis: Any = None, keepdims: bool = False, *, initial: Any = None, where: Any = None) -> Any:
    """The smallest element over the axes."""
    return _plain_extremum("amin", reduce.min_, input, axis, keepdims, initial, where)


def _plain_extremum(name: str, op: Any, input: Any, axis: Any, keepdims: bool, initial: Any, where: Any) -> Any:
    if initial is not None or where is not None:
        raise make(NotOfferedError, f"mindspore.ops.{name}: initial and where are not offered; use ops.where first")
    x = tensor(input, f"ops.{name}")
    return op(x, axis=axes_of(x, axis, f"ops.{name}"), keepdims=keepdims)


def argmax(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The place of the first largest element, as int64."""
    x = tensor(input, "ops.argmax")
    at = None if dim is None else axis_of(x, dim, "ops.argmax")
    return reduce.argmax(x, axis=at, keepdims=keepdim and at is not None)


def argmin(input: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The place of the first smallest element, as int32."""
    x = tensor(input, "ops.argmin")
    at = None if axis is None else axis_of(x, axis, "ops.argmin")
    return el.as_dtype(reduce.argmin(x, axis=at, keepdims=keepdims and at is not None), dtypes.int32)


def all(input: Any, axis: Any = None, keep_dims: bool = False) -> Any:
    """Whether no element is zero."""
    x = tensor(input, "ops.all")
    return reduce.all_(x, axis=axes_of(x, axis, "ops.all"), keepdims=keep_dims)


def any(input: Any, axis: Any = None, keep_dims: bool = False) -> Any:
    """Whether any element is not zero."""
    x = tensor(input, "ops.any")
    return reduce.any_(x, axis=axes_of(x, axis, "ops.any"), keepdims=keep_dims)


def cumsum(x: Any, axis: int, dtype: Any = None) -> Any:
    """The running sum along the axis."""
    found = tensor(x, "ops.cumsum")
    if dtype is not None:
        found = el.as_dtype(found, mstype.to_canonical(dtype, "ops.cumsum: dtype"))
    return reduce.cumsum(found, axis=axis_of(found, axis, "ops.cumsum"))


def logsumexp(input: Any, dim: Any, keepdim: bool = False) -> Any:
    """log(sum(e ** input)) without overflow."""
    x = floating(input, "ops.logsumexp")
    return reduce.logsumexp(x, axis=axes_of(x, dim, "ops.logsumexp"), keepdims=keepdim)


def norm(  # its first argument has MindSpore's name
    A: Any,  # noqa: N803
    ord: Any = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Any:
    """The 2-norm over the axes; other orders are those of a vector."""
    x = widened(A, "ops.norm")
    if dtype is not None:
        x = el.as_dtype(x, mstype.to_canonical(dtype, "ops.norm: dtype"))
    axes = axes_of(x, dim, "ops.norm")
    if ord in (None, 2) or ord == "fro":
        if ord == 2 and ((isinstance(axes, tuple) and len(axes) == 2) or (axes is None and x.ndim == 2)):
            raise make(NotOfferedError, "mindspore.ops.norm: the spectral norm (ord=2 of a matrix) is not offered")
        return el.sqrt(reduce.sum_(el.square(x), axis=axes, keepdims=keepdim))
    if isinstance(axes, tuple) or (axes is None and x.ndim != 1) or not isinstance(ord, (int, float)):
        raise make(NotOfferedError, f"mindspore.ops.norm: ord={ord!r} is offered for one axis only, got dim={dim!r}")
    size = el.abs_(x)
    if ord == math.inf:
        return reduce.max_(size, axis=axes, keepdims=keepdim)
    if ord == 1:
        return reduce.sum_(size, axis=axes, keepdims=keepdim)
    return el.pow_(reduce.sum_(el.pow_(size, float(ord)), axis=axes, keepdims=keepdim), 1.0 / ord)


__all__ = [
    "all", "amax", "amin", "any", "argmax", "argmin", "cumsum", "logsumexp", "max", "mean", "min", "norm", "prod",
    "std", "sum", "var",
]  # fmt: skip
