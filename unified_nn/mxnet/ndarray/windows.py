"""Functions over windows: convolutions and pools."""

from __future__ import annotations

from typing import Any

from unified_nn.dtypes import float32
from unified_nn.errors import ArgumentError, ShapeError
from unified_nn.layers import pool
from unified_nn.layers.pads import Pads
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.function import define
from unified_nn.mxnet.ndarray.layers import NO_PARAMETERS, inputs
from unified_nn.mxnet.ndarray.pending import settled
from unified_nn.ops import conv as conv_ops
from unified_nn.ops import elementwise as ops
from unified_nn.ops.shape import transpose
from unified_nn.tensor import Tensor

Ints = tuple[int, ...]

#: rank -> the layout that is computed, and the one with the channels at the end.
LAYOUTS = {1: "NCW", 2: "NCHW", 3: "NCDHW"}
LAST = {1: "NWC", 2: "NHWC", 3: "NDHWC"}


def entries(title: str, name: str, value: Any, rank: int, default: int, lowest: int) -> Ints:
    """One whole number per axis; nothing, or (), means the default."""
    found = tuple(value) if isinstance(value, (tuple, list)) else () if value is None else (value,)
    found = found or (default,) * rank
    if len(found) != rank or not all(isinstance(v, int) and v >= lowest for v in found):
        message = f"{name}={value!r}, expected {rank} whole numbers of at least {lowest}, one for each axis of space"
        raise failure(ArgumentError, title, message)
    return found


def both(pads: Ints) -> Pads:
    """The same padding on both sides."""
    return tuple((p, p) for p in pads)


def check_transposed(title: str, stride: Ints, dilate: Ints, adj: Ints) -> None:
    """What MXNet's transposed convolution does not do."""
    if any(a >= s for a, s in zip(adj, stride, strict=True)):
        raise failure(ArgumentError, title, f"adj={adj} (output_padding) must be smaller than stride={stride}")
    if len(dilate) == 3 and set(dilate) != {1}:
        raise failure(ArgumentError, title, f"dilate={dilate}: a transposed convolution of 3 axes has no dilation")


def check_groups(title: str, groups: Any, **channels: int) -> None:
    """The groups must be at least one, and divide the channels that are known."""
    if not isinstance(groups, int) or groups < 1:
        raise failure(ArgumentError, title, f"num_group={groups!r}, expected a whole number of at least 1")
    for name, count in channels.items():
        if count % groups:
            raise failure(ArgumentError, title, f"{name}={count} is not divisible by num_group={groups}")


def check_layout(title: str, layout: Any, rank: int) -> None:
    """MXNet's convolutions of channels at the end run on GPUs only."""
    if layout not in (None, LAYOUTS[rank]):
        message = f"layout={layout!r} is not computed on the CPU; use {LAYOUTS[rank]!r} and transpose the data"
        raise failure(ArgumentError, title, message)


def _require_rank(title: str, data: Tensor, rank: int) -> None:
    _refuse_empty(title, data)
    if data.ndim != rank + 2 or rank not in LAYOUTS:
        message = f"data has shape {data._shape}, expected {rank + 2} axes (batch, channels, and {rank} of space)"
        raise failure(ShapeError, title, message)


def _refuse_empty(title: str, data: Tensor) -> None:
    if 0 in data._shape:
        raise failure(ShapeError, title, f"data has shape {data._shape}; MXNet takes 0 for unknown")


def _kernel(title: str, kernel: Any) -> Ints:
    """A window's sizes; one number is a window along one axis."""
    found = tuple(kernel) if isinstance(kernel, (tuple, list)) else (kernel,)
    return entries(title, "kernel", found, len(found), 0, 1)


def _require_weight(title: str, data: Tensor, weight: Tensor, shape: Ints, groups: int) -> None:
    if weight._shape != shape:
        message = f"weight has shape {weight._shape}, expected {shape}; data {data._shape}, num_group={groups}"
        raise failure(ShapeError, title, message)


