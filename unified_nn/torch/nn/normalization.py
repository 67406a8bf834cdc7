"""Normalisation within a sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.layers import norm
from unified_nn.torch.nn.functions import normalization as functions
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.nn.module import Module
from unified_nn.vocabulary.rules import Rule, computed

_NAMES = {"gamma": "weight", "beta": "bias"}


def _shape(value: Any) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else functions.sizes_of("normalized_shape", value)


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
        return _shape(value) if name == "normalized_shape" else value

    def forward(self, input: Any, *others: Any) -> Any:  # the function's own checks and messages
        return functions.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)


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
        if not groups:
            raise make(ArgumentError, "num_groups must not be 0", ZeroDivisionError)
        if channels % groups:
            raise make(ArgumentError, f"num_channels ({channels}) must be divisible by num_groups ({groups})")

    def forward(self, input: Any, *others: Any) -> Any:  # the function's own checks and messages
        return functions.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)


class RMSNorm(Layer, canonical=norm.RMSNorm):
    args = "normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None"
    to = {"shape": _SHAPE, "scale": "elementwise_affine"}
    params = {"gamma": "weight"}
    shows = "{normalized_shape}, eps={eps}, elementwise_affine={elementwise_affine}"

    def keep(self, name: str, value: Any) -> Any:
        return _shape(value) if name == "normalized_shape" else value

    def forward(self, input: Any, *others: Any) -> Any:  # eps=None is the input dtype's own
        return functions.rms_norm(input, self.normalized_shape, self.weight, self.eps)


class LocalResponseNorm(Module):
    """x / (k + alpha * mean of x ** 2 over `size` neighbouring channels) ** beta."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Any) -> Any:
        return functions.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
