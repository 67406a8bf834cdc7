"""Metrics: clear, update with each batch, eval."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError, make
from unified_nn.tensor import Tensor as Core


def _array(data: Any) -> np.ndarray[Any, Any]:
    return data.numpy() if isinstance(data, Core) else np.asarray(data)


class Metric:
    """Base of the metrics."""

    def clear(self) -> None:
        """Forget all batches."""
        raise NotImplementedError

    def update(self, *inputs: Any) -> None:
        """Take one batch."""
        raise NotImplementedError

    def eval(self) -> Any:
        """The value over all batches."""
        raise NotImplementedError


class _Mean(Metric):
    """A sum over a count."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._total, self._count = 0.0, 0

    def eval(self) -> float:
        if self._count == 0:
            message = f"the {type(self).__name__} can not be calculated, because the number of samples is 0"
            raise make(ArgumentError, message, RuntimeError)
        return float(self._total / self._count)


class Accuracy(_Mean):
    """The share of samples whose largest output is the label's class."""

    def __init__(self, eval_type: str = "classification") -> None:
        if eval_type not in ("classification", "multilabel"):
            message = f"eval_type={eval_type!r} is not one of 'classification', 'multilabel'"
            raise make(ArgumentError, message, TypeError, "mindspore.train.Accuracy")
        self._type = eval_type
        super().__init__()

    def update(self, *inputs: Any) -> None:
        if len(inputs) != 2:
            message = f"Accuracy.update takes predictions and labels, got {len(inputs)} inputs"
            raise make(ArgumentError, message, ValueError)
        y_pred, y = _array(inputs[0]), _array(inputs[1])
        if self._type == "multilabel":
            hits = (y_pred == y).all(axis=1)
        else:
            labels = y.argmax(1) if y.ndim == y_pred.ndim else y
            hits = y_pred.argmax(1) == labels
        self._total += float(hits.sum())
        self._count += hits.size


class Loss(_Mean):
    """The mean of the losses of all batches."""

    def update(self, *inputs: Any) -> None:
        (loss,) = inputs
        self._total += float(_array(loss).mean())
        self._count += 1


class MAE(_Mean):
    """The mean of |prediction - label|."""

    def update(self, *inputs: Any) -> None:
        y_pred, y = map(_array, inputs)
        self._total += float(np.abs(y.reshape(y_pred.shape) - y_pred).sum())
        self._count += y.shape[0]


class MSE(_Mean):
    """The mean of (prediction - label) ** 2."""

    def update(self, *inputs: Any) -> None:
        y_pred, y = map(_array, inputs)
        self._total += float(((y.reshape(y_pred.shape) - y_pred) ** 2).sum())
        self._count += y.shape[0]


_NAMES: dict[str, Any] = {
    "accuracy": Accuracy, "acc": Accuracy, "loss": Loss, "mae": MAE, "mse": MSE,
}  # fmt: skip


def get_metric(name: str) -> Metric:
    """A new metric by its name."""
    found = _NAMES.get(name.lower())
    if found is None:
        raise make(ArgumentError, f"metric {name!r} is not offered; known: {', '.join(_NAMES)}", KeyError)
    made: Metric = found()
    return made


def get_metrics(metrics: Any) -> dict[str, Metric]:
    """name -> metric, from a dictionary, or a set or list of names."""
    if metrics is None:
        return {}
    if isinstance(metrics, dict):
        return dict(metrics)
    return {name: get_metric(name) for name in metrics}


__all__ = ["MAE", "MSE", "Accuracy", "Loss", "Metric"]
