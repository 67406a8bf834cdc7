"""Loss functions: a value per element or sample, reduced in PyTorch's way."""

from __future__ import annotations

import warnings
from typing import Any, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, DTypeError, IndexRangeError, NotOfferedError, ShapeError, make
from unified_nn.ops import elementwise as ops
from unified_nn.ops import loss, reduce
from unified_nn.ops.index import gather, take
from unified_nn.ops.norm import log_softmax
from unified_nn.ops.shape import reshape, squeeze, unsqueeze
from unified_nn.torch import graph
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.promotion import promoted
from unified_nn.torch.size import of
from unified_nn.torch.tensor import Tensor


def reduction_of(size_average: Any, reduce: Any, reduction: str) -> str:
    """The reduction, checked; PyTorch's old arguments are refused."""
    refuse_old(size_average, reduce)
    if reduction not in ("mean", "sum", "none"):
        message = f"{reduction} is not a valid value for reduction; use 'mean', 'sum' or 'none'"
        raise make(ArgumentError, message, ValueError)
    return reduction


def refuse_old(size_average: Any, reduce: Any) -> None:
    """PyTorch's old arguments are not offered."""
    if size_average is not None or reduce is not None:
        message = "size_average and reduce are PyTorch's old arguments; use reduction='mean', 'sum' or 'none'"
        raise make(NotOfferedError, message)


