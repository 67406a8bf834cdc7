"""Losses."""

from __future__ import annotations

import math
from typing import Any

from unified_nn.errors import ArgumentError, DTypeError, ShapeError, make
from unified_nn.mindspore.ops.arguments import axis_of, floating, one_of, tensor
from unified_nn.ops import activation, norm, reduce
from unified_nn.ops import elementwise as el
from unified_nn.ops import loss as losses
from unified_nn.ops import shape as moves

REDUCTIONS = ("none", "mean", "sum")


def reduced(values: Any, reduction: str, where: str) -> Any:
    """All values, their mean, or their sum."""
    one_of("reduction", reduction, REDUCTIONS, where)
    if reduction == "none":
        return values
    return reduce.mean(values) if reduction == "mean" else reduce.sum_(values)


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """(input - target) ** 2."""
    x, y = tensor(input, "ops.mse_loss"), tensor(target, "ops.mse_loss")
    return reduced(losses.squared_error(x, y), reduction, "ops.mse_loss")


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """|input - target|."""
    x, y = tensor(input, "ops.l1_loss"), tensor(target, "ops.l1_loss")
    return reduced(losses.absolute_error(x, y), reduction, "ops.l1_loss")


def smooth_l1_loss(input: Any, target: Any, beta: float = 1.0, reduction: str = "none") -> Any:
    """d ** 2 / (2 * beta) where d = |input - target| < beta, else d - beta / 2."""
    x, y = tensor(input, "ops.smooth_l1_loss"), tensor(target, "ops.smooth_l1_loss")
    if beta <= 0:
        message = f"the 'beta' must be > 0, but got {beta}"
        raise make(ArgumentError, message, RuntimeError, "mindspore.ops.smooth_l1_loss")
    return reduced(el.mul(losses.huber(x, y, delta=beta), 1.0 / beta), reduction, "ops.smooth_l1_loss")


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """d ** 2 / 2 where d = |input - target| < delta, else delta * (d - delta / 2)."""
    x, y = tensor(input, "ops.huber_loss"), tensor(target, "ops.huber_loss")
    if delta <= 0:
        raise make(ArgumentError, f"the 'delta' must be > 0, but got {delta}", ValueError, "mindspore.ops.huber_loss")
    return reduced(losses.huber(x, y, delta=delta), reduction, "ops.huber_loss")


def binary_cross_entropy(logits: Any, labels: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """-labels * log(p) - (1 - labels) * log(1 - p) for probabilities p; the logarithms are cut off at p = 1e-12."""
    p, y = floating(logits, "ops.binary_cross_entropy"), floating(labels, "ops.binary_cross_entropy")
    _same_shape(p, y, "ops.binary_cross_entropy")
    tiny = 1e-12
    first = el.mul(y, el.log(el.add(p, tiny)))
    second = el.mul(el.sub(1.0, y), el.log(el.add(el.sub(1.0, p), tiny)))
    values = el.neg(el.add(first, second))
    return reduced(_weighted(values, weight), reduction, "ops.binary_cross_entropy")


def _weighted(values: Any, weight: Any) -> Any:
    """weight * values; MindSpore's kernels have no gradient for the weight."""
    return values if weight is None else el.mul(values, fixed(weight))


def fixed(x: Any) -> Any:
    """A tensor without its gradient, where MindSpore's kernel has none."""
    return x._detached() if hasattr(x, "_detached") else x


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "mean"
) -> Any:
    """The binary cross entropy of sigmoid(input)."""
    where = "ops.binary_cross_entropy_with_logits"
    x, y = floating(input, where), floating(target, where)
    _same_shape(x, y, where)
    if pos_weight is None:
        values = losses.binary_cross_entropy_logits(x, y)
    else:
        factor = el.add(el.mul(y, el.sub(fixed(pos_weight), 1.0)), 1.0)
        values = el.add(el.mul(el.sub(1.0, y), x), el.mul(factor, activation.softplus(el.neg(x))))
    return reduced(_weighted(values, weight), reduction, where)


def _same_shape(x: Any, y: Any, where: str) -> None:
    if x._shape != y._shape:
        raise x._error(ShapeError, f"mindspore.{where}", f"the shapes must be equal, got {x.shape} and {y.shape}")


