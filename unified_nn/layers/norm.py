"""Normalisation layers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from unified_nn.autodiff import recording
from unified_nn.errors import ShapeError
from unified_nn.init import ONES, ZEROS
from unified_nn.layers.base import Layer, Param, Params
from unified_nn.ops import _rules as rules
from unified_nn.ops import norm as ops
from unified_nn.ops.elementwise import add, as_dtype, mul, pow_, square, sub
from unified_nn.ops.reduce import mean as mean_of
from unified_nn.ops.shape import reshape
from unified_nn.tensor import Tensor


def widened(x: Tensor, *arrays: Tensor | None) -> Tensor:
    """x in the dtype of the arrays, where it is a half precision that they are not: statistics need the digits."""
    held = next((a for a in arrays if a is not None), None)
    if held is None or x._dtype.itemsize >= held._dtype.itemsize or x._dtype.kind != "f":
        return x
    return as_dtype(x, held._dtype)


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Normalise each channel: x (N, C, *S) -> same shape (arXiv:1502.03167).

    running = keep * running + (1 - keep) * batch; keep None is the plain mean of all batches seen.
    """

    features: int | None
    eps: float
    keep: float | None
    scale: bool = True
    center: bool = True
    axis: int = 1
    running: bool = True  # keep statistics for inference
    unbiased: bool = True  # the running variance divides by n - 1
    frozen: bool = False  # use the running statistics in training as well
    counts: bool = False  # keep how many batches were seen

    def params(self) -> Iterator[Param]:
        assert self.features is not None
        if self.scale:
            yield Param("gamma", (self.features,), ONES)
        if self.center:
            yield Param("beta", (self.features,), ZEROS)
        if self.running:
            yield Param("mean", (self.features,), ZEROS, learned=False)
            yield Param("var", (self.features,), ONES, learned=False)
            if self.counts:
                yield Param("count", (), ZEROS, learned=False, dtype="int64")

    @property
    def is_open(self) -> bool:
        return self.features is None

    def resolve(self, *shapes: tuple[int, ...]) -> Self:
        return replace(self, features=shapes[0][self.axis])

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        x = widened(xs[0], p.get("gamma"), p.get("mean"))
        at = rules.axis_name(self.axis, x.ndim)
        holds = self.scale or self.center or self.running  # PyTorch's layer without arrays takes any
        if holds and x._shape[at] != self.features:
            message = f"expected {self.features} channels (axis {at}), got {x._shape[at]}; input {x._shape}"
            raise x._error(ShapeError, "batch_norm", message)
        if (p.training and not self.frozen) or not self.running:
            mean, var = ops.batch_moments(x, axis=self.axis)
            if p.training and self.running:
                self._follow(p, x, mean, var)
        else:
            mean, var = p["mean"], p["var"]
        out = ops.batch_norm(x, mean, var, p.get("gamma"), p.get("beta"), eps=self.eps, axis=self.axis)
        return as_dtype(out, xs[0]._dtype)

    def _follow(self, p: Params, x: Tensor, mean: Tensor, var: Tensor) -> None:
        """Move the running statistics towards this batch's."""
        count = 1
        for a, s in enumerate(x._shape):
            count *= 1 if a == self.axis % x.ndim else s
        keep = self.keep
        with recording(False):
            if self.counts:
                p.update("count", add(p["count"], 1))
            if not count:
                return  # an empty batch tells nothing
            if keep is None:
                keep = 1.0 - 1.0 / p["count"]._item() if self.counts else 0.0
            unbias = (count / (count - 1) if count > 1 else math.nan) if self.unbiased else 1.0
            p.update("mean", add(mul(p["mean"], keep), mul(mean, 1.0 - keep)))
            p.update("var", add(mul(p["var"], keep), mul(var, unbias * (1.0 - keep))))

    def summary(self) -> str:
        return f"{self.features} channels"


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Normalise over the last axes, of the given shape (arXiv:1607.06450)."""

    shape: tuple[int, ...]
    eps: float
    scale: bool = True
    center: bool = True

    def params(self) -> Iterator[Param]:
        if self.scale:
            yield Param("gamma", self.shape, ONES)
        if self.center:
            yield Param("beta", self.shape, ZEROS)

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        gamma, beta = p.get("gamma"), p.get("beta")
        x = widened(xs[0], gamma, beta)
        return as_dtype(ops.layer_norm(x, gamma, beta, axes=len(self.shape), eps=self.eps), xs[0]._dtype)

    def summary(self) -> str:
        return f"over {self.shape}"


@dataclass(frozen=True)
class RMSNorm(Layer):
    """x / sqrt(mean(x**2) + eps) over the last axes, of the given shape (arXiv:1910.07467).

    eps None is the smallest step at 1 of x's dtype.
    """

    shape: tuple[int, ...]
    eps: float | None = None
    scale: bool = True

    def params(self) -> Iterator[Param]:
        if self.scale:
            yield Param("gamma", self.shape, ONES)

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        x = xs[0]
        if x._shape[x.ndim - len(self.shape) :] != self.shape:
            raise x._error(ShapeError, "rms_norm", f"expected input whose last axes are {self.shape}, got {x._shape}")
        small = float(np.finfo(x._dtype.numpy()).eps) if self.eps is None else self.eps
        last = tuple(range(-len(self.shape), 0))
        out = mul(x, pow_(add(mean_of(square(x), axis=last, keepdims=True), small), -0.5))
        gamma = p.get("gamma")
        return out if gamma is None else mul(out, gamma)

    def summary(self) -> str:
        return f"over {self.shape}"


@dataclass(frozen=True)
class GroupNorm(Layer):
    """Normalise each group of channels of each sample: x (N, C, *S) -> same shape (arXiv:1803.08494).

    As many groups as channels is instance normalisation (arXiv:1607.08022).
    """

    groups: int
    features: int
    eps: float
    scale: bool = True
    center: bool = True
    keep: float = 0.9
    running: bool = False  # instance normalisation by running statistics in inference
    counts: bool = False  # keep a counter, which PyTorch has and never moves

    def params(self) -> Iterator[Param]:
        if self.scale:
            yield Param("gamma", (self.features,), ONES)
        if self.center:
            yield Param("beta", (self.features,), ZEROS)
        if self.running:
            yield Param("mean", (self.features,), ZEROS, learned=False)
            yield Param("var", (self.features,), ONES, learned=False)
            if self.counts:
                yield Param("count", (), ZEROS, learned=False, dtype="int64")

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        gamma, beta = p.get("gamma"), p.get("beta")
        x = widened(xs[0], gamma, beta)
        shape = x._shape
        if self.running:
            if not p.training:
                mean, var = (as_dtype(p[name], x._dtype) for name in ("mean", "var"))
                return ops.batch_norm(x, mean, var, p.get("gamma"), p.get("beta"), eps=self.eps)
            self._follow(p, x)
        if len(shape) < 2 or shape[1] != self.features:
            message = f"expected {self.features} channels (axis 1), got input {shape}"
            raise x._error(ShapeError, "group_norm", message)
        rest = rules.size(shape[1:]) // self.groups
        out = reshape(
            ops.layer_norm(reshape(x, shape=(shape[0], self.groups, rest)), axes=1, eps=self.eps), shape=shape
        )
        each = (1, -1, *(1,) * (len(shape) - 2))
        if gamma is not None:
            out = mul(out, reshape(gamma, shape=each))
        if beta is not None:
            out = add(out, reshape(beta, shape=each))
        return as_dtype(out, xs[0]._dtype)

    def _follow(self, p: Params, x: Tensor) -> None:
        """Move the running statistics towards the means over the samples of this batch's."""
        others = tuple(range(2, x.ndim))
        count = rules.size(x._shape[2:])
        with recording(False):
            mean = mean_of(x, axis=others, keepdims=True)
            var = mean_of(square(sub(x, mean)), axis=(0, *others))
            unbias = count / (count - 1) if count > 1 else 1.0
            mean = mean_of(mean, axis=(0, *others))
            for name, now in (("mean", mean), ("var", mul(var, unbias))):
                held = p[name]
                p.update(name, add(mul(held, self.keep), mul(as_dtype(now, held._dtype), 1.0 - self.keep)))

    def summary(self) -> str:
        return f"{self.features} channels in {self.groups} groups"
