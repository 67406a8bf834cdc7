"""Order, and sets of values."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.dtypes import int64
from unified_nn.errors import ArgumentError
from unified_nn.ops.index import gather
from unified_nn.ops.shape import reshape, squeeze
from unified_nn.torch import graph
from unified_nn.torch.creation import made
from unified_nn.torch.define import define
from unified_nn.torch.operations.pointwise import copied
from unified_nn.torch.operations.reduction import axis_of
from unified_nn.torch.return_types import returned
from unified_nn.torch.tensor import Tensor


def order_of(x: Tensor, axis: int, descending: bool) -> Tensor:
    """The places that sort along an axis; equal elements keep their order, NaN counts as the largest."""
    values = x._values()
    if values.dtype.name == "bfloat16":
        values = values.astype(np.float32)
    if descending:
        turned = np.flip(values, axis)
        order = values.shape[axis] - 1 - np.flip(np.argsort(turned, axis, kind="stable"), axis)
    else:
        order = np.argsort(values, axis, kind="stable")
    return made(order.astype(np.int64), None, None, False, x)


@define()
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = False) -> Any:
    """The values in order along an axis, and their places; equal elements keep their order."""
    if not input._shape:
        return returned("sort", values=copied(input), indices=made(np.zeros((), np.int64), None, None, False, input))
    axis = axis_of(input, dim)
    order = order_of(input, axis, descending)
    values = graph.label(gather(input, order, axis=axis), "SortBackward0", graph.edges((input,)))
    return returned("sort", values=values, indices=order)


@define()
def argsort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> core.Tensor:
    """The places that sort along an axis."""
    return cast(Tensor, sort(input, dim, descending)[1])


@define()
def msort(input: Tensor) -> core.Tensor:
    """The values in order along the first axis."""
    return cast(Tensor, sort(input, 0)[0])


@define()
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest (or smallest) along an axis, best first, and their places."""
    axis = axis_of(input, dim)
    length = input._shape[axis] if input._shape else 1
    if not 0 <= k <= length:
        raise input._error(ArgumentError, "topk", f"selected index k out of range: k={k}, axis {axis} has {length}")
    if not input._shape:
        return returned("topk", values=copied(input), indices=made(np.zeros((), np.int64), None, None, False, input))
    places = order_of(input, axis, largest)._values().take(range(k), axis)
    where = made(places, int64, None, False, input)
    values = graph.label(gather(input, where, axis=axis), "TopkBackward0", graph.edges((input,)))
    return returned("topk", values=values, indices=where)


@define()
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th smallest along an axis (from 1), and its place."""
    axis = axis_of(input, dim)
    if not 1 <= k <= input._shape[axis]:
        raise input._error(ArgumentError, "kthvalue()", f"selected number k out of range for dimension {axis}; k={k}")
    where = made(order_of(input, axis, False)._values().take([k - 1], axis), int64, None, False, input)
    values = gather(input, where, axis=axis)
    if not keepdim:
        values, where = squeeze(values, axis=axis), cast(Tensor, squeeze(where, axis=axis))
    graph.label(values, "KthvalueBackward0", graph.edges((input,)))
    return returned("kthvalue", values=values, indices=where)


@define()
def unique(input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
           dim: int | None = None) -> Any:  # fmt: skip
    """The different elements in order (or slices along an axis), where each came from, and how often."""
    values = input._values()
    found, inverse, counts = np.unique(values, return_inverse=True, return_counts=True, axis=dim)
    if dim is None:
        inverse = inverse.reshape(values.shape)
    out = [made(found, None, None, False, input)]
    if return_inverse:
        out.append(
            made(
                inverse.astype(np.int64).reshape(-1) if dim is not None else inverse.astype(np.int64),
                None,
                None,
                False,
                input,
            )
        )
    if return_counts:
        out.append(made(counts.astype(np.int64), None, None, False, input))
    return out[0] if len(out) == 1 else tuple(out)


@define()
def unique_consecutive(input: Tensor, return_inverse: bool = False, return_counts: bool = False) -> Any:
    """The elements without repetitions of the one before, where each came from, and how often."""
    flat = input._values().reshape(-1)
    starts = np.concatenate([[True], flat[1:] != flat[:-1]]) if flat.size else np.zeros(0, bool)
    out = [made(flat[starts], None, None, False, input)]
    if return_inverse:
        out.append(made((np.cumsum(starts) - 1).reshape(input._shape), int64, None, False, input))
    if return_counts:
        bounds = np.append(np.nonzero(starts)[0], flat.size)
        out.append(made(np.diff(bounds), int64, None, False, input))
    return out[0] if len(out) == 1 else tuple(out)


def _interpolated(
    input: Tensor, q: Any, dim: int | None, keepdim: bool, interpolation: str, function: Any
) -> core.Tensor:
    fractions = q._values() if isinstance(q, Tensor) else np.asarray(q)
    x = cast(Tensor, reshape(input, shape=(-1,))) if dim is None else input
    axis = 0 if dim is None else axis_of(x, dim)
    found = function(x._values().astype(np.float64), fractions, axis=axis, method=interpolation, keepdims=keepdim)
    return made(np.asarray(found), input._dtype, None, False, input)


def _quantile(name: str, function: Any) -> None:
    def call(input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *,
             interpolation: str = "linear") -> core.Tensor:  # fmt: skip
        if input.requires_grad:
            message = f"{name} has no gradient here; detach the tensor first"
            raise input._error(ArgumentError, "", message)
        return _interpolated(input, q, dim, keepdim, interpolation, function)

    call.__name__, call.__doc__ = name, "The value below which the fraction q of the elements lies."
    define()(call)


_quantile("quantile", np.quantile)
_quantile("nanquantile", np.nanquantile)