def kl_div(logits: Any, labels: Any, reduction: str = "mean") -> Any:
    """labels * (log(labels) - logits) for log-probabilities logits, 0 where the label is not positive; "batchmean"
    divides the sum by the batch size. The gradient of a logit is -label everywhere; there is none for the labels.
    """
    x, y = floating(logits, "ops.kl_div"), fixed(floating(labels, "ops.kl_div"))
    one_of("reduction", reduction, ("none", "mean", "sum", "batchmean"), "ops.kl_div")
    counts = el.greater(y, 0)
    safe, rest = el.where(counts, y, 1.0), el.where(counts, 0.0, y)
    finite = el.isfinite(x._detached())
    held = el.where(finite, x, 0.0)
    nothing = el.sub(held._detached(), held)  # with the gradient of -x
    other = el.where(el.isfinite(rest), el.mul(rest, nothing), 0.0)
    values = el.where(counts, el.mul(safe, el.sub(el.log(safe), x)), other)
    if reduction == "batchmean":
        return el.div(reduce.sum_(values), float(x.shape[0]))
    return reduced(values, reduction, "ops.kl_div")


def nll_loss(
    inputs: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """-inputs[n, target[n]] for log-probabilities (N, C, *S); "mean" divides by the sum of the weights."""
    return _nll(
        floating(inputs, "ops.nll_loss"), target, weight, ignore_index, reduction, label_smoothing, "ops.nll_loss"
    )


def _check_weight(x: Any, weight: Any, axis: int, where: str) -> None:
    given = tensor(weight, where)
    if given.shape != (x.shape[axis],):
        message = f"the weight must have one entry for each of the {x.shape[axis]} classes, got shape {given.shape}"
        raise make(ShapeError, f"{message}; logits {x.shape}", ValueError, f"mindspore.{where}")


def _nll(x: Any, target: Any, weight: Any, ignore: int, reduction: str, smoothing: float, where: str) -> Any:
    one_of("reduction", reduction, REDUCTIONS, where)
    labels = tensor(target, where)
    if labels._dtype.kind not in "iu":
        raise make(DTypeError, f"the labels should be Int32, but got {labels.dtype}", TypeError, f"mindspore.{where}")
    axis = 0 if x.ndim == 1 else 1
    classes = x.shape[axis]
    kept = el.not_equal(labels, ignore)
    safe = el.where(kept, el.where(el.less(labels, 0), el.add(labels, classes), labels), 0)
    values = losses.nll(x, safe, axis=axis)
    factor = el.cast(kept, dtype=x._dtype)
    if weight is not None:
        w = tensor(weight, where)
        if w.shape != (classes,):
            message = f"the weight has shape {w.shape}, expected one number for each of {classes} classes; x {x.shape}"
            base = ValueError if not labels.size or int(labels.numpy().max()) < w.size else RuntimeError
            raise make(ShapeError, message, base, f"mindspore.{where}")
        factor = el.mul(factor, el.as_dtype(w, x._dtype)[safe])
    values = el.mul(values, factor)
    if smoothing:
        spread_ = x if weight is None else el.mul(x, moves.reshape(w, shape=_channels(x, axis)))
        even = el.neg(reduce.sum_(spread_, axis=axis))
        even = el.where(kept, even, 0.0)
        values = el.add(el.mul(values, 1.0 - smoothing), el.mul(even, smoothing / classes))
    if reduction == "mean":
        return _ratio(reduce.sum_(values), reduce.sum_(factor))
    return reduced(values, reduction, where)


def _ratio(total: Any, count: Any) -> Any:
    """total / count; where nothing counts it is NaN, and the gradient still 0."""
    nothing = el.equal(count, 0)
    lost = el.where(nothing, math.nan, 0.0)._detached()
    return el.as_dtype(el.add(el.div(total, el.where(nothing, 1.0, count)), lost), total._dtype)


def _channels(x: Any, axis: int) -> tuple[int, ...]:
    return tuple(-1 if a == axis else 1 for a in range(x.ndim))


def cross_entropy(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """-log softmax(input)[n, target[n]] for logits (N, C, *S); target may hold probabilities of the same shape."""
    x, y = floating(input, "ops.cross_entropy"), tensor(target, "ops.cross_entropy")
    if not 0 <= label_smoothing <= 1:
        message = f"the 'label_smoothing' must be in [0, 1], but got {label_smoothing}"
        raise make(ArgumentError, message, ValueError, "mindspore.ops.cross_entropy")
    axis = 0 if x.ndim == 1 else 1
    logs = norm.log_softmax(x, axis=axis)
    if y._dtype.kind != "f":
        return _nll(logs, y, weight, ignore_index, reduction, label_smoothing, "ops.cross_entropy")
    _same_shape(x, y, "ops.cross_entropy")
    if label_smoothing:
        y = el.add(el.mul(y, 1.0 - label_smoothing), label_smoothing / x.shape[axis])
    if weight is not None:
        weight = tensor(weight, "ops.cross_entropy")
        if weight.ndim != 1 or (weight.size != 1 and x.shape[axis] != 1):  # one weight, or one class, is spread
            _check_weight(x, weight, axis, "ops.cross_entropy")
        logs = el.mul(logs, moves.reshape(weight, shape=_channels(x, axis)))
    values = el.neg(reduce.sum_(el.mul(logs, y), axis=axis))
    if reduction == "mean":
        count = x.size // x.shape[axis]
        return el.div(reduce.sum_(values), float(max(count, 1)))
    return reduced(values, reduction, "ops.cross_entropy")


def softmax_cross_entropy(x: Any, y: Any) -> Any:
    """-sum(y * log softmax(x)) with MindSpore's gradient for x, softmax(x) - y: the derivative only where y sums to 1.

    There is none for y.
    """
    y = fixed(y)
    values = el.neg(reduce.sum_(el.mul(y, norm.log_softmax(x, axis=-1)), axis=-1))
    if not x.tracked:
        return values
    lacking = el.sub(1.0, reduce.sum_(y, axis=-1, keepdims=True))
    slope = el.mul(lacking, norm.softmax(x._detached(), axis=-1))
    return el.add(values, reduce.sum_(el.mul(slope, el.sub(x, x._detached())), axis=-1))


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-08) -> Any:
    """sum(x1 * x2) / (|x1| * |x2|) along the axis, with each norm at least eps."""
    x, y = floating(x1, "ops.cosine_similarity"), floating(x2, "ops.cosine_similarity")
    axis = axis_of(x, dim, "ops.cosine_similarity")
    sizes = [el.maximum(el.sqrt(reduce.sum_(el.square(v), axis=axis, keepdims=True)), eps) for v in (x, y)]
    return reduce.sum_(el.mul(el.div(x, sizes[0]), el.div(y, sizes[1])), axis=axis)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean") -> Any:
    """max(0, -target * (input1 - input2) + margin)."""
    where = "ops.margin_ranking_loss"
    x, y, t = (tensor(v, where) for v in (input1, input2, target))
    return reduced(el.clip(el.add(el.neg(el.mul(t, el.sub(x, y))), margin), low=0.0, high=None), reduction, where)


def soft_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """log(1 + e ** (-target * input))."""
    x, y = floating(input, "ops.soft_margin_loss"), floating(target, "ops.soft_margin_loss")
    return reduced(el.log(el.add(el.exp(el.neg(el.mul(x, y))), 1.0)), reduction, "ops.soft_margin_loss")


def hinge_embedding_loss(inputs: Any, targets: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """input where the target is above 0, max(0, margin - input) where it is below."""
    where = "ops.hinge_embedding_loss"
    x, y = floating(inputs, where), tensor(targets, where)
    near = el.where(el.greater(y, 0), x, 0.0)
    far = el.where(el.less(y, 0), el.maximum(el.sub(margin, x), 0.0), 0.0)
    return reduced(el.add(near, far), reduction, where)


__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_similarity", "cross_entropy",
    "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss", "margin_ranking_loss", "mse_loss", "nll_loss",
    "smooth_l1_loss", "soft_margin_loss",
]  # fmt: skip
