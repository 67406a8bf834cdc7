"""Losses of pairs and triplets, which are 0 beyond a margin; reduced in PyTorch's way."""

from __future__ import annotations

from typing import Any, cast

from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.ops import elementwise as ops
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.nn.functions.distance import pairwise_distance
from unified_nn.torch.nn.functions.loss import reduced, reduction_of
from unified_nn.torch.tensor import Tensor

_SMALL = 1e-12


def _tensors(name: str, **given: Any) -> list[Any]:
    """Each argument as a tensor, or the error that names it; the first is one already."""
    return [tensor_argument(name, value, place, argument) for place, (argument, value) in enumerate(given.items(), 1)]


@define(function=False, method=False)
def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, size_average: Any = None,
                         reduce: Any = None, reduction: str = "mean") -> Tensor:  # fmt: skip
    """input where target is 1, max(0, margin - input) where it is -1, their sum elsewhere; reduced."""
    chosen = reduction_of(size_average, reduce, reduction)
    x, y = _tensors("hinge_embedding_loss", input=input, target=target)
    beyond = ops.where(ops.not_equal(y, 1), (margin - x).clamp_min(0), 0.0)
    return reduced(ops.add(beyond, ops.where(ops.not_equal(y, -1), x, 0.0)), chosen)


@define(function=False, method=False)
def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Any = None,
                          reduce: Any = None, reduction: str = "mean") -> Tensor:  # fmt: skip
    """1 - cos where target is 1, max(0, cos - margin) where it is -1, 0 elsewhere; reduced."""
    name = "cosine_embedding_loss"
    chosen = reduction_of(size_average, reduce, reduction)
    a, b, y = _tensors(name, input1=input1, input2=input2, target=target)
    if y.ndim > 1:
        raise y._error(ShapeError, name, f"0D or 1D target tensor expected, got target of size {list(y._shape)}")
    if a.ndim != y.ndim + 1 or b.ndim != y.ndim + 1:
        message = (
            f"{y.ndim}D target tensor expects {y.ndim + 1}D input tensors, but found inputs with sizes "
            f"{list(a._shape)} and {list(b._shape)}."
        )
        raise y._error(ShapeError, name, message)
    lengths = ((a * a).sum(y.ndim) + _SMALL) * ((b * b).sum(y.ndim) + _SMALL)
    cosine = (a * b).sum(y.ndim) / lengths.sqrt()
    same = ops.where(ops.equal(y, 1), 1 - cosine, 0.0)
    return reduced(ops.add(same, ops.where(ops.equal(y, -1), (cosine - margin).clamp_min(0), 0.0)), chosen)


@define(function=False, method=False)
def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Any = None,
                        reduce: Any = None, reduction: str = "mean") -> Tensor:  # fmt: skip
    """max(0, -target * (input1 - input2) + margin), reduced."""
    name = "margin_ranking_loss"
    chosen = reduction_of(size_average, reduce, reduction)
    a, b, y = _tensors(name, input1=input1, input2=input2, target=target)
    if not a.ndim == b.ndim == y.ndim:
        message = (
            f"All input tensors should have same dimension but got sizes: input1: {list(a._shape)}, "
            f"input2: {list(b._shape)}, target: {list(y._shape)}"
        )
        raise a._error(ShapeError, name, message)
    return reduced((-y * (a - b) + margin).clamp_min(0), chosen)


@define(function=False, method=False)
def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2, eps: float = 1e-6,
    swap: bool = False, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, |anchor - positive| - |anchor - negative| + margin), reduced (arXiv:1511.04119 for `swap`)."""
    name = "triplet_margin_loss"
    chosen = reduction_of(size_average, reduce, reduction)
    if margin <= 0:
        raise make(ArgumentError, f"margin must be greater than 0, got {margin}", ValueError, name)
    a, near, far = _tensors(name, anchor=anchor, positive=positive, negative=negative)
    if not a.ndim == near.ndim == far.ndim:
        message = (
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, "
            f"but got: anchor {a.ndim}D, positive {near.ndim}D, and negative {far.ndim}D inputs"
        )
        raise a._error(ShapeError, name, message)
    inner, outer = cast(Any, pairwise_distance(a, near, p, eps)), cast(Any, pairwise_distance(a, far, p, eps))
    if swap:
        outer = outer.minimum(pairwise_distance(near, far, p, eps))
    return reduced((margin + inner - outer).clamp_min(0), chosen)
