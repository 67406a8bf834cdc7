"""Making, shaping, joining and indexing tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn import dtypes
from unified_nn import tensor as core
from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, DTypeError, NotOfferedError, ShapeError, make
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.parameter import Parameter
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.ops import arguments
from unified_nn.mindspore.ops.arguments import axis_of, operand, shape_of, tensor, told
from unified_nn.ops import elementwise as el
from unified_nn.ops import index
from unified_nn.ops import shape as moves
from unified_nn.ops import sort as order

# ---- facts ---------------------------------------------------------------------------------------------------------


def shape(input_x: Any) -> tuple[int, ...]:
    """The shape as a tuple."""
    found: tuple[int, ...] = tensor(input_x, "ops.shape")._shape
    return found


def size(input_x: Any) -> int:
    """How many elements."""
    found: int = tensor(input_x, "ops.size").size
    return found


def numel(input: Any) -> int:
    """How many values."""
    return size(input)


def rank(input_x: Any) -> int:
    """How many axes."""
    found: int = tensor(input_x, "ops.rank").ndim
    return found


def is_tensor(obj: Any) -> bool:
    """Whether obj is a tensor."""
    return isinstance(obj, core.Tensor)


def is_floating_point(input: Any) -> bool:
    """Whether the dtype is floating."""
    return bool(tensor(input, "ops.is_floating_point")._dtype.kind == "f")


# ---- shape ---------------------------------------------------------------------------------------------------------


def cast(input: Any, dtype: Any) -> Any:
    """The values as another dtype."""
    found = operand(input, "ops.cast")
    x = found if isinstance(found, core.Tensor) else Tensor(found)
    return el.as_dtype(x, mstype.loosely(dtype, "ops.cast: dtype"))


def reshape(input: Any, shape: Any) -> Any:
    """The same values in another shape; one size may be -1."""
    return moves.reshape(tensor(input, "ops.reshape"), shape=shape_of(shape, "ops.reshape"))


def flatten(input: Any, order: str = "C", *, start_dim: int = 1, end_dim: int = -1) -> Any:
    """The axes start_dim to end_dim as one."""
    if order != "C":
        raise make(NotOfferedError, f"mindspore.ops.flatten: order={order!r} is not offered; give 'C'")
    x = tensor(input, "ops.flatten")
    if x.ndim < 2:
        return moves.reshape(x, shape=(-1,)) if x.ndim == 0 else x
    return moves.flatten(x, start=axis_of(x, start_dim, "ops.flatten"), end=axis_of(x, end_dim, "ops.flatten"))


def ravel(input: Any) -> Any:
    """All values in one axis."""
    return reshape(input, (-1,))


@told
def transpose(input: Any, dims: Any) -> Any:
    """The axes in another order."""
    x = tensor(input, "ops.transpose")
    axes = tuple(axis_of(x, a, "ops.transpose") for a in dims)
    if sorted(axes) != list(range(x.ndim)):
        raise x._error(ArgumentError, "mindspore.ops.transpose", f"{tuple(dims)} is no order of the axes of {x.shape}")
    return moves.transpose(x, axes=axes)


@told
def permute(input: Any, axis: Any) -> Any:
    """The axes in another order."""
    return transpose(input, axis)


def swapaxes(input: Any, axis0: int, axis1: int) -> Any:
    """Two axes exchanged."""
    x = tensor(input, "ops.swapaxes")
    return moves.swapaxes(x, axis_of(x, axis0, "ops.swapaxes"), axis_of(x, axis1, "ops.swapaxes"))


def swapdims(input: Any, dim0: int, dim1: int) -> Any:
    """Two axes exchanged."""
    return swapaxes(input, dim0, dim1)


def movedim(x: Any, source: Any, destination: Any) -> Any:
    """Axes moved to other places; the others keep their order."""
    found = tensor(x, "ops.movedim")
    from_, to = ((a,) if isinstance(a, int) else tuple(a) for a in (source, destination))
    places = dict(zip((axis_of(found, a, "ops.movedim") for a in to), from_, strict=True))
    left = [a for a in range(found.ndim) if a not in {axis_of(found, s, "ops.movedim") for s in from_}]
    return transpose(found, [places[i] if i in places else left.pop(0) for i in range(found.ndim)])


moveaxis = movedim


def expand_dims(input_x: Any, axis: int) -> Any:
    """A new axis of size 1."""
    x = tensor(input_x, "ops.expand_dims")
    return moves.unsqueeze(x, axis=axis_of(x, axis, "ops.expand_dims", extra=1))


def unsqueeze(input: Any, dim: int) -> Any:
    """A new axis of size 1."""
    return expand_dims(input, dim)


def squeeze(input: Any, axis: Any = None) -> Any:
    """Without axes of size 1: those of the given ones that have it, or all."""
    x = tensor(input, "ops.squeeze")
    if axis is None or axis == ():
        return moves.squeeze(x)
    chosen = tuple(axis_of(x, a, "ops.squeeze") for a in (axis if isinstance(axis, (tuple, list)) else (axis,)))
    return moves.squeeze(x, axis=chosen)


def broadcast_to(input: Any, shape: Any) -> Any:
    """x repeated along axes of size 1, or new ones in front, to reach the shape; -1 keeps a size."""
    x = tensor(input, "ops.broadcast_to")
    wanted = shape_of(shape, "ops.broadcast_to")
    lead = len(wanted) - x.ndim
    full_shape = tuple(x._shape[a - lead] if s == -1 and a >= lead else s for a, s in enumerate(wanted))
    return moves.expand(x, shape=full_shape)


def tile(input: Any, dims: Any) -> Any:
    """x repeated as a whole along each axis."""
    x = tensor(input, "ops.tile")
    counts = shape_of(dims, "ops.tile")
    if min(counts, default=0) < 0:
        message = f"the counts must not be negative, got {counts}"
        raise make(ArgumentError, message, ValueError, "mindspore.ops.tile")
    rank = max(len(counts), x.ndim)
    counts = (1,) * (rank - len(counts)) + counts
    sizes = (1,) * (rank - x.ndim) + x._shape
    paired = moves.reshape(x, shape=tuple(v for s in sizes for v in (1, s)))
    wide = moves.expand(paired, shape=tuple(v for n, s in zip(counts, sizes, strict=True) for v in (n, s)))
    return moves.reshape(wide, shape=tuple(n * s for n, s in zip(counts, sizes, strict=True)))


def repeat_interleave(input: Any, repeats: int, axis: int | None = None) -> Any:
    """Every element `repeats` times in a row along the axis, or in the flattened tensor."""
    x = tensor(input, "ops.repeat_interleave")
    if axis is None:
        x, axis = ravel(x), 0
    at = axis_of(x, axis, "ops.repeat_interleave")
    if not isinstance(repeats, int):
        raise make(NotOfferedError, "mindspore.ops.repeat_interleave is offered for one int as repeats")
    places = np.repeat(np.arange(x.shape[at]), repeats)
    return index.take(x, Tensor.from_numpy(places, "int64", x.backend), axis=at)


def repeat_elements(x: Any, rep: int, axis: int = 0) -> Any:
    """Every element `rep` times in a row along the axis."""
    return repeat_interleave(x, rep, axis)


# ---- joining and splitting -----------------------------------------------------------------------------------------


def concat(tensors: Any, axis: int = 0) -> Any:
    """The tensors one after the other along an axis."""
    if not isinstance(tensors, (tuple, list)) or not tensors:
        message = f"the input must be a tuple or list of Tensors, got {tensors!r}"
        base = ValueError if isinstance(tensors, (tuple, list)) else TypeError
        raise make(ArgumentError, message, base, "mindspore.ops.concat")
    parts = [tensor(part, "ops.concat") for part in tensors]
    return moves.concat(*parts, axis=axis_of(parts[0], axis, "ops.concat"))


cat = concat


@told
def stack(tensors: Any, axis: int = 0) -> Any:
    """The tensors, all of one shape, along a new axis; one tensor is a list of one."""
    parts = [tensor(part, "ops.stack") for part in ([tensors] if isinstance(tensors, core.Tensor) else tensors)]
    for number, part in enumerate(parts):
        if part._shape != parts[0]._shape:
            message = f"all tensors need one shape; number 0 has {parts[0].shape}, number {number} {part.shape}"
            raise part._error(ShapeError, "mindspore.ops.stack", message)
    return moves.stack(*parts, axis=axis_of(parts[0], axis, "ops.stack", extra=1))


@told
def unstack(input_x: Any, axis: int = 0) -> Any:
    """The slices along an axis, as a tuple."""
    x = tensor(input_x, "ops.unstack")
    at = axis_of(x, axis, "ops.unstack")
    return tuple(index.getitem(x, index=(slice(None),) * at + (i,)) for i in range(x.shape[at]))


def unbind(input: Any, dim: int = 0) -> Any:
    """The slices along an axis, as a tuple."""
    return unstack(input, dim)


@told
def split(tensor: Any, split_size_or_sections: Any, axis: int = 0) -> Any:
    """Parts of the given size (the last may be smaller) or sizes, as a tuple."""
    x = arguments.tensor(tensor, "ops.split")
    at = axis_of(x, axis, "ops.split")
    length = x.shape[at]
    if isinstance(split_size_or_sections, int):
        step = split_size_or_sections
        if step < 1:
            raise x._error(ArgumentError, "mindspore.ops.split", f"the size of a part must be positive, got {step}")
        sizes = [min(step, length - start) for start in range(0, length, step)]
    else:
        sizes = list(split_size_or_sections)
        if sum(sizes) != length:
            message = f"the sizes {sizes} do not sum to {length}, the size of axis {at}; x {x.shape}"
            raise x._error(ArgumentError, "mindspore.ops.split", message)
    return tuple(moves.split(x, sizes=sizes, axis=at))


@told
def chunk(input: Any, chunks: int, axis: int = 0) -> Any:
    """About equal parts, the last may be smaller, as a tuple."""
    x = tensor(input, "ops.chunk")
    return split(x, -(-x.shape[axis_of(x, axis, "ops.chunk")] // chunks), axis)


# ---- picking -------------------------------------------------------------------------------------------------------


def gather(input_params: Any, input_indices: Any, axis: Any, batch_dims: int = 0) -> Any:
    """The slices at these places along the axis, negative ones from its end; out of range is an error."""
    if batch_dims:
        raise make(NotOfferedError, "mindspore.ops.gather: batch_dims other than 0 is not offered; use gather_elements")
    x = tensor(input_params, "ops.gather")
    at = axis_of(x, int(axis), "ops.gather")
    return index.take(x, from_the_front(tensor(input_indices, "ops.gather"), x._shape[at]), axis=at)


def from_the_front(i: Any, length: int) -> Any:
    """The places counted from the front: MindSpore's Gather takes those from the end as well."""
    return el.where(el.less(i, 0), el.add(i, length), i) if i._dtype.kind == "i" else i


