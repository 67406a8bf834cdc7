"""`x[index]`, `x[index] = y`, and the functions that pick and place by index.

PyTorch's index differs from NumPy's: an integer selects (it does not count as an index array), so that
`x[0, :, [1, 2]]` keeps the order of its axes; steps are positive; and a value may have leading axes of size 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.autodiff import Label
from unified_nn.backend import ARRAY
from unified_nn.dtypes import bool_
from unified_nn.errors import ArgumentError, DTypeError, IndexRangeError, NotOfferedError, ShapeError, make
from unified_nn.ops import elementwise as ops
from unified_nn.ops import index
from unified_nn.ops import shape as shape_ops
from unified_nn.ops.elementwise import as_dtype
from unified_nn.torch import graph
from unified_nn.torch.creation import array_of, made
from unified_nn.torch.define import assigned, define
from unified_nn.torch.operations.pointwise import copied
from unified_nn.torch.operations.reduction import axis_of
from unified_nn.torch.operations.shaping import alias
from unified_nn.torch.tensor import Tensor

Basic = tuple[Any, ...]


# ---- Python's index ----


def _part(part: Any, x: Tensor) -> Any:
    """One part of an index: int, slice, None, Ellipsis or an index tensor."""
    if part is None or part is Ellipsis:
        return part
    if isinstance(part, slice):
        found = slice(*(None if b is None else int(b) for b in (part.start, part.stop, part.step)))
        if found.step is not None and found.step <= 0:
            raise make(ArgumentError, f"step must be greater than zero, got {found.step}; use torch.flip", ValueError)
        return found
    if isinstance(part, core.Tensor):
        if part._dtype.kind not in "biu":
            message = f"tensors used as indices must be long, int, byte or bool tensors, got {part._dtype.name}"
            raise x._error(IndexRangeError, "", message)
        if part._dtype.name == "uint8":
            part = as_dtype(part, bool_)
        return part.__index__() if part.ndim == 0 and part._dtype is not bool_ else part
    if isinstance(part, (bool, list, tuple, range, np.ndarray)):
        values = array_of(list(part) if isinstance(part, range) else part, None)
        return made(values.astype(np.int64) if values.size == 0 else values, None, None, False, x)
    try:
        return part.__index__()
    except AttributeError:
        message = (
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
            f"(got {type(part).__name__})"
        )
        raise make(IndexRangeError, message, TypeError if isinstance(part, str) else IndexError) from None


def _used(part: Any) -> int:
    """How many axes of the tensor a part takes."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, core.Tensor) and part._dtype is bool_ else 1


def parse(key: Any, x: Tensor) -> tuple[Basic, Basic, list[core.Tensor]]:
    """The index in two steps: a basic one (ints, slices, None), and one of arrays for its result."""
    given = key if isinstance(key, tuple) else (key,)
    parts = [_part(part, x) for part in given]
    used = sum(map(_used, parts))
    if used > x.ndim:
        raise x._error(IndexRangeError, "", f"too many indices for tensor of dimension {x.ndim}, got {used}")
    _check(parts, x, used)
    if not any(isinstance(part, core.Tensor) for part in parts):
        return tuple(parts), (), []
    basic: list[Any] = []
    second: list[Any] = []
    arrays: list[core.Tensor] = []
    for part in parts:
        if isinstance(part, core.Tensor):
            scalar = part.ndim == 0
            basic += [None] if scalar else [slice(None)] * _used(part)
            arrays.append(shape_ops.reshape(part, shape=(1,)) if scalar else part)
            second.append(ARRAY)
        else:
            basic.append(part)
            if not isinstance(part, int):
                second.append(part if part is Ellipsis else slice(None))
    plain = all(part is Ellipsis or part == slice(None) for part in basic)
    return () if plain else tuple(basic), tuple(second), [a.as_face(core.Tensor) for a in arrays]


def _check(parts: Sequence[Any], x: Tensor, used: int) -> None:
    """Integers in range, masks of fitting shape."""
    axis = 0
    for part in parts:
        if isinstance(part, int) and not -x._shape[axis] <= part < x._shape[axis]:
            message = f"index {part} is out of bounds for dimension {axis} with size {x._shape[axis]}"
            raise x._error(IndexRangeError, "", message)
        if isinstance(part, core.Tensor) and part._dtype is bool_ and part._shape != x._shape[axis : axis + part.ndim]:
            message = (
                f"The shape of the mask {list(part._shape)} at index 0 does not match the shape of the indexed tensor "
                f"{list(x._shape)} at index {axis}"
            )
            raise x._error(IndexRangeError, "", message)
        axis += x.ndim - used if part is Ellipsis else _used(part)


def _trail(basic: Basic, x: Tensor) -> Any:
    """The edge that the basic part shows: PyTorch takes one step per integer, slice and None."""
    steps = [
        "SelectBackward0" if isinstance(part, int) else "UnsqueezeBackward0" if part is None else "SliceBackward0"
        for part in basic
        if part is not Ellipsis and (not isinstance(part, slice) or part != slice(None) or len(basic) == 1)
    ]
    return steps or ["AliasBackward0"]


