"""Functions that pick, place and order values; indices outside are clipped silently, as MXNet does."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn.dtypes import int32, int64
from unified_nn.errors import ArgumentError, DTypeError, IndexRangeError, ShapeError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.dtypes import resolve
from unified_nn.mxnet.ndarray.function import define, same_dtype
from unified_nn.mxnet.ndarray.pending import settled
from unified_nn.mxnet.ndarray.reduce import at_least_1d, axes_of
from unified_nn.ops import elementwise, index
from unified_nn.ops import sort as order
from unified_nn.ops.elementwise import as_dtype, cast, clip, mod, where
from unified_nn.ops.shape import expand, flip, reshape, squeeze
from unified_nn.tensor import Tensor


def whole(indices: Tensor, length: int, mode: str, title: str) -> Tensor:
    """Indices of any dtype as int64 within [0, length): clipped, wrapped around, or refused."""
    places = as_dtype(indices, int64)
    if mode == "clip":
        return clip(places, low=0, high=length - 1)
    if mode == "wrap":
        return mod(places, length)
    if mode != "raise":
        raise failure(ArgumentError, title, f"mode={mode!r}, expected clip, wrap or raise")
    values = places.numpy()
    if values.size and (values.min() < 0 or values.max() >= length):
        raise failure(IndexRangeError, title, f"an index is outside [0, {length}): {values.min()} to {values.max()}")
    return places


@define("take", method=True)
def take(a: Tensor, indices: Tensor, axis: int = 0, mode: str = "clip") -> Tensor:
    """The slices of a at the indices along an axis."""
    (at,) = axes_of("take", a, axis)
    return at_least_1d(index.take(a, whole(indices, a._shape[at], mode, "take"), axis=at))


@define("Embedding")
def embedding(
    data: Tensor, weight: Tensor, input_dim: int, output_dim: int, dtype: object = "float32", sparse_grad: bool = False
) -> Tensor:
    """The rows of weight (input_dim, output_dim) at the indices."""
    weight = settled(weight, (input_dim, output_dim))
    if weight._shape != (input_dim, output_dim):
        message = f"weight has shape {weight._shape}, expected {(input_dim, output_dim)}"
        raise failure(ShapeError, "Embedding", message)
    if sparse_grad:
        raise failure(ArgumentError, "Embedding", "sparse_grad=True is not offered; gradients are dense")
    return index.take(weight, whole(data, input_dim, "clip", "Embedding"), axis=0)


@define("pick", "choose_element_0index", method=True)
def pick(data: Tensor, index: Tensor, axis: int | None = -1, keepdims: bool = False, mode: str = "clip") -> Tensor:
    """data[..., index[...]] along an axis: one element for each of the others."""
    if axis is None:
        raise failure(ArgumentError, "pick", "axis=None is not offered; flatten the array first")
    (at,) = axes_of("pick", data, axis)
    places = whole(index, data._shape[at], mode, "pick")
    kept = (*data._shape[:at], 1, *data._shape[at + 1 :])
    if places._shape != kept:
        rest = data._shape[:at] + data._shape[at + 1 :]
        if places._shape != rest:
            message = f"index has shape {places._shape}, data {data._shape}; expected {rest}"
            raise failure(ShapeError, "pick", message)
        places = reshape(places, shape=kept)
    out = gather(data, places, axis=at)
    return out if keepdims else at_least_1d(squeeze(out, axis=at))


gather = index.gather


@define("batch_take")
def batch_take(a: Tensor, indices: Tensor) -> Tensor:
    """a[i, indices[i]]."""
    if indices._dtype is not int32:
        raise failure(DTypeError, "batch_take", f"indices are {indices._dtype.name}, expected int32")
    return pick(a, indices, axis=1)  # type: ignore[no-any-return]


@define("one_hot", method=True)
def one_hot(
    indices: Tensor, depth: int, on_value: float = 1.0, off_value: float = 0.0, dtype: object = "float32"
) -> Tensor:
    """on_value at the index of a new last axis, off_value elsewhere; no on_value for an index outside."""
    if depth < 0:
        raise failure(ArgumentError, "one_hot", f"depth must not be negative, got {depth}")
    places = as_dtype(indices, int64)._detached()
    hot = index.one_hot(places, depth=depth, dtype=resolve(dtype))
    if (on_value, off_value) == (1.0, 0.0):
        return hot
    return elementwise.add(elementwise.mul(hot, _number(on_value - off_value, hot)), _number(off_value, hot))


def _number(value: float, like: Tensor) -> float:
    return value if like._dtype.is_floating else int(value)


@define("gather_nd")
def gather_nd(data: Tensor, indices: Tensor) -> Tensor:
    """data[indices[0], indices[1], ...]."""
    parts = [index.getitem(as_dtype(indices, int64), index=(i,)) for i in range(indices._shape[0])]
    clipped = [clip(part, low=0, high=data._shape[i] - 1) for i, part in enumerate(parts)]
    return at_least_1d(index.getitem(data, *clipped, index=(index.ARRAY,) * len(clipped)))


@define("scatter_nd")
def scatter_nd(data: Tensor, indices: Tensor, shape: Any) -> Tensor:
    """Zeros of the shape with data at [indices[0], indices[1], ...]."""
    base = type(data)._face.from_numpy(np.zeros(tuple(shape)), data._dtype, data.backend, data._device)
    parts = [index.getitem(as_dtype(indices, int64), index=(i,)) for i in range(indices._shape[0])]
    return index.setitem(base, data, *parts, index=(index.ARRAY,) * len(parts))


@define("where")
def where_(condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """x where the condition is not 0, else y; a vector condition chooses whole rows."""
    same_dtype("where", x, y)
    if x._shape != y._shape:
        raise failure(ShapeError, "where", f"x has shape {x._shape}, y {y._shape}; expected equal shapes")
    if condition._shape != x._shape:
        if condition._shape != x._shape[:1]:
            message = f"condition has shape {condition._shape}, expected {x._shape} or {x._shape[:1]}"
            raise failure(ShapeError, "where", message)
        condition = reshape(condition, shape=(-1, *(1,) * (x.ndim - 1)))
    chosen = expand(elementwise.not_equal(condition, 0), shape=x._shape)
    return where(chosen, x, y)


# ---- order ---------------------------------------------------------------------------------------------------------


@define("topk", method=True)
def topk(
    data: Tensor, axis: int | None = -1, k: int = 1, ret_typ: str = "indices", is_ascend: bool = False,
    dtype: object = "float32",
) -> Any:  # fmt: skip
    """The k largest (or smallest) along an axis: their places as floats, values, both, or a mask."""
    x, at = (reshape(data, shape=(-1,)), 0) if axis is None else (data, axes_of("topk", data, axis)[0])
    count = k if k > 0 else x._shape[at]
    if count > x._shape[at]:
        raise failure(ArgumentError, "topk", f"k={k} is more than the {x._shape[at]} elements of axis {axis}")
    values, places = order.topk(x, k=count, axis=at, largest=not is_ascend)
    if ret_typ == "value":
        return values
    if ret_typ == "mask":
        return _mask(data, x, places, at)
    indices = cast(places, dtype=resolve(dtype))
    if ret_typ not in ("indices", "both"):
        raise failure(ArgumentError, "topk", f"ret_typ={ret_typ!r}, expected indices, value, both or mask")
    return indices if ret_typ == "indices" else [values, indices]


def _mask(data: Tensor, x: Tensor, places: Tensor, axis: int) -> Tensor:
    zeros = elementwise.zeros_like(x)
    ones = elementwise.full_like(places, value=1, dtype=data._dtype)
    return reshape(index.scatter_add(zeros, places, ones, axis=axis), shape=data._shape)


@define("sort", method=True)
def sort(data: Tensor, axis: int | None = -1, is_ascend: bool = True) -> Tensor:
    """The values in order along an axis."""
    x, at = (reshape(data, shape=(-1,)), 0) if axis is None else (data, axes_of("sort", data, axis)[0])
    return order.sort(x, axis=at, descending=not is_ascend)[0]


@define("argsort", method=True)
def argsort(data: Tensor, axis: int | None = -1, is_ascend: bool = True, dtype: object = "float32") -> Tensor:
    """The places, as floats, that put the values in order along an axis."""
    x, at = (reshape(data, shape=(-1,)), 0) if axis is None else (data, axes_of("argsort", data, axis)[0])
    return cast(order.sort(x, axis=at, descending=not is_ascend)[1], dtype=resolve(dtype))


# ---- sequences: axis 0 is time, axis 1 the batch, unless axis says otherwise ---------------------------------------


def _steps(data: Tensor, lengths: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """The step numbers and the lengths, shaped to broadcast to data."""
    time, batch = axis, 1 - axis
    shape = [1] * data.ndim
    shape[time] = data._shape[time]
    steps = Tensor.from_numpy(np.arange(data._shape[time]).reshape(shape), int64, data.backend, data._device)
    shape = [1] * data.ndim
    shape[batch] = data._shape[batch]
    if lengths._shape != (data._shape[batch],):
        message = f"sequence_length has shape {lengths._shape}, data {data._shape} has {data._shape[batch]} sequences"
        raise failure(ShapeError, "sequence", message)
    return steps, reshape(as_dtype(lengths.as_face(Tensor), int64), shape=tuple(shape))


def _require_axis(title: str, data: Tensor, axis: int) -> None:
    if axis not in (0, 1) or data.ndim < 2:
        raise failure(
            ArgumentError, title, f"axis={axis} of data {data._shape}; expected axis 0 or 1 and rank 2 or more"
        )


@define("SequenceMask")
def sequence_mask(
    data: Tensor, sequence_length: Tensor | None = None, use_sequence_length: bool = False, value: float = 0.0,
    axis: int = 0,
) -> Tensor:  # fmt: skip
    """data with `value` behind the end of each sequence."""
    _require_axis("SequenceMask", data, axis)
    if not use_sequence_length or sequence_length is None:
        return data.copy()  # type: ignore[attr-defined,no-any-return]
    steps, lengths = _steps(data, sequence_length, axis)
    return where(expand(elementwise.less(steps, lengths), shape=data._shape), data, value)


@define("SequenceLast")
def sequence_last(
    data: Tensor, sequence_length: Tensor | None = None, use_sequence_length: bool = False, axis: int = 0
) -> Tensor:
    """The last step of each sequence."""
    _require_axis("SequenceLast", data, axis)
    if not use_sequence_length or sequence_length is None:
        return index.getitem(data, index=(*(slice(None),) * axis, -1))
    _, lengths = _steps(data, sequence_length, axis)
    shape = tuple(1 if a == axis else s for a, s in enumerate(data._shape))
    places = expand(elementwise.sub(lengths, 1), shape=shape)
    return squeeze(index.gather(data, places, axis=axis), axis=axis)


@define("SequenceReverse")
def sequence_reverse(
    data: Tensor, sequence_length: Tensor | None = None, use_sequence_length: bool = False, axis: int = 0
) -> Tensor:
    """Each sequence in reverse order, what is behind its end left in place."""
    _require_axis("SequenceReverse", data, 0 if axis == 0 else -1)
    if not use_sequence_length or sequence_length is None:
        return flip(data, axes=(0,))
    steps, lengths = _steps(data, sequence_length, 0)
    inside = elementwise.less(steps, lengths)
    places = where(
        inside,
        elementwise.sub(elementwise.sub(lengths, 1), steps),
        elementwise.mul(elementwise.ones_like(lengths), steps),
    )
    return index.gather(data, expand(places, shape=data._shape), axis=0)


@define("unravel_index")
def unravel_index(data: Tensor, shape: Any) -> Tensor:
    """Flat indices as one row of indices per axis."""
    rows = np.stack(np.unravel_index(data.numpy().astype(np.int64), tuple(shape)))
    return type(data)._face.from_numpy(rows, data._dtype, data.backend, data._device)


@define("ravel_multi_index")
def ravel_multi_index(data: Tensor, shape: Any) -> Tensor:
    """Rows of indices per axis as flat indices."""
    flat = np.ravel_multi_index(tuple(data.numpy().astype(np.int64)), tuple(shape))
    return type(data)._face.from_numpy(flat, data._dtype, data.backend, data._device)
