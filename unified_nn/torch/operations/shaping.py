"""Functions that give the same values another shape or order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, NotOfferedError, ShapeError, make
from unified_nn.layout import is_contiguous
from unified_nn.ops import shape as ops
from unified_nn.ops.index import getitem
from unified_nn.torch import graph, size
from unified_nn.torch.define import METHODS, define
from unified_nn.torch.operations.pointwise import clone, copied
from unified_nn.torch.operations.reduction import axis_of
from unified_nn.torch.tensor import Tensor


def _spread(name: str, first: Any, rest: Sequence[Any]) -> tuple[int, ...]:
    """Sizes or axes given one by one or as one sequence."""
    given = (first, *rest)
    if len(given) == 1 and not hasattr(first, "__index__"):
        given = tuple(first)
    return tuple(v.__index__() for v in given)


def alias(x: Tensor) -> core.Tensor:
    """Another tensor that shares the values: a view with the same shape."""
    return cast(Tensor, ops.reshape(x, shape=x._shape))


# ---- shapes ----


@define("ViewBackward0", function=False)
def view(self: Tensor, *size: Any, dtype: Any = None) -> core.Tensor:
    """The same values with another shape; -1 is worked out."""
    if dtype is not None or (len(size) == 1 and hasattr(size[0], "canonical")):
        raise make(
            NotOfferedError, "view(dtype), which reads bytes as another dtype, is not offered; .to(dtype) converts"
        )
    return cast(Tensor, ops.reshape(self, shape=_spread("view", size[0] if size else (), size[1:])))


@define("ViewBackward0")
def reshape(input: Tensor, *shape: Any) -> core.Tensor:
    """The same values with another shape; -1 is worked out."""
    wanted = _spread("reshape", shape[0] if shape else (), shape[1:])
    return input if wanted == input._shape else cast(Tensor, ops.reshape(input, shape=wanted))


@define("ViewBackward0", function=False)
def view_as(self: Tensor, other: Tensor) -> core.Tensor:
    """The same values with other's shape."""
    return cast(Tensor, ops.reshape(self, shape=other._shape))


@define("ViewBackward0", function=False)
def reshape_as(self: Tensor, other: Tensor) -> core.Tensor:
    """The same values with other's shape."""
    return cast(Tensor, ops.reshape(self, shape=other._shape))


@define("ViewBackward0")
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> core.Tensor:
    """The axes start_dim to end_dim (both included) as one."""
    start, end = axis_of(input, start_dim), axis_of(input, end_dim)
    if start > end:
        message = f"flatten() has invalid args: start_dim cannot come after end_dim; got {start_dim}, {end_dim}"
        raise input._error(ArgumentError, "", message)
    if start == end and input._shape:
        return input
    return cast(Tensor, ops.flatten(input, start=start, end=end))


@define("ViewBackward0")
def ravel(input: Tensor) -> core.Tensor:
    """All values as one axis."""
    return input if input.ndim == 1 else cast(Tensor, ops.reshape(input, shape=(-1,)))


