"""Pooling on torch tensors. torch pads symmetrically and by half a window at most; the rest is padded before."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from unified_nn.backend import Function
from unified_nn_backends.torch.conv import conv_dx, of_rank
from unified_nn_backends.torch.shape import padded

Array = Any
Ints = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]

MAX: dict[int, Function] = {2: F.max_pool2d, 3: F.max_pool3d}
AVERAGE: dict[int, Function] = {2: F.avg_pool2d, 3: F.avg_pool3d}


def _is_native(kernel: Ints, pads: Pads) -> bool:
    return all(lo == hi and 0 <= 2 * lo <= k for k, (lo, hi) in zip(kernel, pads, strict=True))


# ---- the largest ---------------------------------------------------------------------------------------------------


def _lowest(dtype: Any) -> Any:
    return -math.inf if dtype.is_floating_point else torch.iinfo(dtype).min


def _largest(x: Array, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, places: bool) -> Any:
    """torch's pooling of x; one spatial axis is pooled as two, since torch has integers for those only."""
    if len(kernel) == 1:
        found = _largest(x.unsqueeze(2), (1, *kernel), (1, *stride), ((0, 0), *pads), (1, *dilation), places)
        return tuple(f.squeeze(2) for f in found) if places else found.squeeze(2)
    function = of_rank(MAX, len(kernel), "max_pool")
    if _is_native(kernel, pads):
        return function(x, kernel, stride, tuple(lo for lo, _ in pads), dilation, return_indices=places)
    return function(padded(x, pads, _lowest(x.dtype)), kernel, stride, 0, dilation, return_indices=places)


def max_pool(x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    return _largest(x, kernel, stride, pads, dilation, False)


def max_pool_index(x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    flat = _largest(x.detach(), kernel, stride, pads, dilation, True)[1]
    if _is_native(kernel, pads):  # of a window that dilation leads past x, torch 2.13 gives a place outside of it
        return torch.where(flat < math.prod(x.shape[2:]), flat, -1)
    size = x.shape[2:]
    places, inside = torch.zeros_like(flat), torch.ones_like(flat, dtype=torch.bool)
    scale = 1
    for s, (lo, hi), d in reversed(list(zip(size, pads, dilation, strict=True))):
        at = flat % (s + lo + hi) - lo
        flat = flat.div(s + lo + hi, rounding_mode="floor")
        at = torch.where(at < 0, at % d, at)  # padding won only where all is -inf: the first place in x then
        inside &= at < s
        places += at * scale
        scale *= s
    return torch.where(inside, places, -1)


def max_pool_dx(g: Array, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    places = max_pool_index(x, kernel=kernel, stride=stride, pads=pads, dilation=dilation).flatten(2)
    addends = torch.where(places < 0, torch.zeros_like(g.flatten(2)), g.flatten(2))
    zeros = torch.zeros((*x.shape[:2], math.prod(x.shape[2:])), dtype=g.dtype, device=g.device)
    return zeros.scatter_add(2, places.clamp(min=0), addends).reshape(x.shape)


def max_pool_pick(h: Array, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    places = max_pool_index(x, kernel=kernel, stride=stride, pads=pads, dilation=dilation)
    flat = places.flatten(2)
    picked = h.flatten(2).gather(2, flat.clamp(min=0))
    return torch.where(flat < 0, torch.zeros_like(picked), picked).reshape(places.shape)


# ---- the mean ------------------------------------------------------------------------------------------------------


def avg_pool(
    x: Array, *, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None = None
) -> Array:  # fmt: skip
    if len(kernel) == 1:
        out = avg_pool(
            x.unsqueeze(2), kernel=(1, *kernel), stride=(1, *stride), pads=((0, 0), *pads),
            count_pad=((0, 0), *count_pad), divisor=divisor,
        )  # fmt: skip
        return out.squeeze(2)
    function = of_rank(AVERAGE, len(kernel), "avg_pool")
    if x.dtype.itemsize == 2 and len(kernel) == 3 and x.is_cpu:  # torch has no such kernel
        return avg_pool(
            x.float(), kernel=kernel, stride=stride, pads=pads, count_pad=count_pad, divisor=divisor
        ).to(x.dtype)  # fmt: skip
    includes = count_pad == pads
    if _is_native(kernel, pads) and (includes or divisor or not any(map(any, count_pad))):
        return function(x, kernel, stride, tuple(lo for lo, _ in pads), False, includes, divisor)
    wide = x.float() if x.dtype.itemsize == 2 else x
    total = function(padded(wide, pads), kernel, stride, 0, False, True, 1)
    return (total / _counts(total, x.shape[2:], kernel, stride, pads, count_pad, divisor)).to(x.dtype)


def avg_pool_dx(
    g: Array, *, size: Ints, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None = None
) -> Array:
    wide = g.float() if g.dtype.itemsize == 2 else g
    share = wide / _counts(wide, size, kernel, stride, pads, count_pad, divisor)
    ones = torch.ones((1, 1, *kernel), dtype=share.dtype, device=share.device)
    n, c = g.shape[:2]
    spread = conv_dx(
        share.reshape(n * c, 1, *g.shape[2:]), ones, size=size, stride=stride, pads=pads, dilation=(1,) * len(kernel),
        groups=1,
    )  # fmt: skip
    return spread.reshape(n, c, *size).to(g.dtype)


def _counts(
    like: Array, size: Ints, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None
) -> Any:  # fmt: skip
    """How many places of each window count, shaped to divide the pooled array."""
    if divisor is not None:
        return divisor
    total = torch.ones((1,) * like.ndim, dtype=like.dtype, device=like.device)
    for axis, (s, k, st, (lo, _), (inner_lo, inner_hi)) in enumerate(
        zip(size, kernel, stride, pads, count_pad, strict=True), 2
    ):
        starts = [at * st - lo for at in range(like.shape[axis])]
        line = [max(min(a + k, s + inner_hi) - max(a, -inner_lo), 1) for a in starts]
        shape = [1] * like.ndim
        shape[axis] = -1
        total = total * torch.tensor(line, dtype=like.dtype, device=like.device).reshape(shape)
    return total


FUNCTIONS: dict[str, Function] = {
    "max_pool": max_pool,
    "max_pool_dx": max_pool_dx,
    "max_pool_pick": max_pool_pick,
    "max_pool_index": max_pool_index,
    "avg_pool": avg_pool,
    "avg_pool_dx": avg_pool_dx,
}
