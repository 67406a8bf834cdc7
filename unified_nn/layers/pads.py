"""Padding: sizes worked out from shapes, and values other than zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from unified_nn.errors import ArgumentError, ShapeError
from unified_nn.layers.base import Layer, Params
from unified_nn.ops.index import take
from unified_nn.ops.shape import narrow, pad
from unified_nn.tensor import Tensor

Pads = tuple[tuple[int, int], ...]
PadMode = Literal["zeros", "reflect", "symmetric", "replicate", "circular"]
#: The mode's name in NumPy's pad, which is applied to the indices.
_NUMPY = {"reflect": "reflect", "symmetric": "symmetric", "replicate": "edge", "circular": "wrap"}


def same_pads(size: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> Pads:
    """Padding for ceil(size / stride) windows; an odd total has its larger half at the far end."""
    found = []
    for length, k, s, d in zip(size, kernel, stride, dilation, strict=True):
        total = max((-(-length // s) - 1) * s + d * (k - 1) + 1 - length, 0)
        found.append((total // 2, total - total // 2))
    return tuple(found)


def pad_around(x: Tensor, pads: Pads, mode: str) -> Tensor:
    """x (N, C, *S) with its spatial axes padded by its own values: reflected, mirrored, repeated or wrapped around."""
    for axis, (lo, hi) in enumerate(pads, x.ndim - len(pads)):
        if not (lo or hi):
            continue
        length = x._shape[axis]
        limit = length - 1 if mode == "reflect" else length
        if (mode != "replicate" and max(lo, hi) > limit) or not length:
            message = f"mode {mode!r} pads by at most {limit} on an axis of size {length}, got {lo, hi}; x {x._shape}"
            raise x._error(ArgumentError, "pad", message)
        places = np.pad(np.arange(length), (lo, hi), mode=_NUMPY[mode])  # type: ignore[call-overload]
        x = take(x, Tensor.from_numpy(places, "int64", x.backend, x._device), axis=axis)
    return x


@dataclass(frozen=True)
class PadLayer(Layer):
    """x with (lo, hi) values around its last axes: `value`, or its own by `mode`. A negative size crops."""

    pads: Pads
    mode: PadMode = "zeros"
    value: float = 0.0

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        x = xs[0]
        if x.ndim < len(self.pads):
            raise x._error(ShapeError, "pad", f"pads {len(self.pads)} axes of x, which has {x.ndim}; x {x._shape}")
        for axis, (lo, hi) in enumerate(self.pads, x.ndim - len(self.pads)):
            if lo < 0 or hi < 0:
                start = max(-lo, 0)
                length = x._shape[axis] - start - max(-hi, 0)
                if length < 0:
                    message = f"cropping by {-min(lo, 0), -min(hi, 0)} leaves nothing of axis {axis}; x {x._shape}"
                    raise x._error(ShapeError, "pad", message)
                x = narrow(x, axis=axis, start=start, length=length)
        grown = tuple((max(lo, 0), max(hi, 0)) for lo, hi in self.pads)
        if self.mode != "zeros":
            return pad_around(x, grown, self.mode)
        return pad(x, pads=((0, 0),) * (x.ndim - len(grown)) + grown, value=self.value)
