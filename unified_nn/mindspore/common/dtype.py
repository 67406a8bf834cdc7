"""MindSpore's dtypes, printed as `Float32` and shown as `mindspore.float32`."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn import dtypes
from unified_nn.errors import DTypeError, make
from unified_nn.vocabulary.missing import refuse


class Type:
    """A dtype; there is one object of each."""

    def __init__(self, canonical: dtypes.DType) -> None:
        self.canonical = canonical
        self._name = canonical.name
        kind = {"bool": "Bool", "bfloat16": "BFloat16"}.get(canonical.name)
        unsigned = canonical.name.replace("uint", "UInt") if canonical.kind == "u" else None
        self._shown = kind or unsigned or canonical.name.capitalize()

    def __str__(self) -> str:
        return self._shown

    def __repr__(self) -> str:
        return f"mindspore.{self._name}"

    def __reduce__(self) -> str:
        return self._name if self._name != "bool" else "bool_"


_TYPES = {d: Type(d) for d in dtypes.ALL if d.name not in ("uint16", "uint32", "uint64")}
_TYPES.update({d: Type(d) for d in (dtypes.uint16, dtypes.uint32, dtypes.uint64)})

bool_ = _TYPES[dtypes.bool_]
int8, int16 = _TYPES[dtypes.int8], _TYPES[dtypes.int16]
int32, int64 = _TYPES[dtypes.int32], _TYPES[dtypes.int64]
uint8, uint16 = _TYPES[dtypes.uint8], _TYPES[dtypes.uint16]
uint32, uint64 = _TYPES[dtypes.uint32], _TYPES[dtypes.uint64]
float16, bfloat16 = _TYPES[dtypes.float16], _TYPES[dtypes.bfloat16]
float32, float64 = _TYPES[dtypes.float32], _TYPES[dtypes.float64]
complex64, complex128 = _TYPES[dtypes.complex64], _TYPES[dtypes.complex128]
# MindSpore's other names of the same types.
byte, short, long, ubyte, ushort, half, single, double = int8, int16, int64, uint8, uint16, float16, float32, float64

number_type = tuple(t for t in _TYPES.values() if t is not bool_)
float_type = (bfloat16, float16, float32, float64)
int_type = (int8, int16, int32, int64)
uint_type = (uint8, uint16, uint32, uint64)
_PYTHON = {bool: bool_, int: int64, float: float64, complex: complex128}


def of(canonical: dtypes.DType) -> Type:
    """The MindSpore type of a neutral dtype."""
    return _TYPES[canonical]


def to_canonical(dtype: object, where: str = "dtype") -> dtypes.DType:
    """The neutral dtype of a MindSpore type; raises TypeError for anything else, as MindSpore does."""
    if isinstance(dtype, Type):
        return dtype.canonical
    known = ", ".join(map(repr, _TYPES.values()))
    raise make(DTypeError, f"{where} must be one of {known}; got {dtype!r}", TypeError)


def loosely(dtype: object, where: str = "dtype") -> dtypes.DType:
    """As `to_canonical`, but a name such as "float32" or a Python or NumPy type will do as well."""
    if isinstance(dtype, Type):
        return dtype.canonical
    if dtype is float:
        return dtypes.float32
    try:
        return dtypes.canonical(dtype.lower() if isinstance(dtype, str) else dtype)
    except DTypeError:
        return to_canonical(dtype, where)


def dtype_to_nptype(type_: Type) -> Any:
    """The NumPy type, such as numpy.float32."""
    return to_canonical(type_, "dtype_to_nptype: type_").numpy().type


def dtype_to_pytype(type_: Type) -> type:
    """The Python type: bool, int, float or complex."""
    kind = to_canonical(type_, "dtype_to_pytype: type_").kind
    return {"b": bool, "i": int, "u": int, "f": float, "c": complex}[kind]


def pytype_to_dtype(obj: object) -> Type:
    """The dtype of a Python type, a NumPy type or a dtype itself."""
    if isinstance(obj, Type):
        return obj
    if isinstance(obj, type) and obj in _PYTHON:
        return _PYTHON[obj]
    return of(dtypes.of_numpy(np.dtype(obj)))  # type: ignore[call-overload]


__all__ = [
    "bfloat16", "bool_", "byte", "complex64", "complex128", "double", "dtype_to_nptype", "dtype_to_pytype", "float16",
    "float32", "float64", "half", "int8", "int16", "int32", "int64", "long", "pytype_to_dtype", "short", "single",
    "ubyte", "uint8", "uint16", "uint32", "uint64", "ushort",
]  # fmt: skip
__getattr__ = refuse(__name__, __all__)
