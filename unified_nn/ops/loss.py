"""Losses without reduction: one value per element or per sample; a vocabulary reduces in its own way."""

from __future__ import annotations

from unified_nn.errors import ShapeError
from unified_nn.op import Spec, composite
from unified_nn.ops import _rules as rules
from unified_nn.ops.activation import minus_abs, relu
from unified_nn.ops.elementwise import abs_, add, exp, less, log1p, mul, neg, square, sub, where
from unified_nn.ops.index import gather
from unified_nn.ops.norm import log_softmax
from unified_nn.ops.reduce import sum_
from unified_nn.ops.shape import squeeze, unsqueeze
from unified_nn.tensor import Tensor


@composite(rule=rules.binary)
def squared_error(x: Tensor, y: Tensor) -> Tensor:
    """(x - y) ** 2."""
    return square(sub(x, y))


@composite(rule=rules.binary)
def absolute_error(x: Tensor, y: Tensor) -> Tensor:
    """|x - y|."""
    return abs_(sub(x, y))


@composite(rule=rules.binary)
def huber(x: Tensor, y: Tensor, *, delta: float) -> Tensor:
    """(x - y) ** 2 / 2 where |x - y| < delta, else delta * (|x - y| - delta / 2)."""
    d = abs_(sub(x, y))
    return where(less(d, delta), mul(square(d), 0.5), mul(sub(d, 0.5 * delta), delta))


def _label_rule(x: Spec, i: Spec, *, axis: int = 1) -> None:
    at = rules.axis_name(axis, x.ndim)
    rest = x.shape[:at] + x.shape[at + 1 :]
    if i.shape != rest:
        raise ShapeError(f"x {x} (classes at axis {at}) needs labels of shape {rest}, got {i}")


@composite(rule=_label_rule, checked=True)
def nll(x: Tensor, i: Tensor, *, axis: int = 1) -> Tensor:
    """-x[n, i[n]] for log-probabilities x (N, C, *S) and labels i (N, *S)."""
    return neg(squeeze(gather(x, unsqueeze(i, axis=axis), axis=axis), axis=axis))


@composite(rule=_label_rule, checked=True)
def cross_entropy(x: Tensor, i: Tensor, *, axis: int = 1) -> Tensor:
    """-log softmax(x)[n, i[n]] for logits x (N, C, *S) and labels i (N, *S)."""
    return nll(log_softmax(x, axis=axis), i, axis=axis)


@composite(rule=rules.binary)
def soft_cross_entropy(x: Tensor, y: Tensor, *, axis: int = 1) -> Tensor:
    """-sum(y * log softmax(x)) along the axis, for probabilities y of x's shape."""
    return neg(sum_(mul(y, log_softmax(x, axis=axis)), axis=axis))


@composite(rule=rules.binary)
def binary_cross_entropy_logits(x: Tensor, y: Tensor) -> Tensor:
    """max(x, 0) - x * y + log(1 + e ** -|x|)."""
    return add(sub(relu(x), mul(x, y)), log1p(exp(minus_abs(x))))
