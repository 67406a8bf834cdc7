"""Spatial axes with another size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unified_nn.errors import ShapeError
from unified_nn.op import Spec, composite
from unified_nn.ops.index import take
from unified_nn.ops.linalg import matmul
from unified_nn.ops.shape import swapaxes
from unified_nn.tensor import Tensor

Scales = tuple[float | None, ...]


def _resize_rule(x: Spec, *, size: tuple[int, ...], align_corners: bool = False, scales: Scales = ()) -> None:
    if x.ndim != len(size) + 2 or min(size, default=1) < 1 or 0 in x.shape[2:]:
        raise ShapeError(f"x {x} (N, C, *S) cannot be resized to {size}; give one positive size per spatial axis")


@composite(rule=_resize_rule, checked=True)
def resize_linear(x: Tensor, *, size: tuple[int, ...], align_corners: bool = False, scales: Scales = ()) -> Tensor:
    """x (N, C, *S) -> (N, C, *size), each value interpolated between its two neighbours along every axis.

    The centres of the first and last value stay where they are with align_corners; else their outer borders do.
    `scales` are the sizes' ratios to S where they are not exactly that.
    """
    for axis, wanted in enumerate(size, 2):
        scale = scales[axis - 2] if scales else None
        values = _weights(x._shape[axis], wanted, align_corners, scale)
        weights = Tensor.from_numpy(values.T.copy(), x._dtype, x.backend, x._device)
        x = swapaxes(matmul(swapaxes(x, axis, -1), weights), axis, -1)
    return x


@composite(rule=_resize_rule, checked=True)
def resize_nearest(x: Tensor, *, size: tuple[int, ...], scales: Scales = ()) -> Tensor:
    """x (N, C, *S) -> (N, C, *size), the value at place floor(i * S / size) along every axis."""
    for axis, wanted in enumerate(size, 2):
        places = _places(x._shape[axis], wanted, scales[axis - 2] if scales else None)
        x = take(x, Tensor.from_numpy(places, "int64", x.backend, x._device), axis=axis)
    return x


def _places(length: int, wanted: int, scale: float | None) -> NDArray[np.int64]:
    """The source of each place of the result, in float32 as the frameworks compute it."""
    step = np.float32(1.0 / scale) if scale is not None else np.float32(length) / np.float32(wanted)
    found = np.floor(np.arange(wanted, dtype=np.float32) * step).astype(np.int64)
    nearest: NDArray[np.int64] = np.minimum(found, length - 1)
    return nearest


def _weights(length: int, wanted: int, align_corners: bool, scale: float | None) -> NDArray[np.float64]:
    """(wanted, length): how much each source value counts for each place of the result."""
    if align_corners:
        at = np.arange(wanted) * ((length - 1) / (wanted - 1) if wanted > 1 else 0.0)
    else:
        at = np.maximum((np.arange(wanted) + 0.5) * (1.0 / scale if scale else length / wanted) - 0.5, 0.0)
    low = np.minimum(at.astype(int), length - 1)
    part = at - low
    table = np.zeros((wanted, length))
    table[np.arange(wanted), low] += 1 - part
    table[np.arange(wanted), np.minimum(low + 1, length - 1)] += part
    return table


__all__ = ["resize_linear", "resize_nearest"]
