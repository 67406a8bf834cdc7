"""Look-up tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unified_nn import init
from unified_nn.layers.base import Layer, Param, Params
from unified_nn.ops.elementwise import equal, select
from unified_nn.ops.index import take
from unified_nn.ops.shape import expand, unsqueeze
from unified_nn.tensor import Tensor


@dataclass(frozen=True)
class Embedding(Layer):
    """i (*) of integers in [0, count) -> (*, features).

    The row `pad`, if there is one, starts at 0 and gets no gradient.
    """

    count: int
    features: int
    pad: int | None = None

    def params(self) -> Iterator[Param]:
        yield Param("w", (self.count, self.features), init.Normal(1.0))

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        i = xs[0]
        rows = take(p["w"], i, axis=0)
        if self.pad is None:
            return rows
        padding = unsqueeze(equal(i, self.pad), axis=-1)
        return select(expand(padding, shape=rows._shape), rows._detached(), rows)

    def summary(self) -> str:
        return f"{self.count} rows of {self.features}"
