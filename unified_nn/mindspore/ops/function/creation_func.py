"""Making tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn import dtypes
from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, make
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.ops.arguments import shape_of, tensor, told
from unified_nn.ops import elementwise as el


def _canonical(dtype: Any, default: dtypes.DType, where: str) -> dtypes.DType:
    return default if dtype is None else mstype.to_canonical(dtype, f"{where}: dtype")


def full(size: Any, fill_value: Any, *, dtype: Any = None) -> Any:
    """One value everywhere."""
    value = fill_value._item() if isinstance(fill_value, core.Tensor) else fill_value
    if dtype is None and isinstance(value, float):
        message = f"fill_value={value} without a dtype becomes int64 in MindSpore 2.10; give dtype=mindspore.float32"
        raise make(ArgumentError, message, ValueError, "mindspore.ops.full")
    wanted = mstype.to_canonical(mstype.int64 if dtype is None else dtype, "ops.full: dtype")
    shape = shape_of(size, "ops.full")
    if -1 in shape:
        raise make(ArgumentError, f"sizes must not be negative, but got {shape}", ValueError, "mindspore.ops.full")
    return Tensor.from_numpy(np.full(shape, value).astype(wanted.numpy()), wanted)


def ones(shape: Any, dtype: Any = None) -> Any:
    """1 everywhere, float32 by default."""
    return full(shape, 1, dtype=dtype or mstype.float32)


def zeros(size: Any, dtype: Any = None) -> Any:
    """0 everywhere, float32 by default."""
    return full(size, 0, dtype=dtype or mstype.float32)


def fill(type: Any, shape: Any, value: Any) -> Any:
    """One value everywhere, of this dtype."""
    return full(shape, value, dtype=type)


@told
def full_like(input: Any, fill_value: Any, *, dtype: Any = None) -> Any:
    """One value everywhere, in the shape and dtype of input."""
    x = tensor(input, "ops.full_like")
    return el.full_like(x, value=fill_value, dtype=_canonical(dtype, x._dtype, "ops.full_like"))


def ones_like(input: Any, *, dtype: Any = None) -> Any:
    """1 everywhere, in the shape and dtype of input."""
    return full_like(input, 1, dtype=dtype)


def zeros_like(input: Any, *, dtype: Any = None) -> Any:
    """0 everywhere, in the shape and dtype of input."""
    return full_like(input, 0, dtype=dtype)


@told
def arange(start: Any = 0, end: Any = None, step: Any = 1, *, dtype: Any = None) -> Any:
    """start, start + step, ... below end; int64 where all three are integers, else float32."""
    low, high = (0, start) if end is None else (start, end)
    values = np.arange(low, high, step)
    default = dtypes.int64 if values.dtype.kind in "iu" else dtypes.float32
    wanted = _canonical(dtype, default, "ops.arange")
    return Tensor.from_numpy(values.astype(wanted.numpy()), wanted)


def linspace(start: Any, end: Any, steps: int) -> Any:
    """`steps` evenly spaced numbers from start to end, both included."""
    low, high = (float(v) for v in (start, end))
    return Tensor.from_numpy(np.linspace(low, high, int(steps)).astype(np.float32))


@told
def eye(n: int, m: int | None = None, dtype: Any = None) -> Any:
    """1 on the diagonal, 0 elsewhere."""
    wanted = _canonical(dtype, dtypes.float32, "ops.eye")
    return Tensor.from_numpy(np.eye(n, m).astype(wanted.numpy()), wanted)


__all__ = [
    "arange", "eye", "fill", "full", "full_like", "linspace", "ones", "ones_like", "zeros", "zeros_like",
]  # fmt: skip
