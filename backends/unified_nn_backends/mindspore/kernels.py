"""What MindSpore's CPU kernels need around them: Python numbers, dtypes without a kernel, NaN, arrays without elements.

- A Python number beside a float64 array is rounded to float32 by MindSpore, so numbers become 0-d tensors first.
- bfloat16 has few kernels; an op without one is computed in float32 and rounded once. Small integers likewise.
- Comparing kernels (ReLU, Maximum, ReduceMax, MaxPool, ...) lose NaN. Whether there is one is looked up on the host,
  which shares the memory: that takes a tenth of the time of any MindSpore kernel that would avoid the loss.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Tensor, ops

from unified_nn import dtypes
from unified_nn.backend import Function
from unified_nn.dtypes import DType
from unified_nn.errors import DTypeError, UnifiedError, make

Array = Any
Via = Mapping[Any, Any]

NATIVE: dict[DType, Any] = {d: getattr(ms, "bool_" if d is dtypes.bool_ else d.name) for d in dtypes.ALL}
OF_NATIVE: dict[Any, DType] = {native: d for d, native in NATIVE.items()}
WIDE: Via = {ms.bfloat16: ms.float32}
FLOATS = (ms.float16, ms.float32, ms.float64, ms.bfloat16)


# ---- arrays --------------------------------------------------------------------------------------------------------


def constant(value: Any, dtype: Any) -> Array:
    """The Python number as a 0-d tensor; made once per value, since nothing changes a tensor in place."""
    if value == 0 and math.copysign(1.0, value) < 0:  # equal to 0 as a key
        return Tensor(value, dtype)
    return _constant(value, dtype)


@lru_cache(maxsize=4096, typed=True)
def _constant(value: Any, dtype: Any) -> Array:
    return Tensor(value, dtype)


def filled(shape: tuple[int, ...], value: Any, dtype: Any) -> Array:
    return ops.broadcast_to(constant(value, dtype), shape) if shape else constant(value, dtype)


def axis_of(axis: int, x: Array) -> int:
    """The axis counted from the front; the error is explained by the op's rule."""
    rank: int = max(x.ndim, 1)
    if not -rank <= axis < rank:
        raise IndexError(f"axis {axis} is out of range for rank {x.ndim}")
    return axis % rank


def is_empty(x: Array) -> bool:
    return 0 in x.shape


def lowest(x: Array) -> Any:
    """The smallest element on the host: NaN if there is one."""
    values = x.asnumpy()
    return values.min() if values.size else 0.0


def has_nan(x: Array) -> bool:
    return x.dtype in FLOATS and bool(np.isnan(lowest(x)))


# ---- around a kernel -----------------------------------------------------------------------------------------------


def unary(function: Function, via: Via = WIDE, *, keeps: bool = True) -> Function:
    """The function of one array; `via` says which dtypes are computed in another one, and cast back if `keeps`."""

    def call(x: Array, **attrs: Any) -> Array:
        wide = via.get(x.dtype)
        if wide is None:
            return function(x, **attrs)
        out = function(ops.cast(x, wide), **attrs)
        return ops.cast(out, x.dtype) if keeps else out

    return call


def binary(function: Function, via: Via = WIDE, *, keeps: bool = True) -> Function:
    """The function of two arrays of one dtype, one of which may be a Python number."""

    def call(x: Any, y: Any) -> Array:
        if not isinstance(x, Tensor):
            x = constant(x, y.dtype)
        elif not isinstance(y, Tensor):
            y = constant(y, x.dtype)
        dtype = x.dtype
        wide = via.get(dtype)
        if wide is None:
            return function(x, y)
        out = function(ops.cast(x, wide), ops.cast(y, wide))
        return ops.cast(out, dtype) if keeps else out

    return call


def widened(function: Function, via: Via = WIDE) -> Function:
    """The function with arrays of a dtype without kernels in a wider one, and its floating result cast back."""

    def call(*arrays: Any, **attrs: Any) -> Array:
        narrow = next((a.dtype for a in arrays if isinstance(a, Tensor) and a.dtype in via), None)
        if narrow is None:
            return function(*arrays, **attrs)
        wide = via[narrow]
        out = function(
            *(ops.cast(a, wide) if isinstance(a, Tensor) and a.dtype == narrow else a for a in arrays), **attrs
        )
        return ops.cast(out, narrow) if out.dtype == wide else out

    return call


def explained(name: str, function: Function) -> Function:
    """The function, whose error for a dtype without a CPU kernel becomes a DTypeError."""

    def call(*arrays: Any, **attrs: Any) -> Any:
        try:
            return function(*arrays, **attrs)
        except (TypeError, RuntimeError) as cause:
            if isinstance(cause, UnifiedError) or not any(sign in str(cause) for sign in NO_KERNEL):
                raise
            given = ", ".join(OF_NATIVE[a.dtype].name for a in arrays if isinstance(a, Tensor))
            message = f"{name}: backend 'mindspore' has no CPU kernel for ({given}); cast, or use the backend 'numpy'"
            raise make(DTypeError, message) from cause

    return call


#: What MindSpore says of a dtype it has no kernel for.
NO_KERNEL = (
    "Unsupported data type",
    "Unsupported op [",
    "must be a type of",
    "must be in {",
    "the input type Tensor[",
    "does not support this kernel data type",
    "KernelMod Init Failed",
    "unsupported reduce operation",
    "cannot be bool",
)


def reason(error: Exception) -> str:
    """The first line of MindSpore's message that says something."""
    lines = (line.strip("- ").strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)
