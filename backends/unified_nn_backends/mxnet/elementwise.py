"""Elementwise ops on MXNet arrays. In ops of two, one side can be a Python number, which never changes the dtype."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from unified_nn.dtypes import BY_NAME, DType, promote
from unified_nn.errors import ArgumentError, DTypeError, make
from unified_nn_backends.mxnet.call import (
    CODES,
    constant,
    dtype_name,
    full,
    invoke,
    is_array,
    refuse_dtype,
    reshaped,
    size,
    spelled_exactly,
    to_host,
)  # fmt: skip
from unified_nn_backends.mxnet.contraction import MOST_AXES, SMALL, aligned

Array = Any
Function = Callable[..., Array]

FLOATING = ("float16", "float32", "float64")


def pair(x: Any, y: Any) -> tuple[Array, Array]:
    """Both sides as arrays of one dtype."""
    if not is_array(x):
        return constant(x, dtype_name(y)), y
    return (x, y) if is_array(y) else (x, constant(y, dtype_name(x)))


def binary(name: str, scalar: str | None = None, reflected: str | None = None) -> Function:
    """The op of two arrays `name`; `scalar` is MXNet's operator for (array, number), `reflected` for (number, array)."""

    def call(x: Any, y: Any) -> Array:
        if is_array(x):
            if is_array(y):
                return invoke(name, *aligned(x, y))
            y = int(y) if y.__class__ is bool else y
            if scalar is not None and spelled_exactly(y, dtype_name(x)):
                return invoke(scalar, x, scalar=y)
        elif reflected is not None and spelled_exactly(x, dtype_name(y)):
            return invoke(reflected, y, scalar=x)
        return invoke(name, *aligned(*pair(x, y)))

    return call


def unary(name: str) -> Function:
    """The op of one array `name`."""

    def call(x: Array) -> Array:
        return invoke(name, x)

    return call


def through(dtype: str, function: Function, *only: str) -> Function:
    """The function computed in another dtype where the arrays have one of `only`, and brought back."""

    def call(*arrays: Any, **attrs: Any) -> Array:
        name = next(dtype_name(a) for a in arrays if is_array(a))
        if name not in only:
            return function(*arrays, **attrs)
        wide = [as_type(a, dtype) if is_array(a) else a for a in arrays]
        return as_type(function(*wide, **attrs), name)

    return call


def as_type(x: Array, dtype: str) -> Array:
    """x in the dtype of that name; x itself where it has it already."""
    return x if dtype_name(x) == dtype else invoke("_npi_cast", x, dtype=dtype)


def of_floats(function: Function) -> Function:
    """The function for floating arrays; of others MXNet would round the result, or fail long after the call."""

    def call(x: Array, *arrays: Any, **attrs: Any) -> Array:
        name = dtype_name(x)
        if name not in FLOATING:
            raise make(DTypeError, f"got an array of dtype {name}, expected a floating dtype; cast it first")
        return function(x, *arrays, **attrs)

    return call


# ---- arithmetic of two ---------------------------------------------------------------------------------------------


#: the largest float16: NumPy warns where it rounds larger numbers to it
HALF_MAX = 65504.0


def scaling(function: Function) -> Function:
    """The function, where a number beside a float16 array is not rounded to float16 before it is used."""
    wide = through("float32", function, "float16")

    def call(x: Any, y: Any) -> Array:
        number = y if is_array(x) else x
        if number.__class__ is float and (HALF_MAX < abs(number) < math.inf or float(np.float16(number)) != number):
            return wide(x, y)
        return function(x, y)

    return call


add = binary("_npi_add", "_npi_add_scalar", "_npi_add_scalar")
mul = scaling(binary("_npi_multiply", "_npi_multiply_scalar", "_npi_multiply_scalar"))
_subtract = binary("_npi_subtract", "_npi_subtract_scalar", "_npi_rsubtract_scalar")
_divide = scaling(binary("_npi_true_divide", "_npi_true_divide_scalar", "_npi_rtrue_divide_scalar"))
_power = binary("_npi_power", "_npi_power_scalar", "_npi_rpower_scalar")
_modulo = binary("_npi_mod")
_copy_sign = binary("_npi_copysign")
_divide_integers = binary("broadcast_div")
arctan2 = binary("_npi_arctan2")
maximum = through("uint8", binary("_npi_maximum", "_npi_maximum_scalar", "_npi_maximum_scalar"), "bool")
minimum = through("uint8", binary("_npi_minimum", "_npi_minimum_scalar", "_npi_minimum_scalar"), "bool")


def _kind(x: Any, y: Any) -> str:
    return dtype_name(x if is_array(x) else y)


def _refuse_bool(x: Any, y: Any = None) -> str:
    name = _kind(x, y)
    if name == "bool":
        raise make(DTypeError, "backend 'mxnet' does not do this with bool arrays; cast them to an integer first")
    return name


