"""Activation layers: each a function, with the layer's settings as its arguments."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.layers import activation
from unified_nn.torch.nn.functions import activation as functions
from unified_nn.torch.nn.functions.softmax import log_softmax, softmax, softmin
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.nn.module import Module
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.rules import Rule, attributes, constant

# ---- one op: a line each ----


class _Activation(Layer, canonical=activation.Activation):
    """A function under the same arguments; with `inplace` the result is put into the input."""

    function: ClassVar[Callable[..., Any]]

    def forward(self, input: Any, *others: Any) -> Any:
        own = self.__dict__
        return type(self).function(input, *others, **{name: own[name] for name in self.signature.parameters})

    def extra_repr(self) -> str:  # `inplace` is shown only where it is True
        text = super().extra_repr()
        if self.arguments.get("inplace"):
            text = f"{text}, inplace=True" if text else "inplace=True"
        return text


def _row(
    name: str, function: Callable[..., Any], op: str, args: str = "", shows: str = "", attrs: Rule | None = None,
    **names: str,
) -> type[_Activation]:  # fmt: skip
    """The layer of a function; `names` says which of its arguments are the op's attributes."""
    members = {
        "args": args, "to": {"op": constant(op), "attrs": attrs or attributes(**names)}, "shows": shows,
        "function": staticmethod(function), "__module__": __name__, "__doc__": function.__doc__,
    }  # fmt: skip
    return type(name, (_Activation,), members)


_INPLACE = "inplace=False"
_F = functions
_APPROXIMATE = Rule(  # what is neither "none" nor "tanh" is refused by the call, as in PyTorch
    ("approximate",), lambda a: (("approximate", a["approximate"] == "tanh"),),
    lambda pairs: {"approximate": "tanh" if dict(pairs).get("approximate") else "none"},
)  # fmt: skip

ReLU = _row("ReLU", _F.relu, "relu", _INPLACE)
Sigmoid = _row("Sigmoid", _F.sigmoid, "sigmoid")
Tanh = _row("Tanh", _F.tanh, "tanh")
SiLU = _row("SiLU", _F.silu, "silu", _INPLACE)
Mish = _row("Mish", _F.mish, "mish", _INPLACE)
SELU = _row("SELU", _F.selu, "selu", _INPLACE)
LogSigmoid = _row("LogSigmoid", _F.logsigmoid, "log_sigmoid")
Softsign = _row("Softsign", _F.softsign, "softsign")
Tanhshrink = _row("Tanhshrink", _F.tanhshrink, "tanh_shrink")
GELU = _row("GELU", _F.gelu, "gelu", "approximate='none'", "approximate={approximate!r}", _APPROXIMATE)
ELU = _row("ELU", _F.elu, "elu", f"alpha=1.0, {_INPLACE}", "alpha={alpha}", alpha="alpha")
CELU = _row("CELU", _F.celu, "celu", f"alpha=1.0, {_INPLACE}", "alpha={alpha}", alpha="alpha")
LeakyReLU = _row("LeakyReLU", _F.leaky_relu, "leaky_relu", f"negative_slope=0.01, {_INPLACE}",
                 "negative_slope={negative_slope}", slope="negative_slope")  # fmt: skip
Softplus = _row("Softplus", _F.softplus, "softplus", "beta=1.0, threshold=20.0",
                "beta={beta}, threshold={threshold}", beta="beta", threshold="threshold")  # fmt: skip
Hardshrink = _row("Hardshrink", _F.hardshrink, "hard_shrink", "lambd=0.5", "{lambd}", lambd="lambd")
Softshrink = _row("Softshrink", _F.softshrink, "soft_shrink", "lambd=0.5", "{lambd}", lambd="lambd")
Threshold = _row("Threshold", _F.threshold, "threshold", f"threshold, value, {_INPLACE}",
                 "threshold={threshold}, value={value}", limit="threshold", value="value")  # fmt: skip


class _Silent(_Activation):
    """PyTorch does not print these layers' `inplace`."""

    args = _INPLACE

    def extra_repr(self) -> str:
        return ""


