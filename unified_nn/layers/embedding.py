"""Look-up tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unified_nn import init
from unified_nn.layers.base import Layer, Param, Params
from unified_nn.ops.index import take
from unified_nn.tensor import Tensor


@dataclass(frozen=True)
class Embedding(Layer):
    """i (*) of integers in [0, count) -> (*, features)."""

    count: int
    features: int

    def params(self) -> Iterator[Param]:
        yield Param("w", (self.count, self.features), init.Normal(1.0))

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        return take(p["w"], xs[0], axis=0)

    def summary(self) -> str:
        return f"{self.count} rows of {self.features}"