def sub(x: Any, y: Any) -> Array:
    _refuse_bool(x, y)
    return _subtract(x, y)


def div(x: Any, y: Any) -> Array:
    name = _kind(x, y)
    if name not in FLOATING:
        raise make(DTypeError, f"backend 'mxnet' divides floating arrays only, got {name}; cast them first")
    return _divide(x, y)


def pow_(x: Any, y: Any) -> Array:
    if _refuse_bool(x, y) in FLOATING:
        return _power(x, y)
    return _integer_power(x, y)


def _integer_power(x: Any, y: Any) -> Array:
    """Square and multiply: MXNet's own goes through floating point and loses the low digits."""
    base, exponent = pair(x, y)
    exponents = to_host(exponent)
    if exponents.size and exponents.min() < 0:
        raise make(ArgumentError, f"integers to negative powers are not integers, got exponent {exponents.min()}")
    name = dtype_name(base)
    one, out = constant(1, name), full(np.broadcast_shapes(base.shape, exponent.shape), 1, name)
    for bit in range(int(exponents.max(initial=0)).bit_length()):
        taken = not_equal(bitwise_and(exponent, 1 << bit), 0)
        out = mul(out, select(taken, base, one))
        base = mul(base, base)
    return out


def _truncated(x: Array, y: Array) -> tuple[Array, Array]:
    """Quotient and remainder of integers, rounded to zero."""
    # A division by 0, or of the lowest integer by -1, is an exception of the processor that ends the process.
    if not to_host(invoke("_np_all", y)):
        raise make(ArgumentError, "an integer was divided by 0", ZeroDivisionError)
    if dtype_name(y) == "uint8":
        quotient = _divide_integers(x, y)
    else:
        inverting = equal(y, -1)
        quotient = _divide_integers(x, select(inverting, constant(1, dtype_name(y)), y))
        quotient = select(inverting, invoke("_npi_negative", quotient), quotient)
    return quotient, _subtract(x, mul(quotient, y))


def _off(remainder: Array, y: Array) -> Array:
    """Where a remainder of the sign of x is not one of the sign of y."""
    return logical_and(not_equal(remainder, 0), not_equal(less(remainder, 0), less(y, 0)))


def floor_div(x: Any, y: Any) -> Array:
    name = _refuse_bool(x, y)
    x, y = pair(x, y)
    if name not in FLOATING:
        quotient, remainder = _truncated(x, y)
        return _subtract(quotient, as_type(_off(remainder, y), name))
    # Over the remainder, as NumPy and PyTorch: x / y itself may round up to the next whole number.
    remainder = fmod(x, y)
    whole = invoke("_npi_rint", _divide(_subtract(x, remainder), y))
    whole = _subtract(whole, as_type(_off(remainder, y), name))
    ratio = _divide(x, y)
    whole = select(equal(whole, 0), _copy_sign(constant(0.0, name), ratio), whole)
    return select(equal(y, 0), ratio, whole)


def mod(x: Any, y: Any) -> Array:
    name = _refuse_bool(x, y)
    x, y = pair(x, y)
    if name in FLOATING:
        return select(equal(y, 0), constant(math.nan, name), _modulo(x, y))
    _, remainder = _truncated(x, y)
    return add(remainder, mul(as_type(_off(remainder, y), name), y))


def fmod(x: Any, y: Any) -> Array:
    name = _refuse_bool(x, y)
    x, y = pair(x, y)
    if name in FLOATING:
        return _copy_sign(mod(abs_(x), abs_(y)), x)
    return _truncated(x, y)[1]


# ---- comparison, logic, bits ---------------------------------------------------------------------------------------

equal = binary("_npi_equal", "_npi_equal_scalar", "_npi_equal_scalar")
not_equal = binary("_npi_not_equal", "_npi_not_equal_scalar", "_npi_not_equal_scalar")
less = binary("_npi_less", "_npi_less_scalar", "_npi_greater_scalar")
less_equal = binary("_npi_less_equal", "_npi_less_equal_scalar", "_npi_greater_equal_scalar")
greater = binary("_npi_greater", "_npi_greater_scalar", "_npi_less_scalar")
greater_equal = binary("_npi_greater_equal", "_npi_greater_equal_scalar", "_npi_less_equal_scalar")
logical_not = unary("_npi_logical_not")
BITWISE = ("bitwise_and", "bitwise_or", "bitwise_xor")


def _bits(function: Function) -> Function:
    """The function for integers and bools; MXNet notices other dtypes too late to say so at the call.

    Its own for bools does not broadcast.
    """
    wide = through("uint8", function, "bool")

    def call(*values: Any) -> Array:
        name = next(dtype_name(v) for v in values if is_array(v))
        if name in FLOATING:
            raise make(DTypeError, f"expected integer or bool arrays, got {name}")
        return wide(*values)

    return call


