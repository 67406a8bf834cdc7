"""Activations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.layers import activation
from unified_nn.layers.base import Param
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.layer.layer import Layer
from unified_nn.mindspore.ops.arguments import floating
from unified_nn.vocabulary.rules import Rule, constant


def attrs(**names: str) -> Rule:
    """The op's attributes from this row's arguments: attribute=argument."""

    def write(pairs: Any) -> dict[str, Any]:
        return {names[attribute]: value for attribute, value in pairs}

    return Rule(
        tuple(names.values()), lambda a: tuple(sorted((attribute, a[name]) for attribute, name in names.items())), write
    )


class Simple(Layer):
    """Base of the activations that are one op."""


def simple(name: str, op: str, args: str = "", doc: str = "", **names: str) -> type[Simple]:
    """A row for the op of that name; `names` says which arguments are its attributes."""
    members = {
        "args": args, "to": {"op": constant(op), "attrs": attrs(**names)}, "__module__": __name__, "__doc__": doc,
    }  # fmt: skip
    return type(name, (Simple,), members, canonical=activation.Activation)


ReLU = simple("ReLU", "relu")
Sigmoid = simple("Sigmoid", "sigmoid")
Tanh = simple("Tanh", "tanh")
SiLU = simple("SiLU", "silu")
Mish = simple("Mish", "mish")
SeLU = simple("SeLU", "selu")
LogSigmoid = simple("LogSigmoid", "log_sigmoid")
Softsign = simple("Softsign", "softsign")
Tanhshrink = simple("Tanhshrink", "tanh_shrink")
HSwish = simple("HSwish", "hard_swish")
HSigmoid = simple("HSigmoid", "hard_sigmoid")
ELU = simple("ELU", "elu", "alpha=1.0", alpha="alpha")
CELU = simple("CELU", "celu", "alpha=1.0", alpha="alpha")
LeakyReLU = simple("LeakyReLU", "leaky_max", "alpha=0.2", slope="alpha")
HShrink = simple("HShrink", "hard_shrink", "lambd=0.5", lambd="lambd")
SoftShrink = simple("SoftShrink", "soft_shrink", "lambd=0.5", lambd="lambd")
Hardtanh = simple("Hardtanh", "clip_even", "min_val=-1.0, max_val=1.0", low="min_val", high="max_val")
Threshold = simple("Threshold", "threshold", "threshold, value", limit="threshold", value="value")


ReLU6 = simple("ReLU6", "relu6")


class GELU(Simple, canonical=activation.Activation):
    args = "approximate=True"
    to = {"op": constant("gelu"), "attrs": attrs(approximate="approximate")}

    def check(self, given: Mapping[str, Any]) -> None:
        if not isinstance(given["approximate"], bool):
            message = f"the 'approximate' must be a bool, but got {given['approximate']!r}"
            raise make(ArgumentError, message, TypeError)

    def construct(self, *xs: Tensor) -> Any:
        return super().construct(floating(xs[0], "nn.GELU"))


class Softmax(Layer, canonical=activation.Softmax):
    args = "axis=-1"

    def check(self, given: Mapping[str, Any]) -> None:
        axis = given["axis"]
        if not isinstance(axis, int) and not (isinstance(axis, tuple) and all(isinstance(a, int) for a in axis)):
            raise make(ArgumentError, f"the 'axis' must be int or a tuple of ints, but got {axis!r}", TypeError)

    to = {"log": constant(False)}


class LogSoftmax(Layer, canonical=activation.Softmax):
    args = "axis=-1"
    to = {"log": constant(True)}


class PReLU(Layer, canonical=activation.PReLU):
    args = "channel=1, w=0.25"
    to = {"features": "channel", "slope": "w"}
    params = {"w": "w"}
    titles = {"w": "a"}
    initials = {"w": "slope"}

    def check(self, given: Mapping[str, Any]) -> None:
        channel, w = given["channel"], given["w"]
        if not isinstance(channel, int) or isinstance(channel, bool) or channel < 1:
            raise make(ArgumentError, f"the 'channel' must be int and must > 0, but got {channel!r}")
        if not isinstance(w, (float, int, Tensor)):
            raise make(ArgumentError, f"the 'w' must be a float, a list or a Tensor, but got {w!r}", TypeError)
        object.__setattr__(self, "slope", w)

    @classmethod
    def _build(cls, given: Mapping[str, Any]) -> activation.PReLU:
        slope = given["w"] if isinstance(given["w"], (int, float)) else 0.25
        return activation.PReLU(given["channel"], float(slope))

    def _initializer(self, param: Param, given: Mapping[str, Any]) -> Any:
        return super()._initializer(param, {"slope": given["w"]})


_NAMES = {
    "softmax": Softmax, "softmax2d": None, "logsoftmax": LogSoftmax, "relu": ReLU, "silu": SiLU, "relu6": ReLU6,
    "tanh": Tanh, "gelu": GELU, "elu": ELU, "sigmoid": Sigmoid, "softsign": Softsign, "leakyrelu": LeakyReLU,
    "prelu": PReLU, "hswish": HSwish, "hsigmoid": HSigmoid, "logsigmoid": LogSigmoid, "softshrink": SoftShrink,
    "hshrink": HShrink, "threshold": None, "mish": Mish,
}  # fmt: skip


def get_activation(name: str | None, prim_name: str | None = None) -> Any:
    """A new activation by its name in lower case, such as "relu"; None for None."""
    if name is None:
        return None
    found = _NAMES.get(name.lower())
    if found is None:
        known = ", ".join(n for n, row in _NAMES.items() if row)
        raise make(ArgumentError, f"the 'name' must be one of {known}, but got {name!r}", KeyError, "get_activation")
    return found()


__all__ = [
    "CELU", "ELU", "GELU", "HShrink", "HSigmoid", "HSwish", "Hardtanh", "LeakyReLU", "LogSigmoid", "LogSoftmax", "Mish",
    "PReLU", "ReLU", "ReLU6", "SeLU", "SiLU", "Sigmoid", "SoftShrink", "Softmax", "Softsign", "Tanh", "Tanhshrink",
    "Threshold", "get_activation",
]  # fmt: skip
