"""Ops on each element, on arrays of a module `xp` (NumPy or CuPy)."""

from __future__ import annotations

from collections.abc import Callable
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
    "logical_not": "logical_not", "neg": "negative", "square": "square",
}  # fmt: skip
#: op -> ufunc; defined for floating and complex arrays, where NumPy would answer an integer with another dtype.
FLOATING = {
    "arccos": "arccos", "arcsin": "arcsin", "arctan": "arctan", "cos": "cos", "cosh": "cosh", "exp": "exp",
    "expm1": "expm1", "log": "log", "log10": "log10", "log1p": "log1p", "log2": "log2", "reciprocal": "reciprocal",
    "sin": "sin", "sinh": "sinh", "sqrt": "sqrt", "tan": "tan", "tanh": "tanh",
}  # fmt: skip
#: op -> ufunc; whole numbers are their own result, which NumPy 1 would turn into float64.
ROUNDING = {"ceil": "ceil", "floor": "floor", "round": "rint", "trunc": "trunc"}

ARITHMETIC = {"add": "add", "mul": "multiply", "sub": "subtract"}
SAME_DTYPE = {"arctan2": "arctan2", "div": "true_divide", "pow": "power"}
DIVISION = {"floor_div": "floor_divide", "fmod": "fmod", "mod": "remainder"}
#: op -> ufunc that only chooses, compares or combines: a number takes the array's dtype before it is looked at.
COMPARISON = {
    "bitwise_and": "bitwise_and", "bitwise_or": "bitwise_or", "bitwise_xor": "bitwise_xor", "equal": "equal",
    "greater": "greater", "greater_equal": "greater_equal", "less": "less", "less_equal": "less_equal",
    "logical_and": "logical_and", "logical_or": "logical_or", "logical_xor": "logical_xor", "maximum": "maximum",
    "minimum": "minimum", "not_equal": "not_equal",
}  # fmt: skip

NUMBERS = frozenset((bool, int, float, complex))


def number(value: Any, dtype: Any) -> Any:
    """A Python number as a scalar of an array's dtype, so that it never changes it; integers wrap around."""
    if dtype.kind in "iu" and value.__class__ is not int:
        if value.__class__ is not bool:
            raise make(DTypeError, f"the number {value!r} does not fit an array of dtype {dtype}; cast the array first")
        value = int(value)
    try:
        return dtype.type(value)
    except OverflowError:
        bits = 8 * dtype.itemsize
        wrapped = value % (1 << bits)
        return dtype.type(wrapped - (1 << bits) if dtype.kind == "i" and wrapped >> (bits - 1) else wrapped)


def compared(ufunc: Function) -> Function:
    """A ufunc of two in which one may be a Python number."""

    def call(x: Any, y: Any) -> Array:
        if x.__class__ is not y.__class__:
            if y.__class__ in NUMBERS:
                return ufunc(x, number(y, x.dtype))
            if x.__class__ in NUMBERS:
                return ufunc(number(x, y.dtype), y)
        return ufunc(x, y)

    return call


def computed(ufunc: Function) -> Function:
    """The same for arithmetic: beside a 16-bit array a number keeps its float32 value, and the result is rounded."""

    def call(x: Any, y: Any) -> Array:
        if x.__class__ is not y.__class__:
            if y.__class__ in NUMBERS:
                dtype = x.dtype
                if is_narrow(dtype):
                    return ufunc(x.astype("float32"), float32(y)).astype(dtype)
                return ufunc(x, number(y, dtype))
            if x.__class__ in NUMBERS:
                dtype = y.dtype
                if is_narrow(dtype):
                    return ufunc(float32(x), y.astype("float32")).astype(dtype)
                return ufunc(number(x, dtype), y)
        return ufunc(x, y)

    return call


def divided(name: str, ufunc: Function) -> Function:
    """The same for division with remainder, which integers have no value for at 0."""
    function = computed(ufunc)

    def call(x: Any, y: Any) -> Array:
        is_zero = (y == 0 and x.dtype.kind in "iu") if y.__class__ in NUMBERS else y.dtype.kind in "iu" and not y.all()
        if is_zero:
            raise make(ArgumentError, f"{name}: an integer was divided by 0", ZeroDivisionError)
        return function(x, y)

    return call


def floating(name: str, ufunc: Function) -> Function:
    """A ufunc of one, refusing arrays whose dtype it would change."""

    def call(x: Array) -> Array:
        out = ufunc(x)
        if out.dtype is not x.dtype and out.dtype != x.dtype:
            raise _wrong_dtype(name, x)
        return out

    return call


def floating_of_two(name: str, ufunc: Function) -> Function:
    """The same for a ufunc of two."""
    function = computed(ufunc)

    def call(x: Any, y: Any) -> Array:
        out = function(x, y)
        like = x if x.__class__ not in NUMBERS else y
        if out.dtype is not like.dtype and out.dtype != like.dtype:
            raise _wrong_dtype(name, like)
        return out

    return call


def _wrong_dtype(name: str, x: Array) -> Exception:
    return make(DTypeError, f"{name}: got an array of dtype {x.dtype}, expected a floating dtype; cast it first")


def rounded(ufunc: Function) -> Function:
    def call(x: Array) -> Array:
        return x if x.dtype.kind in "biu" else ufunc(x)

    return call


def table(xp: Module) -> dict[str, Function]:
    """op -> function for all ops that are one ufunc of the module."""
    found: dict[str, Function] = {op: getattr(xp, ufunc) for op, ufunc in ANY_DTYPE.items()}
    wrappers: list[tuple[dict[str, str], Callable[[str, Function], Function]]] = [
        (FLOATING, floating),
        (ROUNDING, lambda _, ufunc: rounded(ufunc)),
        (ARITHMETIC, lambda _, ufunc: computed(ufunc)),
        (SAME_DTYPE, floating_of_two),
        (DIVISION, divided),
        (COMPARISON, lambda _, ufunc: compared(ufunc)),
    ]
    for names, wrap in wrappers:
        found.update((op, wrap(op, getattr(xp, ufunc))) for op, ufunc in names.items())
    return found


def sign(xp: Module, x: Array) -> Array:
    out = xp.sign(x)
    return xp.where(x != x, number(0, x.dtype), out) if x.dtype.kind == "f" else out  # NaN -> 0, unlike NumPy


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
