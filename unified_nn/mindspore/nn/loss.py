"""Losses as cells, each around its function."""

from __future__ import annotations

from typing import Any

from unified_nn import dtypes
from unified_nn.errors import ArgumentError, DTypeError, ShapeError, make
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.cell import Cell
from unified_nn.mindspore.ops.arguments import floating, tensor
from unified_nn.mindspore.ops.function import loss_func
from unified_nn.ops import elementwise as el
from unified_nn.ops import index, reduce
from unified_nn.ops import loss as losses


class LossBase(Cell):
    """Base of the losses; `get_loss` weighs and reduces."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in loss_func.REDUCTIONS:
            message = f"the 'reduction' must be in ['mean', 'sum', 'none'], but got {reduction}"
            raise make(ArgumentError, message, ValueError, f"mindspore.nn.{type(self).__name__}")
        self.reduction = reduction

    def get_loss(self, x: Any, weights: Any = 1.0) -> Any:
        """weights * x, reduced in float32 and given back in the dtype of x."""
        dtype = x._dtype
        if dtype is not dtypes.float32:
            x = el.cast(x, dtype=dtypes.float32)
        if isinstance(weights, Tensor) or weights != 1.0:
            x = el.mul(x, weights)
        return el.as_dtype(loss_func.reduced(x, self.reduction, "nn.LossBase.get_loss"), dtype)

    def construct(self, logits: Any, labels: Any) -> Any:
        raise NotImplementedError


class MSELoss(LossBase):
    """(logits - labels) ** 2."""

    def construct(self, logits: Tensor, labels: Tensor) -> Any:
        return self.get_loss(losses.squared_error(tensor(logits, "nn.MSELoss"), tensor(labels, "nn.MSELoss")))


class RMSELoss(LossBase):
    """The square root of the mean of (logits - label) ** 2."""

    def __init__(self) -> None:
        super().__init__()
        self.MSELoss = MSELoss()

    def construct(self, logits: Tensor, label: Tensor) -> Any:
        return el.sqrt(self.MSELoss(logits, label))


class MAELoss(LossBase):
    """|logits - label|."""

    def construct(self, logits: Tensor, label: Tensor) -> Any:
        return self.get_loss(losses.absolute_error(tensor(logits, "nn.MAELoss"), tensor(label, "nn.MAELoss")))


class L1Loss(LossBase):
    """|logits - labels|."""

    def construct(self, logits: Tensor, labels: Tensor) -> Any:
        return loss_func.l1_loss(logits, labels, self.reduction)


class SmoothL1Loss(LossBase):
    """Squared near 0, absolute beyond beta; not reduced by default."""

    def __init__(self, beta: float = 1.0, reduction: str = "none") -> None:
        super().__init__(reduction)
        self.beta = beta

    def construct(self, logits: Tensor, labels: Tensor) -> Any:
        return loss_func.smooth_l1_loss(logits, labels, self.beta, self.reduction)


class HuberLoss(LossBase):
    """Squared near 0, absolute beyond delta."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def construct(self, logits: Tensor, labels: Tensor) -> Any:
        return loss_func.huber_loss(logits, labels, self.reduction, self.delta)


class _Weighted(LossBase):
    """Base of the losses over classes."""

    def __init__(self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction)
        where = f"mindspore.nn.{type(self).__name__}"
        if not isinstance(ignore_index, int):
            raise make(ArgumentError, f"the 'ignore_index' must be int, but got {ignore_index!r}", TypeError, where)
        if weight is not None and not isinstance(weight, Tensor):
            raise make(ArgumentError, f"the 'weight' must be Tensor, but got {type(weight).__name__}", TypeError, where)
        self.weight, self.ignore_index = weight, ignore_index


class NLLLoss(_Weighted):
    """-logits[n, labels[n]] for log-probabilities."""

    def construct(self, logits: Tensor, labels: Tensor) -> Any:
        return loss_func.nll_loss(logits, labels, self.weight, self.ignore_index, self.reduction)


