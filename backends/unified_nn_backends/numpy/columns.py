"""The columns of a convolution: every window of x as one column, in parts that stay in the processor's cache."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from unified_nn_backends.numpy.parallel import part_size, scratch
from unified_nn_backends.numpy.width import wide, widened
from unified_nn_backends.numpy.windows import ALL, Ints, Pads, fill_padded, out_size, window_view

Array = Any
Module = Any

#: Elements of the columns of one part: about a core's second-level cache.
PART = 1 << 18
#: One image whose columns have more elements than this is divided between rows of windows.
LARGEST = 1 << 20


@dataclass(frozen=True)
class Part:
    """Some images, and some of the rows of windows (places on the first spatial axis) in them."""

    images: slice
    rows: slice

    @property
    def size(self) -> tuple[int, int]:
        return self.images.stop - self.images.start, self.rows.stop - self.rows.start


@dataclass(frozen=True)
class Layout:
    """The sizes of one convolution."""

    batch: int
    channels: int
    size: Ints
    out_channels: int
    kernel: Ints
    stride: Ints
    pads: Pads
    dilation: Ints
    groups: int

    @cached_property
    def count(self) -> Ints:
        """How many windows there are on each spatial axis."""
        return out_size(self.size, self.kernel, self.stride, self.pads, self.dilation)

    @cached_property
    def places(self) -> int:
        """How many windows an image has."""
        return math.prod(self.count)

    @cached_property
    def row(self) -> int:
        """How many windows there are in one row of windows."""
        return math.prod(self.count[1:])

    @cached_property
    def depth(self) -> int:
        """How many values of x one result is made of: the height of a column."""
        return self.channels // self.groups * math.prod(self.kernel)

    @property
    def filters(self) -> int:
        """How many channels of the result one group makes."""
        return self.out_channels // self.groups

    @cached_property
    def work(self) -> int:
        """How many multiplications the convolution takes."""
        return self.batch * self.out_channels * self.depth * self.places

    @cached_property
    def is_pointwise(self) -> bool:
        """Whether the columns are x itself."""
        ones = (1,) * len(self.kernel)
        return self.kernel == ones and self.stride == ones and not any(lo or hi for lo, hi in self.pads)

    @cached_property
    def is_depthwise(self) -> bool:
        """Whether each channel has its own kernel and gives one channel."""
        return self.groups == self.channels == self.out_channels > 1

    def parts(self, xp: Module, lanes: int = 1, *, whole_images: bool = False) -> list[Part]:
        """The whole convolution in parts of a good size, at least `lanes` of them where that can be."""
        if self.batch == 0 or self.places == 0:
            return []
        image = max(1, self.groups * self.depth * self.places)
        images = max(1, min(part_size(xp, PART) // image, -(-self.batch // lanes)))
        rows = self.count[0]
        if not whole_images:
            rows = max(1, min(rows, rows * part_size(xp, LARGEST) // image))
            if self.batch < lanes:
                rows = min(rows, -(-rows * self.batch // lanes))
        return [
            Part(slice(n, min(n + images, self.batch)), slice(r, min(r + rows, self.count[0])))
            for n in range(0, self.batch, images)
            for r in range(0, self.count[0], rows)
        ]


def padded_part(xp: Module, x: Array, layout: Layout, part: Part) -> Array:
    """The values that the windows of this part see, with the padding around them."""
    first = part.rows.start * layout.stride[0]
    end = (part.rows.stop - 1) * layout.stride[0] + layout.dilation[0] * (layout.kernel[0] - 1) + 1
    lo = layout.pads[0][0]
    pads = ((lo - first, end - layout.size[0] - lo), *layout.pads[1:])
    images = x[part.images]
    if all(lo <= 0 and hi <= 0 for lo, hi in pads):
        spans = (slice(-lo, size + hi) for size, (lo, hi) in zip(layout.size, pads, strict=True))
        return images[(ALL, ALL, *spans)]
    size = tuple(s + lo + hi for s, (lo, hi) in zip(layout.size, pads, strict=True))
    return fill_padded(images, pads, 0, scratch(xp, "padded", (*images.shape[:2], *size), x.dtype))


def columns(xp: Module, x: Array, layout: Layout, part: Part) -> Array:
    """(images, groups, depth, places) of one part; 16-bit values become float32."""
    images, rows = part.size
    if layout.is_pointwise:
        cols = widened(x[part.images, :, part.rows])
    else:
        view = _windows(xp, x, layout, part)
        cols = scratch(xp, "columns", view.shape, wide(x.dtype))
        xp.copyto(cols, view)
    return cols.reshape(images, layout.groups, layout.depth, rows * layout.row)


def joint_columns(xp: Module, x: Array, layout: Layout, part: Part) -> Array:
    """(depth, images * places) of one part of a convolution without groups; 16-bit values become float32."""
    images, rows = part.size
    view = _windows(xp, x, layout, part)
    axes = len(layout.kernel)
    view = view.transpose(*range(1, axes + 2), 0, *range(axes + 2, 2 * axes + 2))
    cols = scratch(xp, "columns", view.shape, wide(x.dtype))
    xp.copyto(cols, view)
    return cols.reshape(layout.depth, images * rows * layout.row)


def _windows(xp: Module, x: Array, layout: Layout, part: Part) -> Array:
    space = padded_part(xp, x, layout, part)
    count = (part.size[1], *layout.count[1:])
    return window_view(xp, space, layout.kernel, layout.stride, layout.dilation, count)
