"""Ops that move values, on torch tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from unified_nn.backend import Function

Array = Any
Pads = Sequence[tuple[int, int]]


def padded(x: Array, pads: Pads, value: Any = 0) -> Array:
    """x with `value` around its last axes; a negative pad cuts off."""
    if all(lo == hi == 0 for lo, hi in pads):
        return x
    return F.pad(x, [v for pair in reversed(pads) for v in pair], value=value)


def reshape(x: Array, *, shape: tuple[int, ...]) -> Array:
    return torch.reshape(x, shape)


def transpose(x: Array, *, axes: tuple[int, ...]) -> Array:
    return x.permute(axes)


def expand(x: Array, *, shape: tuple[int, ...]) -> Array:
    return x.expand(shape)


def concat(*xs: Array, axis: int) -> Array:
    if any(x.ndim != xs[0].ndim for x in xs):  # torch ignores arrays of shape (0,)
        raise ValueError(f"ranks differ: {[tuple(x.shape) for x in xs]}")
    return torch.cat(xs, axis)


def stack(*xs: Array, axis: int) -> Array:
    return torch.stack(xs, axis)


def unstack(x: Array, *, axis: int) -> tuple[Array, ...]:
    parts: tuple[Array, ...] = torch.unbind(x, axis)
    return parts


def flip(x: Array, *, axes: tuple[int, ...]) -> Array:
    return torch.flip(x, axes)


def pad(x: Array, *, pads: Pads, value: float = 0.0) -> Array:
    if len(pads) != x.ndim or any(lo < 0 or hi < 0 for lo, hi in pads):  # torch would crop, or pad the last axes
        raise ValueError(f"pads {tuple(pads)} do not fit x {tuple(x.shape)}: one (lo, hi) >= 0 per axis")
    return F.pad(x, [v for pair in reversed(pads) for v in pair], value=value)


FUNCTIONS: dict[str, Function] = {
    "reshape": reshape,
    "transpose": transpose,
    "expand": expand,
    "concat": concat,
    "stack": stack,
    "unstack": unstack,
    "flip": flip,
    "pad": pad,
}
