"""The dtypes of all backends under one name each, and the neutral promotion between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from unified_nn.errors import DTypeError, make


@dataclass(frozen=True, eq=False, repr=False)
class DType:
    """One element type; equal only to itself, so that dictionaries find it by identity."""

    name: str
    kind: str  # "b" bool, "i" signed, "u" unsigned, "f" floating, "c" complex
    itemsize: int

    def __repr__(self) -> str:
        return f"unified_nn.{self.name}"

    @property
    def is_floating(self) -> bool:
        return self.kind == "f"

    def numpy(self) -> np.dtype[Any]:
        """The NumPy dtype; bfloat16 needs the package ml_dtypes."""
        if self is bfloat16:
            try:
                import ml_dtypes
            except ImportError:
                raise make(DTypeError, "bfloat16 needs the package ml_dtypes. Try: pip install ml_dtypes") from None
            return np.dtype(ml_dtypes.bfloat16)
        return np.dtype(self.name)

    def __reduce__(self) -> str:
        return self.name if self.name != "bool" else "bool_"


bool_ = DType("bool", "b", 1)
uint8 = DType("uint8", "u", 1)
uint16 = DType("uint16", "u", 2)
uint32 = DType("uint32", "u", 4)
uint64 = DType("uint64", "u", 8)
int8 = DType("int8", "i", 1)
int16 = DType("int16", "i", 2)
int32 = DType("int32", "i", 4)
int64 = DType("int64", "i", 8)
float16 = DType("float16", "f", 2)
bfloat16 = DType("bfloat16", "f", 2)
float32 = DType("float32", "f", 4)
float64 = DType("float64", "f", 8)
complex64 = DType("complex64", "c", 8)
complex128 = DType("complex128", "c", 16)

ALL: tuple[DType, ...] = (
    bool_, uint8, uint16, uint32, uint64, int8, int16, int32, int64,
    float16, bfloat16, float32, float64, complex64, complex128,
)  # fmt: skip
BY_NAME: dict[str, DType] = {d.name: d for d in ALL}
_BY_NUMPY: dict[np.dtype[Any], DType] = {np.dtype(d.name): d for d in ALL if d is not bfloat16}


def of_numpy(dtype: np.dtype[Any]) -> DType:
    """The DType of a NumPy dtype, whatever its byte order."""
    found = _BY_NUMPY.get(dtype)
    if found is None:
        found = BY_NAME.get(dtype.name)
        if found is None:
            raise make(DTypeError, f"dtype {dtype} is not one that tensors have; known: {', '.join(BY_NAME)}")
        _BY_NUMPY[dtype] = found
    return found


def canonical(dtype: object) -> DType:
    """A DType from a DType, a name, a NumPy dtype or a Python scalar type."""
    if isinstance(dtype, DType):
        return dtype
    if isinstance(dtype, str) and dtype in BY_NAME:
        return BY_NAME[dtype]
    try:
        return of_numpy(np.dtype(dtype))  # type: ignore[call-overload]
    except TypeError:
        raise make(DTypeError, f"{dtype!r} is not a dtype; known: {', '.join(BY_NAME)}") from None


_RANK = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


def promote(a: DType, b: DType) -> DType:
    """The common dtype of two tensors: the higher category wins, within one category the wider."""
    if a is b:
        return a
    if _RANK[a.kind] != _RANK[b.kind]:
        low, high = (a, b) if _RANK[a.kind] < _RANK[b.kind] else (b, a)
        return complex128 if high is complex64 and low is float64 else high
    if a.kind == b.kind == "f" and a.itemsize == b.itemsize:
        return float32  # float16 with bfloat16
    if a.kind == b.kind:
        return a if a.itemsize >= b.itemsize else b
    unsigned, signed = (a, b) if a.kind == "u" else (b, a)
    if signed.itemsize > unsigned.itemsize:
        return signed
    if unsigned.itemsize == 8:
        raise make(DTypeError, f"{unsigned.name} and {signed.name} have no common integer dtype; cast one of them")
    return BY_NAME[f"int{unsigned.itemsize * 16}"]


def with_scalar(dtype: DType, scalar: bool | int | float | complex) -> DType:
    """The dtype of a tensor combined with a Python scalar: the scalar raises the category only."""
    if isinstance(scalar, bool):
        return dtype
    if isinstance(scalar, int):
        return int64 if dtype.kind == "b" else dtype
    if isinstance(scalar, float):
        return dtype if _RANK[dtype.kind] >= 2 else float32
    return dtype if dtype.kind == "c" else (complex128 if dtype is float64 else complex64)
