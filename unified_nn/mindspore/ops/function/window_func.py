"""Convolutions and pools."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.layers import conv, pool
from unified_nn.mindspore.nn.layer.padding_mode import pad_mode as pads_of
from unified_nn.mindspore.nn.layer.pooling import from_zero, refuse_wide_pads, runtime_error
from unified_nn.mindspore.ops.arguments import tensor
from unified_nn.vocabulary.rules import spread

_NO_PARAMS: Any = {}


def _each(value: Any, rank: int, name: str, where: str) -> tuple[int, ...]:
    """One positive whole number per axis, from one for all or a tuple of them."""
    sizes = value if isinstance(value, (tuple, list)) else (value,)
    if not all(isinstance(s, int) and not isinstance(s, bool) for s in sizes):
        message = f"the '{name}' must be int or a tuple of them, but got {value!r}"
        raise make(ArgumentError, message, ValueError if "conv1d" in where else TypeError, f"mindspore.{where}")
    if any(s < 1 for s in sizes) or len(sizes) not in ((rank,) if isinstance(value, (tuple, list)) else (1,)):
        message = f"the '{name}' must be a positive int or {rank} of them, but got {value!r}"
        raise make(ArgumentError, message, ValueError, f"mindspore.{where}")
    return spread(value, rank, name)


def _sides(padding: Any, rank: int, where: str, count: int) -> tuple[tuple[int, int], ...]:
    """(lo, hi) per axis, from one number or `count` of them: one per axis, or two."""
    given = padding if isinstance(padding, (tuple, list)) else (padding,)
    if not all(isinstance(p, int) for p in given):
        message = f"the 'padding' must be int or a tuple of them, but got {padding!r}"
        raise make(ArgumentError, message, TypeError, f"mindspore.{where}")
    if any(p < 0 for p in given) or len(given) not in (1, count) or (len(given) == 1 and given is padding and rank > 1):
        message = f"the 'padding' must be an int of at least 0 or a tuple of {count} of them, but got {padding!r}"
        raise make(ArgumentError, message, ValueError, f"mindspore.{where}")
    flat = tuple(given) * (2 * rank if len(given) == 1 else 1)
    return tuple((p, p) for p in flat) if len(flat) == rank else tuple(zip(flat[::2], flat[1::2], strict=True))


# ---- convolutions --------------------------------------------------------------------------------------------------


def convolved(
    rank: int, x: Any, w: Any, b: Any, stride: Any, mode: str, padding: Any, dilation: Any, groups: int, where: str
) -> Any:
    """The convolution; padding is one number, or two per axis."""
    x, w = tensor(x, where), tensor(w, where)
    if x.ndim != rank + 2 or w.ndim != rank + 2:
        message = f"input {x.shape} and weight {w.shape} must both have {rank + 2} axes"
        base = IndexError if rank > 1 and x.ndim < 2 else ValueError
        raise make(ShapeError, message, base, f"mindspore.{where}")
    if not isinstance(groups, int) or groups < 1:
        kind = TypeError if not isinstance(groups, int) else ZeroDivisionError if groups == 0 else ValueError
        raise make(
            ArgumentError, f"the 'groups' must be a positive int, but got {groups!r}", kind, f"mindspore.{where}"
        )
    layer = conv.Conv(
        None, w.shape[0], w.shape[2:], _each(stride, rank, "stride", where),
        pads_of(rank).read({"pad_mode": mode, "padding": padding}), _each(dilation, rank, "dilation", where), groups,
    )  # fmt: skip
    return layer.forward({"w": w, "b": None if b is None else tensor(b, where)}, x)  # type: ignore[arg-type]


def _conv(rank: int, x: Any, w: Any, b: Any, stride: Any, mode: str, padding: Any, dilation: Any, groups: int) -> Any:
    """One number per axis for the padding of both ends, as the functions have it."""
    where = f"ops.conv{rank}d"
    sides = tuple(side for pair in _sides(padding, rank, where, rank) for side in pair)
    return convolved(rank, x, w, b, stride, mode, sides, dilation, groups, where)


def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, pad_mode: str = "valid", padding: Any = 0,
    dilation: Any = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """The convolution of input (N, C, L) with weight (K, C / groups, l)."""
    return _conv(1, input, weight, bias, stride, pad_mode, padding, dilation, groups)


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, pad_mode: str = "valid", padding: Any = 0,
    dilation: Any = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """The convolution of input (N, C, H, W) with weight (K, C / groups, h, w)."""
    return _conv(2, input, weight, bias, stride, pad_mode, padding, dilation, groups)


def conv3d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, pad_mode: str = "valid", padding: Any = 0,
    dilation: Any = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """The convolution of input (N, C, D, H, W) with weight (K, C / groups, d, h, w)."""
    return _conv(3, input, weight, bias, stride, pad_mode, padding, dilation, groups)


# ---- pools ---------------------------------------------------------------------------------------------------------


def _require_rank(x: Any, rank: int, where: str) -> Any:
    """x as a batch of samples with that many axes of space; the functions take no single sample."""
    found = tensor(x, where)
    if found.ndim != rank + 2:
        message = f"x must have {rank + 2} axes (batch, channels, and {rank} of space), but got {found.shape}"
        raise make(ShapeError, message, ValueError, f"mindspore.{where}")
    return found


def _max(rank: int, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, index: bool, ceil: bool) -> Any:
    where = f"ops.max_pool{rank}d"
    size = _each(kernel, rank, "kernel_size", where)
    step = size if stride is None else _each(stride, rank, "stride", where)
    layer = pool.MaxPool(
        size, step, _sides(padding, rank, where, rank), _each(dilation, rank, "dilation", where),
        "ceil_inside" if ceil else "floor", index,
    )  # fmt: skip
    refuse_wide_pads(layer, where)
    x = _require_rank(x, rank, where)
    return layer.forward(_NO_PARAMS, from_zero(x) if rank == 3 and x._dtype.kind in "iu" else x)


def max_pool2d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, return_indices: bool = False,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """The largest of each window; with return_indices also where it was."""
    return _max(2, x, kernel_size, stride, padding, dilation, return_indices, ceil_mode)


def max_pool3d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest of each window; with return_indices also where it was."""
    return _max(3, x, kernel_size, stride, padding, dilation, return_indices, ceil_mode)


