"""Ops that move values, on arrays of a module `xp`; views where the module gives views."""

from __future__ import annotations

from typing import Any

Array = Any
Module = Any


def reshape(xp: Module, x: Array, *, shape: tuple[int, ...]) -> Array:
    if shape and min(shape) < -1:  # NumPy 1 takes every negative size for -1
        raise ValueError(f"shape {shape} has a negative size")
    return x.reshape(shape)


def transpose(xp: Module, x: Array, *, axes: tuple[int, ...]) -> Array:
    return x.transpose(axes)


def expand(xp: Module, x: Array, *, shape: tuple[int, ...]) -> Array:
    return xp.broadcast_to(x, shape)


def concat(xp: Module, *xs: Array, axis: int) -> Array:
    return xp.concatenate(xs, axis)


def flip(xp: Module, x: Array, *, axes: tuple[int, ...]) -> Array:
    return xp.flip(x, axes)


def unstack(xp: Module, x: Array, *, axis: int) -> tuple[Array, ...]:
    lead = (slice(None),) * (axis % x.ndim)
    return tuple(x[(*lead, place, ...)] for place in range(x.shape[axis]))


def pad(xp: Module, x: Array, *, pads: tuple[tuple[int, int], ...], value: float = 0.0) -> Array:
    out = xp.full(tuple(size + lo + hi for size, (lo, hi) in zip(x.shape, pads, strict=True)), value, x.dtype)
    out[tuple(slice(lo, lo + size) for size, (lo, _) in zip(x.shape, pads, strict=True))] = x
    return out
