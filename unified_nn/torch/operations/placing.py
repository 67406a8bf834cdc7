"""Functions that pick and place by index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.backend import ARRAY
from unified_nn.dtypes import bool_
from unified_nn.errors import DTypeError, IndexRangeError, NotOfferedError, ShapeError, make
from unified_nn.ops import elementwise as ops
from unified_nn.ops import index
from unified_nn.ops import shape as shape_ops
from unified_nn.ops.elementwise import as_dtype
from unified_nn.torch import graph
from unified_nn.torch.creation import made
from unified_nn.torch.define import assigned, define
from unified_nn.torch.operations.indexing import parse, placed, value_of
from unified_nn.torch.operations.pointwise import copied
from unified_nn.torch.operations.reduction import axis_of
from unified_nn.torch.tensor import Tensor

# ---- functions that pick ----


def _long(name: str, i: Any) -> core.Tensor:
    if not isinstance(i, core.Tensor) or i._dtype.name not in ("int64", "int32"):
        got = i._dtype.name if isinstance(i, core.Tensor) else type(i).__name__
        raise Tensor._error(DTypeError, f"{name}()", f"Expected dtype int64 for index, got {got}")
    return i


@define("GatherBackward0")
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> core.Tensor:
    """out[a, b] = input[a, index[a, b]] for dim 1, and so on."""
    from unified_nn.ops.index import gather as op

    return cast(
        Tensor, op(_cropped(input, index, axis_of(input, dim)), _long("gather", index), axis=axis_of(input, dim))
    )


def _cropped(x: Tensor, i: core.Tensor, axis: int) -> core.Tensor:
    """x cut to the index's size on the other axes, which PyTorch's index may leave shorter."""
    if x.ndim != i.ndim:
        raise x._error(
            ShapeError,
            "gather",
            f"Index tensor must have the same number of dimensions as input tensor; {i._shape} and {x._shape}",
        )
    cut = tuple(slice(None) if a == axis or s == x._shape[a] else slice(s) for a, s in enumerate(i._shape))
    return x if all(c == slice(None) for c in cut) else cast(Tensor, index.getitem(x, index=cut))


@define("GatherBackward0")
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> core.Tensor:
    """As gather, with broadcasting; of the flattened tensor without dim."""
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    axis = axis_of(input, dim)
    both = [tuple(1 if a == axis else s for a, s in enumerate(t._shape)) for t in (input, indices)]
    shape = np.broadcast_shapes(*both)
    x, i = (
        shape_ops.expand(t, shape=tuple(t._shape[axis] if a == axis else s for a, s in enumerate(shape)))
        for t in (input, indices)
    )
    return gather(cast(Tensor, x), axis, cast(Tensor, i))


@define("IndexSelectBackward0")
def index_select(input: Tensor, dim: int, index: Tensor) -> core.Tensor:
    """The slices at the places `index` along an axis."""
    from unified_nn.ops.index import take as op

    i = _long("index_select", index)
    axis = axis_of(input, dim)
    _in_range(input, i, axis)
    return cast(Tensor, op(input, shape_ops.reshape(i, shape=(-1,)), axis=axis))


def _in_range(x: Tensor, i: core.Tensor, axis: int, op: str = "") -> None:
    places = i.backend.to_numpy(i.native)
    length = x._shape[axis] if x._shape else 1
    if places.size and not (places.min() >= 0 and places.max() < length):
        bad = places[(places < 0) | (places >= length)].reshape(-1)[0]
        raise x._error(IndexRangeError, op, f"index {bad} is out of range for dimension {axis} with size {length}")


@define("TakeBackward0")
def take(input: Tensor, index: Tensor) -> core.Tensor:
    """The elements of the flattened tensor at the places."""
    from unified_nn.ops.index import take as op

    flat = shape_ops.reshape(input, shape=(-1,))
    return cast(Tensor, op(flat, _long("take", index), axis=0))


@define("MaskedSelectBackward0")
def masked_select(input: Tensor, mask: Tensor) -> core.Tensor:
    """The elements where mask holds, as one axis."""
    shape = np.broadcast_shapes(input._shape, mask._shape)
    x, m = (shape_ops.expand(t, shape=shape) for t in (input, mask))
    if m._dtype is not bool_:
        raise input._error(DTypeError, "masked_select", f"expected BoolTensor for mask, got {m._dtype.name}")
    return cast(Tensor, index.getitem(x, m.as_face(core.Tensor), index=(ARRAY,)))


@define()
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The places of elements that are not zero, (N, rank), or one tensor per axis."""
    found = np.nonzero(np.atleast_1d(input._values()))
    if as_tuple:
        return tuple(made(axis.astype(np.int64), None, None, False, input) for axis in found)
    places = np.stack(found, axis=1) if input._shape else np.zeros((len(found[0]), 0))
    return made(places.astype(np.int64), None, None, False, input)


