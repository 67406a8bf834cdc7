"""Functions that make arrays: float32 unless a dtype is given."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from unified_nn import memory
from unified_nn.errors import ArgumentError, InputTypeError, ShapeError, TooLargeError
from unified_nn.mxnet.base import MXNetError, failure
from unified_nn.mxnet.context import Context
from unified_nn.mxnet.dtypes import resolve
from unified_nn.mxnet.ndarray.function import define
from unified_nn.mxnet.ndarray.ndarray import NDArray, place
from unified_nn.tensor import Tensor

#: How many elements no array reaches.
MOST: Final = 2**31 - 1


def shape_of(title: str, shape: Any) -> tuple[int, ...]:
    """A shape without axes of size 0, which MXNet takes for unknown."""
    wanted = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if any(not isinstance(size, (int, np.integer)) or size < 1 for size in wanted):
        raise failure(ShapeError, title, f"shape {wanted} must be positive whole numbers; MXNet has no empty arrays")
    found = tuple(int(size) for size in wanted)
    check_size(title, found)
    return found


def check_size(title: str, shape: tuple[int, ...]) -> None:
    """MXNet numbers elements with 32 bits."""
    if math.prod(shape) >= MOST:
        message = f"an array of shape {shape} has {math.prod(shape)} elements, MXNet takes less than {MOST}"
        raise failure(TooLargeError, title, message)
    memory.check(shape, op=title, base=MXNetError)


@define("array")
def array(source_array: Any, ctx: Context | None = None, dtype: object = None) -> NDArray:
    """An array with the values of a list, a NumPy array or an NDArray; float32, or an NDArray's own dtype."""
    if isinstance(source_array, Tensor):
        wanted = source_array._dtype if dtype is None else resolve(dtype)
        return place(source_array.numpy(), wanted, ctx)
    if isinstance(source_array, (list, tuple)) and any(isinstance(part, Tensor) for part in source_array):
        message = "source_array must be array like; join NDArrays with nd.stack or nd.concat"
        raise failure(InputTypeError, "array", message, TypeError)
    try:
        values = np.asarray(source_array)
    except ValueError as error:
        raise failure(InputTypeError, "array", f"source_array must be array like: {error}", TypeError) from None
    if values.dtype.kind not in "biufcV":
        message = f"source_array must be array like, got {type(source_array).__name__}"
        raise failure(InputTypeError, "array", message, TypeError)
    wanted = resolve(dtype)
    return place(values.astype(wanted.numpy()), wanted, ctx)


@define("empty")
def empty(shape: Any, ctx: Context | None = None, dtype: object = None, stype: str | None = None) -> NDArray:
    """An array whose values do not matter; here they are 0."""
    return zeros(shape, ctx, dtype, stype)  # type: ignore[no-any-return]


@define("zeros")
def zeros(shape: Any, ctx: Context | None = None, dtype: object = None, stype: str | None = None) -> NDArray:
    """Zeros of the shape."""
    if stype not in (None, "default"):
        raise failure(ArgumentError, "zeros", f"stype={stype!r} is not offered; arrays are dense ('default')")
    return full(shape, 0, ctx, dtype)  # type: ignore[no-any-return]


@define("ones")
def ones(shape: Any, ctx: Context | None = None, dtype: object = None) -> NDArray:
    """Ones of the shape."""
    return full(shape, 1, ctx, dtype)  # type: ignore[no-any-return]


@define("full")
def full(shape: Any, val: float, ctx: Context | None = None, dtype: object = None) -> NDArray:
    """One value in every place."""
    wanted = resolve(dtype)
    return place(np.full(shape_of("full", shape), val).astype(wanted.numpy()), wanted, ctx)


@define("arange")
def arange(
    start: float, stop: float | None = None, step: float = 1.0, repeat: int = 1, infer_range: bool | None = None,
    ctx: Context | None = None, dtype: object = None,
) -> NDArray:  # fmt: skip
    """start, start + step, ... below stop, each `repeat` times."""
    if infer_range:
        raise failure(ArgumentError, "arange", "infer_range=True is not offered; give stop")
    low, high = (0, start) if stop is None else (start, stop)
    wanted = resolve(dtype)
    values = np.repeat(np.arange(low, high, step), repeat)
    shape_of("arange", values.shape)
    return place(values.astype(wanted.numpy()), wanted, ctx)


@define("linspace")
def linspace(
    start: float, stop: float, num: int, endpoint: bool = True, ctx: Context | None = None, dtype: object = None
) -> NDArray:
    """num evenly spaced values from start to stop."""
    wanted = resolve(dtype)
    return place(np.linspace(start, stop, num, endpoint).astype(wanted.numpy()), wanted, ctx)


@define("eye")
def eye(N: int, M: int = 0, k: int = 0, ctx: Context | None = None, dtype: object = None) -> NDArray:  # noqa: N803
    """1 on the k-th diagonal of an N x M matrix (M = 0: N x N)."""
    return place(np.eye(N, M or None, k), resolve(dtype), ctx)


@define("from_numpy")
def from_numpy(ndarray: Any, zero_copy: bool = True) -> NDArray:
    """An array with the values and dtype of a NumPy array. Memory is never shared: zero_copy must be False."""
    if zero_copy:
        raise failure(ArgumentError, "from_numpy", "zero_copy=True is not offered; give zero_copy=False")
    return place(ndarray, resolve(ndarray.dtype), None)


@define("histogram")
def histogram(a: Tensor, bins: Any = 10, range: Any = None) -> tuple[NDArray, NDArray]:
    """How many values fall into each bin, and the bins' bounds."""
    given = bins.numpy() if isinstance(bins, Tensor) else bins
    counts, edges = np.histogram(a.numpy(), given, range)
    return place(counts, a._dtype, None), place(edges, a._dtype, None)


@define("waitall")
def waitall() -> None:
    """Return once everything has been computed."""
    from unified_nn import registry

    registry.current().synchronize()
