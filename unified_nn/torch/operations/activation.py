"""Activations: what is common to `torch.celu`, `F.celu` and `nn.CELU`, and those that `torch` itself has."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.dtypes import DType
from unified_nn.errors import ArgumentError, DTypeError, GradientError, InputTypeError, ShapeError, make
from unified_nn.ops import activation as ops
from unified_nn.ops.elementwise import mul
from unified_nn.ops.shape import reshape
from unified_nn.torch import graph
from unified_nn.torch.creation import made
from unified_nn.torch.define import FUNCTIONS, assigned, define, tensor_argument
from unified_nn.torch.random import default_generator
from unified_nn.torch.tensor import Tensor

# ---- arguments ----


def number(name: str, argument: str, value: Any) -> float:
    """The argument as a number; raises TypeError when it is none."""
    if isinstance(value, float):
        return value
    if isinstance(value, core.Tensor) and not value._shape and value._body.node is None:
        return float(value.numpy())
    if not isinstance(value, (numbers.Real, np.bool_)):
        message = f"argument {argument!r} must be Number, not {type(value).__name__}"
        raise Tensor._error(InputTypeError, f"{name}()", message)
    return float(value)


def refuse_integers(name: str, input: core.Tensor) -> None:
    """Raise NotImplementedError for a dtype that is not floating."""
    if input._dtype.kind != "f":
        message = f"{name}() is not implemented for {cast(Tensor, input).dtype!r}; expected a floating dtype"
        raise make(DTypeError, message, NotImplementedError)


def whole(name: str, value: float, dtype: DType) -> int:
    """The number without its fraction in an integer dtype; an unsigned one wraps, as PyTorch's conversion does."""
    info = np.iinfo(dtype.numpy())
    unsigned = dtype.kind == "u"
    if not math.isfinite(value) or not (-info.max if unsigned else info.min) <= int(value) <= info.max:
        message = f"{name}(): {value:g} cannot be converted to {dtype.name} without overflow"
        raise make(ArgumentError, message, RuntimeError)
    return int(value) % (int(info.max) + 1) if unsigned else int(value)


# ---- one activation ----


def finished(input: Tensor, out: Any, name: str, inplace: bool) -> Tensor:
    """The result, or the input with the result in it."""
    if not inplace:
        return cast(Tensor, out)
    input._refuse_leaf(f"{name}_")
    return assigned(input, out, f"{name}_")


@dataclass(frozen=True, slots=True)
class Activation:
    """An op under PyTorch's name.

    grad_fn   what the result's `grad_fn` is called, without `Backward0`
    forked    in place it is called `Backward1`
    """

    name: str
    op: Callable[..., core.Tensor]
    grad_fn: str
    forked: bool = False

    def __call__(self, input: Tensor, inplace: bool = False, **attrs: Any) -> Tensor:
        """op(input, **attrs) of floating values, in place or not."""
        refuse_integers(self.name, input)
        return self.of_any(input, inplace, **attrs)

    def of_any(self, input: Tensor, inplace: bool = False, **attrs: Any) -> Tensor:
        """The same without a look at the dtype."""
        out = self.op(input, **attrs)
        if out._body.node is not None:
            suffix = "Backward1" if inplace and self.forked else "Backward0"
            graph.label(out, f"{self.grad_fn}{suffix}", graph.edges((input,)))
        return finished(input, out, self.name, inplace)


CELU = Activation("celu", ops.celu, "Celu", forked=True)
SELU = Activation("selu", ops.selu, "Elu", forked=True)
THRESHOLD = Activation("threshold", ops.threshold, "Threshold", forked=True)
HARDSHRINK = Activation("hardshrink", ops.hard_shrink, "Hardshrink")
RRELU = Activation("rrelu", ops.leaky_relu, "RreluWithNoise", forked=True)


def without_gradient(out: Tensor, name: str) -> Tensor:
    """PyTorch refuses the gradient where only the result is left and does not say which side of 0 it came from."""

    def refuse(_: Tensor) -> None:
        message = "in-place backward with a negative slope is not supported; call the out-of-place version instead"
        raise Tensor._error(GradientError, name, message)

    if out._body.node is not None:
        out.register_hook(refuse)
    return out


# ---- those that torch itself has ----


def apply_celu(input: Tensor, alpha: Any, inplace: bool) -> Tensor:
    """x where x > 0, else alpha * (e ** (x / alpha) - 1)."""
    factor = number("celu", "alpha", alpha)
    if factor == 0:
        raise make(ArgumentError, "ZeroDivisionError: alpha cannot be 0 for CELU", RuntimeError)
    return CELU(input, inplace, alpha=factor)


def apply_threshold(input: Tensor, threshold: Any, value: Any, inplace: bool) -> Tensor:
    """x where x > threshold, else value; of integers too."""
    limit, other = number("threshold", "threshold", threshold), number("threshold", "value", value)
    kind = input._dtype
    if kind.kind in "iu":
        limit, other = whole("threshold", limit, kind), whole("threshold", other, kind)
    else:
        refuse_integers("threshold", input)
    return THRESHOLD.of_any(input, inplace, limit=limit, value=other)


