"""Activations on arrays of a module `xp`; the steps after the first work in place."""

from __future__ import annotations

import math
from typing import Any

from unified_nn.errors import DTypeError, make
from unified_nn_backends.numpy.elementwise import clip
from unified_nn_backends.numpy.error_function import erf
from unified_nn_backends.numpy.width import is_narrow

Array = Any
Module = Any


def relu(xp: Module, x: Array) -> Array:
    return xp.maximum(x, x.dtype.type(0))


def hard_tanh(xp: Module, x: Array, *, low: float = -1.0, high: float = 1.0) -> Array:
    return clip(xp, x, low=low, high=high)


def sigmoid(xp: Module, x: Array) -> Array:
    if x.dtype.kind in "biu":
        raise make(DTypeError, f"sigmoid: got an array of dtype {x.dtype}, expected a floating dtype; cast it first")
    if is_narrow(x.dtype):
        return sigmoid(xp, x.astype("float32")).astype(x.dtype)
    out = _one_and_decay(xp, x)
    return xp.reciprocal(out, out)


def silu(xp: Module, x: Array) -> Array:
    if x.dtype.kind in "biu":
        raise make(DTypeError, f"silu: got an array of dtype {x.dtype}, expected a floating dtype; cast it first")
    if is_narrow(x.dtype):
        return silu(xp, x.astype("float32")).astype(x.dtype)
    out = _one_and_decay(xp, x)
    return xp.true_divide(x, out, out)


def _one_and_decay(xp: Module, x: Array) -> Array:
    """1 + e ** -x, which may be infinite."""
    out = xp.empty(x.shape, x.dtype)
    xp.negative(x, out)
    xp.exp(out, out)
    out += x.dtype.type(1)
    return out


def gelu(xp: Module, x: Array, *, approximate: bool = False) -> Array:
    if is_narrow(x.dtype):
        return gelu(xp, x.astype("float32"), approximate=approximate).astype(x.dtype)
    scalar = x.dtype.type
    if approximate:
        out = xp.multiply(x, x, xp.empty(x.shape, x.dtype))
        out *= scalar(0.044715)
        out += scalar(1)
        out *= x
        out *= scalar(math.sqrt(2 / math.pi))
        xp.tanh(out, out)
    else:
        out = erf(xp, x * scalar(math.sqrt(0.5)))
    out += scalar(1)
    out *= x
    out *= scalar(0.5)
    return out
