"""Pooling windows over the spatial axes of x (N, C, *S); padding is (lo, hi) per spatial axis.

A window may reach past the end when the padding says so (ceil modes are padding on the far side by the time they get
here). `size` means: the result has exactly as many windows as fit, as in conv.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unified_nn.op import primitive
from unified_nn.ops import _rules as rules
from unified_nn.ops.index import getitem, take
from unified_nn.ops.reduce import mean
from unified_nn.ops.shape import concat, reshape
from unified_nn.tensor import Tensor

Ints = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]


def _max_vjp(g: Tensor, out: Tensor, x: Tensor, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Tensor:
    return max_pool_dx(g, x, kernel=kernel, stride=stride, pads=pads, dilation=dilation)


@primitive(rule=rules.pool, checked=True, vjp={"x": _max_vjp})
def max_pool(x: Tensor, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Tensor:
    """The largest value of each window; padding never wins (-inf), NaN wins. Gradient goes to the first largest."""
    ...


@primitive(vjp={"g": lambda h, out, g, x, **attrs: max_pool_pick(h, x, **attrs)})
def max_pool_dx(g: Tensor, x: Tensor, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Tensor:
    """Each g put at the place in x where its window's largest value is (the first, in C order), and summed."""
    ...


@primitive(vjp={"h": lambda g, out, h, x, **attrs: max_pool_dx(g, x, **attrs)})
def max_pool_pick(h: Tensor, x: Tensor, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Tensor:
    """The values of h (shaped as x) at the places where x has its windows' largest values."""
    ...


@primitive(rule=rules.pool, checked=True)
def max_pool_index(x: Tensor, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Tensor:
    """Where in the flattened spatial axes of x each window's first largest value is, as int64."""
    ...


def _avg_vjp(g: Tensor, out: Tensor, x: Tensor, *, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads,
             divisor: int | None = None) -> Tensor:  # fmt: skip
    return avg_pool_dx(g, size=x._shape[2:], kernel=kernel, stride=stride, pads=pads, count_pad=count_pad,
                       divisor=divisor)  # fmt: skip


@primitive(rule=rules.pool, checked=True, vjp={"x": _avg_vjp})
def avg_pool(x: Tensor, *, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads,
             divisor: int | None = None) -> Tensor:  # fmt: skip
    """The sum of each window divided by how many of its places count, or by `divisor`.

    A place counts if it lies in x or within `count_pad` (lo, hi) around it: all zero pads excludes the padding,
    count_pad == pads includes it, and a far pad beyond count_pad is the overhang of a ceil mode, which never counts.
    """
    ...


@primitive(saves=False, vjp={"g": lambda h, out, g, *, size, **attrs: avg_pool(h, **attrs)})
def avg_pool_dx(g: Tensor, *, size: Ints, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads,
                divisor: int | None = None) -> Tensor:  # fmt: skip
    """The gradient of avg_pool for x, whose spatial size is `size`."""
    ...


def bins(length: int, count: int) -> list[tuple[int, int]]:
    """The bounds of adaptive pooling's uneven bins: floor(i * length / count) to ceil((i + 1) * length / count)."""
    return [(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def adaptive_avg_pool(x: Tensor, *, size: Ints) -> Tensor:
    """The mean of each of `size` bins that cover the spatial axes of x (N, C, *S)."""
    for axis, count in enumerate(size, 2):
        length = x._shape[axis]
        if length % count == 0 and count:
            continue
        lead = (slice(None),) * axis
        parts = [mean(getitem(x, index=(*lead, slice(lo, hi))), axis=axis, keepdims=True)
                 for lo, hi in bins(length, count)]  # fmt: skip
        x = concat(*parts, axis=axis)
    kernel = tuple(length // count for length, count in zip(x._shape[2:], size, strict=True))
    if all(k == 1 for k in kernel):
        return x
    if all(count == 1 for count in size):
        return mean(x, axis=tuple(range(2, x.ndim)), keepdims=True)
    none = ((0, 0),) * len(size)
    return avg_pool(x, kernel=kernel, stride=kernel, pads=none, count_pad=none)


def _bin_places(length: int, count: int) -> NDArray[np.int64]:
    """(count, widest): the places of each bin; the last one is repeated where a bin is narrower than the widest."""
    found = bins(length, count)
    widest = max(hi - lo for lo, hi in found)
    return np.array([np.minimum(np.arange(lo, lo + widest), hi - 1) for lo, hi in found], np.int64)


def adaptive_max_pool(x: Tensor, *, size: Ints, index: bool = False) -> Tensor | tuple[Tensor, Tensor]:
    """The largest value of each of `size` bins that cover the spatial axes of x (N, C, *S).

    With `index` also where it is in the flattened spatial axes. The bins are laid out side by side, all as wide as the
    widest, so that they are equal windows: a repeated value is never the first largest.
    """
    space = x._shape[2:]
    places = [_bin_places(length, count) for length, count in zip(space, size, strict=True)]
    wide = x
    for axis, table in enumerate(places, 2):
        if table.shape[0] * table.shape[1] != x._shape[axis] or table.shape[1] * len(table) != table[-1, -1] + 1:
            wide = take(wide, _integers(table.reshape(-1), x), axis=axis)
    kernel = tuple(table.shape[1] for table in places)
    windows = {"kernel": kernel, "stride": kernel, "pads": ((0, 0),) * len(size), "dilation": (1,) * len(size)}
    out = max_pool(wide, **windows)  # type: ignore[arg-type]  # one table for two ops
    if not index:
        return out
    strides = [int(np.prod(space[axis + 1 :])) for axis in range(len(space))]
    origin = sum(part * step for part, step in zip(np.ix_(*(t.reshape(-1) for t in places)), strides, strict=True))
    where = max_pool_index(wide, **windows)  # type: ignore[arg-type]
    found = take(_integers(np.asarray(origin).reshape(-1), x), reshape(where, shape=(-1,)), axis=0)
    return out, reshape(found, shape=where._shape)


def _integers(values: NDArray[np.int64], like: Tensor) -> Tensor:
    return type(like)._face.from_numpy(values, "int64", like.backend, like._device)


__all__ = ["adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "avg_pool_dx", "bins", "max_pool", "max_pool_dx", "max_pool_index",
           "max_pool_pick"]  # fmt: skip
