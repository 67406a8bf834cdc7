"""Dense layers."""

from __future__ import annotations

from typing import Any

from unified_nn.layers import linear
from unified_nn.torch.nn.functions.linear import labelled
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


class Identity(Layer, canonical=linear.Identity):
    """x; arguments are taken and not used, as in PyTorch."""

    args = "*args, **kwargs"
