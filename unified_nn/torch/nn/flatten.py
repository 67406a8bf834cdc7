"""Layers that change the shape only."""

from __future__ import annotations

from typing import Any

from unified_nn.layers import linear
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.nn.module import Module
from unified_nn.torch.tensor import Tensor


class Flatten(Layer, canonical=linear.Flatten):
    """The axes start_dim to end_dim (both included) as one."""

    args = "start_dim=1, end_dim=-1"
    to = {"start": "start_dim", "end": "end_dim"}
    shows = "start_dim={start_dim}, end_dim={end_dim}"

    def forward(self, input: Any, *others: Any) -> Any:  # PyTorch's range check, and x itself where nothing changes
        return input.flatten(self.start_dim, self.end_dim)


class Unflatten(Module):
    """One axis as several."""

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Tensor) -> Any:
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
