"""Convolution layers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from unified_nn.errors import ArgumentError, InputTypeError, ShapeError, make
from unified_nn.layers import conv
from unified_nn.torch.define import tensor_argument
from unified_nn.torch.nn.functions.convolution import (
    check_same,
    check_steps,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    read_pads,
    transposed_pads,
)  # fmt: skip
from unified_nn.torch.nn.functions.padding import pad
from unified_nn.torch.nn.functions.sizes import sizes, sizes_rule
from unified_nn.torch.nn.initial import FAN_IN_WEIGHT, FanInBias
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.rules import Inexpressible, Rule, computed, mapped

_MODES = {"zeros": "zeros", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


def _write(pads: Any) -> dict[str, Any]:
    if pads == "same":
        return {"padding": "same"}
    if any(lo != hi for lo, hi in pads):
        raise Inexpressible(f"padding is symmetric, cannot say {pads!r}")
    sizes = tuple(lo for lo, _ in pads)
    return {"padding": sizes[0] if len(set(sizes)) == 1 else sizes}


def _pads(rank: int) -> Rule:
    """`padding`: a number, one per axis, "same" or "valid"."""
    return computed(("padding",), lambda padding: read_pads(padding, rank), _write)


def _transposed_pads(rank: int) -> Rule:
    """`padding`: a number, or one per axis."""
    return computed(("padding",), lambda padding: transposed_pads(padding, rank), _write)


class _Sliding(Layer):
    """What convolutions and their transposes share: the checks of channels and groups, the printed form."""

    to: ClassVar[Any]
    params = {"w": "weight", "b": "bias"}
    grad_fn = "ConvolutionBackward0"

    def check(self, given: Mapping[str, Any]) -> None:
        groups = given["groups"]
        if groups <= 0:
            raise make(ArgumentError, "groups must be a positive integer")
        rank = self.rank or 0
        if isinstance(given["kernel_size"], (tuple, list)) and len(given["kernel_size"]) != rank:
            message = f"expected kernel_size to be a number or {rank} of them, but got {given['kernel_size']!r}"
            raise make(ShapeError, message, RuntimeError)
        for name in ("in_channels", "out_channels"):
            if not isinstance(given[name], int):
                raise make(InputTypeError, f"{name} must be a whole number, not {given[name]!r}", TypeError)
            if given[name] % groups:
                raise make(
                    ArgumentError, f"{name} must be divisible by groups; got {name}={given[name]}, groups={groups}"
                )

    def keep(self, name: str, value: Any) -> Any:
        """One size per axis, as PyTorch keeps them."""
        per_axis = ("kernel_size", "stride", "padding", "dilation", "output_padding")
        if name in per_axis and not isinstance(value, str):
            return tuple(value) if isinstance(value, (tuple, list)) else (value,) * (self.rank or 0)
        return value

    def extra_repr(self) -> str:  # settings are shown only where they are not the default
        shown = self._shown_values()
        rank = len(shown["kernel_size"])
        text = "{in_channels}, {out_channels}, kernel_size={kernel_size}, stride={stride}"
        optional = {"padding": (0,) * rank, "dilation": (1,) * rank, "output_padding": (0,) * rank, "groups": 1,
                    "bias": True, "padding_mode": "zeros"}  # fmt: skip
        changed = [name for name, default in optional.items() if shown.get(name, default) != default]
        return (text + "".join(f", {name}={{{name}}}" for name in changed)).format(**shown)


class _Conv(_Sliding, canonical=conv.Conv):
    args = (
        "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, "
        "padding_mode='zeros', device=None, dtype=None"
    )
    to = {
        "in_features": "in_channels", "features": "out_channels", "kernel": sizes_rule("kernel_size"),
        "stride": sizes_rule("stride"), "pads": _pads, "dilation": sizes_rule("dilation"),
        "pad_mode": mapped("padding_mode", _MODES),
    }  # fmt: skip
    inits = {
        "w": lambda a, layer: FAN_IN_WEIGHT,
        "b": lambda a, layer: FanInBias(layer.in_features // layer.groups * math.prod(layer.kernel)),
    }
    transposed = False

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        rank = self.rank or 0
        stride, dilation = (sizes(given[name], rank, name) for name in ("stride", "dilation"))
        check_same(given["padding"], stride)
        if given["padding_mode"] in _MODES:  # PyTorch refuses these when it is called
            padding = given["padding"]
            if given["padding_mode"] != "zeros" and isinstance(padding, (tuple, list)) and len(padding) != rank:
                message = f"padding_mode={given['padding_mode']!r} takes a number or {rank} of them, not {padding!r}"
                raise make(ShapeError, message, NotImplementedError)
            check_steps(read_pads(given["padding"], rank), stride, dilation)

    def forward(self, input: Any, *others: Any) -> Any:
        """The layer on the input."""
        x = tensor_argument(type(self).__name__, input)
        if self.padding_mode != "zeros" and x.ndim not in (self.unbatched, (self.unbatched or 0) + 1):
            pad(x, (0, 0) * (self.rank or 0), self.padding_mode)  # refuses the rank, before the convolution does
        return super().forward(x, *others)

    @property
    def output_padding(self) -> tuple[int, ...]:
        return (0,) * (self.rank or 0)


class Conv1d(_Conv, rank=1):
    """Convolution over (N, C, L)."""

    unbatched = 2


class Conv2d(_Conv, rank=2):
    """Convolution over (N, C, H, W)."""

    unbatched = 3


class Conv3d(_Conv, rank=3):
    """Convolution over (N, C, D, H, W)."""

    unbatched = 4


class _ConvTranspose(_Sliding, canonical=conv.ConvTranspose):
    args = (
        "in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, "
        "dilation=1, padding_mode='zeros', device=None, dtype=None"
    )
    to = {
        "in_features": "in_channels", "features": "out_channels", "kernel": sizes_rule("kernel_size"),
        "stride": sizes_rule("stride"), "pads": _transposed_pads, "extra": sizes_rule("output_padding"),
        "dilation": sizes_rule("dilation"),
    }  # fmt: skip
    inits = {
        "w": lambda a, layer: FAN_IN_WEIGHT,
        "b": lambda a, layer: FanInBias(layer.features // layer.groups * math.prod(layer.kernel)),
    }
    transposed = True

    def check(self, given: Mapping[str, Any]) -> None:
        if given["padding_mode"] != "zeros":
            message = f'Only "zeros" padding mode is supported for {type(self).__name__}'
            raise make(ArgumentError, f"{message}; got {given['padding_mode']!r}", ValueError)
        super().check(given)

    def forward(self, input: Any, output_size: Sequence[int] | None = None) -> Any:
        """The layer on the input; `output_size` chooses among the sizes that the stride leaves open."""
        x = tensor_argument(type(self).__name__, input)
        layer = cast(conv.ConvTranspose, self.layer)
        extra = layer.extra if output_size is None else self._extra(x, layer, output_size)
        pads = tuple(lo for lo, _ in layer.pads)
        function = (conv_transpose1d, conv_transpose2d, conv_transpose3d)[len(pads) - 1]
        return function(x, self["w"], self.get("b"), layer.stride, pads, extra, layer.groups, layer.dilation)

    def _extra(self, x: Tensor, layer: conv.ConvTranspose, wanted: Sequence[int]) -> tuple[int, ...]:
        """How many values more than the least each axis gets."""
        rank = self.rank or 0
        before = 2 if x.ndim == rank + 2 else 1
        size = tuple(wanted)[before:] if len(wanted) == before + rank else tuple(wanted)
        if len(size) != rank:
            message = (
                f"for {x.ndim}D input, output_size must have {rank} or {before + rank} elements (got {len(wanted)})"
            )
            raise make(ArgumentError, message, ValueError, type(self).__name__)
        if x.ndim != before + rank:
            return layer.extra  # the call itself refuses the rank
        least = [(n - 1) * s - lo - hi + d * (k - 1) + 1 for n, s, (lo, hi), d, k in zip(
            x._shape[before:], layer.stride, layer.pads, layer.dilation, layer.kernel, strict=True)]  # fmt: skip
        most = [low + s - 1 for low, s in zip(least, layer.stride, strict=True)]
        if any(not low <= n <= high for n, low, high in zip(size, least, most, strict=True)):
            message = (
                f"requested an output size of {size}, but valid sizes range from {least} to {most} "
                f"(for an input of {list(x._shape[before:])})"
            )
            raise make(ArgumentError, message, ValueError, type(self).__name__)
        return tuple(n - low for n, low in zip(size, least, strict=True))


class ConvTranspose1d(_ConvTranspose, rank=1):
    """The transpose of convolution over (N, C, L)."""

    unbatched = 2


class ConvTranspose2d(_ConvTranspose, rank=2):
    """The transpose of convolution over (N, C, H, W)."""

    unbatched = 3


class ConvTranspose3d(_ConvTranspose, rank=3):
    """The transpose of convolution over (N, C, D, H, W)."""

    unbatched = 4