def gather_elements(input: Any, dim: int, index: Any) -> Any:
    """out[i, j] = input[index[i, j], j] for dim 0, and so on."""
    x = tensor(input, "ops.gather_elements")
    return _gather(x, tensor(index, "ops.gather_elements"), axis=axis_of(x, dim, "ops.gather_elements"))


_gather = index.gather


def gather_d(x: Any, dim: int, index: Any) -> Any:
    """out[i, j] = x[index[i, j], j] for dim 0, and so on."""
    return gather_elements(x, dim, index)


def index_select(input: Any, axis: int, index: Any) -> Any:
    """The slices at these places along the axis."""
    return gather(input, index, axis)


def where(condition: Any, input: Any, other: Any) -> Any:
    """input where the condition holds, else other."""
    c = tensor(condition, "ops.where")
    return el.where(c, operand(input, "ops.where"), operand(other, "ops.where"))


select = where


def masked_fill(input_x: Any, mask: Any, value: Any) -> Any:
    """value where the mask holds, else input_x."""
    x = tensor(input_x, "ops.masked_fill")
    filled = el.as_dtype(value, x._dtype) if isinstance(value, core.Tensor) else value
    return el.where(tensor(mask, "ops.masked_fill"), filled, x)


def masked_select(input: Any, mask: Any) -> Any:
    """The values where the mask holds, in one axis."""
    x, m = tensor(input, "ops.masked_select"), tensor(mask, "ops.masked_select")
    return x[broadcast_to(m, x.shape)]


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """The places of the elements that are not zero: one row each, or a tuple of one tensor per axis."""
    places = np.argwhere(tensor(input, "ops.nonzero").numpy())
    if as_tuple:
        return tuple(Tensor.from_numpy(column.copy(), "int64") for column in places.T)
    return Tensor.from_numpy(places, "int64")


