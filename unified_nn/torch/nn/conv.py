"""Convolution layers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.layers import conv
from unified_nn.torch.nn.functions.convolution import check_same, read_pads
from unified_nn.torch.nn.initial import FAN_IN_WEIGHT, FanInBias
from unified_nn.torch.nn.layer import Layer
from unified_nn.vocabulary.entry import axis_rule
from unified_nn.vocabulary.rules import Inexpressible, Rule, computed, mapped, spread

_MODES = {"zeros": "zeros", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


def _pads(rank: int) -> Rule:
    """`padding`: a number, one per axis, "same" or "valid"."""

    def write(pads: Any) -> dict[str, Any]:
        if pads == "same":
            return {"padding": "same"}
        if any(lo != hi for lo, hi in pads):
            raise Inexpressible(f"padding is symmetric, cannot say {pads!r}")
        sizes = tuple(lo for lo, _ in pads)
        return {"padding": sizes[0] if len(set(sizes)) == 1 else sizes}

    return computed(("padding",), lambda padding: read_pads(padding, rank), write)


class _Conv(Layer, canonical=conv.Conv):
    args = (
        "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, "
        "padding_mode='zeros', device=None, dtype=None"
    )
    to = {
        "in_features": "in_channels", "features": "out_channels", "kernel": axis_rule("kernel_size"),
        "stride": axis_rule("stride"), "pads": _pads, "dilation": axis_rule("dilation"),
        "pad_mode": mapped("padding_mode", _MODES),
    }  # fmt: skip
    params = {"w": "weight", "b": "bias"}
    inits = {
        "w": lambda a, layer: FAN_IN_WEIGHT,
        "b": lambda a, layer: FanInBias(layer.in_features // layer.groups * math.prod(layer.kernel)),
    }
    grad_fn = "ConvolutionBackward0"
    transposed = False

    def check(self, given: Mapping[str, Any]) -> None:
        groups = given["groups"]
        if groups <= 0:
            raise make(ArgumentError, "groups must be a positive integer")
        for name in ("in_channels", "out_channels"):
            if given[name] % groups:
                raise make(
                    ArgumentError, f"{name} must be divisible by groups; got {name}={given[name]}, groups={groups}"
                )
        check_same(given["padding"], spread(given["stride"], self.rank or 0, "stride"))

    def keep(self, name: str, value: Any) -> Any:
        """One size per axis, as PyTorch keeps them."""
        if name in ("kernel_size", "stride", "padding", "dilation") and not isinstance(value, str):
            return spread(value, self.rank or 0, name)
        return value

    @property
    def output_padding(self) -> tuple[int, ...]:
        return (0,) * (self.rank or 0)

    def extra_repr(self) -> str:  # settings are shown only where they are not the default
        shown = self._shown_values()
        rank = len(shown["kernel_size"])
        text = "{in_channels}, {out_channels}, kernel_size={kernel_size}, stride={stride}"
        optional = {"padding": (0,) * rank, "dilation": (1,) * rank, "groups": 1, "bias": True, "padding_mode": "zeros"}
        text += "".join(f", {name}={{{name}}}" for name, default in optional.items() if shown[name] != default)
        return text.format(**shown)


class Conv1d(_Conv, rank=1):
    """Convolution over (N, C, L)."""

    unbatched = 2


class Conv2d(_Conv, rank=2):
    """Convolution over (N, C, H, W)."""

    unbatched = 3


class Conv3d(_Conv, rank=3):
    """Convolution over (N, C, D, H, W)."""

    unbatched = 4
