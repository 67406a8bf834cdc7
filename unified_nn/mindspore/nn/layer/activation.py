"""Activations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from unified_nn.dtypes import float64
from unified_nn.errors import ArgumentError, DTypeError, make
from unified_nn.layers import activation
from unified_nn.layers.base import Param
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.layer.layer import Layer
from unified_nn.ops.elementwise import cast, maximum, minimum, mul
from unified_nn.vocabulary.rules import Rule, constant


def attrs(**names: str) -> Rule:
    """The op's attributes from this row's arguments: attribute=argument."""

    def write(pairs: Any) -> dict[str, Any]:
        return {names[attribute]: value for attribute, value in pairs}

    return Rule(
        tuple(names.values()), lambda a: tuple(sorted((attribute, a[name]) for attribute, name in names.items())), write
    )


class Simple(Layer):
    """Base of the activations that are one op; their arguments are numbers."""

    kinds: ClassVar[tuple[type, ...]] = (int, float)
    #: The kinds of dtypes besides floats that MindSpore has, and rounds towards 0; None leaves it to the op.
    whole: ClassVar[str | None] = ""

    def check(self, given: Mapping[str, Any]) -> None:
        for name, value in given.items():
            if not isinstance(value, self.kinds):
                expected = " or ".join(kind.__name__ for kind in self.kinds)
                raise make(ArgumentError, f"the '{name}' must be {expected}, but got {value!r}", TypeError)

    def construct(self, *xs: Tensor) -> Any:
        x = xs[0] if xs else None
        if self.whole is None or not isinstance(x, Tensor) or x._dtype.kind == "f":
            return super().construct(*xs)
        if x._dtype.kind not in self.whole:
            message = f"the input is {x.dtype}, expected a floating dtype; cast it first"
            raise make(DTypeError, message, TypeError, f"mindspore.nn.{type(self).__name__}")
        wide: Any = cast(x, dtype=float64)
        return cast(super().construct(wide, *xs[1:]), dtype=x._dtype)


def simple(name: str, op: str, args: str = "", whole: str | None = "", **names: str) -> type[Simple]:
    """A row for the op of that name; `names` says which arguments are its attributes."""
    members = {
        "args": args, "to": {"op": constant(op), "attrs": attrs(**names)}, "__module__": __name__, "whole": whole,
    }  # fmt: skip
    return type(name, (Simple,), members, canonical=activation.Activation)


ReLU = simple("ReLU", "relu", whole=None)
Sigmoid = simple("Sigmoid", "sigmoid")
Tanh = simple("Tanh", "tanh")
SiLU = simple("SiLU", "silu")
Mish = simple("Mish", "mish")
SeLU = simple("SeLU", "selu", whole=None)
LogSigmoid = simple("LogSigmoid", "log_sigmoid")
Softsign = simple("Softsign", "softsign")
Tanhshrink = simple("Tanhshrink", "tanh_shrink", whole=None)
HSwish = simple("HSwish", "hard_swish", whole="i")
HSigmoid = simple("HSigmoid", "hard_sigmoid", whole="i")
ELU = simple("ELU", "elu", "alpha=1.0", alpha="alpha")
HShrink = simple("HShrink", "hard_shrink", "lambd=0.5", lambd="lambd")
Threshold = simple("Threshold", "threshold", "threshold, value", whole=None, limit="threshold", value="value")


ReLU6 = simple("ReLU6", "relu6")


class LeakyReLU(Simple, canonical=activation.Activation):
    """Integers keep their dtype and take the slope without what is behind the point."""

    args = "alpha=0.2"
    to = {"op": constant("leaky_max"), "attrs": attrs(slope="alpha")}

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        if isinstance(given["alpha"], bool):
            raise make(ArgumentError, f"the 'alpha' must be int or float, but got {given['alpha']}", TypeError)

    def construct(self, *xs: Tensor) -> Any:
        x, alpha = xs[0], self.arguments["alpha"]
        if not isinstance(x, Tensor) or x._dtype.kind not in "ib" or (x._dtype.kind == "b" and alpha > 1):
            return super().construct(*xs)
        self._count(xs)
        if x._dtype.kind == "b":
            return x
        return (maximum if alpha <= 1 else minimum)(x, mul(x, int(alpha)))


class CELU(Simple, canonical=activation.Activation):
    args = "alpha=1.0"
    to = {"op": constant("celu"), "attrs": attrs(alpha="alpha")}
    kinds = (float,)

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        if given["alpha"] == 0:
            raise make(ArgumentError, f"the 'alpha' must not be 0, but got {given['alpha']}")


class SoftShrink(Simple, canonical=activation.Activation):
    args = "lambd=0.5"
    to = {"op": constant("soft_shrink"), "attrs": attrs(lambd="lambd")}

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        if given["lambd"] < 0:
            raise make(ArgumentError, f"the 'lambd' must be at least 0, but got {given['lambd']}", RuntimeError)


class Hardtanh(Simple, canonical=activation.Activation):
    """x limited to [min_val, max_val]; numbers that are not floats keep their dtype, and lose what is behind the point."""

    args = "min_val=-1.0, max_val=1.0"
    to = {"op": constant("clip_even"), "attrs": attrs(low="min_val", high="max_val")}
    whole = "ib"  # of unsigned ones MindSpore wraps negative limits around

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        if given["min_val"] >= given["max_val"]:
            message = f"min_val must be less than max_val, but got {given['min_val']} and {given['max_val']}"
            raise make(ArgumentError, message)


class GELU(Simple, canonical=activation.Activation):
    args = "approximate=True"
    to = {"op": constant("gelu"), "attrs": attrs(approximate="approximate")}

    def check(self, given: Mapping[str, Any]) -> None:
        if not isinstance(given["approximate"], bool):
            message = f"the 'approximate' must be a bool, but got {given['approximate']!r}"
            raise make(ArgumentError, message, TypeError)


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

    def check(self, given: Mapping[str, Any]) -> None:
        if not isinstance(given["axis"], int) or isinstance(given["axis"], bool):
            raise make(ArgumentError, f"the 'axis' must be int, but got {given['axis']!r}", TypeError)


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
