"""Distance layers."""

from __future__ import annotations

from typing import Any

from unified_nn.torch.nn.functions import distance
from unified_nn.torch.nn.module import Module


class CosineSimilarity(Module):
    """The cosine of the angle between x1 and x2 along an axis."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Any, x2: Any) -> Any:
        return distance.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The norm of x1 - x2 + eps along the last axis."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        return distance.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
