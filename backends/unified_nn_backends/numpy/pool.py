"""Pooling against an array module `xp`: one strided slice of the padded array per place in the window."""

from __future__ import annotations

import math
from typing import Any

from unified_nn_backends.numpy.windows import Ints, Pads, out_size, padded, places

Array = Any
Module = Any


def _lowest(dtype: Any) -> Any:
    if dtype.kind == "b":
        return False
    if dtype.kind in "iu":
        return -(1 << (8 * dtype.itemsize - 1)) if dtype.kind == "i" else 0
    return -math.inf


def _winner(xp: Module, x: Array, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    """Which place in its window is each window's first largest value."""
    count = out_size(x.shape[2:], kernel, stride, pads, dilation)
    space = padded(xp, x, pads, _lowest(x.dtype))
    inside = padded(xp, xp.ones((1, 1, *x.shape[2:]), "bool"), pads, False)
    best = xp.full((*x.shape[:2], *count), _lowest(x.dtype), x.dtype)
    winner = xp.full(best.shape, -1, "int64")
    for number, (_, spans) in enumerate(places(kernel, stride, dilation, count)):
        value = space[spans]
        better = inside[spans] & ((value > best) | ((value != value) & (best == best)) | (winner < 0))
        winner = xp.where(better, number, winner)
        best = xp.where(better, value, best)
    return winner


def max_pool(xp: Module, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    count = out_size(x.shape[2:], kernel, stride, pads, dilation)
    space = padded(xp, x, pads, _lowest(x.dtype))
    out = None
    for _, spans in places(kernel, stride, dilation, count):
        out = space[spans].copy() if out is None else xp.maximum(out, space[spans])
    return out


def max_pool_dx(xp: Module, g: Array, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    winner = _winner(xp, x, kernel, stride, pads, dilation)
    space = xp.zeros(padded(xp, x, pads).shape, "float32" if g.dtype.itemsize == 2 else g.dtype)
    for number, (_, spans) in enumerate(places(kernel, stride, dilation, winner.shape[2:])):
        space[spans] += xp.where(winner == number, g, g.dtype.type(0))
    return padded(xp, space, tuple((-lo, -hi) for lo, hi in pads)).astype(g.dtype, copy=False)


def max_pool_pick(xp: Module, h: Array, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    winner = _winner(xp, x, kernel, stride, pads, dilation)
    space = padded(xp, h, pads)
    out = xp.zeros(winner.shape, h.dtype)
    for number, (_, spans) in enumerate(places(kernel, stride, dilation, winner.shape[2:])):
        out = xp.where(winner == number, space[spans], out)
    return out


def max_pool_index(xp: Module, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    winner = _winner(xp, x, kernel, stride, pads, dilation)
    count = winner.shape[2:]
    numbers = xp.arange(math.prod(x.shape[2:]), dtype="int64").reshape(1, 1, *x.shape[2:])
    space = padded(xp, numbers, pads, -1)
    out = xp.full(winner.shape, -1, "int64")
    for number, (_, spans) in enumerate(places(kernel, stride, dilation, count)):
        out = xp.where(winner == number, space[spans], out)
    return out


def _counts(
    xp: Module, size: Ints, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None, dtype: Any
) -> Array:
    """How many places of each window count, shaped to divide the result."""
    if divisor is not None:
        return xp.full((1,) * (len(size) + 2), divisor, dtype)
    ndim = len(size) + 2
    total = xp.ones((1,) * ndim, dtype)
    for axis, (s, k, st, (lo, hi), (inner_lo, inner_hi)) in enumerate(
        zip(size, kernel, stride, pads, count_pad, strict=True), 2
    ):
        count = (s + lo + hi - k) // st + 1
        start = [o * st - lo for o in range(count)]
        line = [max(min(a + k, s + inner_hi) - max(a, -inner_lo), 1) for a in start]
        shape = [1] * ndim
        shape[axis] = count
        total = total * xp.asarray(line, dtype).reshape(shape)
    return total


def avg_pool(
    xp: Module, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None = None
) -> Array:
    dilation = (1,) * len(kernel)
    count = out_size(x.shape[2:], kernel, stride, pads, dilation)
    wide = "float32" if x.dtype.itemsize == 2 else x.dtype
    space = padded(xp, x.astype(wide, copy=False), pads)
    total = xp.zeros((*x.shape[:2], *count), wide)
    for _, spans in places(kernel, stride, dilation, count):
        total += space[spans]
    return (total / _counts(xp, x.shape[2:], kernel, stride, pads, count_pad, divisor, wide)).astype(x.dtype)


def avg_pool_dx(
    xp: Module, g: Array, *, size: Ints, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads,
    divisor: int | None = None,
) -> Array:  # fmt: skip
    wide = "float32" if g.dtype.itemsize == 2 else g.dtype
    share = g.astype(wide, copy=False) / _counts(xp, size, kernel, stride, pads, count_pad, divisor, wide)
    space = xp.zeros(g.shape[:2] + tuple(s + lo + hi for s, (lo, hi) in zip(size, pads, strict=True)), wide)
    for _, spans in places(kernel, stride, (1,) * len(kernel), g.shape[2:]):
        space[spans] += share
    return padded(xp, space, tuple((-lo, -hi) for lo, hi in pads)).astype(g.dtype, copy=False)
