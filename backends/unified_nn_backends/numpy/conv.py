"""Convolution against an array module `xp`: columns of windows times the weights."""

from __future__ import annotations

import math
from typing import Any

from unified_nn_backends.numpy.windows import Ints, Pads, out_size, padded, places

Array = Any
Module = Any


def _wide(x: Array) -> Array:
    return x.astype("float32") if x.dtype.itemsize == 2 else x


def _columns(xp: Module, x: Array, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Array:
    """(N, G, C/G * prod(kernel), prod(count))."""
    n, c = x.shape[:2]
    count = out_size(x.shape[2:], kernel, stride, pads, dilation)
    space = padded(xp, x, pads)
    cols = xp.empty((n, c, *kernel, *count), x.dtype)
    for at, spans in places(kernel, stride, dilation, count):
        cols[(slice(None), slice(None), *at)] = space[spans]
    return cols.reshape(n, groups, c // groups * math.prod(kernel), math.prod(count))


def conv(
    xp: Module, x: Array, w: Array, b: Array | None = None, *, stride: Ints, pads: Pads, dilation: Ints, groups: int
) -> Array:
    kernel = w.shape[2:]
    cols = _columns(xp, _wide(x), kernel, stride, pads, dilation, groups)
    weights = _wide(w).reshape(groups, w.shape[0] // groups, -1)
    out = xp.matmul(weights, cols)
    count = out_size(x.shape[2:], kernel, stride, pads, dilation)
    out = out.reshape(x.shape[0], w.shape[0], *count)
    if b is not None:
        out = out + _wide(b).reshape(1, -1, *(1,) * len(kernel))
    return out.astype(x.dtype, copy=False)


def conv_dx(
    xp: Module, g: Array, w: Array, *, size: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int
) -> Array:
    n, count, kernel = g.shape[0], g.shape[2:], w.shape[2:]
    channels = w.shape[1] * groups
    weights = _wide(w).reshape(groups, w.shape[0] // groups, -1)
    flat = _wide(g).reshape(n, groups, w.shape[0] // groups, math.prod(count))
    cols = xp.matmul(weights.swapaxes(1, 2), flat).reshape(n, channels, *kernel, *count)
    reach = tuple(
        max(s + lo + hi, d * (k - 1) + 1 + st * (c - 1))
        for s, (lo, hi), d, k, st, c in zip(size, pads, dilation, kernel, stride, count, strict=True)
    )
    space = xp.zeros((n, channels, *reach), cols.dtype)
    for at, spans in places(kernel, stride, dilation, count):
        space[spans] += cols[(slice(None), slice(None), *at)]
    back = tuple((-lo, s + lo - r) for s, (lo, _), r in zip(size, pads, reach, strict=True))
    return padded(xp, space, back).astype(g.dtype, copy=False)


def conv_dw(
    xp: Module, x: Array, g: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int
) -> Array:
    n, out_channels = g.shape[:2]
    cols = _columns(xp, _wide(x), kernel, stride, pads, dilation, groups)
    flat = _wide(g).reshape(n, groups, out_channels // groups, math.prod(g.shape[2:]))
    found = xp.matmul(flat, cols.swapaxes(2, 3)).sum(axis=0)
    return found.reshape(out_channels, x.shape[1] // groups, *kernel).astype(x.dtype, copy=False)
