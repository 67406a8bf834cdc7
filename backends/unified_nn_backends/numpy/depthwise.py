"""Convolution in which every channel has a kernel of its own: one multiplication and addition per place in the window.

Columns would be copied only to be read once; here each part of x is read from the cache instead.
"""

from __future__ import annotations

from typing import Any

from unified_nn_backends.numpy.columns import Layout
from unified_nn_backends.numpy.parallel import each, lanes, scratch
from unified_nn_backends.numpy.width import wide, widened
from unified_nn_backends.numpy.windows import fill_padded, padded_size, places

Array = Any
Module = Any

#: Elements of the result of one part.
PART = 1 << 15


def conv(xp: Module, x: Array, w: Array, b: Array | None, layout: Layout) -> Array:
    """The convolution of a layout with as many groups as channels, each with one result."""
    dtype = wide(x.dtype)
    out = xp.empty((layout.batch, layout.channels, *layout.count), x.dtype)
    axes = len(layout.kernel)
    weights = widened(w).reshape(layout.channels, *layout.kernel, *(1,) * axes)
    bias = None if b is None else widened(b).reshape(layout.channels, *(1,) * axes)
    size = padded_size(layout.size, layout.pads)

    def task(part: tuple[slice, slice]) -> None:
        block = x[part]
        space = fill_padded(block, layout.pads, 0, scratch(xp, "padded", (*block.shape[:2], *size), dtype))
        shape = (*block.shape[:2], *layout.count)
        total, term = scratch(xp, "total", shape, dtype), scratch(xp, "term", shape, dtype)
        total[...] = 0 if bias is None else bias[part[1]]
        for at, spans in places(layout.kernel, layout.stride, layout.dilation, layout.count):
            total += xp.multiply(space[spans], weights[(part[1], *at)], term)
        out[part] = total

    each(xp, task, _parts(layout, lanes(xp, layout.work)), layout.work)
    return out


def _parts(layout: Layout, count: int) -> list[tuple[slice, slice]]:
    """Some images and some channels at a time."""
    channels = max(1, min(layout.channels, PART // max(layout.places, 1)))
    images = max(1, PART // max(layout.places * layout.channels, 1))
    images = min(images, -(-layout.batch // count)) or 1
    return [
        (slice(n, min(n + images, layout.batch)), slice(c, min(c + channels, layout.channels)))
        for n in range(0, layout.batch, images)
        for c in range(0, layout.channels, channels)
    ]
