"""Elementwise ops against an array module `xp` (NumPy or CuPy)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from unified_nn.dtypes import DType

Array = Any
Module = Any

UNARY = {
    "neg": "negative", "sign": "sign", "exp": "exp", "expm1": "expm1", "log": "log", "log1p": "log1p", "log2": "log2",
    "log10": "log10", "sqrt": "sqrt", "reciprocal": "reciprocal", "sin": "sin", "cos": "cos", "tan": "tan",
    "arcsin": "arcsin", "arccos": "arccos", "arctan": "arctan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
    "floor": "floor", "ceil": "ceil", "trunc": "trunc", "round": "rint", "logical_not": "logical_not",
    "bitwise_not": "invert", "isnan": "isnan", "isinf": "isinf", "abs": "absolute",
}  # fmt: skip
BINARY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "true_divide", "pow": "power",
    "floor_div": "floor_divide", "mod": "remainder", "fmod": "fmod", "maximum": "maximum", "minimum": "minimum",
    "arctan2": "arctan2", "equal": "equal", "not_equal": "not_equal", "less": "less", "less_equal": "less_equal",
    "greater": "greater", "greater_equal": "greater_equal", "logical_and": "logical_and", "logical_or": "logical_or",
    "logical_xor": "logical_xor", "bitwise_and": "bitwise_and", "bitwise_or": "bitwise_or",
    "bitwise_xor": "bitwise_xor",
}  # fmt: skip
SCALARS = (bool, int, float, complex)


def scalar(value: Any, dtype: Any) -> Any:
    """A Python number in an array's dtype, so that it never changes it."""
    try:
        return dtype.type(value)
    except OverflowError:
        return dtype.type(value % (1 << (8 * dtype.itemsize)))


def binary(function: Callable[..., Array]) -> Callable[..., Array]:
    def call(x: Any, y: Any) -> Array:
        if x.__class__ in SCALARS:
            x = scalar(x, y.dtype)
        elif y.__class__ in SCALARS:
            y = scalar(y, x.dtype)
        return function(x, y)

    return call


def select(xp: Module, c: Array, x: Array, y: Array) -> Array:
    return xp.where(c, x, y)


def clip(xp: Module, x: Array, *, low: float | None, high: float | None) -> Array:
    if low is not None:
        x = xp.maximum(x, scalar(low, x.dtype))
    return x if high is None else xp.minimum(x, scalar(high, x.dtype))


def cast(xp: Module, x: Array, *, dtype: DType) -> Array:
    if x.dtype.kind == "c" and dtype.kind != "c":
        x = x.real
    return x.astype(dtype.numpy())


def relu(xp: Module, x: Array) -> Array:
    return xp.maximum(x, x.dtype.type(0))


def sigmoid(xp: Module, x: Array) -> Array:
    one = x.dtype.type(1)
    e = xp.exp(-xp.absolute(x))
    return xp.where(x < 0, e, one) / (one + e)


def erf(xp: Module, x: Array) -> Array:
    exact = xp.asarray([math.erf(v) for v in x.astype("float64").ravel().tolist()], "float64")
    return exact.reshape(x.shape).astype(x.dtype)
