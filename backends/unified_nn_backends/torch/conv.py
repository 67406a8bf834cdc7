"""Convolution on torch tensors: padding that torch does not have is done before, or cut off after."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from unified_nn.backend import Function
from unified_nn.errors import NotOfferedError, make
from unified_nn_backends.torch.shape import padded

Array = Any
Ints = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]

FORWARD: dict[int, Function] = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED: dict[int, Function] = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
WEIGHT: dict[int, Function] = {
    1: torch.nn.grad.conv1d_weight, 2: torch.nn.grad.conv2d_weight, 3: torch.nn.grad.conv3d_weight,
}  # fmt: skip


def of_rank(table: dict[int, Function], rank: int, op: str) -> Function:
    if rank not in table:
        message = f"{op}: backend 'torch' has 1 to 3 spatial axes, got {rank}; the backend 'numpy' takes any number"
        raise make(NotOfferedError, message)
    return table[rank]


def is_symmetric(pads: Pads) -> bool:
    return all(lo == hi >= 0 for lo, hi in pads)


def _padding(x: Array, pads: Pads) -> tuple[Array, Ints]:
    """x and the symmetric padding that is left to do."""
    if is_symmetric(pads):
        return x, tuple(lo for lo, _ in pads)
    return padded(x, pads), (0,) * len(pads)


def conv(
    x: Array, w: Array, b: Array | None = None, *, stride: Ints, pads: Pads, dilation: Ints, groups: int
) -> Array:  # fmt: skip
    function = of_rank(FORWARD, len(stride), "conv")
    source, padding = _padding(x, pads)
    return function(source, w, b, stride, padding, dilation, groups)


def conv_dx(g: Array, w: Array, *, size: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Array:
    return _transposed(g, w, None, size, stride, pads, dilation, groups)


def conv_transpose(
    x: Array, w: Array, b: Array | None = None, *, stride: Ints, pads: Pads, extra: Ints, dilation: Ints, groups: int
) -> Array:
    full = _full(x, w, stride, dilation)
    size = tuple(f - lo - hi + e for f, (lo, hi), e in zip(full, pads, extra, strict=True))
    return _transposed(x, w, b, size, stride, pads, dilation, groups)


def _full(g: Array, w: Array, stride: Ints, dilation: Ints) -> Ints:
    """The size of the transposed convolution without padding."""
    return tuple(
        (s - 1) * st + d * (k - 1) + 1
        for s, st, d, k in zip(g.shape[2:], stride, dilation, w.shape[2:], strict=True)
    )  # fmt: skip


def _transposed(
    g: Array, w: Array, b: Array | None, size: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int
) -> Array:
    function = of_rank(TRANSPOSED, len(stride), "conv_dx")
    full = _full(g, w, stride, dilation)
    extra = tuple(s - f + lo + hi for s, f, (lo, hi) in zip(size, full, pads, strict=True))
    fits = all(0 <= e < max(st, d) for e, st, d in zip(extra, stride, dilation, strict=True))
    if fits and is_symmetric(pads):
        return function(g, w, b, stride, tuple(lo for lo, _ in pads), extra, groups, dilation)
    out = function(g, w, None, stride, 0, 0, groups, dilation)
    out = padded(out, tuple((-lo, s + lo - f) for s, f, (lo, _) in zip(size, full, pads, strict=True)))
    return out if b is None else out + b.reshape(1, -1, *(1,) * len(stride))


def conv_dw(x: Array, g: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Array:
    function = of_rank(WEIGHT, len(stride), "conv_dw")
    source, padding = _padding(x, pads)
    shape = (g.shape[1], x.shape[1] // groups, *kernel)
    return function(source, shape, g, stride, padding, dilation, groups)


FUNCTIONS: dict[str, Function] = {
    "conv": conv,
    "conv_dx": conv_dx,
    "conv_dw": conv_dw,
    "conv_transpose": conv_transpose,
}
