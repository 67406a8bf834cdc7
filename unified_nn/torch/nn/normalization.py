"""Normalisation within a sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.layers import norm
from unified_nn.torch.nn.layer import Layer
from unified_nn.vocabulary.rules import Rule, computed

_NAMES = {"gamma": "weight", "beta": "bias"}


def _shape(value: Any) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else tuple(value)


_SHAPE = Rule(("normalized_shape",), lambda a: _shape(a["normalized_shape"]), lambda v: {"normalized_shape": v})


class LayerNorm(Layer, canonical=norm.LayerNorm):
    args = "normalized_shape, eps=1e-05, elementwise_affine=True, bias=True, device=None, dtype=None"
    to = {
        "shape": _SHAPE,
        "scale": "elementwise_affine",
        "center": computed(("elementwise_affine", "bias"), lambda affine, bias: affine and bias,
                           lambda v: {"elementwise_affine": True} if v else {"bias": False}),
    }  # fmt: skip
    params = _NAMES
    shows = "{normalized_shape}, eps={eps}, elementwise_affine={elementwise_affine}, bias={bias}"

    def keep(self, name: str, value: Any) -> Any:
        if name == "bias":
            return value and self.arguments["elementwise_affine"]
        return _shape(value) if name == "normalized_shape" else value


class GroupNorm(Layer, canonical=norm.GroupNorm):
    args = "num_groups, num_channels, eps=1e-05, affine=True, device=None, dtype=None, *, bias=True"
    to = {
        "groups": "num_groups",
        "features": "num_channels",
        "scale": "affine",
        "center": computed(("affine", "bias"), lambda affine, bias: affine and bias,
                           lambda v: {"affine": True} if v else {"bias": False}),
    }  # fmt: skip
    params = _NAMES
    shows = "{num_groups}, {num_channels}, eps={eps}, affine={affine}, bias={bias}"

    def check(self, given: Mapping[str, Any]) -> None:
        channels, groups = given["num_channels"], given["num_groups"]
        if channels % groups:
            raise make(ArgumentError, f"num_channels ({channels}) must be divisible by num_groups ({groups})")

    def keep(self, name: str, value: Any) -> Any:
        return value and self.arguments["affine"] if name == "bias" else value
