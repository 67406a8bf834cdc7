"""Functions of pictures: other sizes, and normalisation across channels."""

from __future__ import annotations

import math
from typing import Any

from unified_nn.errors import ArgumentError, NotOfferedError, ShapeError, make
from unified_nn.mindspore.ops.arguments import floating, one_of, tensor
from unified_nn.ops import norm
from unified_nn.ops.resize import resize_linear, resize_nearest

#: mode -> the ranks that it takes
_RANKS = {
    "nearest": (3, 4, 5), "linear": (3,), "bilinear": (4,), "bicubic": (4,), "area": (3, 4, 5), "nearest-exact": (3, 4),
    "trilinear": (5,),
}  # fmt: skip
_OFFERED = ("nearest", "linear", "bilinear")
_WHERE = "mindspore.ops.interpolate"


def interpolate(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Any:  # fmt: skip
    """The spatial axes of input (N, C, *S) with another size: the nearest value before, or between the neighbours."""
    x = tensor(input, "ops.interpolate")
    if size is not None and scale_factor is not None:
        raise make(ArgumentError, "'size' and 'scale_factor' cannot be set simultaneously", ValueError, _WHERE)
    if size is None and scale_factor is None:
        raise make(ArgumentError, "'size' and 'scale_factor' cannot be both empty", ValueError, _WHERE)
    one_of("mode", mode, tuple(_RANKS), "ops.interpolate")
    if x.ndim not in _RANKS[mode]:
        raise make(ShapeError, f"{mode} only supports {_RANKS[mode]}D, but got {x.ndim}D", ValueError, _WHERE)
    if mode not in _OFFERED:
        raise make(NotOfferedError, f"mode={mode!r} is not offered; {', '.join(_OFFERED)} are", None, _WHERE)
    if mode == "nearest" and align_corners is not None:
        raise make(ArgumentError, f"'align_corners' cannot be set with mode={mode!r}", ValueError, _WHERE)
    if size is None:
        if not recompute_scale_factor:
            message = f"'scale_factor' cannot be set with mode={mode!r}; give recompute_scale_factor=True, or the size"
            raise make(ArgumentError, message, ValueError, _WHERE)
        factors = _per_axis(scale_factor, x.ndim - 2, "scale_factor", (int, float))
        size = tuple(math.floor(n * factor) for n, factor in zip(x.shape[2:], factors, strict=True))
    elif recompute_scale_factor:
        message = "recompute_scale_factor=True goes with 'scale_factor', not with an explicit 'size'"
        raise make(ArgumentError, message, ValueError, _WHERE)
    wanted = _per_axis(size, x.ndim - 2, "size", int)
    if mode == "nearest":
        return resize_nearest(x, size=wanted)
    return resize_linear(x, size=wanted, align_corners=bool(align_corners))


def _per_axis(value: Any, count: int, name: str, kinds: Any) -> tuple[Any, ...]:
    found = tuple(value) if isinstance(value, (list, tuple)) else (value,) * count
    if len(found) != count:
        message = f"'input' and '{name}' must have the same spatial dimensions, but got {count} and {len(found)}"
        raise make(ShapeError, message, ValueError, _WHERE)
    for v in found:
        if not isinstance(v, kinds) or isinstance(v, bool):
            raise make(ArgumentError, f"the '{name}' must be a number, but got {v!r}", TypeError, _WHERE)
        if v <= 0:
            raise make(ArgumentError, f"the '{name}' must be > 0, but got {v!r}", ValueError, _WHERE)
    return found


def lrn(
    x: Any, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5,
    norm_region: str = "ACROSS_CHANNELS",
) -> Any:  # fmt: skip
    """x / (bias + alpha * sum of x ** 2) ** beta over depth_radius channels to both sides, for x (N, C, H, W)."""
    check_lrn(depth_radius, bias, alpha, beta, norm_region)
    found = floating(x, "ops.lrn")
    if found.ndim != 4:
        raise make(ShapeError, f"the rank of input must be equal to 4, but got {found.ndim}", ValueError, "LRN")
    window = (depth_radius, depth_radius)
    return norm.local_response_norm(found, window=window, alpha=alpha, beta=beta, k=bias)


def check_lrn(depth_radius: Any, bias: Any, alpha: Any, beta: Any, norm_region: Any) -> None:
    """Refuse what MindSpore's LRN refuses."""
    kinds = {"depth_radius": int, "bias": float, "alpha": float, "beta": float, "norm_region": str}
    for (name, kind), value in zip(kinds.items(), (depth_radius, bias, alpha, beta, norm_region), strict=True):
        if type(value) is not kind:
            message = f"the type of '{name}' should be '{kind.__name__}', but got {value!r}"
            raise make(ArgumentError, message, TypeError, "mindspore.ops.lrn")
    if depth_radius < 0:
        raise make(
            ArgumentError, f"'depth_radius' must be >= 0, but got {depth_radius}", ValueError, "mindspore.ops.lrn"
        )
    one_of("norm_region", norm_region, ("ACROSS_CHANNELS",), "ops.lrn")


__all__ = ["interpolate", "lrn"]
