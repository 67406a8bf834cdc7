"""Functions of pictures: moving values between channels and space, and other sizes."""

from __future__ import annotations

import math
from typing import Any, cast

from unified_nn.errors import ArgumentError, NotOfferedError, ShapeError, make
from unified_nn.ops.resize import resize_linear, resize_nearest
from unified_nn.torch import graph
from unified_nn.torch.define import define
from unified_nn.torch.tensor import Tensor

_SMOOTH = ("linear", "bilinear", "bicubic", "trilinear")
#: mode -> the rank of its input
_LINEAR = {"linear": 3, "bilinear": 4, "trilinear": 5}
_MODES = ("nearest", "area", "nearest-exact", "lanczos", *_SMOOTH)


def _channels_and_space(name: str, input: Tensor, factor: int, what: str) -> tuple[tuple[int, ...], int, int, int]:
    """(batch axes, channels, height, width) of a picture."""
    if input.ndim < 3:
        message = f"expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        raise input._error(ShapeError, name, message)
    if factor <= 0:
        raise input._error(ArgumentError, name, f"expects a positive {what}, but got {factor}")
    *batch, channels, height, width = input._shape
    return tuple(batch), channels, height, width


@define("PixelShuffleBackward0", function=False, method=False)
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """(*, C * r**2, H, W) -> (*, C, H * r, W * r) (arXiv:1609.05158)."""
    r = upscale_factor
    batch, channels, height, width = _channels_and_space("pixel_shuffle", input, r, "upscale_factor")
    if channels % (r * r):
        message = f"expects the number of channels ({channels}) to be divisible by the square of upscale_factor ({r})"
        raise input._error(ShapeError, "pixel_shuffle", message)
    b = len(batch)
    parts = cast(Any, input).reshape(*batch, channels // (r * r), r, r, height, width)
    moved = parts.permute(*range(b), b, b + 3, b + 1, b + 4, b + 2)
    return cast(Tensor, moved.reshape(*batch, channels // (r * r), height * r, width * r))


@define("PixelUnshuffleBackward0", function=False, method=False)
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """(*, C, H * r, W * r) -> (*, C * r**2, H, W)."""
    r = downscale_factor
    batch, channels, height, width = _channels_and_space("pixel_unshuffle", input, r, "downscale_factor")
    if height % r or width % r:
        message = f"expects height and width {(height, width)} to be divisible by downscale_factor ({r})"
        raise input._error(ShapeError, "pixel_unshuffle", message)
    b = len(batch)
    parts = cast(Any, input).reshape(*batch, channels, height // r, r, width // r, r)
    moved = parts.permute(*range(b), b, b + 2, b + 4, b + 1, b + 3)
    return cast(Tensor, moved.reshape(*batch, channels * r * r, height // r, width // r))


@define("ChannelShuffleBackward0", function=False, method=False)
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """The channels of the groups in turn (arXiv:1707.01083)."""
    if input.ndim < 3:
        message = f"expects input with > 2 dims, but got input with sizes {list(input._shape)}"
        raise input._error(ShapeError, "channel_shuffle", message)
    channels = input._shape[1]
    if groups <= 0 or channels % groups:
        message = f"Number of channels must be divisible by groups. Got {channels} channels and {groups} groups."
        raise input._error(ShapeError, "channel_shuffle", message)
    split = cast(Any, input).reshape(input._shape[0], groups, channels // groups, *input._shape[2:])
    return cast(Tensor, split.transpose(1, 2).reshape(input._shape))


def _per_axis(name: str, value: Any, input: Tensor) -> tuple[Any, ...]:
    count = input.ndim - 2
    if not isinstance(value, (list, tuple)):
        return (value,) * count
    if len(value) != count:
        message = (
            f"Input and {name} must have the same number of spatial dimensions, but got input with spatial dimensions "
            f"of {list(input._shape[2:])} and {name} of shape {value}"
        )
        raise make(ArgumentError, message, ValueError, "interpolate")
    return tuple(value)


@define(function=False, method=False)
def interpolate(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Tensor:  # fmt: skip
    """The spatial axes with another size: from the nearest value before ("nearest"), or between the neighbours."""
    if size is None and scale_factor is None:
        raise make(ArgumentError, "either size or scale_factor should be defined", ValueError, "interpolate")
    if size is not None and scale_factor is not None:
        raise make(ArgumentError, "only one of size or scale_factor should be defined", ValueError, "interpolate")
    if mode in _MODES[:4] and align_corners is not None:
        message = (
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
        raise make(ArgumentError, message, ValueError, "interpolate")
    linear = _LINEAR.get(mode) == input.ndim
    if not (mode == "nearest" and input.ndim in (3, 4, 5)) and not linear:
        message = (
            f"mode={mode!r} with {input.ndim}D input is not offered; mode='nearest' with 3D, 4D and 5D input, 'linear' "
            "with 3D, 'bilinear' with 4D and 'trilinear' with 5D input are"
        )
        raise make(NotOfferedError, message, NotImplementedError, "interpolate")
    if antialias and mode != "bilinear":
        raise make(ArgumentError, "antialias is for the modes bilinear and bicubic only", ValueError, "interpolate")
    if antialias:
        raise make(NotOfferedError, "antialias=True is not offered", None, "interpolate")
    scales: tuple[Any, ...] = (None,) * (input.ndim - 2)
    if size is not None:
        sizes = tuple(int(s) for s in _per_axis("output size", size, input))
    else:
        given = _per_axis("scale_factor", scale_factor, input)
        sizes = tuple(math.floor(float(n) * float(s)) for n, s in zip(input._shape[2:], given, strict=True))
        scales = scales if recompute_scale_factor else given
    if min(sizes) <= 0 or 0 in input._shape[1:]:
        message = (
            f"Input and output sizes should be greater than 0, but got input {list(input._shape)} and sizes {sizes}"
        )
        raise input._error(ShapeError, "interpolate", message)
    if linear:
        out: Any = resize_linear(input, size=sizes, align_corners=bool(align_corners), scales=scales)
        kind = f"Upsample{mode.capitalize()}{input.ndim - 2}DBackward0"
        return cast(Tensor, graph.label(out, kind, graph.edges([input])))
    out = resize_nearest(input, size=sizes, scales=scales)
    return cast(Tensor, graph.label(out, f"UpsampleNearest{input.ndim - 2}DBackward0", graph.edges([input])))
