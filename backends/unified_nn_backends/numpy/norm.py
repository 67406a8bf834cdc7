"""Normalisation on arrays of a module `xp`; the steps after the first work in place."""

from __future__ import annotations

from typing import Any

from unified_nn_backends.numpy.reduce import mean
from unified_nn_backends.numpy.width import is_narrow, widened

Array = Any
Module = Any


def softmax(xp: Module, x: Array, *, axis: int) -> Array:
    if x.size == 0:
        return x
    values = widened(x)
    e = xp.subtract(values, xp.max(values, axis=axis, keepdims=True), xp.empty(x.shape, values.dtype))
    xp.exp(e, e)
    e /= xp.sum(e, axis=axis, keepdims=True)
    return e.astype(x.dtype, copy=False)


def log_softmax(xp: Module, x: Array, *, axis: int) -> Array:
    if x.size == 0:
        return x
    values = widened(x)
    out = xp.subtract(values, xp.max(values, axis=axis, keepdims=True), xp.empty(x.shape, values.dtype))
    out -= xp.log(xp.sum(xp.exp(out), axis=axis, keepdims=True))
    return out.astype(x.dtype, copy=False)


def batch_norm(
    xp: Module, x: Array, mean: Array, var: Array, scale: Array | None = None, shift: Array | None = None, *,
    eps: float, axis: int = 1,
) -> Array:  # fmt: skip
    values = widened(x)
    line = tuple(size if a == axis % x.ndim else 1 for a, size in enumerate(x.shape))
    factor = xp.sqrt(widened(var) + values.dtype.type(eps))
    factor = xp.reciprocal(factor) if scale is None else widened(scale) / factor
    out = values - widened(mean).reshape(line)
    out *= factor.reshape(line)
    if shift is not None:
        out += widened(shift).reshape(line)
    return out.astype(x.dtype) if is_narrow(x.dtype) else out


def layer_norm(
    xp: Module, x: Array, scale: Array | None = None, shift: Array | None = None, *, axes: int, eps: float
) -> Array:
    values = widened(x)
    last = tuple(range(x.ndim - axes, x.ndim))
    out = xp.subtract(values, mean(xp, values, axis=last, keepdims=True), xp.empty(x.shape, values.dtype))
    spread = mean(xp, out * out, axis=last, keepdims=True)
    out /= xp.sqrt(spread + values.dtype.type(eps))
    if scale is not None:
        out *= widened(scale)
    if shift is not None:
        out += widened(shift)
    return out.astype(x.dtype) if is_narrow(x.dtype) else out