bitwise_and, bitwise_or, bitwise_xor = (
    _bits(binary(f"_npi_{op}", f"_npi_{op}_scalar", f"_npi_{op}_scalar")) for op in BITWISE
)
_inverted = _bits(unary("_npi_bitwise_not"))


def bitwise_not(x: Array) -> Array:
    return logical_not(x) if dtype_name(x) == "bool" else _inverted(x)


def truth(x: Any) -> Array:
    """Whether x is not zero, as bool."""
    if not is_array(x):
        return constant(bool(x), "bool")
    return x if dtype_name(x) == "bool" else not_equal(x, 0)


def _logical(name: str) -> Function:
    function = _bits(binary(f"_npi_{name}"))

    def call(x: Any, y: Any) -> Array:
        return function(truth(x), truth(y))

    return call


logical_and, logical_or, logical_xor = map(_logical, BITWISE)


def _of_floats(function: Function) -> Function:
    """False everywhere for integers, which are always finite numbers."""

    def call(x: Array) -> Array:
        return function(x) if dtype_name(x) in FLOATING else full(x.shape, False, "bool")

    return call


isnan = _of_floats(unary("_npi_isnan"))
isinf = _of_floats(unary("_npi_isinf"))


def isfinite(x: Array) -> Array:
    return invoke("_npi_isfinite", x) if dtype_name(x) in FLOATING else full(x.shape, True, "bool")


# ---- functions of one ----------------------------------------------------------------------------------------------

UNARY: dict[str, str] = {
    "exp": "_npi_exp", "expm1": "_npi_expm1", "log": "_npi_log", "log1p": "_npi_log1p", "log2": "_npi_log2",
    "log10": "_npi_log10", "sqrt": "_npi_sqrt", "reciprocal": "_npi_reciprocal", "sin": "_npi_sin", "cos": "_npi_cos",
    "tan": "_npi_tan", "arcsin": "_npi_arcsin", "arccos": "_npi_arccos", "arctan": "_npi_arctan",
    "sinh": "_npi_sinh", "cosh": "_npi_cosh", "tanh": "_npi_tanh", "erf": "_npx_erf",
}  # fmt: skip


def neg(x: Array) -> Array:
    _refuse_bool(x)
    return invoke("_npi_negative", x)


def abs_(x: Array) -> Array:
    return x if dtype_name(x) in ("bool", "uint8") else invoke("_npi_absolute", x)


def square(x: Array) -> Array:
    return mul(x, x)


def sign(x: Array) -> Array:
    _refuse_bool(x)
    return invoke("_npi_sign", x)


def _whole(name: str) -> Function:
    """A rounding, which leaves integers as they are."""

    def call(x: Array) -> Array:
        return invoke(name, x) if dtype_name(x) in FLOATING else x

    return call


floor = _whole("_npi_floor")
ceil = _whole("_npi_ceil")
trunc = _whole("_npi_trunc")
# `rint` of MXNet takes halves down, `around` to even, but it has no float16.
round_ = through("float32", _whole("_npi_around"), "float16")

# ---- choice, dtype -------------------------------------------------------------------------------------------------


def select(c: Array, x: Array, y: Array) -> Array:
    if not (size(c.shape) and size(x.shape) and size(y.shape)):  # a crash in MXNet where they broadcast
        return full(np.broadcast_shapes(c.shape, x.shape, y.shape), 0, dtype_name(x))
    if dtype_name(x) == "bool":
        return as_type(select(c, as_type(x, "uint8"), as_type(y, "uint8")), "bool")
    c, x, y = aligned(c, x, y)
    shape = x.shape
    if size(shape) <= SMALL and len(shape) <= MOST_AXES:
        return invoke("_npi_where", c, x, y)
    # The older operator is faster, but does not broadcast, and takes numbers for the condition.
    flat = (reshaped(a, (size(shape),)) for a in (as_type(c, "uint8"), x, y))
    return reshaped(invoke("where", *flat), shape)


def where(c: Array, x: Any, y: Any) -> Array:
    if not is_array(x) and not is_array(y):
        return select(c, constant(float(x), "float32"), constant(float(y), "float32"))
    if is_array(x) and is_array(y):
        common = promote(BY_NAME[dtype_name(x)], BY_NAME[dtype_name(y)]).name
        return select(c, as_type(x, common), as_type(y, common))
    return select(c, *pair(x, y))


def clip(x: Array, *, low: float | None, high: float | None) -> Array:
    name = dtype_name(x)
    for bound in (low, high):
        if bound.__class__ is float and name not in FLOATING:
            raise make(DTypeError, f"the number {bound!r} does not fit an array of dtype {name}; cast it first")
    if low is not None:
        x = maximum(x, low)
    return x if high is None else minimum(x, high)


def cast(x: Array, *, dtype: DType) -> Array:
    if dtype.name not in CODES:
        raise refuse_dtype(dtype.name)
    return as_type(x, dtype.name)
