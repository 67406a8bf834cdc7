"""Convolution on arrays of a module `xp`: columns of windows times the weights.

16-bit arrays become float32 as they are copied into the columns; the result is rounded once.
"""

from __future__ import annotations

import math
from typing import Any

from unified_nn.errors import ShapeError, make
from unified_nn_backends.numpy import depthwise
from unified_nn_backends.numpy.columns import Layout, Part, columns, joint_columns
from unified_nn_backends.numpy.parallel import each, lanes, scratch
from unified_nn_backends.numpy.width import is_narrow, wide, widened
from unified_nn_backends.numpy.windows import Ints, Pads, fill_padded, padded_size, places

Array = Any
Module = Any


def conv(
    xp: Module, x: Array, w: Array, b: Array | None = None, *, stride: Ints, pads: Pads, dilation: Ints, groups: int
) -> Array:
    layout = Layout(x.shape[0], x.shape[1], x.shape[2:], w.shape[0], w.shape[2:], stride, pads, dilation, groups)
    if layout.is_depthwise:
        return depthwise.conv(xp, x, w, b, layout)
    out = xp.empty((layout.batch, layout.out_channels, *layout.count), x.dtype)
    flat = out.reshape(layout.batch, groups, layout.filters, layout.places)
    weights = widened(w).reshape(groups, layout.filters, layout.depth)
    bias = None if b is None else widened(b).reshape(groups, layout.filters, 1)

    def task(part: Part) -> None:
        cols = columns(xp, x, layout, part)
        target = flat[part.images, :, :, part.rows.start * layout.row : part.rows.stop * layout.row]
        product = scratch(xp, "product", target.shape, cols.dtype) if is_narrow(x.dtype) else target
        xp.matmul(weights, cols, out=product)
        if bias is not None:
            product += bias
        if product is not target:
            target[...] = product

    each(xp, task, layout.parts(xp, lanes(xp, layout.work)), layout.work)
    return out


def conv_dx(
    xp: Module, g: Array, w: Array, *, size: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int
) -> Array:
    layout = Layout(g.shape[0], w.shape[1] * groups, size, w.shape[0], w.shape[2:], stride, pads, dilation, groups)
    _check(layout, "conv_dx", g)
    # As a convolution it copies columns of g for every place of x, otherwise it adds columns of x for every place of g.
    copied = layout.out_channels * math.prod(layout.size)
    added = 2 * layout.channels * layout.places
    if all(s == 1 for s in stride) and (copied <= added or layout.is_depthwise):
        return _dx_as_conv(xp, g, w, layout)
    return _dx_of_columns(xp, g, w, layout)


def _check(layout: Layout, name: str, g: Array) -> None:
    expected = (layout.batch, layout.out_channels, *layout.count)
    if g.shape != expected:
        raise make(ShapeError, f"{name}: g has shape {g.shape}, the convolution's result has {expected}")


def _dx_as_conv(xp: Module, g: Array, w: Array, layout: Layout) -> Array:
    """The convolution of g with the turned kernel, in and out channels exchanged."""
    groups, kernel = layout.groups, layout.kernel
    turned = w[(slice(None), slice(None), *(slice(None, None, -1) for _ in kernel))]
    turned = turned.reshape(groups, layout.filters, *turned.shape[1:]).swapaxes(1, 2)
    turned = turned.reshape(layout.channels, layout.filters, *kernel)
    pads = []
    for s, c, k, (lo, _), d in zip(layout.size, layout.count, kernel, layout.pads, layout.dilation, strict=True):
        reach = d * (k - 1)
        pads.append((reach - lo, s - c + lo))
    return conv(
        xp, g, turned, stride=layout.stride, pads=tuple(pads), dilation=layout.dilation, groups=groups
    )  # fmt: skip


def _dx_of_columns(xp: Module, g: Array, w: Array, layout: Layout) -> Array:
    """The gradient of the columns, every place of the window added to where it was taken from."""
    groups, size = layout.groups, layout.size
    dtype = wide(g.dtype)
    out = xp.empty((layout.batch, layout.channels, *size), g.dtype)
    flat = g.reshape(layout.batch, groups, layout.filters, layout.places)
    weights = widened(w).reshape(groups, layout.filters, layout.depth).swapaxes(1, 2)
    space_size = padded_size(size, layout.pads)
    back = tuple((-lo, s + lo - p) for s, (lo, _), p in zip(size, layout.pads, space_size, strict=True))

    def task(part: Part) -> None:
        images = part.size[0]
        cols = scratch(xp, "columns", (images, layout.channels, *layout.kernel, *layout.count), dtype)
        by_group = cols.reshape(images, groups, layout.depth, layout.places)
        xp.matmul(weights, widened(flat[part.images]), out=by_group)
        space = scratch(xp, "padded", (images, layout.channels, *space_size), dtype)
        space[...] = 0
        for at, spans in places(layout.kernel, layout.stride, layout.dilation, layout.count):
            space[spans] += cols[(slice(None), slice(None), *at)]
        fill_padded(space, back, 0, out[part.images])

    each(xp, task, layout.parts(xp, lanes(xp, layout.work), whole_images=True), layout.work)
    return out


def conv_dw(
    xp: Module, x: Array, g: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int
) -> Array:
    layout = Layout(x.shape[0], x.shape[1], x.shape[2:], g.shape[1], kernel, stride, pads, dilation, groups)
    _check(layout, "conv_dw", g)
    parts = layout.parts(xp)
    count = max(1, min(lanes(xp, layout.work), len(parts)))
    flat = g.reshape(layout.batch, groups, layout.filters, layout.places)
    sums = xp.zeros((count, groups, layout.depth, layout.filters), wide(x.dtype))

    def task(lane: int) -> None:
        total = sums[lane]
        for part in parts[lane * len(parts) // count : (lane + 1) * len(parts) // count]:
            given = flat[part.images, :, :, part.rows.start * layout.row : part.rows.stop * layout.row]
            total += _dw_of_part(xp, x, widened(given), layout, part)

    each(xp, task, range(count), layout.work)
    return (
        sums.sum(axis=0)
        .swapaxes(1, 2)
        .reshape(layout.out_channels, x.shape[1] // groups, *kernel)
        .astype(x.dtype, copy=False)
    )


def _dw_of_part(xp: Module, x: Array, g: Array, layout: Layout, part: Part) -> Array:
    """(groups, depth, out channels of a group); the short side last is what BLAS is fastest with."""
    if layout.groups > 1:
        return xp.matmul(columns(xp, x, layout, part), g.swapaxes(2, 3)).sum(axis=0)
    joint = g.swapaxes(0, 2).reshape(layout.out_channels, -1)  # (out channels, images * places)
    return xp.matmul(joint_columns(xp, x, layout, part), joint.T)
