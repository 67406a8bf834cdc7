"""Losses of yes-or-no targets: a value per element, reduced in PyTorch's way."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, DTypeError, GradientError, NotOfferedError, ShapeError, make
from unified_nn.ops import elementwise as ops
from unified_nn.ops.activation import log_sigmoid
from unified_nn.ops.reduce import sum_
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.nn.functions.loss import reduced, reduction_of
from unified_nn.torch.promotion import promoted
from unified_nn.torch.size import of
from unified_nn.torch.tensor import Tensor

#: PyTorch's slope of the loss at 0 and 1, where log has none: (x - target) / 1e-12.
_STEEPEST = 1e-12
_LEAST_LOG = -100.0


def constant(name: str, argument: str, value: Any, position: int) -> Any:
    """The tensor, which must not require gradients, or None."""
    if value is None:
        return None
    held = tensor_argument(name, value, position, argument)
    if held._body.node is not None:
        message = f"not differentiable with respect to argument {argument!r}: it cannot have requires_grad True"
        raise held._error(GradientError, name, message)
    return held


def _target(name: str, input: Tensor, target: Any) -> Tensor:
    y = tensor_argument(name, target, 2, "target")
    if y._shape != input._shape:
        message = f"Target size ({of(y._shape)}) must be the same as input size ({of(input._shape)})"
        raise make(ShapeError, message, ValueError, name)
    return y


def _check_weight(name: str, input: Tensor, weight: core.Tensor | None, argument: str = "weight") -> None:
    try:
        fits = weight is None or np.broadcast_shapes(input._shape, weight._shape) == input._shape
    except ValueError:
        fits = False
    if weight is not None and not fits:
        message = (
            f"{argument} of size {list(weight._shape)} does not broadcast to the input's size {list(input._shape)}"
        )
        raise input._error(ShapeError, name, message)


@define("BinaryCrossEntropyBackward0", function=False, method=False)
def binary_cross_entropy(input: Tensor, target: Tensor, weight: Any = None, size_average: Any = None,
                         reduce: Any = None, reduction: str = "mean") -> Tensor:  # fmt: skip
    """-(target * log(input) + (1 - target) * log(1 - input)) * weight, reduced; a log is at least -100."""
    name = "binary_cross_entropy"
    chosen = reduction_of(size_average, reduce, reduction)
    y, w = _target(name, input, target), constant(name, "weight", weight, 3)
    if input._dtype.kind != "f":
        message = f"expected a floating input, got {input.dtype!r}; convert it: x.float()"
        raise make(DTypeError, message, NotImplementedError, name)
    for other in (y, w):
        if other is not None and other._dtype is not input._dtype:
            raise input._error(DTypeError, name, f"Found dtype {other.dtype!r} but expected {input.dtype!r}")
    _check_weight(name, input, w)
    values = _cross_entropy(input, y)
    return reduced(values if w is None else ops.mul(values, w), chosen)


def _cross_entropy(x: Tensor, y: Tensor) -> core.Tensor:
    """The values, with PyTorch's slope where log has none."""
    known = x._values().astype(np.float64)
    if not ((known >= 0) & (known <= 1)).all():
        raise x._error(ArgumentError, "binary_cross_entropy", "all elements of input should be between 0 and 1")
    if not (known * (1 - known) < _STEEPEST).any():
        return _by_logs(y, ops.log1p(ops.neg(x)), ops.log(x))
    if y._body.node is not None:
        message = "gradients of a target are not offered where the input is 0 or 1, where they are infinite"
        raise make(NotOfferedError, message, None, "binary_cross_entropy")
    steep = ops.less(ops.mul(x, ops.sub(1.0, x)), _STEEPEST)
    safe = ops.where(steep, 0.5, x)
    inside = _by_logs(y, ops.log1p(ops.neg(safe)), ops.log(safe))
    fixed = x.detach()
    logs = (ops.maximum(log, _LEAST_LOG) for log in (ops.log1p(ops.neg(fixed)), ops.log(fixed)))
    # What is added is 0; its first and second slopes are those of PyTorch's backward function.
    slope = ops.mul(ops.square(ops.sub(x, y)), 0.5 / _STEEPEST)
    return ops.where(steep, ops.add(_by_logs(y, *logs), ops.sub(slope, slope._detached())), inside)


def _by_logs(y: core.Tensor, log_of_no: core.Tensor, log_of_yes: core.Tensor) -> core.Tensor:
    return ops.sub(ops.mul(ops.sub(y, 1.0), log_of_no), ops.mul(y, log_of_yes))


@define("BinaryCrossEntropyWithLogitsBackward0", function=False, method=False)
def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Any = None, size_average: Any = None,
                                     reduce: Any = None, reduction: str = "mean",
                                     pos_weight: Any = None) -> Tensor:  # fmt: skip
    """-(pos_weight * target * log(p) + (1 - target) * log(1 - p)) * weight with p = sigmoid(input), reduced."""
    name = "binary_cross_entropy_with_logits"
    chosen = reduction_of(size_average, reduce, reduction)
    y, w = _target(name, input, target), constant(name, "weight", weight, 3)
    positive = constant(name, "pos_weight", pos_weight, 7)
    if y._dtype.kind != "f":
        message = f"expected a floating target, got {y.dtype!r}; convert it: target.float()"
        raise input._error(DTypeError, name, message)
    _check_weight(name, input, w)
    _check_weight(name, input, positive, "pos_weight")
    result = y._dtype  # PyTorch computes in place in the target's
    x, y = promoted(input, y)
    logs = log_sigmoid(x)
    if positive is not None:
        logs = ops.mul(logs, ops.add(ops.mul(ops.sub(positive, 1.0), y), 1.0))
    values = ops.sub(ops.mul(ops.sub(1.0, y), x), logs)
    return reduced(ops.as_dtype(values if w is None else ops.mul(values, w), result), chosen)


@define("SoftMarginLossBackward0", function=False, method=False)
def soft_margin_loss(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
                     reduction: str = "mean") -> Tensor:  # fmt: skip
    """log(1 + e ** (-target * input)), reduced."""
    chosen = reduction_of(size_average, reduce, reduction)
    x, y = promoted(input, constant("soft_margin_loss", "target", target, 2))
    return reduced(ops.log1p(ops.exp(ops.neg(ops.mul(y, x)))), chosen)


@define(function=False, method=False)
def multilabel_soft_margin_loss(input: Tensor, target: Tensor, weight: Any = None, size_average: Any = None,
                                reduce: Any = None, reduction: str = "mean") -> Tensor:  # fmt: skip
    """The mean over classes (the last axis) of binary cross entropy with logits, times weight; reduced."""
    name = "multilabel_soft_margin_loss"
    chosen = reduction_of(size_average, reduce, reduction)
    x, y = promoted(input, tensor_argument(name, target, 2, "target"))
    yes, no = ops.mul(y, log_sigmoid(x)), ops.mul(ops.sub(1.0, y), log_sigmoid(ops.neg(x)))
    values = ops.neg(ops.add(yes, no))
    if weight is not None:
        values = ops.mul(values, tensor_argument(name, weight, 3, "weight"))
    classes = float(input._shape[-1])
    return reduced(cast(Tensor, ops.div(sum_(values, axis=values.ndim - 1), classes)), chosen)
