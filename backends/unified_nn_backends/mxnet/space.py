"""The spatial axes of (N, C, *S), shared by convolution and pooling."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import NotOfferedError, make
from unified_nn_backends.mxnet.call import reshaped, size
from unified_nn_backends.mxnet.index import basic
from unified_nn_backends.mxnet.shape import pad

Array = Any
Ints = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]


def out_size(lengths: Ints, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Ints:
    """How many windows fit on each spatial axis."""
    if not 1 <= len(lengths) <= 3:
        raise make(
            NotOfferedError, f"backend 'mxnet' has 1 to 3 spatial axes, got {len(lengths)}; 'numpy' has any number"
        )
    found = tuple(
        (s + lo + hi - d * (k - 1) - 1) // st + 1
        for s, k, st, (lo, hi), d in zip(lengths, kernel, stride, pads, dilation, strict=True)
    )
    if any(count < 1 for count in found):
        raise ValueError(f"no window of {kernel} fits {lengths} with pads {pads} and dilation {dilation}")
    return found


def symmetric(pads: Pads) -> Ints | None:
    """One padding per axis where both sides have it, as MXNet wants it; None otherwise."""
    return tuple(lo for lo, _ in pads) if all(lo == hi and lo >= 0 for lo, hi in pads) else None


def fit(x: Array, pads: Pads, value: float = 0.0) -> Array:
    """x with `value` around its spatial axes; a negative pad cuts off."""
    if any(lo < 0 or hi < 0 for lo, hi in pads):
        spans = [slice(max(-lo, 0), s + min(hi, 0)) for s, (lo, hi) in zip(x.shape[2:], pads, strict=True)]
        x = basic(x, [slice(None), slice(None), *spans])
    added = tuple((max(lo, 0), max(hi, 0)) for lo, hi in pads)
    return pad(x, pads=((0, 0), (0, 0), *added), value=value) if any(map(any, added)) else x


def spread(x: Array, stride: Ints) -> Array:
    """x with stride - 1 zeros between neighbours on each spatial axis."""
    for axis, step in enumerate(stride, 2):
        if step > 1:
            shape = x.shape
            lone = reshaped(x, (size(shape[: axis + 1]), 1, size(shape[axis + 1 :])))
            wide = pad(lone, pads=((0, 0), (0, step - 1), (0, 0)))
            x = reshaped(wide, (*shape[:axis], shape[axis] * step, *shape[axis + 1 :]))
            x = basic(x, [slice(None)] * axis + [slice(0, (shape[axis] - 1) * step + 1)])
    return x
