"""Convolution layers over any number of spatial axes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Self

from unified_nn.init import FAN_IN_UNIFORM, ZEROS
from unified_nn.layers.base import Layer, Param, Params
from unified_nn.layers.pads import PadMode, Pads, pad_around, same_pads
from unified_nn.ops import conv as ops
from unified_nn.tensor import Tensor

Ints = tuple[int, ...]


@dataclass(frozen=True)
class Conv(Layer):
    """x (N, C, *S) -> (N, features, *S').

    pads: (lo, hi) per axis, or "same": S' = ceil(S / stride), an odd total has its larger half at the far end.
    """

    in_features: int | None
    features: int
    kernel: Ints
    stride: Ints
    pads: Pads | Literal["same"]
    dilation: Ints
    groups: int = 1
    bias: bool = True
    pad_mode: PadMode = "zeros"

    def params(self) -> Iterator[Param]:
        assert self.in_features is not None
        yield Param("w", (self.features, self.in_features // self.groups, *self.kernel), FAN_IN_UNIFORM)
        if self.bias:
            yield Param("b", (self.features,), ZEROS)

    @property
    def is_open(self) -> bool:
        return self.in_features is None

    def resolve(self, *shapes: tuple[int, ...]) -> Self:
        return replace(self, in_features=shapes[0][1])

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        x = xs[0]
        pads = self.pads
        if x.ndim != len(self.kernel) + 2:
            pads = ((0, 0),) * len(self.kernel)  # the op refuses the rank
        if pads == "same":
            pads = same_pads(x._shape[2:], self.kernel, self.stride, self.dilation)
        if self.pad_mode != "zeros":
            x, pads = pad_around(x, pads, self.pad_mode), ((0, 0),) * len(pads)
        return ops.conv(x, p["w"], p.get("b"), stride=self.stride, pads=pads, dilation=self.dilation,
                        groups=self.groups)  # fmt: skip

    def summary(self) -> str:
        return f"{self.in_features} -> {self.features}, kernel {'x'.join(map(str, self.kernel))}"


@dataclass(frozen=True)
class ConvTranspose(Layer):
    """The transpose of Conv: x (N, C, *S) -> (N, features, *S'), S' = (S - 1) * stride - lo - hi + span + extra."""

    in_features: int | None
    features: int
    kernel: Ints
    stride: Ints
    pads: Pads
    extra: Ints
    dilation: Ints
    groups: int = 1
    bias: bool = True

    def params(self) -> Iterator[Param]:
        assert self.in_features is not None
        yield Param("w", (self.in_features, self.features // self.groups, *self.kernel), FAN_IN_UNIFORM)
        if self.bias:
            yield Param("b", (self.features,), ZEROS)

    @property
    def is_open(self) -> bool:
        return self.in_features is None

    def resolve(self, *shapes: tuple[int, ...]) -> Self:
        return replace(self, in_features=shapes[0][1])

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        return ops.conv_transpose(xs[0], p["w"], p.get("b"), stride=self.stride, pads=self.pads, extra=self.extra,
                                  dilation=self.dilation, groups=self.groups)  # fmt: skip

    def summary(self) -> str:
        return f"{self.in_features} -> {self.features}, kernel {'x'.join(map(str, self.kernel))}"
