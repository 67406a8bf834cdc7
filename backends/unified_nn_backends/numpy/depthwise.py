"""Convolution in which every channel has a kernel of its own: one multiplication and addition per place in the window.

Columns would be copied only to be read once. Here the padded images are laid out as one line per channel, on which a
place in the window is a shift: long runs for NumPy. A stride divides the images into phases first, one line for each.
The windows that wrap around the end of a row are computed as well, and left behind.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from unified_nn_backends.numpy.columns import Layout
from unified_nn_backends.numpy.parallel import each, lanes, part_size, scratch
from unified_nn_backends.numpy.width import wide, widened
from unified_nn_backends.numpy.windows import Ints, fill_padded, padded_size

Array = Any
Module = Any

#: Elements of the result of one part.
PART = 1 << 16


def conv(xp: Module, x: Array, w: Array, b: Array | None, layout: Layout) -> Array:
    """The convolution of a layout with as many groups as channels, each with one result."""
    dtype = wide(x.dtype)
    out = xp.empty((layout.batch, layout.channels, *layout.count), x.dtype)
    weights = widened(w).reshape(layout.channels, -1, 1)
    bias = None if b is None else widened(b).reshape(layout.channels, 1)
    grid = tuple(-(-s // st) for s, st in zip(padded_size(layout.size, layout.pads), layout.stride, strict=True))
    steps = tuple(math.prod(grid[axis + 1 :]) for axis in range(len(grid)))
    length = sum((c - 1) * step for c, step in zip(layout.count, steps, strict=True)) + 1
    shifts = _shifts(layout, steps)

    def task(part: tuple[slice, slice]) -> None:
        lines = _lines(xp, x[part], layout, grid, dtype)
        whole = scratch(xp, "total", lines.shape[1:], dtype)
        total = whole[:, :, :length]
        term = scratch(xp, "term", total.shape, dtype)
        total[...] = 0 if bias is None else bias[part[1]]
        for place, (phase, shift) in enumerate(shifts):
            total += xp.multiply(lines[phase, :, :, shift : shift + length], weights[part[1], place], term)
        spans = tuple(slice(c) for c in layout.count)
        out[part] = whole.reshape(*whole.shape[:2], *grid)[(slice(None), slice(None), *spans)]

    each(xp, task, _parts(layout, part_size(xp, PART), lanes(xp, layout.work)), layout.work)
    return out


def _shifts(layout: Layout, steps: Ints) -> list[tuple[int, int]]:
    """For each place in the window: its phase, and how far its values are shifted on the line."""
    found = []
    for at in itertools.product(*map(range, layout.kernel)):
        phase = shift = 0
        for a, d, st, step in zip(at, layout.dilation, layout.stride, steps, strict=True):
            phase = phase * st + a * d % st
            shift += a * d // st * step
        found.append((phase, shift))
    return found


def _lines(xp: Module, x: Array, layout: Layout, grid: Ints, dtype: Any) -> Array:
    """(phases, images, channels, places of the grid): the padded images, every stride-th value in one line."""
    pads = tuple(
        (lo, g * st - s - lo) for g, st, s, (lo, _) in zip(grid, layout.stride, layout.size, layout.pads, strict=True)
    )
    size = tuple(g * st for g, st in zip(grid, layout.stride, strict=True))
    space = fill_padded(x, pads, 0, scratch(xp, "padded", (*x.shape[:2], *size), dtype))
    phases = math.prod(layout.stride)
    if phases == 1:
        return space.reshape(1, *x.shape[:2], -1)
    split = space.reshape(*x.shape[:2], *itertools.chain(*zip(grid, layout.stride, strict=True)))
    ahead = range(3, split.ndim, 2)
    lines = scratch(xp, "lines", (*layout.stride, *x.shape[:2], *grid), dtype)
    xp.copyto(lines, split.transpose(*ahead, 0, 1, *range(2, split.ndim, 2)))
    return lines.reshape(phases, *x.shape[:2], -1)


def _parts(layout: Layout, elements: int, count: int) -> list[tuple[slice, slice]]:
    """Some images and some channels at a time."""
    places = max(layout.places, 1)
    channels = max(1, min(layout.channels, elements // places))
    images = max(1, min(elements // (places * layout.channels), -(-layout.batch // count)))
    return [
        (slice(n, min(n + images, layout.batch)), slice(c, min(c + channels, layout.channels)))
        for n in range(0, layout.batch, images)
        for c in range(0, layout.channels, channels)
    ]