def _label_basic(out: Tensor, basic: Basic, x: Tensor) -> core.Tensor:
    if out._body.node is None:
        return out
    into: Any = graph.edge(x)
    *before, last = _trail(basic, x)
    for name in before:
        into = (Label(name, [into]), 0)
    return cast(Tensor, graph.label(out, last, [into]))


def getitem(self: Tensor, key: Any) -> core.Tensor:
    """x[key]."""
    basic, second, arrays = parse(key, self)
    out = self
    if basic or not second:
        out = _label_basic(cast(Tensor, index.getitem(self, index=basic) if basic else alias(self)), basic, self)
    if second:
        out = _label_index(cast(Tensor, index.getitem(out, *arrays, index=second)), out)
    return out


def _label_index(out: Tensor, x: Tensor) -> core.Tensor:
    return cast(Tensor, graph.label(out, "IndexBackward0", [graph.edge(x)])) if out._body.node is not None else out


def setitem(self: Tensor, key: Any, value: Any) -> None:
    """x[key] = value, in place."""
    self._refuse_leaf("")
    basic, second, arrays = parse(key, self)
    given = _value(value, self)
    if not second:
        whole = index.setitem(self, _fitted(given, _region(self._shape, basic)), index=basic or (Ellipsis,))
    elif not basic:
        whole = _placed(self, given, second, arrays)
    else:
        part = index.getitem(self, index=basic)
        whole = index.setitem(self, _placed(cast(Tensor, part), given, second, arrays), index=basic)
    name = "IndexPutBackward0" if second and not basic else "CopySlices"
    if whole._body.node is not None:
        graph.label(whole, name, [graph.edge(self), graph.edge(value)])
    self._assign(whole)


def _placed(x: Tensor, value: core.Tensor, second: Basic, arrays: list[core.Tensor]) -> core.Tensor:
    return cast(Tensor, index.setitem(x, value, *arrays, index=second))


def _value(value: Any, x: Tensor) -> core.Tensor:
    """The value as a tensor of x's dtype."""
    if isinstance(value, core.Tensor):
        return as_dtype(value, x._dtype)
    if isinstance(value, (bool, int, float, complex, np.ndarray, np.generic)):
        return made(np.asarray(value), x._dtype, None, False, x)
    message = f"can't assign a {type(value).__name__} to a {x.dtype!r} tensor; expected a tensor or a number"
    raise make(DTypeError, message, TypeError)


def _region(shape: tuple[int, ...], basic: Basic) -> tuple[int, ...]:
    return np.broadcast_to(np.empty(()), shape)[basic or Ellipsis].shape


def _fitted(value: core.Tensor, region: tuple[int, ...]) -> core.Tensor:
    """The value without leading axes of size 1 that the region does not have."""
    extra = value.ndim - len(region)
    if extra > 0 and all(s == 1 for s in value._shape[:extra]):
        return shape_ops.reshape(value, shape=value._shape[extra:])
    try:
        np.broadcast_shapes(value._shape, region)
        fits = len(value._shape) <= len(region) and all(
            a in (1, b) for a, b in zip(value._shape[::-1], region[::-1], strict=False)
        )
    except ValueError:
        fits = False
    if not fits:
        message = f"shape mismatch: value tensor of shape {list(value._shape)} cannot be broadcast to {list(region)}"
        raise Tensor._error(ShapeError, "", message)
    return value


Tensor.__getitem__ = getitem  # type: ignore[assignment]
Tensor.__setitem__ = setitem  # type: ignore[attr-defined]


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


def _in_range(x: Tensor, i: core.Tensor, axis: int) -> None:
    places = i.backend.to_numpy(i.native)
    length = x._shape[axis] if x._shape else 1
    if places.size and not (places.min() >= 0 and places.max() < length):
        bad = places[(places < 0) | (places >= length)].reshape(-1)[0]
        raise x._error(IndexRangeError, "", f"index {bad} is out of range for dimension {axis} with size {length}")


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
    fill = _value(value, input)
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
        return scatter_add(input, dim, index, src if isinstance(src, core.Tensor) else _like(index, src, input))
    given = value if src is None else src
    axis = axis_of(input, dim)
    _in_range(input, index, axis)
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
    _in_range(input, index, axis)
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
    return _along_axis(input, _value(value, input), i, axis)


@define("IndexPutBackward0", inplace=True)
def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False) -> core.Tensor:
    """input[indices] = values, or added."""
    from unified_nn.ops.index import index_add as op

    basic, second, arrays = parse(tuple(indices), input)
    if accumulate:
        region = index.getitem(input.detach(), *arrays, index=second)
        return cast(Tensor, op(input, shape_ops.expand(values, shape=region._shape), *arrays, index=second))
    return _placed(input, values, second, arrays)


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
    return shape_ops.expand(_value(value, self), shape=self._shape)


def _copied(self: Tensor, src: Any, non_blocking: bool = False) -> core.Tensor:
    source = _value(src, self) if not isinstance(src, core.Tensor) else as_dtype(src, self._dtype)
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
