"""Ops on each element, on arrays of a module `xp` (NumPy or CuPy)."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn.backend import Function
from unified_nn.dtypes import DType
from unified_nn.errors import ArgumentError, DTypeError, make
from unified_nn_backends.numpy.width import is_narrow

Array = Any
Module = Any
float32: Any = np.float32

#: op -> ufunc; the result has the dtype of the argument, or is bool.
ANY_DTYPE = {
    "abs": "absolute", "bitwise_not": "invert", "isfinite": "isfinite", "isinf": "isinf", "isnan": "isnan",
    "logical_not": "logical_not", "neg": "negative",
}  # fmt: skip
#: op -> ufunc; defined for floating and complex arrays, where NumPy would answer an integer with another dtype.
FLOATING = {
    "arccos": "arccos", "arcsin": "arcsin", "arctan": "arctan", "cos": "cos", "cosh": "cosh", "exp": "exp",
    "expm1": "expm1", "log": "log", "log10": "log10", "log1p": "log1p", "log2": "log2", "reciprocal": "reciprocal",
    "sin": "sin", "sinh": "sinh", "sqrt": "sqrt", "tan": "tan", "tanh": "tanh",
}  # fmt: skip
#: op -> ufunc; whole numbers are their own result, which NumPy 1 would turn into float64.
ROUNDING = {"ceil": "ceil", "floor": "floor", "round": "rint", "trunc": "trunc"}

#: op -> ufunc of two; a number takes the array's dtype first.
OF_TWO = {
    "add": "add", "bitwise_and": "bitwise_and", "bitwise_or": "bitwise_or", "bitwise_xor": "bitwise_xor",
    "equal": "equal", "greater": "greater", "greater_equal": "greater_equal", "less": "less",
    "less_equal": "less_equal", "logical_and": "logical_and", "logical_or": "logical_or",
    "logical_xor": "logical_xor", "maximum": "maximum", "minimum": "minimum", "not_equal": "not_equal",
    "sub": "subtract",
}  # fmt: skip
#: The same where NumPy would answer integers or bools with another dtype.
SAME_DTYPE = {"arctan2": "arctan2", "pow": "power"}
#: op -> ufunc in which a number beside a 16-bit array keeps its float32 value, as in PyTorch: 1e4 * 1e-9 is not 0.
SCALING = {"div": "true_divide", "floor_div": "floor_divide", "mul": "multiply"}
#: The op is not defined for integers divided by 0.
DIVISION = {"floor_div", "fmod", "mod"}
REMAINDER = {"fmod": "fmod", "mod": "remainder"}

NUMBERS = frozenset((bool, int, float, complex))


def number(value: Any, dtype: Any) -> Any:
    """A Python number as a scalar of an array's dtype, so that it never changes it; integers wrap around."""
    if dtype.kind not in "iu":
        return dtype.type(value)
    if value.__class__ is float or value.__class__ is complex:
        raise make(DTypeError, f"the number {value!r} does not fit an array of dtype {dtype}; cast the array first")
    half = 1 << (8 * dtype.itemsize - 1)
    low = -half if dtype.kind == "i" else 0
    return dtype.type((int(value) - low) % (2 * half) + low)


def of_two(ufunc: Function) -> Function:
    """A ufunc of two arrays, of which one may be a Python number."""

    def call(x: Any, y: Any) -> Array:
        if x.__class__ is not y.__class__:
            if y.__class__ in NUMBERS:
                return ufunc(x, number(y, x.dtype))
            if x.__class__ in NUMBERS:
                return ufunc(number(x, y.dtype), y)
        return ufunc(x, y)

    return call


def scaling(ufunc: Function) -> Function:
    """The same, where a number beside a 16-bit array is not rounded to its dtype before it is used."""

    def call(x: Any, y: Any) -> Array:
        if x.__class__ is not y.__class__:
            if y.__class__ in NUMBERS:
                if is_narrow(x.dtype):
                    return ufunc(x.astype("float32"), float32(y)).astype(x.dtype)
                return ufunc(x, number(y, x.dtype))
            if x.__class__ in NUMBERS:
                if is_narrow(y.dtype):
                    return ufunc(float32(x), y.astype("float32")).astype(y.dtype)
                return ufunc(number(x, y.dtype), y)
        return ufunc(x, y)

    return call


def divided(op: str, function: Function) -> Function:
    """A division with remainder, which integers have no value for at 0."""

    def call(x: Any, y: Any) -> Array:
        is_zero = (y == 0 and x.dtype.kind in "iu") if y.__class__ in NUMBERS else y.dtype.kind in "iu" and not y.all()
        if is_zero:
            raise make(ArgumentError, f"{op}: an integer was divided by 0", ZeroDivisionError)
        return function(x, y)

    return call


def floating(op: str, ufunc: Function) -> Function:
    """A ufunc of one floating array."""

    def call(x: Array) -> Array:
        if x.dtype.kind in "biu":
            raise _not_floating(op, x)
        return ufunc(x)

    return call


def same_dtype(op: str, function: Function) -> Function:
    """A function of two, refusing arrays whose dtype it would change."""

    def call(x: Any, y: Any) -> Array:
        out = function(x, y)
        like = x if x.__class__ not in NUMBERS else y
        if out.dtype is not like.dtype and out.dtype != like.dtype:
            raise _not_floating(op, like)
        return out

    return call


def _not_floating(op: str, x: Array) -> Exception:
    return make(DTypeError, f"{op}: got an array of dtype {x.dtype}, expected a floating dtype; cast it first")


def rounded(ufunc: Function) -> Function:
    def call(x: Array) -> Array:
        return x if x.dtype.kind in "biu" else ufunc(x)

    return call


def table(xp: Module) -> dict[str, Function]:
    """op -> function for all ops that are one ufunc of the module."""
    found: dict[str, Function] = {op: getattr(xp, name) for op, name in ANY_DTYPE.items()}
    found.update((op, floating(op, getattr(xp, name))) for op, name in FLOATING.items())
    found.update((op, rounded(getattr(xp, name))) for op, name in ROUNDING.items())
    found.update((op, of_two(getattr(xp, name))) for op, name in (OF_TWO | REMAINDER).items())
    found.update((op, same_dtype(op, of_two(getattr(xp, name)))) for op, name in SAME_DTYPE.items())
    found.update((op, scaling(getattr(xp, name))) for op, name in SCALING.items())
    found["div"] = same_dtype("div", found["div"])
    found.update((op, divided(op, found[op])) for op in DIVISION)
    return found


def square(xp: Module, x: Array) -> Array:
    return xp.multiply(x, x)  # NumPy's square makes bytes of bools


def sign(xp: Module, x: Array) -> Array:
    out = xp.sign(x)
    return xp.where(x != x, out.dtype.type(0), out) if x.dtype.kind in "fV" else out  # NaN -> 0, unlike NumPy


def select(xp: Module, c: Array, x: Array, y: Array) -> Array:
    return xp.where(c, x, y)


def clip(xp: Module, x: Array, *, low: float | None, high: float | None) -> Array:
    if low is not None:
        x = xp.maximum(x, number(low, x.dtype))
    return x if high is None else xp.minimum(x, number(high, x.dtype))


def cast(xp: Module, x: Array, *, dtype: DType) -> Array:
    if x.dtype.kind == "c" and dtype.kind != "c":
        x = x.real if dtype.kind != "b" else x != 0
    return x.astype(dtype.numpy())