def _avg(
    rank: int, x: Any, kernel: Any, stride: Any, padding: Any, ceil: bool, counted: bool, divisor: int | None = None
) -> Any:
    where = f"ops.avg_pool{rank}d"
    if rank == 1 and (isinstance(kernel, tuple) or isinstance(stride, tuple)):
        message = f"the 'kernel_size' and the 'stride' must be int, but got {kernel!r} and {stride!r}"
        raise make(ArgumentError, message, TypeError, f"mindspore.{where}")
    if divisor is not None and divisor < 0:
        message = f"the 'divisor_override' must be an int of at least 0, but got {divisor}"
        raise make(ArgumentError, message, ValueError, f"mindspore.{where}")
    layer = pool.AvgPool(
        _each(kernel, rank, "kernel_size", where), _each(stride, rank, "stride", where),
        _sides(padding, rank, where, 2 * rank if rank > 1 else 1), "ceil_inside" if ceil else "floor", counted, divisor or None,
    )  # fmt: skip
    refuse_wide_pads(layer, where)
    return runtime_error(layer.forward, _NO_PARAMS, _require_rank(x, rank, where))


def avg_pool1d(
    input_x: Any, kernel_size: int = 1, stride: int = 1, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """The mean of each window of (N, C, L)."""
    return _avg(1, input_x, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    input_x: Any, kernel_size: Any = 1, stride: Any = 1, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int = 0,
) -> Any:  # fmt: skip
    """The mean of each window of (N, C, H, W)."""
    return _avg(2, input_x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input_x: Any, kernel_size: Any = 1, stride: Any = 1, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int = 0,
) -> Any:  # fmt: skip
    """The mean of each window of (N, C, D, H, W)."""
    return _avg(3, input_x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def lp_pool1d(x: Any, norm_type: float, kernel_size: int, stride: Any = None, ceil_mode: bool = False) -> Any:
    """The root of the sum of the powers of each window of (N, C, L), or (C, L)."""
    return _module("LPPool1d", norm_type, kernel_size, stride, ceil_mode)(x)


def lp_pool2d(x: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """The root of the sum of the powers of each window of (N, C, H, W)."""
    return _module("LPPool2d", norm_type, kernel_size, stride, ceil_mode)(x)


def adaptive_avg_pool1d(input: Any, output_size: int) -> Any:
    """The means of `output_size` equal parts of (N, C, L)."""
    return _module("AdaptiveAvgPool1d", output_size)(input)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """The means of uneven bins that cover the image; None keeps an axis."""
    return _module("AdaptiveAvgPool2d", output_size)(input)


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Any:
    """The means of uneven bins that cover the volume; None keeps an axis."""
    return _module("AdaptiveAvgPool3d", output_size)(input)


def adaptive_max_pool1d(input: Any, output_size: int) -> Any:
    """The largest of `output_size` equal parts of (N, C, L)."""
    return _module("AdaptiveMaxPool1d", output_size)(input)


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest of uneven bins that cover the image; None keeps an axis."""
    return _module("AdaptiveMaxPool2d", output_size, return_indices)(input)


def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest of uneven bins that cover the volume."""
    return _module("AdaptiveMaxPool3d", output_size, return_indices)(input)


def _module(name: str, *args: Any) -> Any:
    """The layer that does what the function of its name does."""
    from unified_nn.mindspore.nn import layer

    return getattr(layer, name)(*args)


__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "adaptive_max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "conv1d", "conv2d", "conv3d", "lp_pool1d",
    "lp_pool2d", "max_pool2d", "max_pool3d",
]  # fmt: skip
