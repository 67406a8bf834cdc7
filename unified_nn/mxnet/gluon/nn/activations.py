"""Activation layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unified_nn.errors import ArgumentError, UnifiedError, make
from unified_nn.layers import activation
from unified_nn.mxnet import initializer
from unified_nn.mxnet.base import MXNetError
from unified_nn.mxnet.gluon.hybrid import Layer
from unified_nn.mxnet.ndarray.layers import refuse_whole
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.rules import attributes, computed, mapped

_OPS = {"relu": "relu", "sigmoid": "sigmoid", "softrelu": "softplus", "softsign": "softsign", "tanh": "tanh"}


class _Floating(Layer):
    """A layer that takes floats alone."""

    def forward(self, x: Any, *args: Any) -> Any:
        if isinstance(x, Tensor):
            refuse_whole(x, type(self).__name__)
        return super().forward(x, *args)


class Activation(_Floating, canonical=activation.Activation):
    args = "activation"
    to = {"op": mapped("activation", _OPS)}
    shows = "{activation}"

    def express(self, F: Any, x: Any) -> Any:  # noqa: N803
        return F.Activation(x, act_type=self.arguments["activation"], name="fwd")

    @classmethod
    def _argument_base(cls, kind: type[UnifiedError]) -> type[BaseException]:
        return MXNetError

    def _alias(self) -> str:
        alias: str = self.arguments["activation"]
        return alias


class _Plain(_Floating, canonical=activation.Activation):
    """A layer that prints like a block without children."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n\n)"


class LeakyReLU(_Floating, canonical=activation.Activation, op="leaky_relu"):
    args = "alpha"
    to = {"attrs": attributes(slope="alpha")}
    shows = "{alpha}"

    def express(self, F: Any, x: Any) -> Any:  # noqa: N803
        return F.LeakyReLU(x, act_type="leaky", slope=self.arguments["alpha"], name="fwd")

    def check(self, given: Any) -> None:
        if not isinstance(given["alpha"], (int, float)):
            raise make(ArgumentError, f"alpha={given['alpha']!r}, expected a number", TypeError)
        if given["alpha"] < 0:
            raise make(ArgumentError, f"alpha={given['alpha']}, the slope must be greater than or equal to 0")


class ELU(_Plain, op="elu"):
    args = "alpha=1.0"
    to = {"attrs": attributes(alpha="alpha")}

    def express(self, F: Any, x: Any) -> Any:  # noqa: N803
        return F.LeakyReLU(x, act_type="elu", slope=self.arguments["alpha"])


class SELU(_Plain, op="selu"):
    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return F.LeakyReLU(x, act_type="selu", name="fwd")  # not the canonical op, whose gradient is the derivative


class GELU(_Plain, op="gelu"):
    def express(self, F: Any, x: Any) -> Any:  # noqa: N803
        return F.LeakyReLU(x, act_type="gelu", name="fwd")


def _beta_to_op(beta: float) -> str:
    if not isinstance(beta, (int, float)):
        raise make(ArgumentError, f"beta={beta!r}, expected a number", TypeError)
    if beta != 1.0:
        raise make(ArgumentError, f"beta={beta} is not offered; use 1.0, or x * sigmoid(beta * x)")
    return "silu"


class Swish(_Plain):
    args = "beta=1.0"
    to = {"op": computed(("beta",), _beta_to_op, lambda op: {})}
    differs = "beta other than 1 is refused"

    def express(self, F: Any, x: Any) -> Any:  # noqa: N803
        return x * F.sigmoid(self.arguments["beta"] * x, name="fwd")


def _alpha(arguments: Mapping[str, Any], layer: Any) -> Any:
    return arguments["alpha_initializer"] or initializer.Constant(0.25)


class PReLU(Layer, canonical=activation.PReLU):
    args = "alpha_initializer=None, in_channels=1"
    to = {"features": "in_channels"}
    params = {"w": "alpha"}
    inits = {"w": _alpha}

    def express(self, F: Any, x: Any, alpha: Any) -> Any:  # noqa: N803
        return F.LeakyReLU(x, gamma=alpha, act_type="prelu", name="fwd")

    def hybrid_forward(self, F: Any, x: Any, alpha: Any) -> Any:  # noqa: N803
        return F.LeakyReLU(x, gamma=alpha, act_type="prelu", name="fwd")  # which knows the slopes' axis

    def _settings(self, canonical: str) -> Mapping[str, Any]:
        return {"allow_deferred_init": False}

    def __repr__(self) -> str:
        return "PReLU(\n\n)"
