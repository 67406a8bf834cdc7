"""Convolution on MindSpore tensors.

Its CPU kernels take float16 and float32 and two or three spatial axes; one axis is computed as two. What they do not
take is one matrix product over the windows: float64, more axes, and the gradients for x and w that the tape asks for,
where the product is several times faster than a second convolution.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Tensor, ops

from unified_nn.backend import Function
from unified_nn_backends.mindspore.kernels import WIDE, filled, is_empty, widened
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
    if is_empty(x) or is_empty(w):
        out = filled((x.shape[0], w.shape[0], *counts(x.shape[2:], w.shape[2:], stride, pads, dilation)), 0, x.dtype)
    elif x.dtype == ms.float64 or rank not in KERNELS:
        out = _product(x, w, stride, pads, dilation, groups)
    else:
        if any(lo < 0 or hi < 0 for lo, hi in pads):
            x, pads = padded(x, pads), ((0, 0),) * rank
        pad = tuple(v for pair in pads for v in pair)
        out = _primitive(w.shape[0], w.shape[2:], stride, pad, dilation, groups)(x, w)
    return out if b is None else ops.add(out, ops.reshape(b, (1, -1, *(1,) * rank)))


def _columns(x: Array, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Array:
    """(N, groups, C/groups * prod(kernel), prod(count))."""
    seen = windows(x, kernel, stride, pads, dilation)
    return ops.reshape(seen, (x.shape[0], groups, x.shape[1] // groups * math.prod(kernel), -1))


def _product(x: Array, w: Array, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Array:
    kernel = w.shape[2:]
    columns = _columns(x, kernel, stride, pads, dilation, groups)
    out = ops.matmul(ops.reshape(w, (1, groups, w.shape[0] // groups, -1)), columns)
    return ops.reshape(out, (x.shape[0], w.shape[0], *counts(x.shape[2:], kernel, stride, pads, dilation)))


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
    turned = ops.reshape(turned, (channels, w.shape[0] // groups, *kernel))
    return _product(_spread(g, stride), turned, (1,) * rank, tuple(around), dilation, groups)


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
    m, within = g.shape[1], x.shape[1] // groups
    if is_empty(x) or is_empty(g):
        return filled((m, within, *kernel), 0, x.dtype)
    columns = _columns(x, kernel, stride, pads, dilation, groups)
    right = ops.transpose(ops.reshape(g, (x.shape[0], groups, m // groups, -1)), (0, 1, 3, 2))
    total = ops.sum(ops.matmul(columns, right), 0)
    return ops.reshape(ops.transpose(total, (0, 2, 1)), (m, within, *kernel))


#: A product of float16 adds up in float16; the convolution kernels do not.
VIA = {**WIDE, ms.float16: ms.float32}

FUNCTIONS: dict[str, Function] = {
    "conv": widened(conv),
    "conv_dx": widened(conv_dx, VIA),
    "conv_dw": widened(conv_dw, VIA),
}