def apply_rrelu(input: Tensor, lower: Any, upper: Any, training: Any, inplace: bool) -> Tensor:
    """x where x > 0, else slope * x: drawn from [lower, upper] for each x in training, their mean otherwise."""
    low, high = number("rrelu", "lower", lower), number("rrelu", "upper", upper)
    if not isinstance(training, bool):
        message = f"argument 'training' (position 4) must be bool, not {type(training).__name__}"
        raise Tensor._error(InputTypeError, "rrelu()", message)
    for bound, value in (("lower", low), ("upper", high)):
        if not math.isfinite(value):
            raise make(ArgumentError, f"rrelu: {bound} bound must be finite, got {value:g}", RuntimeError)
    if low > high:
        message = f"rrelu: lower={low:g} should be less than or equal to upper={high:g}"
        raise make(ArgumentError, message, RuntimeError)
    if not training:
        return RRELU(input, inplace, slope=(low + high) / 2)
    if input._dtype.name == "float16":
        raise make(DTypeError, "rrelu() is not implemented for torch.float16 in training", NotImplementedError)
    refuse_integers("rrelu", input)
    noise = _slopes(input, low, high)
    out = mul(input, made(noise, input._dtype, None, False, input))
    graph.label(out, f"RreluWithNoiseBackward{int(inplace)}", graph.edges((input,)))
    return finished(input, out, "rrelu", inplace)


def _slopes(input: Tensor, low: float, high: float) -> np.ndarray[Any, Any]:
    """1, or where x <= 0 a slope; PyTorch draws, in float64, only for those."""
    values = input._values()
    drawn = values <= 0
    slopes = np.ones(values.shape)
    slopes[drawn] = default_generator.uniform((int(drawn.sum()),), low, high, "float64")
    return slopes


@define(method=False)
def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """x where x > 0, else alpha * (e ** (x / alpha) - 1) (arXiv:1704.07483)."""
    return apply_celu(input, alpha, False)


@define(function=False, method=False)
def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """x where x > 0, else alpha * (e ** (x / alpha) - 1), in place."""
    return apply_celu(input, alpha, True)


@define(method=False)
def selu(input: Tensor) -> Tensor:
    """scale * (x where x > 0, else alpha * (e ** x - 1)) with the constants of arXiv:1706.02515."""
    return SELU(input)


@define(function=False, method=False)
def selu_(input: Tensor) -> Tensor:
    """scale * (x where x > 0, else alpha * (e ** x - 1)), in place."""
    return SELU(input, True)


@define(method=False)
def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    """x where x > threshold, else value."""
    return apply_threshold(input, threshold, value, False)


@define(function=False, method=False)
def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """x where x > threshold, else value, in place."""
    return apply_threshold(input, threshold, value, True)


@define(method=False)
def rrelu(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Tensor:
    """x where x > 0, else slope * x with a drawn slope, or the mean one where not training (arXiv:1505.00853)."""
    return apply_rrelu(input, lower, upper, training, False)


@define(function=False, method=False)
def rrelu_(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Tensor:
    """x where x > 0, else slope * x with a drawn slope, or the mean one where not training; in place."""
    return apply_rrelu(input, lower, upper, training, True)


FUNCTIONS.update({"celu_": celu_, "selu_": selu_, "threshold_": threshold_, "rrelu_": rrelu_})


@define()
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x where |x| > lambd, else 0."""
    return HARDSHRINK(input, lambd=number("hardshrink", "lambd", lambd))


@define()
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where x > 0, else weight * x with one weight, or one for each channel (axis 1) (arXiv:1502.01852)."""
    w = tensor_argument("prelu", weight, 2, "weight")
    _check_prelu(input, w)
    shape = (1, math.prod(w._shape), *(1,) * (input.ndim - 2)) if input.ndim > 1 else (1,) * input.ndim
    out = ops.prelu(input, w if w._shape == shape else reshape(w, shape=shape))
    if out._body.node is None:
        return cast(Tensor, out)
    into = graph.edge(w) if w.ndim == input.ndim else graph.virtual("ViewBackward0", w)
    return cast(Tensor, graph.label(out, "PreluKernelBackward0", [graph.edge(input), into]))


def _check_prelu(input: Tensor, weight: Tensor) -> None:
    if input._dtype is not weight._dtype:
        message = f"prelu: Type promoting not supported. Got {input.dtype!r} and {weight.dtype!r}"
        raise make(DTypeError, message, RuntimeError)
    if weight.ndim > 1:
        message = f"prelu: expected weight to be a scalar or 1D tensor, but got shape {weight._shape}"
        raise make(ShapeError, message, RuntimeError)
    count, channels = math.prod(weight._shape), input._shape[1] if input.ndim > 1 else 1
    if count not in (1, channels):
        message = f"prelu: {count} weights for an input of shape {input._shape} with {channels} channels (axis 1)"
        raise make(ShapeError, message, RuntimeError)
    refuse_integers("prelu", input)
