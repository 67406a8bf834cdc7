"""Sums over axes and repetition along axes, as matrix products with ones.

MXNet's own CPU kernels for these, and for the sums in the gradients of what broadcasts, compute a place from an index for
every element: on large arrays they take up to 90 times as long as the BLAS, whose products have such products as gradients.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from unified_nn_backends.mxnet.call import dtype_name, invoke, is_recording, reshaped, size

Array = Any
Shape = tuple[int, ...]

#: Below this many elements the call costs more than the kernel.
SMALL = 4096
#: The most axes that MXNet's CPU kernels broadcast or reduce; beyond them most fail long after the call.
MOST_AXES = 5
#: Terms that are added one after the other: longer sums are sums of sums, which keeps their error small.
RUN = 2048


def _ones(shape: Shape, dtype: str) -> Array:
    return invoke("_npi_ones", shape=shape, dtype=dtype, ctx="cpu(0)")


def _runs(shape: Shape, axes: set[int]) -> Iterator[tuple[int, int, int]]:
    """Neighbouring axes of that set as one: the sizes (before, in, behind) it, the last run first."""
    stop = len(shape)
    while stop > 0:
        if stop - 1 not in axes:
            stop -= 1
            continue
        start = stop - 1
        while start - 1 in axes:
            start -= 1
        yield size(shape[:start]), size(shape[start:stop]), size(shape[stop:])
        stop = start


def total(x: Array, axes: tuple[int, ...]) -> Array:
    """The sum over the axes, which stay as axes of size 1; x is float32 or float64 and has elements."""
    shape = x.shape
    kept = tuple(1 if a in axes else s for a, s in enumerate(shape))
    done = shape
    for before, length, after in _runs(shape, {a for a in range(len(shape)) if a in axes or shape[a] == 1}):
        behind = size(done) // (before * length)
        x = _summed(reshaped(x, (before, length, behind)))
        done = (before, behind)
        assert after  # there are elements
    return reshaped(x, kept)


def _summed(x: Array) -> Array:
    """The sum over the middle one of three axes."""
    before, length, after = x.shape
    if length > RUN:
        count = length // RUN
        cut = count * RUN
        head = _part(x, 0, cut) if cut < length else x
        found = _summed(reshaped(_summed(reshaped(head, (before * count, RUN, after))), (before, count, after)))
        return found if cut == length else invoke("_npi_add", found, _summed(_part(x, cut, length)))
    name = dtype_name(x)
    if after == 1:
        return reshaped(invoke("dot", reshaped(x, (before, length)), _ones((length, 1), name)), (before, 1, 1))
    if before == 1:
        return reshaped(invoke("dot", _ones((1, length), name), reshaped(x, (length, after))), (1, 1, after))
    return invoke("_npx_batch_dot", _ones((before, 1, length), name), x)


def _part(x: Array, start: int, stop: int) -> Array:
    return invoke("slice_axis", x, axis=1, begin=start, end=stop)


def expanded(x: Array, shape: Shape) -> Array:
    """x broadcast to the shape; x itself where it has it already."""
    have = x.shape
    if have == shape:
        return x
    exact = is_recording() and size(shape) > SMALL and dtype_name(x) in ("float32", "float64")
    if len(shape) <= MOST_AXES and not exact:
        return invoke("_npi_broadcast_to", x, shape=shape)
    if np.broadcast_shapes(have, shape) != shape:
        raise ValueError(f"{have} does not broadcast to {shape}")
    have = (1,) * (len(shape) - len(have)) + have
    repeat = _repeated if exact else _copied
    for before, length, after in _runs(have, {a for a, s in enumerate(have) if s == 1}):
        ...
    return x
