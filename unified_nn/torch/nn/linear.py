"""Dense layers."""

from __future__ import annotations

from unified_nn.init import FanInBias
from unified_nn.layers import linear
from unified_nn.torch.nn.module import Layer


class Linear(Layer, canonical=linear.Linear):
    args = "in_features, out_features, bias=True, device=None, dtype=None"
    to = {"features": "out_features"}
    params = {"w": "weight", "b": "bias"}
    inits = {"b": lambda a, layer: FanInBias(layer.in_features)}
    shows = "in_features={in_features}, out_features={out_features}, bias={bias}"
