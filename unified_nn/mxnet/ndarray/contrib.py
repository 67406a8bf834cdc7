"""`nd.contrib`: the functions that real code uses most."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from unified_nn.dtypes import float64
from unified_nn.errors import ArgumentError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.attention import (  # noqa: F401  offered under this module's name
    interleaved_matmul_encdec_qk,
    interleaved_matmul_encdec_valatt,
    interleaved_matmul_selfatt_qk,
    interleaved_matmul_selfatt_valatt,
)
from unified_nn.mxnet.ndarray.function import define
from unified_nn.ops.elementwise import cast, div
from unified_nn.ops.linalg import matmul
from unified_nn.ops.pool import adaptive_avg_pool
from unified_nn.ops.shape import swapaxes
from unified_nn.tensor import Tensor


@define("_contrib_arange_like")
def arange_like(
    data: Tensor, start: float = 0.0, step: float = 1.0, repeat: int = 1, axis: int | None = None
) -> Tensor:
    """start, start + step, ... in the shape of data, or as long as one of its axes."""
    if axis is not None and not -data.ndim <= axis < data.ndim:
        raise failure(ArgumentError, "arange_like", f"axis={axis} is out of range for shape {data._shape}")
    shape = data._shape if axis is None else (data._shape[axis],)
    count = math.prod(shape)
    values = (start + step * np.repeat(np.arange(-(-count // repeat)), repeat)[:count]).reshape(shape)
    return type(data)._face.from_numpy(values, data._dtype, data.backend, data._device)


@define("_contrib_div_sqrt_dim")
def div_sqrt_dim(data: Tensor) -> Tensor:
    """data / sqrt(size of the last axis); for integers all numbers are cut off."""
    root = math.sqrt(data._shape[-1])
    if data._dtype.kind == "f":
        return div(data, root)
    return cast(div(cast(data, dtype=float64), int(root)), dtype=data._dtype)


@define("_contrib_AdaptiveAvgPooling2D")
def AdaptiveAvgPooling2D(data: Tensor, output_size: Any = 1) -> Tensor:  # noqa: N802
    """The means of uneven bins that cover height and width."""
    size = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    return adaptive_avg_pool(data, size=tuple(size) * (2 // len(size)))


@define("_contrib_BilinearResize2D")
def BilinearResize2D(  # noqa: N802
    data: Tensor, height: int | None = None, width: int | None = None, mode: str = "size", align_corners: bool = True,
    **others: Any,
) -> Tensor:  # fmt: skip
    """Height and width interpolated linearly; by default the corners stay where they are."""
    if mode != "size" or others or height is None or width is None:
        message = f"only height and width are offered, got mode={mode!r}, {sorted(others)}"
        raise failure(ArgumentError, "BilinearResize2D", message)
    rows = _weights(data._shape[2], height, align_corners)
    columns = _weights(data._shape[3], width, align_corners)
    across = matmul(data, _matrix(columns.T, data))
    return swapaxes(matmul(swapaxes(across, 2, 3), _matrix(rows.T, data)), 2, 3)


def _matrix(values: np.ndarray[Any, Any], like: Tensor) -> Tensor:
    return Tensor.from_numpy(values, like._dtype, like.backend, like._device)


def _weights(length: int, wanted: int, align_corners: bool) -> np.ndarray[Any, Any]:
    """How much each source value counts for each place of the result."""
    if align_corners:
        at = np.arange(wanted) * ((length - 1) / (wanted - 1) if wanted > 1 else 0.0)
    else:
        at = np.maximum((np.arange(wanted) + 0.5) * (length / wanted) - 0.5, 0.0)
    low = np.minimum(at.astype(int), length - 1)
    part = at - low
    table = np.zeros((wanted, length))
    table[np.arange(wanted), low] += 1 - part
    table[np.arange(wanted), np.minimum(low + 1, length - 1)] += part
    return table


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    message = f"mxnet.nd.contrib.{name} is not offered by unified_nn"
    raise failure(ArgumentError, "contrib", message, AttributeError)
