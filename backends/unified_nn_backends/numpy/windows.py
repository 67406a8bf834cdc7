"""Windows over the spatial axes of (N, C, *S), shared by convolution and pooling."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

Array = Any
Module = Any
Ints = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]


def out_size(size: Ints, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Ints:
    """How many windows fit on each spatial axis."""
    return tuple(
        (s + lo + hi - d * (k - 1) - 1) // st + 1
        for s, k, st, (lo, hi), d in zip(size, kernel, stride, pads, dilation, strict=True)
    )


def padded(xp: Module, x: Array, pads: Pads, value: Any = 0) -> Array:
    """x with `value` around its spatial axes; a negative pad cuts off."""
    if not any(lo or hi for lo, hi in pads):
        return x
    size = x.shape[2:]
    out = xp.full(x.shape[:2] + tuple(s + lo + hi for s, (lo, hi) in zip(size, pads, strict=True)), value, x.dtype)
    inner = tuple(slice(max(lo, 0), s + lo + min(hi, 0)) for s, (lo, hi) in zip(size, pads, strict=True))
    outer = tuple(slice(max(-lo, 0), s + min(hi, 0)) for s, (lo, hi) in zip(size, pads, strict=True))
    out[(slice(None), slice(None), *inner)] = x[(slice(None), slice(None), *outer)]
    return out


def places(kernel: Ints, stride: Ints, dilation: Ints, count: Ints) -> Iterator[tuple[Ints, tuple[slice, ...]]]:
    """Each place in the window, and where in the padded array all windows have that place."""
    for at in itertools.product(*map(range, kernel)):
        spans = tuple(
            slice(a * d, a * d + st * (c - 1) + 1, st) for a, d, st, c in zip(at, dilation, stride, count, strict=True)
        )
        yield at, (slice(None), slice(None), *spans)
