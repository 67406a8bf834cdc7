"""Pooling of MXNet arrays.

MXNet's `Pooling` gives the gradient to the first largest element, as the op wants it, but its maximum loses NaN and has
no dilation: there the places of the largest elements are found first.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from unified_nn_backends.mxnet.call import (
    anchored,
    constant,
    dtype_name,
    from_host,
    full,
    invoke,
    reshaped,
    size,
    to_host,
)  # fmt: skip
from unified_nn_backends.mxnet.elementwise import (
    FLOATING,
    add,
    as_type,
    equal,
    isnan,
    maximum,
    mul,
    select,
    sub,
    through,
)  # fmt: skip
from unified_nn_backends.mxnet.index import basic
from unified_nn_backends.mxnet.reduce import argmax, max_
from unified_nn_backends.mxnet.shape import flip, stack
from unified_nn_backends.mxnet.space import Ints, Pads, fit, out_size, spread, symmetric

Array = Any
Host = np.ndarray[Any, Any]


def _lowest(dtype: str) -> float:
    if dtype in FLOATING:
        return -math.inf
    return 0 if dtype == "bool" else int(np.iinfo(dtype).min)


def _pooling(x: Array, kind: str, kernel: Ints, stride: Ints, pads: Pads, value: float = 0.0) -> Array:
    """MXNet's own pooling; average counts the padding."""
    same = symmetric(pads)
    if same is None or any(p >= k for p, k in zip(same, kernel, strict=True)):
        x, same = fit(x, pads, value), (0,) * len(kernel)
    return invoke("_npx_pooling", x, kernel=kernel, stride=stride, pad=same, pool_type=kind, count_include_pad=True,
                  pooling_convention="valid")  # fmt: skip


# ---- largest -------------------------------------------------------------------------------------------------------


