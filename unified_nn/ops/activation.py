"""Activations, elementwise but for softmax-like ones (those are in norm)."""

from __future__ import annotations

import math

from unified_nn.op import composite, primitive
from unified_nn.ops import _rules as rules
from unified_nn.ops.elementwise import (
    abs_,
    add,
    div,
    erf,
    exp,
    expm1,
    greater,
    greater_equal,
    less_equal,
    log1p,
    logical_and,
    maximum,
    minimum,
    mul,
    neg,
    sub,
    tanh,
    where,
)  # fmt: skip
from unified_nn.tensor import Tensor


@primitive(vjp={"x": lambda g, out, x: where(less_equal(out, 0), 0.0, g)})
def relu(x: Tensor) -> Tensor:
    """max(x, 0); NaN stays NaN, the gradient at 0 is 0."""
    ...


@primitive(vjp={"x": lambda g, out, x: mul(g, mul(out, sub(1.0, out)))})
def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e ** -x), without overflow."""
    ...


def minus_abs(x: Tensor) -> Tensor:
    """-|x| with the slope 1 at 0, where relu has 0: what is smooth in their sum stays smooth."""
    return where(greater(x, 0), neg(x), x)


@composite()
def log_sigmoid(x: Tensor) -> Tensor:
    """log(sigmoid(x)) = min(x, 0) - log(1 + e ** -|x|)."""
    y = neg(x)
    return neg(add(relu(y), log1p(exp(minus_abs(y)))))


def _silu_vjp(g: Tensor, out: Tensor, x: Tensor) -> Tensor:
    s = sigmoid(x)
    return mul(g, mul(s, add(mul(x, sub(1.0, s)), 1.0)))


@composite(vjp={"x": _silu_vjp})
def silu(x: Tensor) -> Tensor:
    """x * sigmoid(x); also called swish."""
    return mul(x, sigmoid(x))


def _gelu_vjp(g: Tensor, out: Tensor, x: Tensor, *, approximate: bool = False) -> Tensor:
    if approximate:
        cube = mul(mul(mul(x, x), x), 0.044715)
        t = tanh(mul(add(x, cube), math.sqrt(2 / math.pi)))
        inner = mul(add(mul(mul(x, x), 3 * 0.044715), 1.0), math.sqrt(2 / math.pi))
        slope = mul(add(add(t, 1.0), mul(mul(x, sub(1.0, mul(t, t))), inner)), 0.5)
    else:
        density = mul(exp(mul(mul(x, x), -0.5)), 1 / math.sqrt(2 * math.pi))
        slope = add(mul(add(erf(mul(x, math.sqrt(0.5))), 1.0), 0.5), mul(x, density))
    return mul(g, slope)


@composite(vjp={"x": _gelu_vjp})
def gelu(x: Tensor, *, approximate: bool = False) -> Tensor:
    """x * Phi(x) with the normal distribution's Phi; approximate is the tanh form (arXiv:1606.08415)."""
    if approximate:
        inner = mul(add(x, mul(mul(mul(x, x), x), 0.044715)), math.sqrt(2 / math.pi))
        return mul(mul(x, add(tanh(inner), 1.0)), 0.5)
    return mul(mul(x, add(erf(mul(x, math.sqrt(0.5))), 1.0)), 0.5)


@composite()
def leaky_relu(x: Tensor, *, slope: float) -> Tensor:
    """x where x > 0, else slope * x; the gradient at 0 is slope."""
    return where(greater(x, 0), x, mul(x, slope))


@composite()
def leaky_max(x: Tensor, *, slope: float) -> Tensor:
    """max(x, slope * x), or min where slope > 1: leaky_relu whose gradient at 0 is the mean of both sides (MindSpore)."""
    pick = maximum if slope <= 1 else minimum
    return pick(x, mul(x, slope))


@composite()
def clip_even(x: Tensor, *, low: float, high: float) -> Tensor:
    """x limited to [low, high]; the gradient at a limit is one half (MindSpore's hard tanh)."""
    return minimum(maximum(x, low), high)


@composite()
def relu6(x: Tensor) -> Tensor:
    """x limited to [0, 6]; the gradient at 0 is 0, at 6 it is 1 (MindSpore)."""
    return where(greater(x, 6), 6.0, relu(x))


