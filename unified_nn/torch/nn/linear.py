"""Dense layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.layers import linear
from unified_nn.torch.nn.functions.linear import bilinear, labelled
from unified_nn.torch.nn.initial import FAN_IN_WEIGHT, FanInBias
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.tensor import Tensor


class Linear(Layer, canonical=linear.Linear):
    """y = x W^T + b over the last axis."""

    args = "in_features, out_features, bias=True, device=None, dtype=None"
    to = {"features": "out_features"}
    params = {"w": "weight", "b": "bias"}
    inits = {"w": lambda a, layer: FAN_IN_WEIGHT, "b": lambda a, layer: FanInBias(layer.in_features)}
    shows = "in_features={in_features}, out_features={out_features}, bias={bias}"

    def _labelled(self, out: Any, x: Tensor) -> Any:  # what PyTorch records depends on the rank and the bias
        return labelled(out, x, self["w"], self.get("b"))


class NonDynamicallyQuantizableLinear(Linear):
    """Linear under the name that PyTorch's attention shows it by."""


class Bilinear(Layer, canonical=linear.Bilinear):
    """x1^T W_k x2 + b_k for every output feature k."""

    args = "in1_features, in2_features, out_features, bias=True, device=None, dtype=None"
    to = {"in_features": "in1_features", "in_others": "in2_features", "features": "out_features"}
    params = {"w": "weight", "b": "bias"}
    inits = {name: lambda a, layer: FanInBias(layer.in_features) for name in ("w", "b")}
    shows = (
        "in1_features={in1_features}, in2_features={in2_features}, out_features={out_features}, bias={bias}"
    )  # fmt: skip

    def check(self, given: Mapping[str, Any]) -> None:
        if given["in1_features"] <= 0:
            raise make(ArgumentError, f"in1_features must be > 0, but got (in1_features={given['in1_features']})")

    def forward(self, input1: Any, input2: Any) -> Any:
        """The layer on a pair of inputs."""
        return bilinear(input1, input2, self.weight, self.bias)


class Identity(Layer, canonical=linear.Identity):
    """x; arguments are taken and not used, as in PyTorch."""

    args = "*args, **kwargs"
