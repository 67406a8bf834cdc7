"""Ops that move values, on MXNet arrays."""

from __future__ import annotations

import itertools
from typing import Any

from unified_nn_backends.mxnet.call import (
    anchored,
    dtype_name,
    full,
    invoke,
    invoke_many,
    reshaped,
    size,
    spelled_exactly,
)
from unified_nn_backends.mxnet.contraction import MOST_AXES, SMALL, expanded
from unified_nn_backends.mxnet.elementwise import FLOATING, through

Array = Any


def reshape(x: Array, *, shape: tuple[int, ...]) -> Array:
    # In MXNet's reshape other negative sizes have meanings of their own, and -1 fails without elements.
    if any(s < -1 for s in shape):
        raise ValueError(f"shape {shape} has a negative size")
    if -1 in shape and size(x.shape) == 0:
        known = size(tuple(s for s in shape if s != -1))
        if known == 0 or shape.count(-1) > 1:
            raise ValueError(f"shape {shape} leaves the size of -1 open for an array without elements")
        shape = tuple(0 if s == -1 else s for s in shape)
    return reshaped(x, shape) if -1 not in shape else invoke("_npi_reshape", x, newshape=shape)


def _transpose(x: Array, *, axes: tuple[int, ...]) -> Array:
    order = tuple(a % len(axes) for a in axes)
    if len(axes) != len(x.shape) or sorted(order) != list(range(len(order))):
        raise ValueError(f"axes {axes} are not an order of the axes of an array of shape {x.shape}")
    if order == tuple(range(len(order))):
        return x
    return invoke("_np_transpose", x, axes=order) if len(order) <= 6 else _transpose_many(x, order)


def _transpose_many(x: Array, order: tuple[int, ...]) -> Array:
    """The same for more axes than MXNet moves at once: one after the other comes to the front, the last one first."""
    now = list(range(len(order)))
    for axis in reversed(order):
        at = now.index(axis)
        shape = x.shape
        lone = reshaped(x, (size(shape[:at]), shape[at], size(shape[at + 1 :])))
        x = invoke("_np_transpose", lone, axes=(1, 0, 2))
        x = reshaped(x, (shape[at], *shape[:at], *shape[at + 1 :]))
        now.insert(0, now.pop(at))
    return x


transpose = through("uint8", _transpose, "bool")


def expand(x: Array, *, shape: tuple[int, ...]) -> Array:
    return expanded(x, shape)


def concat(*xs: Array, axis: int) -> Array:
    empty = [x for x in xs if not size(x.shape)]
    if empty and len(empty) < len(xs):  # MXNet fails on the gradient of an array without elements
        return anchored(concat(*(x for x in xs if size(x.shape)), axis=axis), *empty)
    return xs[0] if len(xs) == 1 else invoke("_npi_concatenate", *xs, axis=axis, num_args=len(xs))


def stack(*xs: Array, axis: int) -> Array:
    return invoke("_npi_stack", *xs, axis=axis, num_args=len(xs))


def unstack(x: Array, *, axis: int) -> tuple[Array, ...]:
    count = x.shape[axis]
    if not count:
        return ()
    return tuple(invoke_many("_npi_split", x, indices=(), sections=count, axis=axis % len(x.shape), squeeze_axis=True))


def flip(x: Array, *, axes: tuple[int, ...]) -> Array:
    ndim = len(x.shape)
    if any(not -ndim <= a < ndim for a in axes):
        raise ValueError(f"axes {axes} are out of range for an array of shape {x.shape}")
    for axis in axes if size(x.shape) else ():  # a slice backwards is faster than MXNet's own
        shape = x.shape
        at = axis % ndim
        lone = reshaped(x, (size(shape[:at]), shape[at], size(shape[at + 1 :])))
        x = reshaped(invoke("_npi_slice", lone, begin=(0, None, 0), end=(None,) * 3, step=(1, -1, 1)), shape)
    return x


def pad(x: Array, *, pads: tuple[tuple[int, int], ...], value: float = 0.0) -> Array:
    if len(pads) != len(x.shape) or any(lo < 0 or hi < 0 for lo, hi in pads):
        raise ValueError(f"pads {pads} do not fit an array of shape {x.shape}")
    if not pads:
        return x
    value = int(value) if value.__class__ is bool else value
    if size(x.shape) and len(pads) <= MOST_AXES and dtype_name(x) != "bool" and spelled_exactly(value, dtype_name(x)):
        if len(pads) == 1:  # MXNet reads the pads of one axis as those of two
            row = pad(reshaped(x, (1, *x.shape)), pads=((0, 0), *pads), value=value)
            return reshaped(row, row.shape[1:])
        if size(x.shape) > SMALL and len(pads) in (4, 5) and pads[0] == pads[1] == (0, 0) and dtype_name(x) in FLOATING:
            flat = tuple(itertools.chain(*pads))  # faster, but for spatial axes only
            return invoke("Pad", x, pad_width=flat, mode="constant", constant_value=value)
        return invoke("_npi_pad", x, pad_width=pads, mode="constant", constant_value=value)
    for axis, (lo, hi) in enumerate(pads):
        if lo or hi:
            x = concat(*_around(x, axis, lo, hi, value), axis=axis)
    return x


def _around(x: Array, axis: int, lo: int, hi: int, value: float) -> list[Array]:
    name, shape = dtype_name(x), x.shape
    blocks = [full((*shape[:axis], n, *shape[axis + 1 :]), value, name) if n else None for n in (lo, hi)]
    return [part for part in (blocks[0], x, blocks[1]) if part is not None]
