"""Sixteen-bit floats are computed in float32 and rounded once, as the frameworks do."""

from __future__ import annotations

from typing import Any

Array = Any
DType = Any  # a NumPy dtype


def is_narrow(dtype: DType) -> bool:
    """Whether the dtype is float16 or bfloat16 (whose NumPy kind is "V")."""
    return dtype.itemsize == 2 and dtype.kind in "fV"


def wide(dtype: DType) -> DType:
    """The dtype to compute in."""
    return "float32" if is_narrow(dtype) else dtype


def widened(x: Array) -> Array:
    """x in the dtype to compute in."""
    return x.astype("float32") if is_narrow(x.dtype) else x
