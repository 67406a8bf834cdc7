"""`nd.contrib`: the functions that real code uses most."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from unified_nn.dtypes import float64
from unified_nn.errors import ArgumentError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.function import FUNCTIONS, define
from unified_nn.ops.elementwise import cast, div
from unified_nn.ops.pool import adaptive_avg_pool
from unified_nn.ops.resize import resize_linear
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
    data: Tensor, like: Tensor | None = None, height: int = 1, width: int = 1, scale_height: float | None = None,
    scale_width: float | None = None, mode: str = "size", align_corners: bool = True,
) -> Tensor:  # fmt: skip
    """Height and width interpolated linearly, to sizes, by scales, or to the sizes of another array (mode="like").

    By default the corners stay where they are.
    """
    if mode == "like" and like is not None:
        height, width = like._shape[2:4]
    elif mode != "size":
        raise failure(ArgumentError, "BilinearResize2D", f"mode={mode!r} is not offered; use size, or like")
    elif scale_height is not None and scale_width is not None:
        height, width = int(data._shape[2] * scale_height), int(data._shape[3] * scale_width)
    return resize_linear(data, size=(height, width), align_corners=align_corners)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if f"_contrib_{name}" in FUNCTIONS:  # those of other families
        return FUNCTIONS[f"_contrib_{name}"]
    message = f"mxnet.nd.contrib.{name} is not offered by unified_nn"
    raise failure(ArgumentError, "contrib", message, AttributeError)