@composite(rule=rules.binary)
def prelu(x: Tensor, w: Tensor) -> Tensor:
    """x where x > 0, else w * x with a learned w that broadcasts."""
    return where(greater(x, 0), x, mul(minimum_zero(x), w))


@composite()
def elu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """x where x > 0, else alpha * (e ** x - 1)."""
    return where(greater(x, 0), x, mul(expm1(minimum_zero(x)), alpha))


@composite()
def celu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """x where x > 0, else alpha * (e ** (x / alpha) - 1)."""
    return where(greater(x, 0), x, mul(expm1(div(minimum_zero(x), alpha)), alpha))


SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@composite()
def selu(x: Tensor) -> Tensor:
    """SELU_SCALE * elu(x, SELU_ALPHA) (arXiv:1706.02515)."""
    return mul(elu(x, alpha=SELU_ALPHA), SELU_SCALE)


def minimum_zero(x: Tensor) -> Tensor:
    """x where x <= 0, else 0: keeps e ** x, and the gradient of a slope, finite in the branch that is not taken."""
    return where(greater(x, 0), 0.0, x)


@composite()
def softplus(x: Tensor, *, beta: float = 1.0, threshold: float = math.inf) -> Tensor:
    """log(1 + e ** (beta * x)) / beta; x itself where beta * x > threshold."""
    scaled = mul(x, beta) if beta != 1.0 else x
    smooth = div(add(relu(scaled), log1p(exp(minus_abs(scaled)))), beta)
    return smooth if threshold == math.inf else where(greater(scaled, threshold), x, smooth)


@composite()
def softsign(x: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    return div(x, add(abs_(x), 1.0))


@composite()
def mish(x: Tensor) -> Tensor:
    """x * tanh(softplus(x)) (arXiv:1908.08681)."""
    return mul(x, tanh(softplus(x)))


def _hard_tanh_vjp(g: Tensor, out: Tensor, x: Tensor, *, low: float = -1.0, high: float = 1.0) -> Tensor:
    return where(logical_and(greater(x, low), greater(high, x)), g, 0.0)


@composite(vjp={"x": _hard_tanh_vjp})
def hard_tanh(x: Tensor, *, low: float = -1.0, high: float = 1.0) -> Tensor:
    """x limited to [low, high]; the gradient at the limits is 0."""
    return where(less_equal(x, low), low, where(greater_equal(x, high), high, x))


@composite()
def hard_sigmoid(x: Tensor, *, slope: float = 1 / 6, offset: float = 0.5) -> Tensor:
    """slope * x + offset limited to [0, 1]."""
    return hard_tanh(add(mul(x, slope), offset), low=0.0, high=1.0)


@composite()
def hard_swish(x: Tensor) -> Tensor:
    """x * hard_sigmoid(x)."""
    return mul(x, hard_sigmoid(x))


@composite()
def hard_shrink(x: Tensor, *, lambd: float = 0.5) -> Tensor:
    """x where |x| > lambd, else 0."""
    return where(logical_and(greater_equal(x, -lambd), less_equal(x, lambd)), 0.0, x)


@composite()
def soft_shrink(x: Tensor, *, lambd: float = 0.5) -> Tensor:
    """x moved towards 0 by lambd, 0 where |x| <= lambd."""
    return where(greater(x, lambd), sub(x, lambd), where(greater(-lambd, x), add(x, lambd), mul(x, 0.0)))


@composite()
def tanh_shrink(x: Tensor) -> Tensor:
    """x - tanh(x)."""
    return sub(x, tanh(x))


@composite()
def threshold(x: Tensor, *, limit: float, value: float) -> Tensor:
    """x where x > limit, else value."""
    return where(less_equal(x, limit), value, x)


__all__ = [
    "celu", "clip_even", "elu", "gelu", "hard_shrink", "hard_sigmoid", "hard_swish", "hard_tanh", "leaky_max",
    "leaky_relu", "log_sigmoid", "mish", "prelu", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink",
    "softplus", "softsign", "tanh_shrink", "threshold",
]  # fmt: skip
