"""Elementwise ops on MindSpore tensors."""

from __future__ import annotations

from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Tensor, ops

from unified_nn.backend import Function
from unified_nn.dtypes import DType, promote
from unified_nn_backends.mindspore.kernels import (
    FLOATS,
    NATIVE,
    OF_NATIVE,
    WIDE,
    binary,
    constant,
    filled,
    has_nan,
    unary,
)

Array = Any

# ---- arithmetic of two ---------------------------------------------------------------------------------------------


def keeping_nan(function: Function) -> Function:
    """The op from the kernel, which loses a NaN in x and gives a NaN in y no gradient."""

    def call(x: Array, y: Array) -> Array:
        out = function(x, y)
        if not (has_nan(x) or has_nan(y)):
            return out
        return ops.where(ops.logical_or(ops.isnan(x), ops.isnan(y)), ops.add(x, y), out)

    return call


def remainder(x: Array, y: Array) -> Array:
    out = ops.floor_mod(x, y)
    if _has_infinity(y):  # the kernel answers NaN
        same = ops.logical_or(ops.equal(ops.sign(x), ops.sign(y)), ops.equal(x, constant(0, x.dtype)))
        out = ops.where(
            ops.logical_and(ops.isinf(y), ops.isfinite(x)),
            ops.where(same, x, ops.add(y, ops.sub(x, ops.stop_gradient(x)))),
            out,
        )
    return out


def fmod(x: Array, y: Array) -> Array:
    out = ops.fmod(x, y)
    if _has_infinity(y):
        out = ops.where(ops.logical_and(ops.isinf(y), ops.isfinite(x)), x, out)
    return out


def _has_infinity(x: Array) -> bool:
    return x.dtype in FLOATS and bool(np.isinf(x.asnumpy()).any())


def arctan2(x: Array, y: Array) -> Array:
    origin = (x.asnumpy() == 0) & (y.asnumpy() == 0)
    if origin.any():  # the kernel's gradient there is 0 / 0
        there = Tensor(origin)
        x, y = ops.where(there, ops.stop_gradient(x), x), ops.where(there, ops.stop_gradient(y), y)
    return ops.atan2(x, y)


def power(x: Array, y: Array) -> Array:
    if x.dtype in FLOATS and (y.asnumpy() == 0).any():  # the kernel's gradient there is 0 * inf where x is 0
        x = ops.where(ops.equal(y, constant(0, y.dtype)), ops.stop_gradient(x), x)
    return ops.pow(x, y)


# ---- functions of one ----------------------------------------------------------------------------------------------


def abs_(x: Array) -> Array:
    if x.dtype in (ms.complex64, ms.complex128):
        return ops.real(ops.abs(x))
    return x if x.dtype in UNSIGNED else ops.abs(x)


def isinf(x: Array) -> Array:
    return ops.isinf(x) if x.dtype in FLOATS else filled(x.shape, False, ms.bool_)


def bitwise_not(x: Array) -> Array:
    if x.dtype == ms.bool_:
        return ops.logical_not(x)
    ones = 2 ** (8 * x.itemsize) - 1 if x.dtype in UNSIGNED else -1
    return ops.bitwise_xor(x, constant(ones, x.dtype))


# ---- choice, dtype -------------------------------------------------------------------------------------------------


def select(c: Array, x: Array, y: Array) -> Array:
    if x.dtype == ms.bfloat16:
        chosen = ops.where(c, ops.cast(x, ms.float32), ops.cast(y, ms.float32))
        return ops.cast(chosen, ms.bfloat16)
    return ops.where(c, x, y)


def where(c: Array, x: Any, y: Any) -> Array:
    """The composite's meaning, with numbers that broadcast rather than filled arrays."""
    if not isinstance(x, Tensor):
        x = constant(x, y.dtype if isinstance(y, Tensor) else ms.float32)
    if not isinstance(y, Tensor):
        y = constant(y, x.dtype)
    if x.dtype != y.dtype:
        common = NATIVE[promote(OF_NATIVE[x.dtype], OF_NATIVE[y.dtype])]
        x, y = ops.cast(x, common), ops.cast(y, common)
    return select(c, x, y)


