"""Windows over the spatial axes of (N, C, *S), shared by convolution and pooling."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

Array = Any
Module = Any
Ints = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]
Index = tuple[slice, ...]

ALL = slice(None)


def out_size(size: Ints, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Ints:
    """How many windows fit on each spatial axis."""
    return tuple(
        (s + lo + hi - d * (k - 1) - 1) // st + 1
        for s, k, st, (lo, hi), d in zip(size, kernel, stride, pads, dilation, strict=True)
    )


def padded_size(size: Ints, pads: Pads) -> Ints:
    return tuple(s + lo + hi for s, (lo, hi) in zip(size, pads, strict=True))


def fill_padded(x: Array, pads: Pads, value: Any, out: Array) -> Array:
    """Write x with `value` around its spatial axes into `out`; a negative pad cuts off."""
    if any(lo > 0 or hi > 0 for lo, hi in pads):
        out[...] = value
    inner: list[slice] = [ALL, ALL]
    outer: list[slice] = [ALL, ALL]
    for size, (lo, hi) in zip(x.shape[2:], pads, strict=True):
        start, cut = max(lo, 0), max(-lo, 0)
        length = max(min(size, size + hi) - cut, 0)
        inner.append(slice(start, start + length))
        outer.append(slice(cut, cut + length))
    out[tuple(inner)] = x[tuple(outer)]
    return out


def padded(xp: Module, x: Array, pads: Pads, value: Any = 0) -> Array:
    """x with `value` around its spatial axes; x itself where nothing is to be added or cut off."""
    if not any(lo or hi for lo, hi in pads):
        return x
    return fill_padded(x, pads, value, xp.empty(x.shape[:2] + padded_size(x.shape[2:], pads), x.dtype))


def places(kernel: Ints, stride: Ints, dilation: Ints, count: Ints) -> Iterator[tuple[Ints, Index]]:
    """Each place in the window in C order, and where in the padded array all windows have that place."""
    for at in itertools.product(*map(range, kernel)):
        spans = (span(a, st, d, c) for a, st, d, c in zip(at, stride, dilation, count, strict=True))
        yield at, (ALL, ALL, *spans)


def span(at: int, stride: int, dilation: int, count: int) -> slice:
    """Where along one axis `count` windows have their place number `at`."""
    start = at * dilation
    return slice(start, start + stride * (count - 1) + 1 if count else start, stride)


def window_view(xp: Module, x: Array, kernel: Ints, stride: Ints, dilation: Ints, count: Ints) -> Array:
    """(N, C, *kernel, *count) on the memory of a padded array: nothing is copied."""
    steps = x.strides[2:]
    within = tuple(s * d for s, d in zip(steps, dilation, strict=True))
    between = tuple(s * st for s, st in zip(steps, stride, strict=True))
    shape = (*x.shape[:2], *kernel, *count)
    return xp.lib.stride_tricks.as_strided(x, shape, (*x.strides[:2], *within, *between))
