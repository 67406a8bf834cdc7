"""Dense layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from unified_nn.init import FAN_IN_UNIFORM, ZEROS
from unified_nn.layers.base import Layer, Param, Params
from unified_nn.ops.elementwise import add, mul
from unified_nn.ops.linalg import linear
from unified_nn.ops.reduce import sum_
from unified_nn.ops.shape import flatten, reshape, unsqueeze
from unified_nn.tensor import Tensor


@dataclass(frozen=True)
class Linear(Layer):
    """x (..., in_features) -> (..., features); `flatten` joins all axes but the first before."""

    in_features: int | None
    features: int
    bias: bool = True
    flatten: bool = False

    def params(self) -> Iterator[Param]:
        assert self.in_features is not None
        yield Param("w", (self.features, self.in_features), FAN_IN_UNIFORM)
        if self.bias:
            yield Param("b", (self.features,), ZEROS)

    @property
    def is_open(self) -> bool:
        return self.in_features is None

    def resolve(self, *shapes: tuple[int, ...]) -> Self:
        shape = shapes[0]
        count = 1
        for size in shape[1:] if self.flatten else shape[-1:]:
            count *= size
        return replace(self, in_features=count)

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        x = xs[0]
        return linear(flatten(x) if self.flatten and x.ndim > 2 else x, p["w"], p.get("b"))

    def summary(self) -> str:
        return f"{self.in_features} -> {self.features}"


@dataclass(frozen=True)
class Bilinear(Layer):
    """x (..., in_features), y (..., in_others) -> (..., features): sum over i, j of x[i] * w[k, i, j] * y[j] + b[k]."""

    in_features: int
    in_others: int
    features: int
    bias: bool = True

    def params(self) -> Iterator[Param]:
        yield Param("w", (self.features, self.in_features, self.in_others), FAN_IN_UNIFORM)
        if self.bias:
            yield Param("b", (self.features,), ZEROS)

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        x, y = xs
        k, i, j = p["w"]._shape
        parts = reshape(linear(y, reshape(p["w"], shape=(k * i, j))), shape=(*y._shape[:-1], k, i))
        out = sum_(mul(parts, unsqueeze(x, axis=-2)), axis=-1)
        b = p.get("b")
        return out if b is None else add(out, b)

    def summary(self) -> str:
        return f"{self.in_features} x {self.in_others} -> {self.features}"


@dataclass(frozen=True)
class Flatten(Layer):
    """The axes start to end (both included) as one."""

    start: int = 1
    end: int = -1

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        return flatten(xs[0], start=self.start, end=self.end)


@dataclass(frozen=True)
class Identity(Layer):
    """x."""

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        return xs[0]