@define()
def argwhere(input: Tensor) -> core.Tensor:
    """The places of elements that are not zero, (N, rank)."""
    return cast(Tensor, nonzero(input))


# ---- functions that place ----


@define(inplace=True)
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> core.Tensor:
    """value where mask holds, else input."""
    if mask._dtype is not bool_:
        message = f"masked_fill only supports boolean masks, but got mask with dtype {mask._dtype.name}"
        raise input._error(DTypeError, "", message)
    if isinstance(value, core.Tensor) and value.ndim:
        message = (
            f"masked_fill only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
        raise input._error(ShapeError, "", message)
    fill = value_of(value, input)
    made_ = ops.select(mask, fill, input)
    name = "MaskedFillBackward1" if isinstance(value, core.Tensor) else "MaskedFillBackward0"
    return cast(Tensor, graph.label(made_, name, graph.edges((input, value))))


@define("MaskedScatterBackward0", inplace=True)
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> core.Tensor:
    """The elements of source, in order, where mask holds."""
    full = shape_ops.expand(mask, shape=input._shape)
    count = int(full.backend.to_numpy(full.native).sum())
    flat = shape_ops.narrow(shape_ops.reshape(source, shape=(-1,)), axis=0, start=0, length=count)
    return cast(Tensor, index.setitem(input, as_dtype(flat, input._dtype), full.as_face(core.Tensor), index=(ARRAY,)))


def _grid(i: core.Tensor, axis: int) -> list[core.Tensor]:
    """Index arrays that say `i` along an axis and the own place along the others."""
    places = np.indices(i._shape)
    return [i if a == axis else made(places[a], None, None, False, i).as_face(core.Tensor) for a in range(i.ndim)]


@define(inplace=True)
def scatter(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None,
            reduce: str | None = None) -> core.Tensor:  # fmt: skip
    """out[a, index[a, b]] = src[a, b] for dim 1, and so on."""
    if reduce is not None:
        if reduce != "add":
            raise make(NotOfferedError, f"scatter: reduce={reduce!r} is not offered; use scatter_reduce")
        return scatter_add(
            input, dim, index, src if isinstance(src, Tensor) else cast(Tensor, _like(index, src, input))
        )
    given = value if src is None else src
    axis = axis_of(input, dim)
    _in_range(input, index, axis, "scatter")
    source = _source(given, index, input)
    arrays = [a.as_face(core.Tensor) for a in _grid(_long("scatter", index), axis)]
    out = index_setitem(input, source, arrays)
    name = "ScatterBackward0" if isinstance(given, core.Tensor) else "ScatterBackward1"
    return cast(Tensor, graph.label(out, name, graph.edges((input, given))))


def _like(i: core.Tensor, value: Any, x: Tensor) -> core.Tensor:
    return made(np.full(i._shape, value), x._dtype, None, False, x)


def _source(given: Any, i: core.Tensor, x: Tensor) -> core.Tensor:
    """What is placed: a number, or the part of a tensor that the index covers."""
    if not isinstance(given, core.Tensor):
        return made(np.asarray(given), x._dtype, None, False, x)
    if given._dtype is not x._dtype:
        raise x._error(DTypeError, "scatter()", "Expected self.dtype to be equal to src.dtype")
    if given._shape == i._shape:
        return given
    return index.getitem(given, index=tuple(slice(s) for s in i._shape))


def index_setitem(x: Tensor, y: core.Tensor, arrays: list[core.Tensor]) -> core.Tensor:
    return index.setitem(x, y, *arrays, index=(ARRAY,) * len(arrays))


@define("ScatterAddBackward0", inplace=True)
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> core.Tensor:
    """input with src[a, b] added at [a, index[a, b]] for dim 1, and so on."""
    from unified_nn.ops.index import scatter_add as op

    axis = axis_of(input, dim)
    _in_range(input, index, axis, "scatter")
    return cast(Tensor, op(input, _long("scatter_add", index), _source(src, index, input), axis=axis))


@define("ScatterReduceBackward0", inplace=True)
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> core.Tensor:
    """input with src combined at the places: "sum", "mean"; others are not offered."""
    if reduce not in ("sum", "mean"):
        raise make(NotOfferedError, f"scatter_reduce: reduce={reduce!r} is not offered; offered are 'sum' and 'mean'")
    ones = made(np.ones(index._shape), input._dtype, None, False, input)
    zeros = made(np.zeros(input._shape), input._dtype, None, False, input)
    count = scatter_add(zeros, dim, index, ones)
    start: Any = input
    if not include_self:
        start = ops.where(ops.greater(count, 0), 0.0, input)
    total = scatter_add(start, dim, index, src)
    if reduce == "sum":
        return total
    shares = ops.add(count, 1.0) if include_self else ops.maximum(count, 1.0)
    return ops.div(total, shares) if input._dtype.kind == "f" else ops.floor_div(total, as_dtype(shares, input._dtype))


@define("IndexAddBackward0", inplace=True)
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> core.Tensor:
    """input with the slices of source added at the places `index` along an axis."""
    from unified_nn.ops.index import index_add as op

    axis = axis_of(input, dim)
    i = shape_ops.reshape(_long("index_add", index), shape=(-1,))
    _in_range(input, i, axis)
    addend = source if alpha == 1 else ops.mul(source, alpha)
    return cast(Tensor, op(input, addend, i.as_face(core.Tensor), index=(slice(None),) * axis + (ARRAY,)))


@define("IndexCopyBackward0", inplace=True)
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> core.Tensor:
    """input with the slices of source at the places `index` along an axis."""
    axis = axis_of(input, dim)
    i = shape_ops.reshape(_long("index_copy", index), shape=(-1,))
    _in_range(input, i, axis)
    return _along_axis(input, source, i, axis)


def _along_axis(x: Tensor, y: core.Tensor, i: core.Tensor, axis: int) -> core.Tensor:
    return cast(Tensor, index.setitem(x, y, i.as_face(core.Tensor), index=(slice(None),) * axis + (ARRAY,)))


@define("IndexFillBackward0", inplace=True)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> core.Tensor:
    """input with value at the places `index` along an axis."""
    axis = axis_of(input, dim)
    i = shape_ops.reshape(_long("index_fill", index), shape=(-1,))
    _in_range(input, i, axis)
    return _along_axis(input, value_of(value, input), i, axis)


@define("IndexPutBackward0", inplace=True)
def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False) -> core.Tensor:
    """input[indices] = values, or added."""
    from unified_nn.ops.index import index_add as op

    _, second, arrays = parse(tuple(indices), input)
    if accumulate:
        region = index.getitem(input.detach(), *arrays, index=second)
        return cast(Tensor, op(input, shape_ops.expand(values, shape=region._shape), *arrays, index=second))
    return placed(input, values, second, arrays)