def _is_plain(x: Array, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> bool:
    """Whether MXNet's own maximum is right: it starts from the lowest finite number, and NaN never beats one."""
    if dtype_name(x) not in FLOATING or any(d != 1 for d in dilation):
        return False
    counts = out_size(x.shape[2:], kernel, stride, pads, dilation)
    touching = all(lo < k and (c - 1) * st - lo < s for (lo, _), k, c, st, s in
                   zip(pads, kernel, counts, stride, x.shape[2:], strict=True))  # fmt: skip
    return touching and _is_finite(x)


def _is_finite(x: Array) -> bool:
    return bool(to_host(invoke("all_finite", x))[0])


def _windows(x: Array, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> list[Array]:
    """For each place in the window, in C order, the values that all windows have there; padding is the lowest value."""
    counts = out_size(x.shape[2:], kernel, stride, pads, dilation)
    space = fit(x, pads, _lowest(dtype_name(x)))
    found = []
    for place in itertools.product(*map(range, kernel)):
        spans = [slice(a * d, a * d + st * (c - 1) + 1, st)
                 for a, d, st, c in zip(place, dilation, stride, counts, strict=True)]  # fmt: skip
        found.append(basic(space, [slice(None), slice(None), *spans]))
    return found


def _max_pool(x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    shape = (*x.shape[:2], *out_size(x.shape[2:], kernel, stride, pads, dilation))
    if not size(shape):
        return anchored(full(shape, 0, dtype_name(x)), x)
    if _is_plain(x, kernel, stride, pads, dilation):
        return _pooling(x, "max", kernel, stride, pads, -math.inf)
    first, *rest = _windows(x, kernel, stride, pads, dilation)
    for values in rest:
        first = maximum(first, values)
    return first


max_pool = through("uint8", _max_pool, "bool")


def max_pool_by_places(x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    """max_pool whose gradient MXNet gives to the first largest element, or the first NaN, with dilation too."""
    if not size(x.shape) or _is_plain(x, kernel, stride, pads, dilation):
        return max_pool(x, kernel=kernel, stride=stride, pads=pads, dilation=dilation)
    places, inside = _places(x, kernel, stride, pads, dilation)
    return _picked(x, places, inside, _lowest(dtype_name(x)))


def _places(x: Array, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> tuple[Array, Host]:
    """Where in the flattened spatial axes the first largest elements are, and which windows touch x at all."""
    x = as_type(x, "uint8") if dtype_name(x) == "bool" else x
    lengths, name = x.shape[2:], dtype_name(x)
    counts = out_size(lengths, kernel, stride, pads, dilation)
    windows = stack(*_windows(x, kernel, stride, pads, dilation), axis=0)
    best, winner = max_(windows, axis=0), argmax(windows, axis=0)
    if name in FLOATING and not _is_finite(x):  # of several NaN the last one, as PyTorch has it
        back = argmax(flip(isnan(windows), axes=(0,)), axis=0)
        winner = select(isnan(best), sub(size(kernel) - 1, back), winner)
    offsets, start, first, inside = _geometry(lengths, kernel, stride, pads, dilation, counts)
    # Padding has the lowest value, so that only where all is as low can it stand before the first element of x.
    winner = select(equal(best, constant(_lowest(name), name)), from_host(np.broadcast_to(first, winner.shape)), winner)
    places = add(invoke("_npi_take", from_host(offsets), winner, axis=0, mode="clip"), from_host(start))
    return select(from_host(np.broadcast_to(inside, places.shape)), places, constant(-1, "int64")), inside


def _geometry(
    lengths: Ints, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, counts: Ints
) -> tuple[Host, Host, Host, Host]:
    """Of the flattened spatial axes: the offset of each place of a window, where each window starts, the first place of
    each window that lies in x, and whether there is one."""
    ndim = len(lengths)
    offsets, start, first = np.zeros(kernel, "int64"), np.zeros(counts, "int64"), np.zeros(counts, "int64")
    inside = np.ones(counts, "bool")
    for axis in range(ndim):
        line = [-1 if a == axis else 1 for a in range(ndim)]
        step = size(lengths[axis + 1 :])
        at = np.arange(counts[axis]) * stride[axis] - pads[axis][0]
        skipped = np.maximum(-(at // dilation[axis]), 0)
        offsets = offsets + (np.arange(kernel[axis]) * dilation[axis] * step).reshape(line)
        start = start + (at * step).reshape(line)
        first = first + (skipped * size(kernel[axis + 1 :])).reshape(line)
        inside = inside & ((skipped < kernel[axis]) & (at + skipped * dilation[axis] < lengths[axis])).reshape(line)
    return offsets.reshape(-1), start[None, None], first[None, None], inside[None, None]


def _picked(h: Array, places: Array, inside: Host, missing: float) -> Array:
    """The values of h at the places, `missing` for windows that lie in the padding only."""
    picked = invoke("_npi_take", reshaped(h, (size(h.shape),)), _global(h, places), axis=0, mode="clip")
    if inside.all():
        return picked
    name = dtype_name(h)
    return select(from_host(np.broadcast_to(inside, picked.shape)), picked, constant(missing, name))


def _global(x: Array, places: Array) -> Array:
    """Places in the flattened x from those in its flattened spatial axes."""
    lead = np.arange(size(x.shape[:2])).reshape(*x.shape[:2], *(1,) * (len(x.shape) - 2)) * size(x.shape[2:])
    return maximum(add(places, from_host(lead)), 0)


def max_pool_index(x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    shape = (*x.shape[:2], *out_size(x.shape[2:], kernel, stride, pads, dilation))
    return _places(x, kernel, stride, pads, dilation)[0] if size(shape) else full(shape, 0, "int64")


def max_pool_dx(g: Array, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    if not size(g.shape) or not size(x.shape):
        return anchored(full(x.shape, 0, dtype_name(g)), g)
    places, inside = _places(x, kernel, stride, pads, dilation)
    if not inside.all():
        g = mul(g, from_host(inside.astype(dtype_name(g))))
    rows = reshaped(_global(x, places), (1, size(g.shape)))
    total = invoke("_backward_gather_nd", reshaped(g, (size(g.shape),)), rows, shape=(size(x.shape),))
    return reshaped(total, x.shape)


def max_pool_pick(h: Array, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    if not size(x.shape):
        return anchored(
            full((*x.shape[:2], *out_size(x.shape[2:], kernel, stride, pads, dilation)), 0, dtype_name(h)), h
        )
    return _picked(h, *_places(x, kernel, stride, pads, dilation), 0.0)


# ---- average -------------------------------------------------------------------------------------------------------


def _shares(
    lengths: Ints, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None
) -> Host | float:
    """What the mean over all places of a window is to be multiplied with."""
    if divisor is not None:
        return size(kernel) / divisor
    ndim = len(lengths)
    total = np.ones((1,) * (ndim + 2))
    for axis, (s, k, st, (lo, hi), (inner_lo, inner_hi)) in enumerate(
        zip(lengths, kernel, stride, pads, count_pad, strict=True), 2
    ):
        start = np.arange((s + lo + hi - k) // st + 1) * st - lo
        line = np.maximum(np.minimum(start + k, s + inner_hi) - np.maximum(start, -inner_lo), 1)
        total = total * (k / line).reshape([-1 if a == axis else 1 for a in range(ndim + 2)])
    return 1.0 if (total == 1.0).all() else total


def _shared(x: Array, shares: Host | float) -> Array:
    if isinstance(shares, float):
        return x if shares == 1.0 else mul(x, shares)
    return mul(x, from_host(shares.astype(dtype_name(x))))


def _avg_pool(
    x: Array, *, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None = None
) -> Array:
    shape = (*x.shape[:2], *out_size(x.shape[2:], kernel, stride, pads, (1,) * len(kernel)))
    if not size(shape):
        return anchored(full(shape, 0, dtype_name(x)), x)
    return _shared(_pooling(x, "avg", kernel, stride, pads),
                   _shares(x.shape[2:], kernel, stride, pads, count_pad, divisor))  # fmt: skip


def _avg_pool_dx(
    g: Array, *, size: Ints, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None = None
) -> Array:
    """Averages, with stride 1, of g with zeros between the windows: each place of x sums up what it took part in."""
    if not all(g.shape):
        return anchored(full((*g.shape[:2], *size), 0, dtype_name(g)), g)
    share = _shared(g, _shares(size, kernel, stride, pads, count_pad, divisor))
    around = tuple((k - 1, k - 1) for k in kernel)
    out = _pooling(spread(share, stride), "avg", kernel, (1,) * len(kernel), around)
    return fit(out, tuple((-lo, s + lo - have) for s, (lo, _), have in zip(size, pads, out.shape[2:], strict=True)))


avg_pool = through("float32", _avg_pool, "float16")
avg_pool_dx = through("float32", _avg_pool_dx, "float16")


def _recorded_avg_pool(x: Array, **attrs: Any) -> Array:
    """avg_pool of a copy: the gradient of a power that is pooled over its whole axes is garbage in MXNet 1.9.1."""
    return avg_pool(invoke("_copy", x), **attrs)


RECORDED = {"max_pool": max_pool_by_places, "avg_pool": _recorded_avg_pool}