def one_hot(indices: Any, depth: int, on_value: Any = 1, off_value: Any = 0, axis: int = -1) -> Any:
    """on_value at each index of a new axis, off_value elsewhere and for indices outside."""
    i = tensor(indices, "ops.one_hot")
    if i._dtype.kind not in "iu":
        raise make(
            DTypeError,
            f"the indices must be int32 or int64, but got {i._dtype.name}",
            TypeError,
            "mindspore.ops.one_hot",
        )
    like = on_value if isinstance(on_value, core.Tensor) else Tensor(on_value)
    hot = index.one_hot(i, depth=depth, dtype=dtypes.bool_)
    on, off = (v._item() if isinstance(v, core.Tensor) else v for v in (on_value, off_value))
    made = el.as_dtype(el.where(hot, on, off), like._dtype)
    return made if axis in (-1, i.ndim) else movedim(made, -1, axis)


def sort(input_x: Any, axis: int = -1, descending: bool = False) -> Any:
    """The values in order along the axis, and their places as int32."""
    x = tensor(input_x, "ops.sort")
    values, places = order.sort(x, axis=axis_of(x, axis, "ops.sort"), descending=descending)
    return values, el.as_dtype(places, dtypes.int32)


def argsort(input: Any, axis: int = -1, descending: bool = False) -> Any:
    """The places that sort along the axis, as int32."""
    return sort(input, axis, descending)[1]


