"""Pooling on arrays of a module `xp`, by strided slices of the padded array instead of copies of its windows.

The largest value and the sum of a window are taken along one spatial axis after the other. Which place of a window is
its largest needs the largest value first: the places are then compared with it, in C order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from unified_nn_backends.numpy.parallel import each, lanes, part_size, scratch
from unified_nn_backends.numpy.width import wide
from unified_nn_backends.numpy.windows import (
    ALL,
    Index,
    Ints,
    Pads,
    fill_padded,
    out_size,
    padded,
    padded_size,
    places,
    span,
)  # fmt: skip

Array = Any
Module = Any

#: Elements of x in one part.
PART = 1 << 16


def _parts(xp: Module, shape: Ints) -> list[slice]:
    """Some images at a time."""
    image = max(1, math.prod(shape[1:]))
    step = max(1, min(part_size(xp, PART) // image, -(-shape[0] // lanes(xp, math.prod(shape)))))
    return [slice(n, min(n + step, shape[0])) for n in range(0, shape[0], step)]


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    return (*(ALL,) * axis, part)


# ---- the largest ---------------------------------------------------------------------------------------------------


def _lowest(dtype: Any) -> Any:
    if dtype.kind in "iu":
        return -(1 << (8 * dtype.itemsize - 1)) if dtype.kind == "i" else 0
    return False if dtype.kind == "b" else -math.inf


def _largest(xp: Module, space: Array, kernel: Ints, stride: Ints, dilation: Ints, count: Ints) -> Array:
    """The largest value of each window of a padded array."""
    for axis, (k, st, d, c) in enumerate(zip(kernel, stride, dilation, count, strict=True), 2):
        first = space[_along(axis, span(0, st, d, c))]
        if k == 1:
            space = first
            continue
        best = xp.maximum(first, space[_along(axis, span(1, st, d, c))])
        for at in range(2, k):
            xp.maximum(best, space[_along(axis, span(at, st, d, c))], out=best)
        space = best
    return space


def max_pool(xp: Module, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    count = out_size(x.shape[2:], kernel, stride, pads, dilation)
    out = xp.empty((*x.shape[:2], *count), x.dtype)

    def task(images: slice) -> None:
        space = padded(xp, x[images], pads, _lowest(x.dtype))
        out[images] = _largest(xp, space, kernel, stride, dilation, count)

    each(xp, task, _parts(xp, x.shape), x.size)
    return out


def _hits(
    xp: Module, x: Array, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints
) -> Iterator[tuple[Index, Array]]:
    """For each place in the window: where it is in the padded array, and which windows have their largest value there.

    Every window that is not all padding is hit exactly once.
    """
    space = padded(xp, x, pads, _lowest(x.dtype))
    count = out_size(x.shape[2:], kernel, stride, pads, dilation)
    best = _largest(xp, space, kernel, stride, dilation, count)
    everywhere = [spans for _, spans in places(kernel, stride, dilation, count)]
    inside = None
    if space is not x and bool((best == _lowest(x.dtype)).any()):  # padding equals the largest value, but cannot win
        inside = padded(xp, xp.ones((1, 1, *x.shape[2:]), "bool"), pads, False)
    by_nan = _nan_hits(xp, space, best, everywhere) if x.dtype.kind not in "biu" else {}
    free = xp.ones(best.shape, "bool")
    for number, spans in enumerate(everywhere):
        hit = space[spans] == best
        if inside is not None:
            hit &= inside[spans]
        hit &= free
        free ^= hit
        if by_nan:
            hit |= by_nan[number]
        yield spans, hit


def _nan_hits(xp: Module, space: Array, best: Array, everywhere: list[Index]) -> dict[int, Array]:
    """Place in the window -> which windows have their last NaN there (the one that PyTorch reports)."""
    free = best != best
    found: dict[int, Array] = {}
    if not bool(free.any()):
        return found
    for number in reversed(range(len(everywhere))):
        value = space[everywhere[number]]
        hit = (value != value) & free
        free ^= hit
        found[number] = hit
    return found


def max_pool_dx(xp: Module, g: Array, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    out = xp.zeros(x.shape, g.dtype)
    dtype = wide(g.dtype)
    back = tuple((-lo, -hi) for lo, hi in pads)
    size = padded_size(x.shape[2:], pads)
    direct = size == x.shape[2:] and dtype == g.dtype
    disjoint = all(st >= d * (k - 1) + 1 for k, st, d in zip(kernel, stride, dilation, strict=True))

    def task(images: slice) -> None:
        given = g[images].astype(dtype, copy=False)
        bits = given.view(f"uint{8 * given.dtype.itemsize}")  # times 0 or 1: exact also for infinity and NaN
        space = out[images] if direct else xp.zeros((*given.shape[:2], *size), dtype)
        for spans, hit in _hits(xp, x[images], kernel, stride, pads, dilation):
            chosen = (bits * hit).view(given.dtype)
            if disjoint:
                space[spans] = chosen
            else:
                space[spans] += chosen
        if not direct:
            fill_padded(space, back, 0, out[images])

    each(xp, task, _parts(xp, x.shape), x.size)
    return out


def max_pool_pick(xp: Module, h: Array, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    space = padded(xp, h, pads)
    out = xp.zeros((*x.shape[:2], *out_size(x.shape[2:], kernel, stride, pads, dilation)), h.dtype)
    for spans, hit in _hits(xp, x, kernel, stride, pads, dilation):
        xp.copyto(out, space[spans], where=hit)
    return out


def max_pool_index(xp: Module, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    numbers = xp.arange(math.prod(x.shape[2:]), dtype="int64").reshape(1, 1, *x.shape[2:])
    space = padded(xp, numbers, pads, -1)
    out = xp.full((*x.shape[:2], *out_size(x.shape[2:], kernel, stride, pads, dilation)), -1, "int64")
    for spans, hit in _hits(xp, x, kernel, stride, pads, dilation):
        xp.copyto(out, xp.broadcast_to(space[spans], out.shape), where=hit)
    return out


# ---- the average ---------------------------------------------------------------------------------------------------


def _counts(
    xp: Module, size: Ints, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None, dtype: Any
) -> Array:
    """How many places of each window count, in a shape that divides the result; 1 where none does, as the sum is 0."""
    axes = len(size)
    if divisor is not None:
        return xp.full((1,) * (axes + 2), divisor, dtype)
    total = xp.ones((1,) * (axes + 2), dtype)
    for axis, (s, k, st, (lo, hi), (near, far)) in enumerate(zip(size, kernel, stride, pads, count_pad, strict=True)):
        starts = range(-lo, s + hi - k + 1, st)
        line = [max(min(start + k, s + far) - max(start, -near), 1) for start in starts]
        if len(set(line)) == 1:
            line = line[:1]
        total = total * xp.asarray(line, dtype).reshape((-1, *(1,) * (axes - 1 - axis)))
    return total


def _one(kernel: Ints) -> Ints:
    return (1,) * len(kernel)


def avg_pool(
    xp: Module, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None = None
) -> Array:
    count = out_size(x.shape[2:], kernel, stride, pads, _one(kernel))
    dtype = wide(x.dtype)
    counts = _counts(xp, x.shape[2:], kernel, stride, pads, count_pad, divisor, dtype)
    out = xp.empty((*x.shape[:2], *count), x.dtype)
    size = padded_size(x.shape[2:], pads)

    def task(images: slice) -> None:
        space = x[images]
        if size != x.shape[2:] or space.dtype != dtype:
            space = fill_padded(space, pads, 0, scratch(xp, "padded", (*space.shape[:2], *size), dtype))
        for axis, (k, st, c) in enumerate(zip(kernel, stride, count, strict=True), 2):
            total = space[_along(axis, span(0, st, 1, c))]
            for at in range(1, k):
                total = xp.add(total, space[_along(axis, span(at, st, 1, c))], *(() if at == 1 else (total,)))
            space = total
        out[images] = space / counts

    each(xp, task, _parts(xp, x.shape), x.size)
    return out


def avg_pool_dx(
    xp: Module, g: Array, *, size: Ints, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads,
    divisor: int | None = None,
) -> Array:  # fmt: skip
    dtype = wide(g.dtype)
    counts = _counts(xp, size, kernel, stride, pads, count_pad, divisor, dtype)
    out = xp.empty((*g.shape[:2], *size), g.dtype)
    back = tuple((-lo, -hi) for lo, hi in pads)
    lengths = padded_size(size, pads)

    def task(images: slice) -> None:
        share = g[images] / counts
        for axis in range(1 + len(kernel), 1, -1):
            k, st, c = kernel[axis - 2], stride[axis - 2], share.shape[axis]
            shape = list(share.shape)
            shape[axis] = lengths[axis - 2]
            spread = xp.zeros(shape, dtype)
            for at in range(k):
                spread[_along(axis, span(at, st, 1, c))] += share
            share = spread
        fill_padded(share, back, 0, out[images])

    each(xp, task, _parts(xp, out.shape), out.size)
    return out
