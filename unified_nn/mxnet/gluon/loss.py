"""Gluon's losses: one value per sample."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.mxnet import symbol
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.vocabulary.missing import refuse


class Loss(HybridBlock):
    """Base of losses: weight scales all values, batch_axis is the axis of the samples."""

    def __init__(self, weight: float | None, batch_axis: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._weight, self._batch_axis = weight, batch_axis

    def __repr__(self) -> str:
        return f"{type(self).__name__}(batch_axis={self._batch_axis}, w={self._weight})"

    def _per_sample(self, F: Any, loss: Any, sample_weight: Any, weight: float | None = None) -> Any:  # noqa: N803
        """The values, weighted, averaged over all axes but the samples'."""
        loss = _weighted(F, loss, self._weight if weight is None else weight, sample_weight)
        return F.mean(loss, axis=self._batch_axis, exclude=True)


def _weighted(F: Any, loss: Any, weight: float | None, sample_weight: Any) -> Any:  # noqa: N803
    if sample_weight is not None:
        loss = F.broadcast_mul(loss, sample_weight)
    if weight is None:
        return loss
    if not isinstance(weight, (int, float)):
        raise make(ArgumentError, f"loss: weight={weight!r} must be a number", AssertionError)
    return loss * weight


def _like(F: Any, label: Any, pred: Any) -> Any:  # noqa: N803
    """The label in the prediction's shape."""
    return F.reshape_like(label, pred) if F is symbol else label.reshape(pred.shape)


