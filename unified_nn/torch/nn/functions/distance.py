"""Distances between vectors."""

from __future__ import annotations

from typing import Any, cast

from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.tensor import Tensor


@define("SumBackward1", function=False, method=False)
def cosine_similarity(x1: Tensor, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """sum(x1 * x2) / (max(|x1|, eps) * max(|x2|, eps)) along the axis."""
    a, b = cast(Any, x1), cast(Any, tensor_argument("cosine_similarity", x2, 2, "x2"))
    return cast(Tensor, ((a / _length(a, dim, eps)) * (b / _length(b, dim, eps))).sum(dim))


def _length(x: Any, dim: int, eps: float) -> Any:
    """The norm, at least eps; its gradient is the norm's own in both cases, as in PyTorch."""
    found = x.norm(2, dim, keepdim=True)
    return found + (found.detach().clamp(min=eps) - found.detach())


@define("NormBackward1", function=False, method=False)
def pairwise_distance(x1: Tensor, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The norm of x1 - x2 + eps along the last axis."""
    difference = cast(Any, x1) - tensor_argument("pairwise_distance", x2, 2, "x2") + eps
    return cast(Tensor, difference.norm(p, -1, keepdim=keepdim))
