"""Sums over axes and repetition along axes, as matrix products with ones.

MXNet's own CPU kernels for these, and for the sums in the gradients of what broadcasts, compute a place from an index for
every element: on large arrays they take up to 90 times as long as the BLAS, whose products have such products as gradients.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from unified_nn_backends.mxnet.call import dtype_name, invoke, is_recording, part, reshaped, size

Array = Any

#: Below this many elements the call costs more than the kernel.
SMALL = 4096
#: The most axes that MXNet's CPU kernels broadcast or reduce; beyond them most fail long after the call.
MOST_AXES = 5
#: Terms that are added one after the other: longer sums are sums of sums, which keeps their error small.
RUN = 2048


def _ones(shape: tuple[int, ...], dtype: str) -> Array:
    return invoke("_npi_ones", shape=shape, dtype=dtype, ctx="cpu(0)")


def _runs(axes: Iterable[int]) -> list[tuple[int, int]]:
    """The axes as runs of neighbours (start, stop), the last one first."""
    found: list[tuple[int, int]] = []
    for axis in sorted(axes, reverse=True):
        if found and found[-1][0] == axis + 1:
            found[-1] = (axis, found[-1][1])
        else:
            found.append((axis, axis + 1))
    return found


def _around(shape: Sequence[int], start: int, stop: int) -> tuple[int, int, int]:
    """The shape with a run of axes as one, and all before and behind it as one each."""
    return size(shape[:start]), size(shape[start:stop]), size(shape[stop:])


def total(x: Array, axes: Iterable[int]) -> Array:
    """The sum over the axes, which stay as axes of size 1; x is float32 or float64 and has elements."""
    shape = list(x.shape)
    chosen = set(axes)
    for start, stop in _runs(a for a, s in enumerate(shape) if a in chosen or s == 1):
        x = _summed(reshaped(x, _around(shape, start, stop)))
        shape[start:stop] = [1] * (stop - start)
    return reshaped(x, tuple(shape))


def _summed(x: Array) -> Array:
    """The sum over the middle one of three axes, which stays."""
    before, length, after = x.shape
    if length == 1:
        return x
    if length > RUN:
        count = length // RUN
        cut = count * RUN
        head = reshaped(part(x, 1, 0, cut) if cut < length else x, (before * count, RUN, after))
        found = _summed(reshaped(_summed(head), (before, count, after)))
        return found if cut == length else invoke("_npi_add", found, _summed(part(x, 1, cut, length)))
    name = dtype_name(x)
    if after == 1:
        return reshaped(invoke("dot", reshaped(x, (before, length)), _ones((length, 1), name)), (before, 1, 1))
    if before == 1:
        return reshaped(invoke("dot", _ones((1, length), name), reshaped(x, (length, after))), (1, 1, after))
    return invoke("_npx_batch_dot", _ones((before, 1, length), name), x)


def expanded(x: Array, shape: tuple[int, ...]) -> Array:
    """x broadcast to the shape; x itself where it has it already."""
    if x.shape == shape:
        return x
    by_products = size(shape) > SMALL and dtype_name(x) in ("float32", "float64") and is_recording()
    if len(shape) <= MOST_AXES and not by_products:
        return invoke("_npi_broadcast_to", x, shape=shape)
    now = [1] * (len(shape) - len(x.shape)) + list(x.shape)
    if len(now) != len(shape) or any(a not in (1, b) for a, b in zip(now, shape, strict=True)):
        raise ValueError(f"{x.shape} does not broadcast to {shape}")
    for start, stop in _runs(a for a, s in enumerate(now) if s == 1):
        before, _, after = _around(now, start, stop)
        length = size(shape[start:stop])
        x = reshaped(x, (before, 1, after))
        if length != 1:
            x = _repeated(x, length) if by_products else expanded(x, (before, length, after))
        now[start:stop] = shape[start:stop]
    return reshaped(x, shape)


def _repeated(x: Array, length: int) -> Array:
    """x (before, 1, after) -> (before, length, after)."""
    before, _, after = x.shape
    name, shape = dtype_name(x), (before, length, after)
    if after == 1:
        return reshaped(invoke("dot", reshaped(x, (before, 1)), _ones((1, length), name)), shape)
    if before == 1:
        return reshaped(invoke("dot", _ones((length, 1), name), reshaped(x, (1, after))), shape)
    return invoke("_npx_batch_dot", _ones((before, length, 1), name), x)


def summed_to(x: Array, shape: tuple[int, ...]) -> Array:
    """x (floating) summed over the axes that an array of the shape was broadcast along."""
    have = x.shape
    if have == shape:
        return x
    if not size(have):
        return invoke("_npi_zeros", shape=shape, dtype=dtype_name(x), ctx="cpu(0)")
    extra = len(have) - len(shape)
    name = dtype_name(x)
    wide = invoke("_npi_cast", x, dtype="float32") if name == "float16" else x
    found = reshaped(total(wide, (a for a in range(len(have)) if a < extra or shape[a - extra] == 1)), shape)
    return invoke("_npi_cast", found, dtype=name) if name == "float16" else found


def aligned(*arrays: Array) -> tuple[Array, ...]:
    """The arrays in one shape where MXNet's own broadcasting would fail or be slow, else as they are."""
    shapes = [a.shape for a in arrays]
    if all(shape == shapes[0] for shape in shapes):
        return arrays
    shape = np.broadcast_shapes(*shapes)
    if len(shape) <= MOST_AXES and size(shape) <= SMALL:
        return arrays
    return tuple(expanded(a, shape) for a in arrays)
