"""Putting tensors together and taking them apart along an axis."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, cast

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.ops import shape as ops
from unified_nn.ops.elementwise import as_dtype
from unified_nn.ops.index import getitem
from unified_nn.torch import graph
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.operations.reduction import axis_of
from unified_nn.torch.operations.shaping import _grown as grown
from unified_nn.torch.promotion import common
from unified_nn.torch.tensor import Tensor


def _listed(name: str, tensors: Any) -> list[Tensor]:
    if isinstance(tensors, core.Tensor) or not tensors:
        message = f"{name}(): expected a non-empty list of Tensors, got {type(tensors).__name__}"
        raise make(
            ArgumentError,
            message,
            TypeError if isinstance(tensors, core.Tensor) else RuntimeError if name == "stack" else ValueError,
        )
    given = [tensor_argument(name, t, 1, "tensors") for t in tensors]
    dtype = common(*given) if any(t._dtype is not given[0]._dtype for t in given) else given[0]._dtype
    return [cast(Tensor, as_dtype(t, dtype)) for t in given]


@define("CatBackward0", method=False, takes="any", names=("concat", "concatenate"))
def cat(tensors: Sequence[Tensor], dim: int = 0) -> core.Tensor:
    """The tensors one after the other along an axis; empty vectors are left out, as in PyTorch."""
    given = _listed("cat", tensors)
    if any(not t._shape for t in given):
        raise given[0]._error(ShapeError, "cat", "zero-dimensional tensor cannot be concatenated; use torch.stack")
    full = [t for t in given if t._shape != (0,)] or given[:1]
    axis = axis_of(full[0], dim)
    return cast(Tensor, ops.concat(*full, axis=axis))


@define("StackBackward0", method=False, takes="any")
def stack(tensors: Sequence[Tensor], dim: int = 0) -> core.Tensor:
    """The tensors, all of one shape, along a new axis."""
    given = _listed("stack", tensors)
    for position, t in enumerate(given):
        if t._shape != given[0]._shape:
            message = (
                f"stack expects each tensor to be equal size, but got {list(given[0]._shape)} at entry 0 "
                f"and {list(t._shape)} at entry {position}"
            )
            raise t._error(ShapeError, "", message)
    return cast(Tensor, ops.stack(*given, axis=axis_of(given[0], dim, 1)))


def _stacking(name: str, rank: int, dim: int, doc: str) -> None:
    def call(tensors: Sequence[Tensor]) -> core.Tensor:
        parts = [cast(Tensor, grown(t, rank)) for t in tensors]
        return cat(parts, 0 if name == "hstack" and parts[0].ndim == 1 else dim)

    call.__name__, call.__doc__ = name, doc
    define(method=False, takes="any")(call)


_stacking("hstack", 1, 1, "Side by side: along axis 1, vectors along axis 0.")
_stacking("vstack", 2, 0, "On top of each other: along axis 0, vectors as rows.")
_stacking("row_stack", 2, 0, "On top of each other: along axis 0, vectors as rows.")
_stacking("dstack", 3, 2, "Behind each other: along axis 2.")


@define("CatBackward0", method=False, takes="any")
def column_stack(tensors: Sequence[Tensor]) -> core.Tensor:
    """Side by side, vectors as columns."""
    return cat([cast(Tensor, ops.reshape(t, shape=(-1, 1))) if t.ndim < 2 else t for t in tensors], 1)


# ---- apart ----


def parts(x: Tensor, sizes: Sequence[int], dim: int) -> tuple[core.Tensor, ...]:
    return tuple(cast(Tensor, part) for part in ops.split(x, sizes=list(sizes), axis=axis_of(x, dim)))


@define(method=False, takes="any")
def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[core.Tensor, ...]:
    """Parts of one size (the last may be smaller), or of the given sizes."""
    return _split(tensor_argument("split", tensor, 1, "tensor"), split_size_or_sections, dim)


@define(function=False)
def split_(self: Tensor, split_size: Any, dim: int = 0) -> tuple[core.Tensor, ...]:
    """Parts of one size (the last may be smaller), or of the given sizes."""
    return _split(self, split_size, dim)


def _split(input: Tensor, wanted: Any, dim: int) -> tuple[core.Tensor, ...]:
    length = input._shape[axis_of(input, dim)]
    if isinstance(wanted, int):
        if wanted < 0 or (wanted == 0 and length):
            message = f"split expects split_size be non-negative, but got split_size={wanted}"
            raise input._error(ArgumentError, "", message)
        return _in_steps(input, wanted, dim)
    if sum(wanted) != length:
        message = (
            f"split_with_sizes expects split_sizes to sum exactly to {length} "
            f"(input tensor's size at dimension {dim}), but got split_sizes={list(wanted)}"
        )
        raise input._error(ShapeError, "", message)
    return cast(
        "tuple[core.Tensor, ...]",
        graph.label(parts(input, wanted, dim), "SplitWithSizesBackward0", graph.edges((input,))),
    )


def _in_steps(x: Tensor, step: int, dim: int) -> tuple[core.Tensor, ...]:
    length = x._shape[axis_of(x, dim)]
    sizes = [min(step, length - start) for start in range(0, length, step)] if step else [0]
    found = parts(x, sizes or [0], dim)
    return cast("tuple[core.Tensor, ...]", graph.label(found, "SplitBackward0", graph.edges((x,))))


@define()
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[core.Tensor, ...]:
    """Parts of the given sizes."""
    return split(input, list(split_sizes), dim)


@define()
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[core.Tensor, ...]:
    """At most so many parts of one size; the last may be smaller."""
    if chunks <= 0:
        raise input._error(ArgumentError, "", f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    length = input._shape[axis_of(input, dim)]
    if length == 0:
        return parts(input, [0] * chunks, dim)
    return _in_steps(input, -(-length // chunks), dim)


@define()
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[core.Tensor, ...]:
    """So many parts as equal as can be, or parts that end at the given places."""
    length = input._shape[axis_of(input, dim)]
    wanted = indices_or_sections.tolist() if isinstance(indices_or_sections, Tensor) else indices_or_sections
    if isinstance(wanted, int):
        sizes = [length // wanted + (i < length % wanted) for i in range(wanted)]
        found = parts(input, sizes, dim)
    else:
        axis = axis_of(input, dim)
        lead = (slice(None),) * axis
        bounds = [0, *wanted, length]
        found = tuple(cast(Tensor, getitem(input, index=(*lead, slice(a, b)))) for a, b in itertools.pairwise(bounds))
    return cast("tuple[core.Tensor, ...]", graph.label(found, "SliceBackward0", graph.edges((input,))))


@define("UnbindBackward0")
def unbind(input: Tensor, dim: int = 0) -> tuple[core.Tensor, ...]:
    """The slices along an axis, without it."""
    axis = axis_of(input, dim)
    if not input._shape:
        raise input._error(ShapeError, "unbind", "a 0-d tensor has no axis to unbind")
    lead = (slice(None),) * axis
    return tuple(cast(Tensor, getitem(input, index=(*lead, i))) for i in range(input._shape[axis]))