class L2Loss(Loss):
    """weight / 2 * (label - pred) ** 2."""

    def __init__(self, weight: float | None = 1.0, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        loss = F.square(_like(F, label, pred) - pred)
        if not isinstance(self._weight, (int, float)):
            message = f"L2Loss: weight={self._weight!r}, expected a number: half of it is used"
            raise make(ArgumentError, message, TypeError)
        return self._per_sample(F, loss, sample_weight, self._weight / 2)


class L1Loss(Loss):
    """|label - pred|."""

    def __init__(self, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        return self._per_sample(F, F.abs(_like(F, label, pred) - pred), sample_weight)


def _softplus(F: Any, x: Any) -> Any:  # noqa: N803
    return F.Activation(x, act_type="softrelu")


class SigmoidBinaryCrossEntropyLoss(Loss):
    """-(label * log p + (1 - label) * log(1 - p)) with p = sigmoid(pred), or pred itself with from_sigmoid."""

    def __init__(
        self, from_sigmoid: bool = False, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_sigmoid = from_sigmoid

    def hybrid_forward(
        self, F: Any, pred: Any, label: Any, sample_weight: Any = None, pos_weight: Any = None  # noqa: N803
    ) -> Any:  # fmt: skip
        label = _like(F, label, pred)
        if not self._from_sigmoid:
            if pos_weight is None:
                loss = F.relu(pred) - pred * label + _softplus(F, -F.abs(pred))
            else:
                weight = 1 + F.broadcast_mul(pos_weight - 1, label)
                loss = pred - pred * label + weight * (_softplus(F, -F.abs(pred)) + F.relu(-pred))
        else:
            eps = 1e-12
            hit = F.log(pred + eps) * label
            if pos_weight is not None:
                hit = F.broadcast_mul(hit, pos_weight)
            loss = -(hit + F.log(1.0 - pred + eps) * (1.0 - label))
        return self._per_sample(F, loss, sample_weight)


class SoftmaxCrossEntropyLoss(Loss):
    """-log softmax(pred)[label], or -sum(label * log softmax(pred)) with sparse_label=False.

    Labels out of range count as the nearest class, as in MXNet.
    """

    def __init__(
        self, axis: int = -1, sparse_label: bool = True, from_logits: bool = False, weight: float | None = None,
        batch_axis: int = 0, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(weight, batch_axis, **kwargs)
        self._axis, self._sparse_label, self._from_logits = axis, sparse_label, from_logits

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        logs = pred if self._from_logits else F.log_softmax(pred, axis=self._axis)
        if self._sparse_label:
            loss = -F.pick(logs, label, axis=self._axis, keepdims=True)
        else:
            loss = -F.sum(logs * _like(F, label, logs), axis=self._axis, keepdims=True)
        return self._per_sample(F, loss, sample_weight)


class KLDivLoss(Loss):
    """The sum of label * (log label - pred), with pred log-probabilities, or logits with from_logits=False."""

    def __init__(
        self, from_logits: bool = True, axis: int = -1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits, self._axis = from_logits, axis

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        logs = pred if self._from_logits else F.log_softmax(pred, self._axis)
        loss = _weighted(F, label * (F.log(label + 1e-12) - logs), self._weight, sample_weight)
        return F.sum(loss, axis=self._batch_axis, exclude=True)


class HuberLoss(Loss):
    """|d| - rho / 2 where |d| > rho, else d ** 2 / (2 * rho)."""

    def __init__(self, rho: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._rho = rho

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        d = F.abs(_like(F, label, pred) - pred)
        loss = F.where(d > self._rho, d - 0.5 * self._rho, (0.5 / self._rho) * F.square(d))
        return self._per_sample(F, loss, sample_weight)


class HingeLoss(Loss):
    """max(0, margin - pred * label)."""

    def __init__(self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        return self._per_sample(F, F.relu(self._margin - pred * _like(F, label, pred)), sample_weight)


class SquaredHingeLoss(HingeLoss):
    """max(0, margin - pred * label) ** 2."""

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        loss = F.square(F.relu(self._margin - pred * _like(F, label, pred)))
        return self._per_sample(F, loss, sample_weight)


class LogisticLoss(Loss):
    """log(1 + e ** (-pred * label)) for labels -1 and 1 ("signed"), or 0 and 1 ("binary")."""

    def __init__(
        self, weight: float | None = None, batch_axis: int = 0, label_format: str = "signed", **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        if label_format not in ("signed", "binary"):
            raise make(ArgumentError, f"label_format can only be signed or binary, received {label_format}.")
        self._label_format = label_format

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        label = _like(F, label, pred)
        if self._label_format == "signed":
            label = (label + 1.0) / 2.0
        loss = F.relu(pred) - pred * label + _softplus(F, -F.abs(pred))
        return self._per_sample(F, loss, sample_weight)


class TripletLoss(Loss):
    """max(0, |pred - positive|**2 - |pred - negative|**2 + margin), squares summed over a sample."""

    def __init__(self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(
        self, F: Any, pred: Any, positive: Any, negative: Any  # noqa: N803
    ) -> Any:  # fmt: skip
        near, far = _like(F, positive, pred) - pred, _like(F, negative, pred) - pred
        loss = F.sum(F.square(near) - F.square(far), axis=self._batch_axis, exclude=True)
        return _weighted(F, F.relu(loss + self._margin), self._weight, None)


class PoissonNLLLoss(Loss):
    """e ** pred - target * pred, or pred - target * log pred with from_logits=False; the mean over everything."""

    def __init__(
        self, weight: float | None = None, from_logits: bool = True, batch_axis: int = 0, compute_full: bool = False,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(weight, batch_axis, **kwargs)
        if compute_full:
            raise make(NotOfferedError, "PoissonNLLLoss: compute_full=True is not offered")
        self._from_logits = from_logits

    def hybrid_forward(
        self, F: Any, pred: Any, target: Any, sample_weight: Any = None, epsilon: float = 1e-8  # noqa: N803
    ) -> Any:  # fmt: skip
        target = _like(F, target, pred)
        loss = F.exp(pred) - target * pred if self._from_logits else pred - target * F.log(pred + epsilon)
        return F.mean(_weighted(F, loss, self._weight, sample_weight))


class CosineEmbeddingLoss(Loss):
    """1 - cos(a, b) where label is 1, max(0, cos(a, b) - margin) where it is -1, else 0."""

    def __init__(self, weight: float | None = None, batch_axis: int = 0, margin: float = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(
        self, F: Any, input1: Any, input2: Any, label: Any, sample_weight: Any = None  # noqa: N803
    ) -> Any:  # fmt: skip
        input1 = _like(F, input1, input2)
        label = label.reshape((-1, 1))
        first = F.norm(input1, axis=-1).reshape((-1, 1))
        second = F.norm(input2, axis=-1).reshape((-1, 1))
        dot = F.sum(input1 * input2, axis=-1).reshape((-1, 1))
        cosine = dot / F.broadcast_maximum(first * second, F.full((1, 1), 1e-12))
        same, other = label == 1, label == -1
        near = (1 - cosine) * same
        # MXNet's graph has an attribute here that the operator does not look at.
        ignored = {"axis": 1} if F is symbol else {}
        apart = F.broadcast_maximum(F.zeros((1, 1)), other * (cosine - self._margin), **ignored)
        return _weighted(F, near + apart, self._weight, sample_weight)


SoftmaxCELoss = SoftmaxCrossEntropyLoss
SigmoidBCELoss = SigmoidBinaryCrossEntropyLoss
_REFUSED = {"CTCLoss": "no backend computes it", "SDMLLoss": "write it with nd functions"}
__getattr__ = refuse("mxnet.gluon.loss", globals(), _REFUSED)