def clip(x: Array, *, low: float | None, high: float | None) -> Array:
    """By choice, not by the kernels' maximum: NaN stays, and the gradient passes whole at the limits."""
    if has_nan(x):
        x = ops.where(ops.isnan(x), ops.stop_gradient(x), x)
    if low is not None:
        bound = constant(low, x.dtype)
        x = ops.where(ops.less(x, bound), bound, x)
    if high is not None:
        bound = constant(high, x.dtype)
        x = ops.where(ops.greater(x, bound), bound, x)
    return x


def cast(x: Array, *, dtype: DType) -> Array:
    out = ops.cast(x, NATIVE[dtype])
    return out if dtype.kind in "fc" else ops.stop_gradient(out)  # the engine would pass a gradient through integers


UNSIGNED = (ms.uint8, ms.uint16, ms.uint32, ms.uint64)
SMALL = {ms.int8: ms.int32, ms.int16: ms.int32, ms.uint8: ms.int32, ms.uint16: ms.int32, ms.uint32: ms.int64}
OF_BOOL = {**WIDE, ms.bool_: ms.uint8}
POWERS = {**WIDE, ms.int8: ms.int64, ms.int16: ms.int64, ms.int32: ms.int64}

FUNCTIONS: dict[str, Function] = {
    "add": binary(ops.add, OF_BOOL),
    "sub": binary(ops.sub, {**WIDE, ms.uint32: ms.int64}),
    "mul": binary(ops.mul),
    "div": binary(ops.div),
    "pow": binary(power, POWERS),
    "floor_div": binary(ops.floor_divide, {}),
    "mod": binary(remainder, {**WIDE, ms.uint16: ms.int32, ms.uint32: ms.int64}),
    "fmod": binary(fmod),
    "maximum": binary(keeping_nan(ops.maximum), {**WIDE, ms.uint16: ms.int32}),
    "minimum": binary(keeping_nan(ops.minimum), OF_BOOL),
    "arctan2": binary(arctan2),
    "equal": binary(ops.equal, keeps=False),
    "not_equal": binary(ops.ne, keeps=False),
    "less": binary(ops.less, keeps=False),
    "less_equal": binary(ops.le, keeps=False),
    "greater": binary(ops.gt, keeps=False),
    "greater_equal": binary(ops.ge, keeps=False),
    "logical_and": binary(ops.logical_and, keeps=False),
    "logical_or": binary(ops.logical_or, keeps=False),
    "logical_xor": binary(ops.logical_xor, keeps=False),
    "logical_not": unary(ops.logical_not, keeps=False),
    "bitwise_and": binary(ops.bitwise_and, {}),
    "bitwise_or": binary(ops.bitwise_or, {}),
    "bitwise_xor": binary(ops.bitwise_xor, {}),
    "bitwise_not": bitwise_not,
    "isnan": unary(ops.isnan, keeps=False),
    "isinf": unary(isinf, keeps=False),
    "isfinite": unary(ops.isfinite, keeps=False),
    "neg": ops.neg,
    "abs": unary(abs_),
    "sign": unary(ops.sign, {**WIDE, **SMALL}),
    "exp": unary(ops.exp),
    "expm1": unary(ops.expm1),
    "log": unary(ops.log),
    "log1p": unary(ops.log1p),
    "log2": unary(ops.log2),
    "log10": unary(ops.log10),
    "sqrt": unary(ops.sqrt),
    "rsqrt": unary(ops.rsqrt),
    "square": unary(ops.square),
    "reciprocal": unary(ops.reciprocal),
    "sin": unary(ops.sin),
    "cos": unary(ops.cos),
    "tan": unary(ops.tan),
    "arcsin": unary(ops.asin),
    "arccos": unary(ops.acos),
    "arctan": unary(ops.atan),
    "sinh": unary(ops.sinh),
    "cosh": unary(ops.cosh),
    "tanh": unary(ops.tanh),
    "erf": unary(ops.erf),
    "floor": unary(ops.floor),
    "ceil": unary(ops.ceil),
    "trunc": unary(ops.trunc),
    "round": unary(ops.round),
    "select": select,
    "where": where,
    "clip": unary(clip),
    "cast": cast,
}