def reduced(values: core.Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return cast(Tensor, values)
    return cast(Tensor, reduce.mean(values) if reduction == "mean" else reduce.sum_(values))


def _pair(name: str, input: Tensor, target: Any) -> tuple[Tensor, Tensor]:
    y = tensor_argument(name, target, 2, "target")
    if y._shape != input._shape:
        message = (
            f"Using a target size ({of(y._shape)}) that is different to the input size ({of(input._shape)}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size."
        )
        warnings.warn(message, stacklevel=5)
    x, y = promoted(input, y)
    return x, y


@define("MseLossBackward0", function=False, method=False)
def mse_loss(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
             weight: Any = None) -> Tensor:  # fmt: skip
    """(input - target) ** 2, reduced."""
    if weight is not None:
        raise make(NotOfferedError, "mse_loss: weight is not offered; multiply the values of reduction='none'")
    chosen = reduction_of(size_average, reduce, reduction)
    return reduced(loss.squared_error(*_pair("mse_loss", input, target)), chosen)


@define(function=False, method=False)
def l1_loss(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
            weight: Any = None) -> Tensor:  # fmt: skip
    """|input - target|, reduced."""
    if weight is not None:
        raise make(NotOfferedError, "l1_loss: weight is not offered; multiply the values of reduction='none'")
    chosen = reduction_of(size_average, reduce, reduction)
    out = reduced(loss.absolute_error(*_pair("l1_loss", input, target)), chosen)
    if chosen == "none":
        return cast(Tensor, graph.label(out, "AbsBackward0", [graph.virtual("SubBackward0", input, target)]))
    name = "MeanBackward0" if chosen == "mean" else "SumBackward0"
    return cast(Tensor, graph.label(out, name, [graph.virtual("AbsBackward0", input, target)]))


@define(function=False, method=False)
def smooth_l1_loss(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
                   beta: float = 1.0) -> Tensor:  # fmt: skip
    """(input - target) ** 2 / (2 * beta) where |input - target| < beta, else |input - target| - beta / 2; reduced."""
    if beta == 0:
        return l1_loss(input, target, size_average, reduce, reduction)
    chosen = reduction_of(size_average, reduce, reduction)
    if beta < 0:
        message = f"does not support negative values for beta; got {beta}"
        raise input._error(ArgumentError, "smooth_l1_loss", message)
    beyond, near, far = _near_and_far("smooth_l1_loss", input, target, beta)
    values = ops.where(beyond, ops.sub(far, 0.5 * beta), ops.div(ops.mul(ops.square(near), 0.5), beta))
    return _named(reduced(values, chosen), "SmoothL1LossBackward0", input, target)


@define(function=False, method=False)
def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Tensor:
    """(input - target) ** 2 / 2 where |input - target| < delta, else delta * (|input - target| - delta / 2); reduced."""
    chosen = reduction_of(None, None, reduction)
    if delta <= 0:
        message = f"does not support non-positive values for delta; got {delta}"
        raise input._error(ArgumentError, "huber_loss", message)
    beyond, near, far = _near_and_far("huber_loss", input, target, delta)
    if input.requires_grad and target._dtype is not input._dtype:
        message = f"Found dtype {target.dtype!r} but expected {input.dtype!r}; convert the target"
        raise input._error(DTypeError, "huber_loss", message)
    values = ops.where(beyond, ops.mul(ops.sub(far, 0.5 * delta), delta), ops.mul(ops.square(near), 0.5))
    if weight is None:
        return _named(reduced(values, chosen), "HuberLossBackward0", input, target)
    scale = tensor_argument("huber_loss", weight, 5, "weight")
    if scale._shape != input._shape:
        message = f"Weights and input must have the same size; got {list(scale._shape)} and {list(input._shape)}"
        raise make(ShapeError, message, ValueError, "huber_loss")
    return reduced(cast(Any, _named(values, "HuberLossBackward0", input, target)) * scale, chosen)


def _near_and_far(name: str, input: Tensor, target: Any, limit: float) -> tuple[core.Tensor, core.Tensor, core.Tensor]:
    """Where |input - target| >= limit, the difference with 0 there (squares keep finite slopes), and its size."""
    x, y = _pair(name, input, target)
    if x._dtype.kind != "f":
        message = f"not implemented for {x.dtype!r}; convert it: x.float()"
        raise make(DTypeError, message, NotImplementedError, name)
    difference = ops.sub(x, y)
    far = ops.abs_(difference)
    beyond = ops.greater_equal(far, limit)
    return beyond, ops.where(beyond, 0.0, difference), far


def _named(out: Any, name: str, *into: Any) -> Tensor:
    return cast(Tensor, graph.label(out, name, graph.edges(into)))


# ---- labels ----


def _labels(name: str, x: Tensor, target: Any, ignore: int) -> tuple[Tensor, core.Tensor]:
    """The labels with ignored ones as 0, and which count; checked as PyTorch does."""
    y = tensor_argument(name, target, 2, "target")
    if y._dtype.name not in ("int64", "uint8"):
        raise x._error(DTypeError, name, f"expected target dtype to be Long or Byte, but got {y.dtype!r}; use .long()")
    wanted = x._shape[:1] + x._shape[2:] if x.ndim > 1 else ()
    if y._shape[:1] != wanted[:1]:
        batch, other = (list(s[:1]) or [1] for s in (wanted, y._shape))
        message = f"Expected input batch_size ({batch[0]}) to match target batch_size ({other[0]}); "
        message += f"input {x._shape}, target {y._shape}"
        raise make(ShapeError, message, ValueError)
    if y._shape != wanted:
        raise x._error(ShapeError, "", f"Expected target size {list(wanted)}, got {list(y._shape)}")
    values = y._values()
    counted = values != ignore
    classes = x._shape[1 if x.ndim > 1 else 0]
    bad = values[counted & ((values < 0) | (values >= classes))]
    if bad.size:
        raise x._error(IndexRangeError, "", f"Target {bad.reshape(-1)[0]} is out of bounds: {classes} classes")
    labels = Tensor.from_numpy(np.where(counted, values, 0).astype(np.int64), None, x.backend, x._device)
    return labels, Tensor.from_numpy(counted, None, x.backend, x._device)


def _nll(name: str, x: Tensor, target: Any, weight: Any, ignore: int, reduction: str, smoothing: float = 0.0) -> Tensor:
    """Negative log-probabilities of the labels, weighted and reduced; `smoothing` of the mean over all classes."""
    labels, counted = _labels(name, x, target, ignore)
    axis = 1 if x.ndim > 1 else 0
    picked = ops.neg(squeeze(gather(x, unsqueeze(labels, axis=axis), axis=axis), axis=axis))
    shares = ops.as_dtype(counted, x._dtype)
    if weight is not None:
        _check_weight(x, weight, x._shape[axis])
        shares = ops.mul(shares, reshape(take(weight, reshape(labels, shape=(-1,)), axis=0), shape=labels._shape))
    values = ops.where(counted, ops.mul(picked, shares), 0.0)
    if smoothing:
        values = ops.mul(values, 1.0 - smoothing)
        every = x if weight is None else ops.mul(x, reshape(weight, shape=(-1, *(1,) * (x.ndim - 1 - axis))))
        all_classes = ops.where(counted, ops.neg(reduce.sum_(every, axis=axis)), 0.0)
        values = ops.add(values, ops.mul(all_classes, smoothing / x._shape[axis]))
    if reduction != "mean":
        return reduced(values, reduction)
    return cast(Tensor, ops.div(reduce.sum_(values), reduce.sum_(shares)))


def _check_weight(x: Tensor, weight: Tensor, classes: int) -> None:
    if weight._shape != (classes,):
        message = f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of shape: {list(weight._shape)}"  # noqa: E501  PyTorch's text
        raise x._error(ShapeError, "", message)


def _name(x: Tensor) -> str:
    return "NllLoss2DBackward0" if x.ndim > 2 else "NllLossBackward0"


@define(function=False, method=False)
def nll_loss(input: Tensor, target: Tensor, weight: Any = None, size_average: Any = None, ignore_index: int = -100,
             reduce: Any = None, reduction: str = "mean") -> Tensor:  # fmt: skip
    """-input[n, target[n]] for log-probabilities, reduced; the mean is weighted."""
    out = _nll("nll_loss", input, target, weight, ignore_index, reduction_of(size_average, reduce, reduction))
    return cast(Tensor, graph.label(out, _name(input), graph.edges((input,))))


@define(function=False, method=False)
def cross_entropy(input: Tensor, target: Tensor, weight: Any = None, size_average: Any = None, ignore_index: int = -100,
                  reduce: Any = None, reduction: str = "mean", label_smoothing: float = 0.0) -> Tensor:  # fmt: skip
    """-log softmax(input)[n, target[n]], or of probabilities, reduced; the mean is weighted."""
    chosen = reduction_of(size_average, reduce, reduction)
    if label_smoothing > 1.0:
        message = f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}"
        raise input._error(ArgumentError, "", message)
    label_smoothing = max(label_smoothing, 0.0)  # PyTorch ignores a negative one
    axis = 1 if input.ndim > 1 else 0
    if isinstance(target, core.Tensor) and target._shape == input._shape and target._dtype.kind == "f":
        return _soft(input, target, weight, chosen, label_smoothing, axis)
    logs = cast(Tensor, log_softmax(input, axis=axis))
    out = _nll("cross_entropy", logs, target, weight, ignore_index, chosen, label_smoothing)
    if label_smoothing:
        return cast(Tensor, graph.label(out, "AddBackward0", [graph.virtual("LogSoftmaxBackward0", input)]))
    return cast(Tensor, graph.label(out, _name(input), [graph.virtual("LogSoftmaxBackward0", input)]))


def _soft(x: Tensor, target: core.Tensor, weight: Any, reduction: str, smoothing: float, axis: int) -> Tensor:
    """Cross entropy with probabilities; its mean is over samples."""
    logs = log_softmax(x, axis=axis)
    shares = target
    if smoothing:
        shares = ops.add(ops.mul(target, 1.0 - smoothing), smoothing / x._shape[axis])
    if weight is not None:
        _check_weight(x, weight, x._shape[axis])
        shares = ops.mul(shares, reshape(weight, shape=(-1, *(1,) * (x.ndim - 1 - axis))))
    values = ops.neg(reduce.sum_(ops.mul(logs, shares), axis=axis))
    if reduction == "mean":
        samples = int(np.prod(values._shape))
        out = ops.div(reduce.sum_(values), float(samples)) if samples else reduce.mean(values)
        return cast(Tensor, graph.label(out, "DivBackward1", [graph.virtual("NegBackward0", x)]))
    return reduced(values, reduction)
