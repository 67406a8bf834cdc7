"""Element types of weight files: one name each, its size, and the NumPy type that holds its bits.

bfloat16 and the float8 types are NumPy types only where ml_dtypes is installed. Without it their raw bits come in a
one-field structured type named after them, e.g. `[("bfloat16", "<u2")]`: exact, recognised by the writers, and refused
by arithmetic, so that bits are never mistaken for numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Dtype:
    """One element type; `word` is the number of bytes that byte order applies to."""

    name: str
    itemsize: int
    word: int
    array: np.dtype[Any]


_PLAIN = (
    ("bool", "?"),
    *((f"{kind}{8 * size}", f"{kind[0]}{size}") for kind in ("int", "uint") for size in (1, 2, 4, 8)),
    *((f"float{8 * size}", f"f{size}") for size in (2, 4, 8)),
    *((f"complex{8 * size}", f"c{size}") for size in (8, 16)),
)
_EXTENDED = {
    "bfloat16": 2,
    "float8_e4m3fn": 1,
    "float8_e5m2": 1,
    "float8_e4m3fnuz": 1,
    "float8_e5m2fnuz": 1,
    "float8_e8m0fnu": 1,
}


def raw_bits(name: str) -> np.dtype[Any]:
    """The structured type that holds the bits of an element type that NumPy itself does not know."""
    return np.dtype([(name, f"<u{_EXTENDED[name]}")])


def _extended(name: str) -> np.dtype[Any]:
    if find_spec("ml_dtypes") is None:
        return raw_bits(name)
    known = getattr(import_module("ml_dtypes"), name, None)
    return raw_bits(name) if known is None else np.dtype(known)


def _all() -> Iterator[Dtype]:
    for name, code in _PLAIN:
        array = np.dtype(code)
        yield Dtype(name, array.itemsize, array.itemsize // (2 if array.kind == "c" else 1), array)
    for name, size in _EXTENDED.items():
        yield Dtype(name, size, size, _extended(name))


DTYPES: dict[str, Dtype] = {dtype.name: dtype for dtype in _all()}
_BY_ARRAY: dict[np.dtype[Any], Dtype] = {
    **{raw_bits(name): DTYPES[name] for name in _EXTENDED},
    **{dtype.array: dtype for dtype in DTYPES.values()},
}


def dtype_of(array: np.dtype[Any]) -> Dtype | None:
    """The element type that a NumPy type stands for, whatever its byte order; None if weight files have none."""
    return _BY_ARRAY.get(array if array.isnative else array.newbyteorder("="))
