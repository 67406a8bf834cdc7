"""Activation layers."""

from __future__ import annotations

from typing import Any

from unified_nn.layers import activation
from unified_nn.torch.nn.functions.activation import finished, log_softmax, softmax
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.tensor import Tensor


class _Activation(Layer, canonical=activation.Activation):
    """An op; with an argument `inplace` the result is put into the input."""

    def forward(self, input: Any, *others: Any) -> Any:
        out = super().forward(input, *others)
        return finished(input, out, type(self).__name__.lower(), True) if self.arguments.get("inplace") else out

    def extra_repr(self) -> str:  # `inplace` is shown only where it is True
        text = super().extra_repr()
        if self.arguments.get("inplace"):
            text = f"{text}, inplace=True" if text else "inplace=True"
        return text


class ReLU(_Activation, op="relu"):
    """max(x, 0)."""

    args = "inplace=False"
    grad_fn = "ReluBackward0"


class Sigmoid(_Activation, op="sigmoid"):
    """1 / (1 + e ** -x)."""

    grad_fn = "SigmoidBackward0"


class Tanh(_Activation, op="tanh"):
    """The hyperbolic tangent."""

    grad_fn = "TanhBackward0"


class _Softmax(Layer, canonical=activation.Softmax):
    args = "dim=None"
    to = {"axis": "dim"}


class Softmax(_Softmax, log=False):
    """e ** x / sum(e ** x) along `dim`."""

    shows = "dim={dim}"

    def forward(self, input: Tensor, *others: Any) -> Any:  # without dim PyTorch chooses one by the rank
        return softmax(input, self.dim)


class LogSoftmax(_Softmax, log=True):
    """x - log(sum(e ** x)) along `dim`."""

    shows = "dim={dim}"

    def forward(self, input: Tensor, *others: Any) -> Any:  # without dim PyTorch chooses one by the rank
        return log_softmax(input, self.dim)