@define("Convolution")
def convolution(
    data: Tensor, weight: Tensor, bias: Tensor | None = None, kernel: Any = (), stride: Any = (), dilate: Any = (),
    pad: Any = (), num_filter: int = 0, num_group: int = 1, workspace: int = 1024, no_bias: bool = False,
    cudnn_tune: Any = None, cudnn_off: bool = False, layout: str | None = None,
) -> Tensor:  # fmt: skip
    """Cross-correlation of data (N, C, *S) with weight (num_filter, C / num_group, *kernel), plus bias."""
    kernel = _kernel("Convolution", kernel)
    rank = len(kernel)
    _require_rank("Convolution", data, rank)
    check_layout("Convolution", layout, rank)
    check_groups("Convolution", num_group, channels=data._shape[1], num_filter=num_filter)
    shape = (num_filter, data._shape[1] // num_group, *kernel)
    weight, bias = settled(weight, shape), settled(bias, (num_filter,))
    _require_weight("Convolution", data, weight, shape, num_group)
    return conv_ops.conv(
        data, weight, inputs("Convolution", weight, bias, no_bias),
        stride=entries("Convolution", "stride", stride, rank, 1, 1),
        pads=both(entries("Convolution", "pad", pad, rank, 0, 0)),
        dilation=entries("Convolution", "dilate", dilate, rank, 1, 1), groups=num_group,
    )  # fmt: skip


@define("Deconvolution")
def deconvolution(
    data: Tensor, weight: Tensor, bias: Tensor | None = None, kernel: Any = (), stride: Any = (), dilate: Any = (),
    pad: Any = (), adj: Any = (), target_shape: Any = (), num_filter: int = 0, num_group: int = 1,
    workspace: int = 512, no_bias: bool = True, cudnn_tune: Any = None, cudnn_off: bool = False,
    layout: str | None = None,
) -> Tensor:  # fmt: skip
    """The transpose of Convolution: weight (C, num_filter / num_group, *kernel).

    target_shape  the spatial size of the output, from which pad and adj are worked out
    """
    title = "Deconvolution"
    kernel = _kernel(title, kernel)
    rank = len(kernel)
    _require_rank(title, data, rank)
    check_layout(title, layout, rank)
    check_groups(title, num_group, channels=data._shape[1], num_filter=num_filter)
    steps, spaces = entries(title, "stride", stride, rank, 1, 1), entries(title, "dilate", dilate, rank, 1, 1)
    if target_shape:
        target = entries(title, "target_shape", target_shape, rank, 0, 1)
        pads, extra = _fitted(data, kernel, steps, spaces, target)
    else:
        pads, extra = entries(title, "pad", pad, rank, 0, 0), entries(title, "adj", adj, rank, 0, 0)
    check_transposed(title, steps, spaces, extra)
    shape = (data._shape[1], num_filter // num_group, *kernel)
    weight, bias = settled(weight, shape), settled(bias, (num_filter,))
    _require_weight(title, data, weight, shape, num_group)
    return conv_ops.conv_transpose(
        data, weight, inputs(title, weight, bias, no_bias), stride=steps, pads=both(pads), extra=extra,
        dilation=spaces, groups=num_group,
    )  # fmt: skip


def _fitted(data: Tensor, kernel: Ints, stride: Ints, dilate: Ints, target: Ints) -> tuple[Ints, Ints]:
    """The padding and the addition at the end that make the output as large as the target."""
    full = [
        (size - 1) * s + d * (k - 1) + 1 for size, s, d, k in zip(data._shape[2:], stride, dilate, kernel, strict=True)
    ]
    surplus = [f - t for f, t in zip(full, target, strict=True)]
    if min(surplus) < 0:
        message = f"target_shape={target} is larger than the whole output {tuple(full)}; data {data._shape}"
        raise failure(ShapeError, "Deconvolution", message)
    return tuple((s + 1) // 2 for s in surplus), tuple(s % 2 for s in surplus)


# ---- pools ---------------------------------------------------------------------------------------------------------

_ROUNDING: dict[str, pool.Rounding] = {"valid": "floor", "full": "ceil"}
_KINDS = ("max", "avg", "sum", "lp")


@define("Pooling")
def pooling(
    data: Tensor, kernel: Any = (), pool_type: str = "max", global_pool: bool = False, cudnn_off: bool = False,
    pooling_convention: str = "valid", stride: Any = (), pad: Any = (), p_value: int | None = None,
    count_include_pad: bool = True, layout: str | None = None,
) -> Tensor:  # fmt: skip
    """The max, avg, sum or root of the sum of powers ("lp") of each window of data (N, C, *S), or of all of it."""
    _refuse_empty("Pooling", data)
    rank = data.ndim - 2
    if rank not in LAYOUTS or layout not in (None, LAYOUTS[rank], LAST[rank]):
        message = f"layout={layout!r} does not go with data of shape {data._shape}; LAYOUTS are {LAYOUTS} and {LAST}"
        raise failure(ArgumentError, "Pooling", message)
    if pool_type not in _KINDS or pooling_convention not in _ROUNDING:
        message = f"pool_type={pool_type!r}, expected {', '.join(_KINDS)}; "
        message += f"pooling_convention={pooling_convention!r}, expected {', '.join(_ROUNDING)}"
        raise failure(ArgumentError, "Pooling", message)
    if pool_type == "lp" and p_value not in (1, 2, 3):
        raise failure(ArgumentError, "Pooling", f"p_value={p_value!r}, expected 1, 2 or 3 with pool_type='lp'")
    x = channels_first(data) if layout == LAST[rank] else data
    if global_pool:
        if kernel and len(_kernel("Pooling", kernel)) != rank:
            raise failure(ArgumentError, "Pooling", f"kernel={kernel} does not go with data of shape {data._shape}")
        window = _Window(x._shape[2:], (1,) * rank, both((0,) * rank), "floor")
    else:
        sizes = _kernel("Pooling", kernel)
        _require_rank("Pooling", x, len(sizes))
        pads = entries("Pooling", "pad", leading(pad, rank), rank, 0, 0)
        if pool_type in ("max", "avg"):
            check_pool("Pooling", x, sizes, pads, is_last=x is not data)
        steps = entries("Pooling", "stride", leading(stride, rank), rank, 1, 1)
        window = _Window(sizes, steps, both(pads), _ROUNDING[pooling_convention])
    out = window.pooled(x, pool_type, p_value, count_include_pad)
    return channels_last(out) if x is not data else out


def leading(value: Any, rank: int) -> Any:
    """The first entries: MXNet's pooling looks at no others."""
    return value[:rank] if isinstance(value, (tuple, list)) else value


def check_pool(title: str, x: Tensor, kernel: Ints, pad: Ints, *, is_last: bool) -> None:
    """Every window must reach into the data, where oneDNN pools: float32 with the channels first."""
    if is_last or x._dtype is not float32:
        return
    if any(p >= k for p, k in zip(pad, kernel, strict=True)):
        raise failure(ArgumentError, title, f"pad={pad} must be smaller than kernel={kernel}")


def channels_first(x: Tensor) -> Tensor:
    """(N, *S, C) as (N, C, *S)."""
    return transpose(x, axes=(0, x.ndim - 1, *range(1, x.ndim - 1)))


def channels_last(x: Tensor) -> Tensor:
    """(N, C, *S) as (N, *S, C)."""
    return transpose(x, axes=(0, *range(2, x.ndim), 1))


class _Window:
    """Where the windows are."""

    def __init__(self, kernel: Ints, stride: Ints, pads: Pads, rounding: pool.Rounding) -> None:
        self.place = kernel, stride, pads
        self.rounding = rounding

    def pooled(self, x: Tensor, kind: str, power: int | None, counted: bool) -> Tensor:
        if kind == "max":
            layer = pool.MaxPool(*self.place, (1,) * len(self.place[0]), self.rounding)
            out = layer.forward(NO_PARAMETERS, x)
            assert isinstance(out, Tensor)
            return out
        if kind == "lp" and power is not None:
            return _root(self.pooled(_power(x, power), "sum", None, True), power)
        divisor = 1 if kind == "sum" else None
        return pool.AvgPool(*self.place, self.rounding, counted, divisor).forward(NO_PARAMETERS, x)


def _power(x: Tensor, power: int) -> Tensor:
    return x if power == 1 else ops.pow_(x, power)


def _root(x: Tensor, power: int) -> Tensor:
    """The root; the third one also of negative numbers."""
    if power == 3:
        return ops.mul(ops.sign(x), ops.pow_(ops.abs_(x), 1.0 / 3.0))
    return x if power == 1 else ops.sqrt(x)
