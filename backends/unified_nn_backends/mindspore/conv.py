"""Convolution on MindSpore tensors.

Its CPU kernels take float16 and float32 and two or three spatial axes; one axis is computed as two. float64, which has
no kernel, is one matrix product over the windows. The gradients for x and w, which the tape asks for, are convolutions
again: for x over the spread-out g with the mirrored w, for w with stride and dilation exchanged.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Tensor, ops

from unified_nn.backend import Function
from unified_nn.errors import NotOfferedError, make
from unified_nn_backends.mindspore.kernels import filled, is_empty, widened
from unified_nn_backends.mindspore.shape import padded

Array = Any
Host = np.ndarray[Any, Any]
Ints = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]

KERNELS: dict[int, Function] = {2: ops.Conv2D, 3: ops.Conv3D}


def counts(size: Ints, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Ints:
    """How many windows fit along each axis."""
    return tuple(
        (s + lo + hi - d * (k - 1) - 1) // st + 1
        for s, k, st, (lo, hi), d in zip(size, kernel, stride, pads, dilation, strict=True)
    )


@lru_cache(maxsize=256)
def places(size: Ints, kernel: Ints, stride: Ints, dilation: Ints, count: Ints) -> Host:
    """Where in the flattened space of that size each place of the window is, for each window: (K, *count)."""
    rank = len(size)
    total = np.zeros((1,) * (2 * rank), "int64")
    for axis, (s, k, st, d, c) in enumerate(zip(size, kernel, stride, dilation, count, strict=True)):
        within = np.arange(k).reshape((-1,) + (1,) * (2 * rank - axis - 1)) * d
        across = np.arange(c).reshape((-1,) + (1,) * (rank - axis - 1)) * st
        total = total * s + within + across
    return total.reshape(-1, *count)


def windows(x: Array, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, value: Any = 0) -> Array:
    """The values (N, C, K, *count) that each window of the padded x sees."""
    count = counts(x.shape[2:], kernel, stride, pads, dilation)
    space = padded(x, pads, value)
    flat = ops.reshape(space, (*x.shape[:2], -1))
    return ops.gather(flat, Tensor(places(space.shape[2:], kernel, stride, dilation, count)), 2)


@lru_cache(maxsize=1024)
def _primitive(channels: int, kernel: Ints, stride: Ints, pad: Ints, dilation: Ints, groups: int) -> Any:
    made = KERNELS[len(kernel)]
    return made(channels, kernel, 1, "pad", pad, stride, dilation, groups)


def conv(
    x: Array, w: Array, b: Array | None = None, *, stride: Ints, pads: Pads, dilation: Ints, groups: int
) -> Array:  # fmt: skip
    rank = len(stride)
    if rank == 1:
        out = conv(
            ops.expand_dims(x, 2), ops.expand_dims(w, 2), b, stride=(1, *stride), pads=((0, 0), *pads),
            dilation=(1, *dilation), groups=groups,
        )  # fmt: skip
        return ops.reshape(out, (*out.shape[:2], out.shape[3]))
    if rank not in KERNELS:
        message = f"conv: backend 'mindspore' has 1 to 3 spatial axes, got {rank}; the backend 'numpy' takes any number"
        raise make(NotOfferedError, message)
    if is_empty(x) or is_empty(w):
        out = filled((x.shape[0], w.shape[0], *counts(x.shape[2:], w.shape[2:], stride, pads, dilation)), 0, x.dtype)
    elif x.dtype == ms.float64:
        out = _as_product(x, w, stride, pads, dilation, groups)
    else:
        if any(lo < 0 or hi < 0 for lo, hi in pads):
            x, pads = padded(x, pads), ((0, 0),) * rank
        pad = tuple(v for pair in pads for v in pair)
        out = _primitive(w.shape[0], w.shape[2:], stride, pad, dilation, groups)(x, w)
    return out if b is None else ops.add(out, ops.reshape(b, (1, -1, *(1,) * rank)))


def _as_product(x: Array, w: Array, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Array:
    kernel, (n, c) = w.shape[2:], x.shape[:2]
    seen = windows(x, kernel, stride, pads, dilation)
    count = seen.shape[3:]
    columns = ops.reshape(seen, (n, groups, c // groups * math.prod(kernel), math.prod(count)))
    weights = ops.reshape(w, (1, groups, w.shape[0] // groups, -1))
    return ops.reshape(ops.matmul(weights, columns), (n, w.shape[0], *count))


# ---- gradients -----------------------------------------------------------------------------------------------------


def conv_dx(g: Array, w: Array, *, size: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Array:
    rank, kernel = len(stride), w.shape[2:]
    channels = w.shape[1] * groups
    if is_empty(g) or is_empty(w):
        return filled((g.shape[0], channels, *size), 0, g.dtype)
    around = []
    for s, k, st, (lo, _), d, count in zip(size, kernel, stride, pads, dilation, g.shape[2:], strict=True):
        before = d * (k - 1) - lo
        around.append((before, s + d * (k - 1) - before - (st * (count - 1) + 1)))
    shape = (groups, w.shape[0] // groups, w.shape[1], *kernel)
    mirrored = ops.flip(w, tuple(range(2, 2 + rank)))
    turned = ops.transpose(ops.reshape(mirrored, shape), (0, 2, 1, *range(3, 3 + rank)))
    return conv(
        _spread(g, stride), ops.reshape(turned, (channels, w.shape[0] // groups, *kernel)), stride=(1,) * rank,
        pads=tuple(around), dilation=dilation, groups=groups,
    )  # fmt: skip


def _spread(g: Array, stride: Ints) -> Array:
    """g with stride - 1 zeros after each value but the last."""
    for axis, st in enumerate(stride, 2):
        if st > 1:
            length = g.shape[axis]
            apart = padded(ops.expand_dims(g, axis + 1), ((0, st - 1), *((0, 0),) * (g.ndim - axis - 1)))
            joined = ops.reshape(apart, (*g.shape[:axis], length * st, *g.shape[axis + 1 :]))
            g = joined[(*(slice(None),) * axis, slice(0, length * st - st + 1))]
    return g


def conv_dw(x: Array, g: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Array:
    rank, (n, c), m = len(stride), x.shape[:2], g.shape[1]
    if is_empty(x) or is_empty(g):
        return filled((m, c // groups, *kernel), 0, x.dtype)
    space = tuple(range(3, 3 + rank))
    rows = ops.transpose(ops.reshape(x, (n, groups, c // groups, *x.shape[2:])), (2, 1, 0, *space))
    out = conv(
        ops.reshape(rows, (c // groups, groups * n, *x.shape[2:])),
        ops.transpose(g, (1, 0, *range(2, 2 + rank))),
        stride=dilation, pads=pads, dilation=stride, groups=groups,
    )  # fmt: skip
    cut = out[(slice(None), slice(None), *(slice(0, k) for k in kernel))]
    return ops.transpose(cut, (1, 0, *range(2, 2 + rank)))


FUNCTIONS: dict[str, Function] = {"conv": widened(conv), "conv_dx": widened(conv_dx), "conv_dw": widened(conv_dw)}
