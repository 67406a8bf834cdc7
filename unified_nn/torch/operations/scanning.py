"""Functions that run along an axis, and that count."""

from __future__ import annotations

from typing import Any, Literal, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.dtypes import int64
from unified_nn.errors import ArgumentError, DTypeError
from unified_nn.ops import elementwise as ops
from unified_nn.ops import reduce
from unified_nn.ops import shape as shape_ops
from unified_nn.ops.elementwise import as_dtype
from unified_nn.ops.index import gather
from unified_nn.torch import dtypes
from unified_nn.torch.creation import made
from unified_nn.torch.define import define
from unified_nn.torch.operations.joining import cat
from unified_nn.torch.operations.reduction import _summable as summable
from unified_nn.torch.operations.reduction import axis_of
from unified_nn.torch.return_types import returned
from unified_nn.torch.tensor import Tensor


@define("CumsumBackward0", inplace=True)
def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> core.Tensor:
    """The running sum along an axis; of integers and bools as int64."""
    axis = axis_of(input, dim)
    x = summable(input, dtype)
    return cast(Tensor, reduce.cumsum(x, axis=axis) if input._shape else x)


@define("CumprodBackward0", inplace=True)
def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> core.Tensor:
    """The running product along an axis; of integers and bools as int64."""
    axis = axis_of(input, dim)
    x = summable(input, dtype)
    if not input._shape or x._shape[axis] == 0:
        return cast(Tensor, x)
    parts = [shape_ops.narrow(x, axis=axis, start=0, length=1)]
    for i in range(1, x._shape[axis]):
        parts.append(ops.mul(parts[-1], shape_ops.narrow(x, axis=axis, start=i, length=1)))
    return cast(Tensor, shape_ops.concat(*parts, axis=axis))


def _running(name: str, accumulate: Any, doc: str) -> None:
    def call(input: Tensor, dim: int) -> Any:
        axis = axis_of(input, dim)
        values = input._values()
        best = accumulate(values, axis=axis)
        own = np.arange(values.shape[axis]).reshape([-1 if a == axis else 1 for a in range(values.ndim)])
        same = (values == best) | (np.isnan(values) if values.dtype.kind == "f" else False)
        places = np.maximum.accumulate(np.where(same, own, 0), axis=axis)
        where = made(places.astype(np.int64), None, None, False, input)
        return returned(name, values=gather(input, where, axis=axis), indices=where)

    call.__name__, call.__doc__ = name, doc
    define(f"{name.capitalize()}Backward0")(call)


_running("cummax", np.maximum.accumulate, "The largest so far along an axis, and its place.")
_running("cummin", np.minimum.accumulate, "The smallest so far along an axis, and its place.")


@define("SubBackward0")
def diff(input: Tensor, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> core.Tensor:
    """The differences of neighbours along an axis, n times."""
    given = [t for t in (prepend, input, append) if t is not None]
    out = cat(given, dim) if len(given) > 1 else input
    axis = axis_of(input, dim)
    for _ in range(n):
        length = max(out._shape[axis] - 1, 0)
        high, low = (shape_ops.narrow(out, axis=axis, start=s, length=length) for s in (min(1, out._shape[axis]), 0))
        out = cast(Tensor, ops.not_equal(high, low) if out._dtype.kind == "b" else ops.sub(high, low))
    return out


@define()
def bincount(input: Tensor, weights: Any = None, minlength: int = 0) -> core.Tensor:
    """How often each number occurs in a vector of non-negative integers, or the sums of their weights."""
    values = input._values()
    if input.ndim != 1 or input._dtype.kind not in "iu" or (values.size and values.min() < 0):
        message = "bincount only supports 1-d non-negative integral inputs."
        raise input._error(ArgumentError, "", f"{message} Got {input.dtype!r} of shape {list(input._shape)}")
    shares = None if weights is None else weights._values()
    found = np.bincount(values, shares, minlength)
    kind = int64 if weights is None or weights._dtype.name != "float32" else weights._dtype
    if weights is not None and weights._dtype.name == "float64":
        kind = weights._dtype
    return made(found, kind, None, False, input)


@define()
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> core.Tensor:
    """How many elements fall into each of `bins` equal parts of [min, max]; of the elements' range if both are 0."""
    values = input._values()
    if input._dtype.kind != "f":
        raise input._error(DTypeError, "histc", f"not implemented for {input.dtype!r}; expected a floating dtype")
    low, high = (float(values.min()), float(values.max())) if min == max == 0 and values.size else (min, max)
    if low == high:
        low, high = low - 1, high + 1
    found, _ = np.histogram(values, bins, (low, high))
    return made(found, input._dtype, None, False, input)


def _boundaries(name: str, sequence: Tensor, values: Any, right: bool, out_int32: bool) -> core.Tensor:
    given = values._values() if isinstance(values, Tensor) else np.asarray(values)
    side: Literal["left", "right"] = "right" if right else "left"
    edges = sequence._values()
    if edges.ndim == 1:
        found = np.searchsorted(edges, given, side)
    else:
        flat = edges.reshape(-1, edges.shape[-1]), given.reshape(-1, given.shape[-1])
        found = np.stack([np.searchsorted(e, v, side) for e, v in zip(*flat, strict=True)]).reshape(given.shape)
    return made(np.asarray(found), dtypes.canonical(dtypes.int32 if out_int32 else dtypes.int64), None, False, sequence)


@define(method=False)
def searchsorted(sorted_sequence: Tensor, values: Any, *, out_int32: bool = False, right: bool = False) -> core.Tensor:
    """Where the values would go in a sorted last axis."""
    return _boundaries("searchsorted", sorted_sequence, values, right, out_int32)


@define(method=False)
def bucketize(input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> core.Tensor:
    """The number of the bucket between boundaries that each value falls into."""
    return _boundaries("bucketize", boundaries, input, right, out_int32)


@define("LogcumsumexpBackward0")
def logcumsumexp(input: Tensor, dim: int) -> core.Tensor:
    """log of the running sum of e ** x along an axis."""
    axis = axis_of(input, dim)
    top = as_dtype(reduce.max_(input.detach(), axis=axis, keepdims=True), input._dtype)
    return ops.add(ops.log(reduce.cumsum(ops.exp(ops.sub(input, top)), axis=axis)), top)
