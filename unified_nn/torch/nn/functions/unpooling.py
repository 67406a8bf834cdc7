"""Max pooling's partial inverse: values put back to where they were the largest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from unified_nn.errors import ArgumentError, DTypeError, IndexRangeError, ShapeError, make
from unified_nn.ops.elementwise import add, sub
from unified_nn.ops.index import ARRAY, index_add, setitem
from unified_nn.ops.shape import reshape
from unified_nn.torch import graph
from unified_nn.torch.creation import made
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.nn.functions.pooling import strides
from unified_nn.torch.nn.functions.sizes import sizes
from unified_nn.torch.tensor import Tensor


def _output_size(
    x: Tensor, kernel: Sequence[int], stride: Sequence[int], pads: Sequence[int], wanted: Any
) -> list[int]:
    """The spatial size of the result: the smallest that pools to x, or the wanted one, which must be near it."""
    rank, name = len(kernel), f"max_unpool{len(kernel)}d"
    usual = [(n - 1) * s + k - 2 * p for n, s, k, p in zip(x._shape[-rank:], stride, kernel, pads, strict=True)]
    if wanted is None:
        return usual
    given = list(wanted)[2:] if len(wanted) == rank + 2 else list(wanted)
    if len(given) != rank:
        message = f"output_size should be a sequence containing {rank} or {rank + 2} elements, but it has {len(given)}"
        raise make(ArgumentError, message, ValueError, name)
    for axis, (size, near, step) in enumerate(zip(given, usual, stride, strict=True)):
        if not near - step < size < near + step:
            message = f"invalid output_size {given} (dim {axis} must be between {near - step} and {near + step})"
            raise make(ArgumentError, message, ValueError, name)
    return given


def _check(x: Tensor, indices: Tensor, rank: int, stride: Sequence[int]) -> None:
    name = f"max_unpool{rank}d"
    if x.ndim not in (rank + 1, rank + 2):
        raise x._error(ShapeError, name, f"expected {rank + 1}D or {rank + 2}D input, got size {list(x._shape)}")
    if indices._dtype.name != "int64":
        raise x._error(DTypeError, name, f"elements in indices should be type int64 but got: {indices.dtype!r}")
    if indices._shape != x._shape:
        message = f"Expected shape of indices to be same as that of the input ({list(x._shape)}) but got {list(indices._shape)}"
        raise x._error(ShapeError, name, message)
    if 0 in x._shape[x.ndim - rank - 1 :]:
        raise x._error(ShapeError, name, f"expected non-batch axes to have positive length, got {list(x._shape)}")
    if x._dtype.kind != "f":
        raise make(DTypeError, f"not implemented for {x.dtype!r}; convert it: x.float()", NotImplementedError, name)
    if min(stride) < 1:
        raise x._error(ArgumentError, name, f"strides should be greater than zero, but got stride: {list(stride)}")


def _unpool(rank: int) -> Any:
    name = f"max_unpool{rank}d"

    def call(
        input: Tensor, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
    ) -> Tensor:  # fmt: skip
        places = tensor_argument(name, indices, 2, "indices")
        kernel = sizes(kernel_size, rank, "kernel_size")
        step, pads = strides(stride, kernel), sizes(padding, rank, "padding")
        if input.ndim < rank:
            raise make(
                ShapeError, f"expected {rank + 1}D or {rank + 2}D input, got {list(input._shape)}", IndexError, name
            )
        size = _output_size(input, kernel, step, pads, output_size)
        _check(input, places, rank, step)
        count, rows = math.prod(size), math.prod(input._shape[:-rank])
        flat = places._values().reshape(rows, -1)
        wrong = flat[(flat < 0) | (flat >= count)]
        if wrong.size or min(size) < 0:
            message = f"Found an invalid max index: {wrong[:1].tolist()} (output volumes are of size {size})"
            raise make(IndexRangeError, message, RuntimeError, name)
        where = made((flat + np.arange(rows)[:, None] * count).reshape(-1), None, None, False, input)
        zeros = made(np.zeros(rows * count), input._dtype, None, False, input)
        values = reshape(input, shape=(-1,))
        out = setitem(zeros, values._detached(), where, index=(ARRAY,))  # of two values for one place the last stays
        out = add(
            out, index_add(zeros, sub(values, values._detached()), where, index=(ARRAY,))
        )  # each has its gradient
        out = reshape(out, shape=(*input._shape[:-rank], *size))
        return cast(Tensor, graph.label(out, *_recorded(rank, input)))

    call.__name__, call.__doc__ = (
        name,
        f"The values at the places of their windows' largest, 0 elsewhere, over {rank} axes.",
    )
    return define(function=False, method=False)(call)


def _recorded(rank: int, x: Tensor) -> tuple[str, Any]:
    """PyTorch's name; in one dimension it unpools in two and squeezes."""
    if rank == 1:
        return "SqueezeBackward1", [graph.virtual("MaxUnpool2DBackward0", x)]
    return f"MaxUnpool{rank}DBackward0", graph.edges((x,))


max_unpool1d, max_unpool2d, max_unpool3d = (_unpool(rank) for rank in (1, 2, 3))