@told
def flip(input: Any, dims: Any) -> Any:
    """The values in reverse order along the axes."""
    x = tensor(input, "ops.flip")
    chosen = (dims,) if isinstance(dims, int) else tuple(dims)
    return moves.flip(x, axes=tuple(axis_of(x, a, "ops.flip") for a in chosen))


@told
def reverse(x: Any, axis: Any) -> Any:
    """The values in reverse order along the axes."""
    return flip(x, axis)


@told
def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """The values moved along the axes; what falls off an end comes in at the other."""
    x = tensor(input, "ops.roll")
    if dims is None:
        return reshape(roll(ravel(x), shifts, 0), x.shape)
    pairs = [(shifts, dims)] if isinstance(dims, int) else list(zip(shifts, dims, strict=True))
    for shift, dim in pairs:
        at = axis_of(x, dim, "ops.roll")
        places = np.roll(np.arange(x.shape[at]), shift)
        x = index.take(x, Tensor.from_numpy(places, "int64", x.backend), axis=at)
    return x


def _triangle(name: str, upper: bool) -> Any:
    def function(input: Any, diagonal: int = 0) -> Any:
        x = tensor(input, f"ops.{name}")
        ones_ = np.ones(x.shape[-2:], bool)
        kept = np.triu(ones_, diagonal) if upper else np.tril(ones_, diagonal)
        return el.where(Tensor.from_numpy(kept, "bool", x.backend), x, 0)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The {'upper' if upper else 'lower'} triangle of each matrix, 0 elsewhere."
    return function


tril, triu = told(_triangle("tril", False)), told(_triangle("triu", True))


def meshgrid(*inputs: Any, indexing: str = "xy") -> Any:
    """Vectors as grids, one axis for each."""
    parts = [tensor(v, "ops.meshgrid") for v in inputs]
    if indexing not in ("xy", "ij"):
        message = f"indexing={indexing!r} is not one of 'xy', 'ij'"
        raise make(ArgumentError, message, ValueError, "mindspore.ops.meshgrid")
    if indexing == "xy" and len(parts) > 1:
        second, first, *rest = meshgrid(parts[1], parts[0], *parts[2:], indexing="ij")
        return first, second, *rest
    grid = tuple(v.size for v in parts)
    return tuple(
        broadcast_to(reshape(v, (1,) * a + (-1,) + (1,) * (len(parts) - a - 1)), grid) for a, v in enumerate(parts)
    )


# ---- changing ------------------------------------------------------------------------------------------------------


def assign(variable: Any, value: Any) -> Any:
    """Give a parameter other values; the parameter itself."""
    return _changed(variable, operand(value, "ops.assign"), "assign")


def assign_add(variable: Any, value: Any) -> Any:
    """Add to a parameter; the parameter itself."""
    return _changed(
        variable, el.add(tensor(variable, "ops.assign_add"), operand(value, "ops.assign_add")), "assign_add"
    )


def assign_sub(variable: Any, value: Any) -> Any:
    """Subtract from a parameter; the parameter itself."""
    return _changed(
        variable, el.sub(tensor(variable, "ops.assign_sub"), operand(value, "ops.assign_sub")), "assign_sub"
    )


def _changed(variable: Any, value: Any, name: str) -> Any:
    if not isinstance(variable, Parameter):
        message = f"the variable must be a Parameter, got {type(variable).__name__}"
        raise make(ArgumentError, message, TypeError, f"mindspore.ops.{name}")
    with recording(False):
        made = value if isinstance(value, core.Tensor) else el.full_like(variable, value=value)
        if made._shape != variable._shape:
            made = broadcast_to(made, variable.shape)
        variable._assign(el.as_dtype(made, variable._dtype))
    return variable


def stop_gradient(value: Any) -> Any:
    """The same values, through which no gradient flows."""
    return tensor(value, "ops.stop_gradient")._detached()


def identity(x: Any) -> Any:
    """x."""
    return x


def deepcopy(input_x: Any) -> Any:
    """The same values in a tensor of its own."""
    x = tensor(input_x, "ops.deepcopy")
    return el.logical_or(x, x) if x._dtype.kind == "b" else el.add(x, 0)


__all__ = [
    "argsort", "assign", "assign_add", "assign_sub", "broadcast_to", "cast", "cat", "chunk", "concat", "deepcopy",
    "expand_dims", "flatten", "flip", "gather", "gather_d", "gather_elements", "identity", "index_select",
    "is_floating_point", "is_tensor", "masked_fill", "masked_select", "meshgrid", "moveaxis", "movedim",
    "nonzero", "numel", "one_hot", "permute", "rank", "ravel", "repeat_elements", "repeat_interleave", "reshape",
    "reverse", "roll", "select", "shape", "size", "sort", "split", "squeeze", "stack", "stop_gradient",
    "swapaxes", "swapdims", "tile", "transpose", "tril", "triu", "unbind", "unsqueeze", "unstack", "where",
]  # fmt: skip
