"""Activations on arrays of a module `xp`: several steps in place on one block after the other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from unified_nn.errors import DTypeError, make
from unified_nn_backends.numpy.elementwise import clip
from unified_nn_backends.numpy.error_function import erf_of_block
from unified_nn_backends.numpy.parallel import blockwise, scratch
from unified_nn_backends.numpy.width import is_narrow

Array = Any
Module = Any


def _floating(xp: Module, name: str, x: Array, function: Callable[[Any, Any, Any], object]) -> Array:
    """The function on blocks of a floating array, in float32 at least."""
    if x.dtype.kind in "biu":
        raise make(DTypeError, f"{name}: got an array of dtype {x.dtype}, expected a floating dtype; cast it first")
    if is_narrow(x.dtype):
        return blockwise(xp, function, x.astype("float32")).astype(x.dtype)
    return blockwise(xp, function, x)


def relu(xp: Module, x: Array) -> Array:
    return xp.maximum(x, x.dtype.type(0))


def hard_tanh(xp: Module, x: Array, *, low: float = -1.0, high: float = 1.0) -> Array:
    return clip(xp, x, low=low, high=high)


def sigmoid(xp: Module, x: Array) -> Array:
    return _floating(xp, "sigmoid", x, _sigmoid)


def _sigmoid(xp: Module, x: Array, out: Array) -> None:
    _one_and_decay(xp, x, out)
    xp.reciprocal(out, out)


def _one_and_decay(xp: Module, x: Array, out: Array) -> None:
    """1 + e ** -x, which may be infinite."""
    xp.negative(x, out)
    xp.exp(out, out)
    out += x.dtype.type(1)


def silu(xp: Module, x: Array) -> Array:
    return _floating(xp, "silu", x, _silu)


def _silu(xp: Module, x: Array, out: Array) -> None:
    _one_and_decay(xp, x, out)
    xp.true_divide(x, out, out)


def gelu(xp: Module, x: Array, *, approximate: bool = False) -> Array:
    return _floating(xp, "gelu", x, _gelu_by_tanh if approximate else _gelu)


def _gelu(xp: Module, x: Array, out: Array) -> None:
    scaled = xp.multiply(x, x.dtype.type(math.sqrt(0.5)), scratch(xp, "gelu", x.shape, x.dtype))
    erf_of_block(xp, scaled, out)
    _gate(x, out)


def _gelu_by_tanh(xp: Module, x: Array, out: Array) -> None:
    scalar = x.dtype.type
    xp.multiply(x, x, out)
    out *= scalar(0.044715)
    out += scalar(1)
    out *= x
    out *= scalar(math.sqrt(2 / math.pi))
    xp.tanh(out, out)
    _gate(x, out)


def _gate(x: Array, out: Array) -> None:
    """x * (out + 1) / 2."""
    scalar = x.dtype.type
    out += scalar(1)
    out *= x
    out *= scalar(0.5)
