"""dtypes as MXNet spells them: NumPy's scalar classes, or their names."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn import dtypes
from unified_nn.dtypes import DType
from unified_nn.errors import DTypeError, make

#: What MXNet 1.9 has arrays of.
OFFERED = frozenset(
    (
        dtypes.float32,
        dtypes.float64,
        dtypes.float16,
        dtypes.bfloat16,
        dtypes.uint8,
        dtypes.int8,
        dtypes.int32,
        dtypes.int64,
        dtypes.bool_,
    )
)


def resolve(dtype: object = None) -> DType:
    """The DType of a class, a name or a NumPy dtype; float32 where none is given."""
    if dtype is None:
        return dtypes.float32
    found = dtypes.canonical(dtype)
    if found not in OFFERED:
        names = ", ".join(sorted(d.name for d in OFFERED))
        raise make(DTypeError, f"mxnet has no arrays of dtype {found.name}; known: {names}")
    return found


def public(dtype: DType) -> Any:
    """The class that `NDArray.dtype` answers, such as `numpy.float32`."""
    return dtype.numpy().type


def public_name(dtype: object) -> str:
    return np.dtype(dtype).name  # type: ignore[call-overload,no-any-return]
