"""Ops that move values, on MindSpore tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mindspore as ms
from mindspore import ops

from unified_nn.backend import Function
from unified_nn_backends.mindspore.kernels import axis_of, filled, is_empty, unary, widened

Array = Any
Pads = Sequence[tuple[int, int]]


def padded(x: Array, pads: Pads, value: Any = 0) -> Array:
    """x with `value` around its last axes; a negative pad cuts off."""
    if all(lo == hi == 0 for lo, hi in pads):
        return x
    if any(lo < 0 or hi < 0 for lo, hi in pads):
        lead = (slice(None),) * (x.ndim - len(pads))
        sizes = x.shape[x.ndim - len(pads) :]
        x = x[(*lead, *(slice(max(-lo, 0), s - max(-hi, 0)) for s, (lo, hi) in zip(sizes, pads, strict=True)))]
        pads = [(max(lo, 0), max(hi, 0)) for lo, hi in pads]
        return padded(x, pads, value)
    if is_empty(x):  # the kernel wants elements
        lead = x.shape[: x.ndim - len(pads)]
        sizes = x.shape[x.ndim - len(pads) :]
        return filled((*lead, *(s + lo + hi for s, (lo, hi) in zip(sizes, pads, strict=True))), value, x.dtype)
    return ops.pad(x, tuple(v for pair in reversed(pads) for v in pair), value=value)


def reshape(x: Array, *, shape: tuple[int, ...]) -> Array:
    return ops.reshape(x, shape)


def transpose(x: Array, *, axes: tuple[int, ...]) -> Array:
    return ops.transpose(x, axes)


def expand(x: Array, *, shape: tuple[int, ...]) -> Array:
    return ops.broadcast_to(x, shape)


def concat(*xs: Array, axis: int) -> Array:
    at = axis_of(axis, xs[0])
    if len({(*x.shape[:at], *x.shape[at + 1 :]) for x in xs}) > 1:
        raise ValueError(f"sizes differ off axis {at}: {[x.shape for x in xs]}")
    parts = tuple(x for x in xs if not is_empty(x))
    if not parts:
        shape = list(xs[0].shape)
        shape[at] = sum(x.shape[at] for x in xs)
        return ops.reshape(xs[0], tuple(shape)) if 0 in shape else filled(tuple(shape), 0, xs[0].dtype)
    return ops.concat(parts, axis) if len(parts) > 1 else parts[0]


def unstack(x: Array, *, axis: int) -> tuple[Array, ...]:
    parts: tuple[Array, ...] = ops.unbind(x, axis_of(axis, x))
    return parts


def flip(x: Array, *, axes: tuple[int, ...]) -> Array:
    places = tuple(axis_of(a, x) for a in axes)
    return x if not axes or is_empty(x) else ops.flip(x, places)


def pad(x: Array, *, pads: Pads, value: float = 0.0) -> Array:
    if len(pads) != x.ndim or any(lo < 0 or hi < 0 for lo, hi in pads):  # MindSpore would crop, or pad the last axes
        raise ValueError(f"pads {tuple(pads)} do not fit x {x.shape}: one (lo, hi) >= 0 per axis")
    return padded(x, pads, bool(value) if x.dtype == ms.bool_ else value)


FUNCTIONS: dict[str, Function] = {
    "reshape": reshape,
    "transpose": transpose,
    "expand": unary(expand),  # whose backward has no bfloat16
    "concat": concat,
    "unstack": unstack,
    "flip": unary(flip),
    "pad": widened(pad),
}
