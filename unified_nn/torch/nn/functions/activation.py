"""Activation functions: each from its op, with PyTorch's arguments; `inplace` puts the result into the input."""

from __future__ import annotations

from typing import Any, cast

from unified_nn.errors import ArgumentError, DTypeError, InputTypeError, NotOfferedError, ShapeError, make
from unified_nn.ops import activation as ops
from unified_nn.torch import graph
from unified_nn.torch.define import define
from unified_nn.torch.operations.activation import (
    SELU,
    Activation,
    apply_celu,
    apply_rrelu,
    apply_threshold,
    celu_,
    hardshrink,
    number,
    prelu,
    refuse_integers,
    rrelu_,
    selu_,
    threshold_,
    whole,
    without_gradient,
)
from unified_nn.torch.operations.reduction import axis_of
from unified_nn.torch.tensor import Tensor

# ---- without further arguments ----


def _simple(kernel: Activation) -> Any:
    """The function of (input, inplace=False)."""

    def call(input: Tensor, inplace: bool = False) -> Tensor:
        return kernel(input, inplace)

    call.__name__, call.__doc__ = kernel.name, kernel.op.__doc__
    return define(function=False, method=False)(call)


silu = _simple(Activation("silu", ops.silu, "Silu"))
mish = _simple(Activation("mish", ops.mish, "Mish"))
selu = _simple(SELU)
hardsigmoid = _simple(Activation("hardsigmoid", ops.hard_sigmoid, "Hardsigmoid"))
hardswish = _simple(Activation("hardswish", ops.hard_swish, "Hardswish"))

_RELU = Activation("relu", ops.relu, "Relu")
_LOGSIGMOID = Activation("logsigmoid", ops.log_sigmoid, "LogSigmoid")


def _numeric(name: str, input: Tensor) -> Tensor:
    """The input, which may be integers."""
    if input._dtype.kind == "b":
        raise make(DTypeError, f"{name}(): Bool inputs not supported", RuntimeError)
    if input._dtype.kind == "c":
        raise make(DTypeError, f"{name}() is not supported for complex types", NotImplementedError)
    return input


@define(function=False, method=False)
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0)."""
    return _RELU.of_any(_numeric("relu", input), inplace)


@define(function=False, method=False)
def relu_(input: Tensor) -> Tensor:
    """max(x, 0) in place."""
    return _RELU.of_any(_numeric("relu", input), True)


@define(function=False, method=False)
def logsigmoid(input: Tensor) -> Tensor:
    """log(1 / (1 + e ** -x))."""
    return _LOGSIGMOID(input)


@define("SigmoidBackward0", function=False, method=False)
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + e ** -x)."""
    return cast(Tensor, input.sigmoid())


@define("TanhBackward0", function=False, method=False)
def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return cast(Tensor, input.tanh())


@define(function=False, method=False)
def softsign(input: Any) -> Tensor:
    """x / (1 + |x|)."""
    if input._dtype.kind == "b":
        raise make(DTypeError, "softsign() is not implemented for torch.bool", NotImplementedError)
    return cast(Tensor, input / (input.abs() + 1))


@define(function=False, method=False)
def tanhshrink(input: Any) -> Tensor:
    """x - tanh(x)."""
    return cast(Tensor, input - input.tanh())


# ---- with a limit on both sides ----

_HARDTANH = Activation("hardtanh", ops.hard_tanh, "Hardtanh")


def _limited(name: str, input: Tensor, low: float, high: float, inplace: bool) -> Tensor:
    """x limited to [low, high], of integers too; high everywhere when it is below low, as PyTorch's clamp."""
    kind = _numeric(name, input)._dtype
    if kind.kind in "iu":
        if kind.kind == "u" and (low < 0 or high < 0):
            message = f"{name}(): cannot limit an unsigned dtype to negative [{low:g}, {high:g}]"
            raise make(ArgumentError, message, RuntimeError)
        low, high = whole(name, low, kind), whole(name, high, kind)
    return _HARDTANH.of_any(input, inplace, low=min(low, high), high=high)


@define(function=False, method=False)
def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """x limited to [0, 6]; the gradient at both is 0."""
    return _limited("relu6", input, 0.0, 6.0, inplace)