# ---- in place only ----


def _in_place(name: str, fill: Any, grad_fn: str, doc: str) -> None:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> core.Tensor:
        self._refuse_leaf(name)
        value = fill(self, *args, **kwargs)
        if self._body.node is not None and value._body.node is None:
            value = ops.select(made(np.ones(()), bool_, None, False, self), value, self)
        if value._body.node is not None:
            into = [graph.edge(self), *(graph.edge(a) for a in args if isinstance(a, core.Tensor))]
            graph.label(value, grad_fn, into)
        return assigned(self, value, name)

    method.__name__, method.__doc__ = name, doc
    define(function=False, names=(name,))(method)


def _filled(self: Tensor, value: Any) -> core.Tensor:
    if isinstance(value, core.Tensor) and value.ndim:
        message = f"only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions"
        raise self._error(ShapeError, "fill_", f"{message}; value {value._shape}")
    return shape_ops.expand(value_of(value, self), shape=self._shape)


def _copied(self: Tensor, src: Any, non_blocking: bool = False) -> core.Tensor:
    source = value_of(src, self) if not isinstance(src, core.Tensor) else as_dtype(src, self._dtype)
    try:
        fits = np.broadcast_shapes(source._shape, self._shape) == self._shape
    except ValueError:
        fits = False
    if not fits:
        message = f"the source of shape {list(source._shape)} does not broadcast to {list(self._shape)}"
        raise self._error(ShapeError, "copy_", message)
    if source.backend is not self.backend:
        source = source.to_backend(self.backend)
    return copied(cast(Tensor, source)) if source._shape == self._shape else shape_ops.expand(source, shape=self._shape)


_in_place("fill_", _filled, "FillBackward2", "The value everywhere.")
_in_place("zero_", lambda self: _filled(self, 0), "ZeroBackward0", "0 everywhere.")
_in_place("copy_", _copied, "torch::autograd::CopyBackwards", "The values of another tensor, cast and broadcast.")
