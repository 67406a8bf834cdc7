"""Activations that torch has with the op's exact meaning; the others stay the op's own composition.

`celu` and `hard_sigmoid` are among the others: torch 2.13 rounds 1 / alpha, or 1 / 6, to float32 in their gradients.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  PyTorch's own name for it

from unified_nn.backend import Function

Array = Any


def gelu(x: Array, *, approximate: bool = False) -> Array:
    return F.gelu(x, approximate="tanh" if approximate else "none")


def leaky_relu(x: Array, *, slope: float) -> Array:
    return F.leaky_relu(x, slope)


def softplus(x: Array, *, beta: float = 1.0, threshold: float = math.inf) -> Array:
    if threshold <= 50.0:
        return F.softplus(x, beta, threshold)
    scaled = x * beta  # torch's own overflows where e ** scaled does
    smooth = -F.logsigmoid(-scaled) / beta
    return smooth if threshold == math.inf else torch.where(scaled > threshold, x, smooth)


def hard_tanh(x: Array, *, low: float = -1.0, high: float = 1.0) -> Array:
    return F.hardtanh(x, low, high)


def hard_shrink(x: Array, *, lambd: float = 0.5) -> Array:
    return F.hardshrink(x, lambd)


def soft_shrink(x: Array, *, lambd: float = 0.5) -> Array:
    return F.softshrink(x, lambd)


def elu(x: Array, *, alpha: float = 1.0) -> Array:
    return F.elu(x, alpha)


def threshold(x: Array, *, limit: float, value: float) -> Array:
    return F.threshold(x, limit, value)


FUNCTIONS: dict[str, Function] = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "log_sigmoid": F.logsigmoid,
    "silu": F.silu,
    "mish": F.mish,
    "selu": F.selu,
    "hard_swish": F.hardswish,
    "gelu": gelu,
    "leaky_relu": leaky_relu,
    "softplus": softplus,
    "hard_tanh": hard_tanh,
    "hard_shrink": hard_shrink,
    "soft_shrink": soft_shrink,
    "elu": elu,
    "threshold": threshold,
}
