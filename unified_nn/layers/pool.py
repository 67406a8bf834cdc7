"""Pooling layers over any number of spatial axes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from unified_nn.layers.base import Layer, Params
from unified_nn.layers.pads import Pads, same_pads
from unified_nn.ops import pool as ops
from unified_nn.ops.activation import relu
from unified_nn.ops.elementwise import abs_, clip, mul, pow_, sign
from unified_nn.ops.reduce import mean
from unified_nn.tensor import Tensor

Ints = tuple[int, ...]
#: How the last, incomplete window is treated: "floor" drops it; "ceil" keeps it; "ceil_inside" keeps it if it starts
#: inside the input or its near padding (PyTorch, MindSpore; MXNet's "full" is plain ceil).
Rounding = Literal["floor", "ceil", "ceil_inside"]


def overhang(length: int, kernel: int, stride: int, pads: tuple[int, int], dilation: int, rounding: Rounding) -> int:
    """How far the far padding must grow so that the last window that `rounding` keeps is complete."""
    lo, hi = pads
    spare = length + lo + hi - dilation * (kernel - 1) - 1
    count = -(-spare // stride) + 1
    # A window that is larger than everything is kept by ceil_inside, but not by MXNet's plain ceil.
    if rounding == "floor" or count < 1 or (rounding == "ceil" and spare < 0):
        return 0
    if rounding == "ceil_inside" and (count - 1) * stride >= length + lo:
        count -= 1
    return max((count - 1) * stride - spare, 0)


def _grown(x: Tensor, pads: Pads, kernel: Ints, stride: Ints, dilation: Ints, rounding: Rounding) -> Pads:
    if rounding == "floor" or x.ndim != len(kernel) + 2 or min(stride) < 1:  # the op refuses the last two
        return pads
    return tuple(
        (lo, hi + overhang(length, k, s, (lo, hi), d, rounding))
        for length, (lo, hi), k, s, d in zip(x._shape[2:], pads, kernel, stride, dilation, strict=True)
    )


@dataclass(frozen=True)
class MaxPool(Layer):
    """x (N, C, *S) -> (N, C, *S'), the largest of each window; with `index` also where it was."""

    kernel: Ints
    stride: Ints
    pads: Pads | Literal["same"]
    dilation: Ints
    rounding: Rounding = "floor"
    index: bool = False

    def forward(self, p: Params, *xs: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        x = xs[0]
        pads = self.pads
        if pads == "same" and x.ndim != len(self.kernel) + 2:
            pads = ((0, 0),) * len(self.kernel)  # the op refuses the rank
        if pads == "same":
            pads = same_pads(x._shape[2:], self.kernel, self.stride, self.dilation)
        pads = _grown(x, pads, self.kernel, self.stride, self.dilation, self.rounding)
        out = ops.max_pool(x, kernel=self.kernel, stride=self.stride, pads=pads, dilation=self.dilation)
        beyond = self.pads != "same" and any(max(p) >= k for p, k in zip(self.pads, self.kernel, strict=True))
        if self.rounding == "ceil" or beyond:  # a window of nothing but padding, which only MXNet keeps, is its lowest
            out = clip(out, low=float(np.finfo(x._dtype.numpy()).min), high=None)
        if not self.index:
            return out
        where = ops.max_pool_index(x, kernel=self.kernel, stride=self.stride, pads=pads, dilation=self.dilation)
        return out, where


@dataclass(frozen=True)
class AvgPool(Layer):
    """x (N, C, *S) -> (N, C, *S'), the mean of each window, or its sum divided by `divisor`."""

    kernel: Ints
    stride: Ints
    pads: Pads | Literal["same"]
    rounding: Rounding = "floor"
    count_pad: bool = True
    divisor: int | None = None

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        x = xs[0]
        ones = (1,) * len(self.kernel)
        pads = self.pads
        if pads == "same" and x.ndim != len(self.kernel) + 2:
            pads = ((0, 0),) * len(self.kernel)  # the op refuses the rank
        if pads == "same":
            pads = same_pads(x._shape[2:], self.kernel, self.stride, ones)
        counted = pads if self.count_pad else ((0, 0),) * len(pads)
        pads = _grown(x, pads, self.kernel, self.stride, ones, self.rounding)
        return ops.avg_pool(x, kernel=self.kernel, stride=self.stride, pads=pads, count_pad=counted,
                            divisor=self.divisor)  # fmt: skip


@dataclass(frozen=True)
class LPPool(Layer):
    """x (N, C, *S) -> (N, C, *S'), the root of the sum of the powers of each window's values.

    A window that reaches past the end counts as if what is missing had the mean of what is there.
    """

    power: float
    kernel: Ints
    stride: Ints
    rounding: Rounding = "floor"

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        pads = ((0, 0),) * len(self.kernel)
        means = AvgPool(self.kernel, self.stride, pads, self.rounding).forward(p, pow_(xs[0], self.power))
        count = float(math.prod(self.kernel))
        return pow_(mul(mul(sign(means), relu(abs_(means))), count), 1.0 / self.power)


@dataclass(frozen=True)
class GlobalPool(Layer):
    """x (N, C, *S) -> (N, C, 1, ...): the mean, or the largest, of all spatial values; its gradient goes to the first."""

    kind: Literal["avg", "max"]

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        x = xs[0]
        if self.kind == "avg":
            return mean(x, axis=tuple(range(2, x.ndim)), keepdims=True)
        ones, pads = (1,) * (x.ndim - 2), ((0, 0),) * (x.ndim - 2)
        return ops.max_pool(x, kernel=x._shape[2:], stride=ones, pads=pads, dilation=ones)


@dataclass(frozen=True)
class AdaptiveAvgPool(Layer):
    """x (N, C, *S) -> (N, C, *size): the means of uneven bins that cover S; None keeps an axis as it is."""

    size: tuple[int | None, ...]

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        x = xs[0]
        size = tuple(s if s is not None else length for s, length in zip(self.size, x._shape[2:], strict=True))
        return ops.adaptive_avg_pool(x, size=size)


@dataclass(frozen=True)
class AdaptiveMaxPool(Layer):
    """x (N, C, *S) -> (N, C, *size): the largest of uneven bins that cover S; with `index` also where it was."""

    size: tuple[int | None, ...]
    index: bool = False

    def forward(self, p: Params, *xs: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        x = xs[0]
        size = tuple(s if s is not None else length for s, length in zip(self.size, x._shape[2:], strict=True))
        return ops.adaptive_max_pool(x, size=size, index=self.index)