@define("ViewBackward0")
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> core.Tensor:
    """One axis as several of the given sizes."""
    axis = axis_of(input, dim)
    count, known = input._shape[axis], math.prod(s for s in sizes if s != -1)
    inner = tuple(count // known if s == -1 and known else s for s in sizes)
    if math.prod(inner) != count:
        message = (
            f"Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({count}) in the input tensor"
        )
        raise input._error(ShapeError, "unflatten", message)
    return cast(Tensor, ops.reshape(input, shape=(*input._shape[:axis], *inner, *input._shape[axis + 1 :])))


@define("UnsqueezeBackward0", inplace="shape")
def unsqueeze(input: Tensor, dim: int) -> core.Tensor:
    """A new axis of size 1 at that place."""
    return cast(Tensor, ops.unsqueeze(input, axis=axis_of(input, dim, 1)))


@define(inplace="shape")
def squeeze(input: Tensor, dim: Any = None) -> core.Tensor:
    """Without the axes of size 1: all, or the given ones."""
    if dim is None:
        out = ops.squeeze(input)
        return cast(Tensor, graph.label(out, "SqueezeBackward0", graph.edges((input,))))
    axes = tuple(axis_of(input, d) for d in (dim if isinstance(dim, (tuple, list)) else (dim,)))
    out = ops.squeeze(input, axis=axes)
    name = "SqueezeBackward2" if isinstance(dim, (tuple, list)) else "SqueezeBackward1"
    return cast(Tensor, graph.label(out, name, graph.edges((input,))))


@define("ExpandBackward0", function=False)
def expand(self: Tensor, *size: Any) -> core.Tensor:
    """Broadcast to the sizes; -1 keeps one."""
    wanted = _spread("expand", size[0] if size else (), size[1:])
    extra = len(wanted) - self.ndim
    if extra < 0 or any(s == -1 for s in wanted[:extra]):
        message = f"the number of sizes provided ({len(wanted)}) must be greater or equal to the number of dimensions in the tensor ({self.ndim})"  # noqa: E501  PyTorch's text
        raise self._error(ShapeError, "expand", message)
    full = tuple(self._shape[a - extra] if s == -1 else s for a, s in enumerate(wanted))
    return cast(Tensor, ops.expand(self, shape=full))


@define("ExpandBackward0", function=False)
def expand_as(self: Tensor, other: Tensor) -> core.Tensor:
    """Broadcast to other's shape."""
    return cast(Tensor, ops.expand(self, shape=other._shape))


@define("ExpandBackward0")
def broadcast_to(input: Tensor, size: Sequence[int]) -> core.Tensor:
    """Broadcast to the shape."""
    return expand(input, *size)


@define(function=False)
def contiguous(self: Tensor, memory_format: Any = None) -> core.Tensor:
    """The tensor itself where its elements follow each other in memory; of a view of others (`x.t()`), a copy."""
    return self if is_contiguous(self._body, self.backend) else clone(self)


# ---- order of axes ----


@define("TransposeBackward0", inplace="shape", names=("swapaxes", "swapdims"))
def transpose(input: Tensor, dim0: int, dim1: int) -> core.Tensor:
    """Two axes exchanged."""
    a, b = axis_of(input, dim0), axis_of(input, dim1)
    return cast(Tensor, ops.swapaxes(input, a, b)) if input._shape else alias(input)


@define("TBackward0", inplace="shape")
def t(input: Tensor) -> core.Tensor:
    """The transpose of a matrix; vectors and scalars stay."""
    if input.ndim > 2:
        raise input._error(ShapeError, "t()", f"expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return cast(Tensor, ops.swapaxes(input, 0, 1)) if input.ndim == 2 else alias(input)


@define("PermuteBackward0")
def permute(input: Tensor, *dims: Any) -> core.Tensor:
    """Axis i of the result is axis dims[i]."""
    given = _spread("permute", dims[0] if dims else (), dims[1:])
    axes = tuple(axis_of(input, d) for d in given) if len(given) == input.ndim else given
    if len(axes) != input.ndim:
        message = f"number of dimensions in the tensor input does not match the length of the desired ordering: {input.ndim} and {len(axes)}"  # noqa: E501  PyTorch's text
        raise input._error(ShapeError, "permute(sparse_coo)", message)
    return cast(Tensor, ops.transpose(input, axes=axes))


@define("PermuteBackward0", names=("moveaxis",))
def movedim(input: Tensor, source: Any, destination: Any) -> core.Tensor:
    """The axes `source` at the places `destination`."""
    sources, places = (tuple(v) if isinstance(v, (tuple, list)) else (v,) for v in (source, destination))
    moved = dict(zip((axis_of(input, p) for p in places), (axis_of(input, s) for s in sources), strict=True))
    rest = iter(a for a in range(input.ndim) if a not in moved.values())
    return cast(
        Tensor, ops.transpose(input, axes=tuple(moved[a] if a in moved else next(rest) for a in range(input.ndim)))
    )


def _reversed(self: Tensor) -> core.Tensor:
    """The axes in reverse order."""
    made = ops.transpose(self, axes=tuple(range(self.ndim))[::-1])
    return cast(Tensor, graph.label(made, "PermuteBackward0", graph.edges((self,))))


METHODS["T"] = property(_reversed)
METHODS["mT"] = property(lambda self: transpose(self, -2, -1), doc="The last two axes exchanged.")


# ---- repetition and order of elements ----


@define("RepeatBackward0", function=False)
def repeat(self: Tensor, *repeats: Any) -> core.Tensor:
    """The tensor side by side with itself, so often along each axis."""
    times = _spread("repeat", repeats[0] if repeats else (), repeats[1:])
    if len(times) < self.ndim:
        message = "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
        raise self._error(ShapeError, "repeat", f"{message}; got {times} for {list(self._shape)}")
    return _tiled(self, times)


def _tiled(x: Tensor, times: tuple[int, ...]) -> core.Tensor:
    full = (1,) * (len(times) - x.ndim) + x._shape
    paired = [s for pair in zip((1,) * len(full), full, strict=True) for s in pair]
    grown = [s for pair in zip(times, full, strict=True) for s in pair]
    wide = ops.expand(ops.reshape(x, shape=tuple(paired)), shape=tuple(grown))
    out = ops.reshape(wide, shape=tuple(t * s for t, s in zip(times, full, strict=True)))
    return copied(cast(Tensor, out)) if all(t == 1 for t in times) else cast(Tensor, out)


@define("RepeatBackward0")
def tile(input: Tensor, *dims: Any) -> core.Tensor:
    """As repeat, with 1 for axes in front that are not named."""
    times = _spread("tile", dims[0] if dims else (), dims[1:])
    return _tiled(input, (1,) * (input.ndim - len(times)) + times)


@define()
def repeat_interleave(
    input: Tensor, repeats: Any, dim: int | None = None, *, output_size: int | None = None
) -> core.Tensor:
    """Each element (or slice along the axis) so often, one after the other."""
    import numpy as np

    from unified_nn.ops.index import take
    from unified_nn.torch.creation import made

    x = cast(Tensor, ops.reshape(input, shape=(-1,))) if dim is None else input
    axis = 0 if dim is None else axis_of(x, dim)
    counts = repeats._values() if isinstance(repeats, Tensor) else repeats
    chosen = np.repeat(np.arange(x._shape[axis]), counts)
    if output_size is not None and output_size != len(chosen):
        message = f"output_size={output_size}, but the repeats add up to {len(chosen)}"
        raise input._error(ArgumentError, "repeat_interleave", message)
    places = made(chosen, None, None, False, x)
    out = take(x, places, axis=axis)
    name = "IndexSelectBackward0" if isinstance(repeats, core.Tensor) else "ViewBackward0"
    return cast(
        Tensor,
        graph.label(out, name, [graph.virtual("CloneBackward0", input)] if "View" in name else graph.edges((input,))),
    )


@define("FlipBackward0")
def flip(input: Tensor, *dims: Any) -> core.Tensor:
    """The values in reverse order along the axes."""
    axes = tuple(axis_of(input, d) for d in _spread("flip", dims[0] if dims else (), dims[1:]))
    return cast(Tensor, ops.flip(input, axes=axes)) if axes else copied(input)


@define("FlipBackward0")
def fliplr(input: Tensor) -> core.Tensor:
    """The columns in reverse order."""
    return flip(input, 1)


@define("FlipBackward0")
def flipud(input: Tensor) -> core.Tensor:
    """The rows in reverse order."""
    return flip(input, 0)


@define("RollBackward0")
def roll(input: Tensor, shifts: Any, dims: Any = None) -> core.Tensor:
    """The values moved along the axes; what falls off comes in on the other side."""
    if dims is None or dims == ():
        flat = ops.reshape(input, shape=(-1,))
        return cast(Tensor, ops.reshape(roll(cast(Tensor, flat), shifts, 0), shape=input._shape))
    pairs = zip(*((v,) if isinstance(v, int) else tuple(v) for v in (shifts, dims)), strict=True)
    out: core.Tensor = input
    for shift, dim in pairs:
        axis = axis_of(input, dim)
        length = input._shape[axis]
        cut = -shift % length if length else 0
        if cut:
            parts = (
                ops.narrow(out, axis=axis, start=cut, length=length - cut),
                ops.narrow(out, axis=axis, start=0, length=cut),
            )
            out = ops.concat(*parts, axis=axis)
    return copied(input) if out is input else cast(Tensor, out)


@define("Rot90Backward0")
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> core.Tensor:
    """Turned by 90 degrees k times, from the first axis towards the second."""
    a, b = (axis_of(input, d) for d in dims)
    turns = k % 4
    if turns == 0:
        return copied(input)
    if turns == 2:
        return cast(Tensor, ops.flip(input, axes=(a, b)))
    flipped = ops.flip(input, axes=(b,)) if turns == 1 else input
    out = ops.swapaxes(flipped, a, b)
    return cast(Tensor, out if turns == 1 else ops.flip(out, axes=(b,)))


# ---- parts that are views ----


@define("SliceBackward0")
def narrow(input: Tensor, dim: int, start: Any, length: int) -> core.Tensor:
    """input[start : start + length] along an axis."""
    axis, first = axis_of(input, dim), int(start)
    count = input._shape[axis]
    first = first + count if first < 0 else first
    if first > count or length < 0 or first + length > count:
        message = f"start ({first}) + length ({length}) exceeds dimension size ({count})."
        raise input._error(ShapeError, "narrow", message)
    return cast(Tensor, ops.narrow(input, axis=axis, start=first, length=length))


@define("SelectBackward0")
def select(input: Tensor, dim: int, index: int) -> core.Tensor:
    """input[index] along an axis."""
    axis = axis_of(input, dim)
    return cast(Tensor, getitem(input, index=(slice(None),) * axis + (int(index),)))


@define("UnfoldBackward0", function=False)
def unfold(self: Tensor, dimension: int, size: int, step: int) -> core.Tensor:
    """All windows of that size along an axis, `step` apart, as a new last axis."""
    axis = axis_of(self, dimension)
    count = (self._shape[axis] - size) // step + 1
    if size > self._shape[axis]:
        message = f"maximum size for tensor at dimension {axis} is {self._shape[axis]} but size is {size}"
        raise self._error(ShapeError, "unfold", message)
    parts = [ops.narrow(self, axis=axis, start=i * step, length=size) for i in range(count)]
    out = ops.stack(*parts, axis=axis)
    order = [a for a in range(out.ndim) if a != axis + 1] + [axis + 1]
    return cast(Tensor, ops.transpose(out, axes=tuple(order)))


@define(method=False, takes="any")
def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[core.Tensor, ...]:
    """The coordinates of a grid, one tensor per axis; "ij" counts rows first, "xy" columns."""
    given = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else list(tensors)
    if indexing not in ("ij", "xy"):
        raise make(
            ArgumentError, f'meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}', RuntimeError
        )
    swapped = indexing == "xy" and len(given) > 1
    shape = tuple(x.numel() for x in given)
    if swapped:
        shape = (shape[1], shape[0], *shape[2:])
    out = []
    for position, x in enumerate(given):
        axis = {0: 1, 1: 0}.get(position, position) if swapped else position
        line = ops.reshape(x, shape=tuple(-1 if a == axis else 1 for a in range(len(shape))))
        grid = ops.expand(line, shape=shape)
        out.append(graph.label(grid, "ExpandBackward0", [graph.virtual("ViewBackward0", x)]))
    return tuple(out)


@define(method=False, takes="any")
def broadcast_tensors(*tensors: Tensor) -> tuple[core.Tensor, ...]:
    """All broadcast to their common shape."""
    shape = broadcast_shapes(*(t._shape for t in tensors))
    return tuple(t if t._shape == shape else expand(t, *shape) for t in tensors)


@define(method=False, takes="any")
def broadcast_shapes(*shapes: Any) -> size.Size:
    """The shape that all broadcast to."""
    import numpy as np

    try:
        return size.of(np.broadcast_shapes(*(tuple(s) if not isinstance(s, int) else (s,) for s in shapes)))
    except ValueError:
        message = f"Shape mismatch: objects cannot be broadcast to a single shape: {shapes}"
        raise make(ShapeError, message, RuntimeError) from None


def _at_least(rank: int) -> None:
    def call(*tensors: Any) -> Any:
        if len(tensors) == 1 and isinstance(tensors[0], core.Tensor):
            return _grown(tensors[0], rank)
        given = tensors[0] if len(tensors) == 1 else tensors
        return tuple(_grown(t, rank) for t in given)

    call.__name__, call.__doc__ = f"atleast_{rank}d", f"With axes of size 1 up to rank {rank}."
    define(method=False, takes="any")(call)


def _grown(x: core.Tensor, rank: int) -> core.Tensor:
    if x.ndim >= rank:
        return x
    shape = {0: (1,) * rank, 1: (1, *x._shape, 1)[:rank] if rank == 3 else (1, *x._shape)}.get(x.ndim, (*x._shape, 1))
    if rank == 1:
        shape = (1,)
    out = ops.reshape(x, shape=shape)
    return cast(core.Tensor, graph.label(out, "UnsqueezeBackward0", graph.edges((x,))))


for _rank in (1, 2, 3):
    _at_least(_rank)


@define(function=False, names=("size",))
def size_method(self: Tensor, dim: int | None = None) -> Any:
    """The shape, or one size of it."""
    return self.shape if dim is None else self._shape[axis_of(self, dim)]


@define(function=False, names=("dim", "ndimension"))
def rank_method(self: Tensor) -> int:
    """The number of axes."""
    return len(self._shape)


@define(names=("nelement",))
def numel(input: Tensor) -> int:
    """The number of elements."""
    return math.prod(input._shape)