class Hardsigmoid(_Silent, op="hard_sigmoid"):
    """x / 6 + 1 / 2 limited to [0, 1]."""

    function = staticmethod(functions.hardsigmoid)


class Hardswish(_Silent, op="hard_swish"):
    """x * hardsigmoid(x)."""

    function = staticmethod(functions.hardswish)


# ---- limits ----


class Hardtanh(_Activation, op="hard_tanh"):
    """x limited to [min_val, max_val]; the gradient at both is 0."""

    args = "min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None"
    to: ClassVar[Any] = {"attrs": attributes(low="min_val", high="max_val")}
    shows = "min_val={min_val}, max_val={max_val}"

    @classmethod
    def _bind(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        given = super()._bind(args, kwargs)
        for old in ("min_value", "max_value"):
            if given.get(old) is not None:
                new = old.removesuffix("ue")
                message = f"keyword argument `{old}` is deprecated and renamed to `{new}`"
                warnings.warn(message, FutureWarning, stacklevel=3)
                given[new] = given[old]
        return given

    def check(self, given: Mapping[str, Any]) -> None:
        low, high = given["min_val"], given["max_val"]
        if high <= low:
            message = f"max_val ({high}) must be greater than min_val ({low})"
            raise make(ArgumentError, message, AssertionError)

    def forward(self, input: Any, *others: Any) -> Any:
        return functions.hardtanh(input, self.min_val, self.max_val, self.inplace, *others)


class ReLU6(Hardtanh, op="relu6"):
    """x limited to [0, 6]; the gradient at both is 0 (the canonical op's at 6 is 1)."""

    args = _INPLACE
    to = {"attrs": constant(())}
    shows = ""
    min_val, max_val = 0.0, 6.0

    def check(self, given: Mapping[str, Any]) -> None:
        """There is nothing to check."""


# ---- with weights, or of more than one element ----


class PReLU(Layer, canonical=activation.PReLU):
    """x where x > 0, else weight * x with one weight, or one for each channel (axis 1) (arXiv:1502.01852)."""

    args = "num_parameters=1, init=0.25, device=None, dtype=None"
    to = {"features": "num_parameters", "slope": "init"}
    params = {"w": "weight"}
    shows = "num_parameters={num_parameters}"

    def forward(self, input: Any, *others: Any) -> Any:
        return functions.prelu(input, self.weight, *others)


class RReLU(Module):
    """x where x > 0, else slope * x with a drawn slope in training, the mean one otherwise (arXiv:1505.00853)."""

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input: Any) -> Any:
        return functions.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}{', inplace=True' if self.inplace else ''}"


class GLU(Module):
    """a * sigmoid(b) with the halves a and b of the input along `dim` (arXiv:1612.08083)."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return functions.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


# ---- softmax ----


class _Softmax(Layer, canonical=activation.Softmax):
    args = "dim=None"
    to = {"axis": "dim"}


class Softmax(_Softmax, log=False):
    """e ** x / sum(e ** x) along `dim`."""

    shows = "dim={dim}"

    def forward(self, input: Tensor, *others: Any) -> Any:  # without dim PyTorch chooses one by the rank
        return softmax(input, self.dim, 5)


class LogSoftmax(_Softmax, log=True):
    """x - log(sum(e ** x)) along `dim`."""

    shows = "dim={dim}"

    def forward(self, input: Tensor, *others: Any) -> Any:  # without dim PyTorch chooses one by the rank
        return log_softmax(input, self.dim, 5)


class Softmax2d(Layer, canonical=activation.Softmax, axis=-3, log=False):
    """Softmax over the channels of (N, C, H, W) or (C, H, W)."""

    def forward(self, input: Tensor, *others: Any) -> Any:
        if input.ndim not in (3, 4):
            message = f"Softmax2d: expected input to be 3D or 4D, got {input.ndim}D instead"
            raise make(ShapeError, message, ValueError)
        return softmax(input, -3)


class Softmin(Module):
    """e ** -x / sum(e ** -x) along `dim`."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return softmin(input, self.dim, 5)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]  # fmt: skip
