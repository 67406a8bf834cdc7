"""Numbers of every element type, with NumPy alone: reading them as numbers, and casting floating-point arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from unified_nn.errors import ArgumentError, make
from unified_nn.port.formats.dtypes import DTYPES, dtype_of

Array = npt.NDArray[Any]

#: What `--dtype` takes, and the element type that it means.
SHORT = {"bf16": "bfloat16", "f16": "float16", "f32": "float32", "f64": "float64"}
_FLOATING = ("float16", "bfloat16", "float32", "float64")


def is_floating(dtype: str) -> bool:
    """Whether arrays of this element type are cast: real floating-point numbers, but not float8, that has scales."""
    return dtype in _FLOATING


def numbers(array: Array) -> Array:
    """The array in a type that NumPy calculates with: bfloat16 and float8 become float32, exactly."""
    name = _name(array)
    if name == "bfloat16":
        bits = np.ascontiguousarray(array).view(np.uint16).astype(np.uint32) << 16
        return bits.view(np.float32).reshape(array.shape)
    if array.dtype.names is not None:
        raise make(ArgumentError, f"{name} numbers need the package ml_dtypes: pip install ml_dtypes")
    return array.astype(np.float32) if name.startswith("float8") else array


def cast(array: Array, dtype: str) -> Array:
    """The array rounded to another floating-point type, to nearest, ties to even."""
    if _name(array) == dtype:
        return array
    values = numbers(array)
    if dtype == "bfloat16":
        return _bfloat16(values)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return values.astype(DTYPES[dtype].array)


def overflows(before: Array, after: Array) -> int:
    """How many finite numbers a cast has made infinite."""
    if after.dtype == np.float64 or before.dtype == after.dtype:
        return 0
    infinite = np.isinf(numbers(after))
    return int(np.count_nonzero(np.isfinite(numbers(before)) & infinite)) if infinite.any() else 0


def _bfloat16(values: Array) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = bits >> 16
    rounded &= 1
    rounded += 0x7FFF
    rounded += bits
    rounded >>= 16
    half = rounded.astype(np.uint16)
    # Rounding would carry a NaN into infinity or zero: it is cut instead, and stays quiet.
    nan = np.isnan(bits.view(np.float32))
    if nan.any():
        half[nan] = (bits[nan] >> 16) | 0x40
    return half.view(DTYPES["bfloat16"].array).reshape(values.shape)


def _name(array: Array) -> str:
    found = dtype_of(array.dtype)
    return str(array.dtype) if found is None else found.name