class CrossEntropyLoss(_Weighted):
    """-log softmax(logits)[n, labels[n]]; labels may be probabilities of the same shape."""

    def __init__(
        self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(weight, ignore_index, reduction)
        where = "mindspore.nn.CrossEntropyLoss"
        if not isinstance(label_smoothing, float):
            message = f"the 'label_smoothing' must be float, but got {label_smoothing!r}"
            raise make(ArgumentError, message, TypeError, where)
        if not 0 <= label_smoothing <= 1:
            message = f"the 'label_smoothing' must be in range of [0.0, 1.0], but got {label_smoothing}"
            raise make(ArgumentError, message, ValueError, where)
        self.label_smoothing = label_smoothing

    def construct(self, logits: Tensor, labels: Tensor) -> Any:
        x, y = tensor(logits, "nn.CrossEntropyLoss"), tensor(labels, "nn.CrossEntropyLoss")
        if y._dtype not in ((dtypes.float16, dtypes.float32, x._dtype) if y.ndim == x.ndim else (dtypes.int32,)):
            wanted = "int32, or float32 probabilities in the shape of the logits"
            message = f"the labels should be {wanted}, but got {y._dtype.name} {y.shape}; logits {x.shape}"
            raise make(DTypeError, message, TypeError, "mindspore.nn.CrossEntropyLoss")
        if y.shape not in (x.shape, x.shape[:1] + x.shape[2:] if x.ndim > 1 else ()):
            message = f"logits {x.shape} (N, C, ...) and labels {y.shape} (N, ...) do not go together"
            raise make(ShapeError, message, ValueError, "mindspore.nn.CrossEntropyLoss")
        return loss_func.cross_entropy(x, y, self.weight, self.ignore_index, self.reduction, self.label_smoothing)


class SoftmaxCrossEntropyWithLogits(LossBase):
    """-sum(labels * log softmax(logits)) of each sample, not reduced by default; labels are probabilities, or with
    `sparse` the numbers of the classes.
    """

    def __init__(self, sparse: bool = False, reduction: str = "none") -> None:
        super().__init__(reduction)
        if not isinstance(sparse, bool):
            message = f"the 'sparse' must be bool, but got {sparse!r}"
            raise make(ArgumentError, message, TypeError, "mindspore.nn.SoftmaxCrossEntropyWithLogits")
        self.sparse = sparse

    def construct(self, logits: Tensor, labels: Tensor) -> Any:
        where = "nn.SoftmaxCrossEntropyWithLogits"
        x, y = floating(logits, where), tensor(labels, where)
        if self.sparse:
            if y._dtype.kind not in "iu":
                raise make(
                    DTypeError, f"the labels should be Int32, but got {y.dtype}", TypeError, f"mindspore.{where}"
                )
            if self.reduction == "mean":
                return reduce.mean(losses.cross_entropy(x, y, axis=x.ndim - 1))
            y = index.one_hot(y, depth=x.shape[-1], dtype=dtypes.float32)
        if y._dtype is not x._dtype:
            message = f"the logits are {x.dtype} and the labels {y.dtype}, expected one dtype"
            raise make(DTypeError, message, TypeError, f"mindspore.{where}")
        if x.ndim != 2 or y.shape != x.shape:
            message = f"logits {x.shape} and labels {y.shape} must have one shape (N, C)"
            raise make(ShapeError, message, ValueError, f"mindspore.{where}")
        return self.get_loss(loss_func.softmax_cross_entropy(x, y))


class BCELoss(LossBase):
    """The binary cross entropy of probabilities."""

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.weight = weight

    def construct(self, logits: Tensor, labels: Tensor) -> Any:
        return loss_func.binary_cross_entropy(logits, labels, self.weight, self.reduction)


class BCEWithLogitsLoss(LossBase):
    """The binary cross entropy of sigmoid(input)."""

    def __init__(self, reduction: str = "mean", weight: Tensor | None = None, pos_weight: Tensor | None = None) -> None:
        super().__init__(reduction)
        self.weight, self.pos_weight = weight, pos_weight

    def construct(self, input: Tensor, target: Tensor) -> Any:
        return loss_func.binary_cross_entropy_with_logits(input, target, self.weight, self.pos_weight, self.reduction)


class KLDivLoss(LossBase):
    """labels * (log(labels) - logits) for log-probabilities; "batchmean" divides the sum by the batch size."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__("mean" if reduction == "batchmean" else reduction)
        self.reduction = reduction

    def construct(self, logits: Tensor, labels: Tensor) -> Any:
        return loss_func.kl_div(logits, labels, self.reduction)


class SoftMarginLoss(LossBase):
    """log(1 + e ** (-labels * logits))."""

    def construct(self, logits: Tensor, labels: Tensor) -> Any:
        return loss_func.soft_margin_loss(logits, labels, self.reduction)


class MarginRankingLoss(LossBase):
    """max(0, -target * (input1 - input2) + margin)."""

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def construct(self, input1: Tensor, input2: Tensor, target: Tensor) -> Any:  # type: ignore[override]
        return loss_func.margin_ranking_loss(input1, input2, target, self.margin, self.reduction)


class HingeEmbeddingLoss(LossBase):
    """logits where the label is 1, max(0, margin - logits) where it is -1."""

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def construct(self, logits: Tensor, labels: Tensor) -> Any:
        return loss_func.hinge_embedding_loss(logits, labels, self.margin, self.reduction)


class CosineEmbeddingLoss(LossBase):
    """1 - cos(x1, x2) where the label is 1, max(0, cos(x1, x2) - margin) where it is -1."""

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        if not -1 <= margin <= 1:
            message = f"the 'margin' must be in range of [-1.0, 1.0], but got {margin}"
            raise make(ArgumentError, message, ValueError, "mindspore.nn.CosineEmbeddingLoss")
        self.margin = margin

    def construct(self, logits_x1: Tensor, logits_x2: Tensor, labels: Tensor) -> Any:  # type: ignore[override]
        x, y, label = (tensor(v, "nn.CosineEmbeddingLoss") for v in (logits_x1, logits_x2, labels))
        sizes = [el.sqrt(reduce.sum_(el.square(v), axis=1)) for v in (x, y)]
        cosine = el.div(reduce.sum_(el.mul(x, y), axis=1), el.mul(*sizes))
        near = el.where(el.equal(label, 1), el.sub(1.0, cosine), 0.0)
        far = el.where(el.equal(label, -1), el.maximum(el.sub(cosine, self.margin), 0.0), 0.0)
        return self.get_loss(el.add(near, far))


__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CosineEmbeddingLoss", "CrossEntropyLoss", "HingeEmbeddingLoss", "HuberLoss",
    "KLDivLoss", "L1Loss", "LossBase", "MAELoss", "MSELoss", "MarginRankingLoss", "NLLLoss", "RMSELoss",
    "SmoothL1Loss", "SoftMarginLoss", "SoftmaxCrossEntropyWithLogits",
]  # fmt: skip