@define(function=False, method=False)
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x limited to [min_val, max_val]; the gradient at both is 0."""
    low, high = number("hardtanh", "min_val", min_val), number("hardtanh", "max_val", max_val)
    if low > high:
        raise make(ArgumentError, f"hardtanh: min_val={low:g} cannot be greater than max_val={high:g}", ValueError)
    return _limited("hardtanh", input, low, high, inplace)


@define(function=False, method=False)
def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """x limited to [min_val, max_val] in place."""
    low, high = number("hardtanh_", "min_val", min_val), number("hardtanh_", "max_val", max_val)
    return _limited("hardtanh", input, low, high, True)


# ---- with a slope or a factor ----

_ELU = Activation("elu", ops.elu, "Elu", forked=True)
_LEAKY_RELU = Activation("leaky_relu", ops.leaky_relu, "LeakyRelu", forked=True)


@define(function=False, method=False)
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha * (e ** x - 1) (arXiv:1511.07289)."""
    factor = number("elu", "alpha", alpha)
    out = _ELU(input, inplace, alpha=factor)
    return without_gradient(out, "elu_") if inplace and factor < 0 else out


@define(function=False, method=False)
def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """x where x > 0, else alpha * (e ** x - 1), in place."""
    return elu(input, alpha, True)


@define(function=False, method=False)
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha * (e ** (x / alpha) - 1) (arXiv:1704.07483)."""
    return apply_celu(input, alpha, inplace)


@define(function=False, method=False)
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, else negative_slope * x."""
    slope = number("leaky_relu", "negative_slope", negative_slope)
    out = _LEAKY_RELU(input, inplace, slope=slope)
    return without_gradient(out, "leaky_relu_") if inplace and slope < 0 else out


@define(function=False, method=False)
def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """x where x > 0, else negative_slope * x, in place."""
    return leaky_relu(input, negative_slope, True)


@define(function=False, method=False)
def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """x where x > 0, else slope * x with a drawn slope, or the mean one where not training (arXiv:1505.00853)."""
    return apply_rrelu(input, lower, upper, training, inplace)


@define(function=False, method=False)
def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where x > threshold, else value."""
    return apply_threshold(input, threshold, value, inplace)


# ---- with other arguments ----

_GELU = Activation("gelu", ops.gelu, "Gelu")
_SOFTPLUS = Activation("softplus", ops.softplus, "Softplus")
_SOFTSHRINK = Activation("softshrink", ops.soft_shrink, "Softshrink")


@define(function=False, method=False)
def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """x * Phi(x) with the normal distribution's Phi, or its "tanh" approximation (arXiv:1606.08415)."""
    if not isinstance(approximate, str):
        message = f"argument 'approximate' must be str, not {type(approximate).__name__}"
        raise Tensor._error(InputTypeError, "gelu()", message)
    if approximate not in ("none", "tanh"):
        raise make(ArgumentError, f"gelu: approximate={approximate!r}, expected 'none' or 'tanh'", RuntimeError)
    return _GELU(input, approximate=approximate == "tanh")


@define(function=False, method=False)
def softplus(input: Tensor, beta: float = 1, threshold: float = 20) -> Tensor:
    """log(1 + e ** (beta * x)) / beta; x itself where beta * x > threshold."""
    factor, limit = number("softplus", "beta", beta), number("softplus", "threshold", threshold)
    if factor == 0:
        raise make(NotOfferedError, "softplus: beta=0 divides by 0 and is not offered")
    return _SOFTPLUS(input, beta=factor, threshold=limit)


@define(function=False, method=False)
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x moved towards 0 by lambd, 0 where |x| <= lambd."""
    size = number("softshrink", "lambd", lambd)
    refuse_integers("softshrink", input)
    if size < 0:
        raise make(ArgumentError, f"softshrink: lambd={size:g}, expected 0 or more", RuntimeError)
    return _SOFTSHRINK(input, lambd=size)


@define(function=False, method=False)
def glu(input: Tensor, dim: int = -1) -> Tensor:
    """a * sigmoid(b) with the halves a and b of the input along the axis (arXiv:1612.08083)."""
    if input.ndim == 0:
        raise make(ShapeError, "glu does not support scalars because the halved size must be even", RuntimeError)
    axis = axis_of(input, dim)
    size = input._shape[axis]
    if size % 2:
        message = f"glu: the halved axis must be even, but axis {axis} of shape {input._shape} has size {size}"
        raise make(ShapeError, message, RuntimeError)
    refuse_integers("glu", input)
    a, b = (cast(Any, input).narrow(axis, start, size // 2) for start in (0, size // 2))
    return cast(Tensor, graph.label(a * b.sigmoid(), "GluBackward0", graph.edges((input,))))


__all__ = [
    "celu", "celu_", "elu", "elu_", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_",
    "leaky_relu", "leaky_relu_", "logsigmoid", "mish", "prelu", "relu", "relu6", "relu_", "rrelu", "rrelu_", "selu",
    "selu_", "sigmoid", "silu", "softplus", "softshrink", "softsign", "tanh", "tanhshrink", "threshold", "threshold_",
]  # fmt: skip
