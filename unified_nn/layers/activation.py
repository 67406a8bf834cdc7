"""Activations as layers: an op and its attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from unified_nn import init
from unified_nn.layers.base import Layer, Param, Params
from unified_nn.op import REGISTRY
from unified_nn.ops.activation import prelu
from unified_nn.ops.shape import reshape
from unified_nn.tensor import Tensor


@dataclass(frozen=True)
class Activation(Layer):
    """op(x, **attrs) for a one-array op by name; `attrs` as sorted pairs, so that equal layers are equal."""

    op: str
    attrs: tuple[tuple[str, Any], ...] = ()

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        made: Tensor = REGISTRY[self.op](xs[0], **dict(self.attrs))
        return made


@dataclass(frozen=True)
class Softmax(Layer):
    """softmax or its logarithm along an axis."""

    axis: int
    log: bool = False

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        made: Tensor = REGISTRY["log_softmax" if self.log else "softmax"](xs[0], axis=self.axis)
        return made


@dataclass(frozen=True)
class PReLU(Layer):
    """x where x > 0, else w * x with one learned w, or one per channel (axis 1)."""

    features: int = 1
    slope: float = 0.25

    def params(self) -> Iterator[Param]:
        yield Param("w", (self.features,), init.Constant(self.slope))

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        x, w = xs[0], p["w"]
        shape = (1, -1, *(1,) * (x.ndim - 2)) if x.ndim > 1 and self.features > 1 else (1,)
        return prelu(x, reshape(w, shape=shape))
