"""`mxnet.metric`: running values over batches, computed with NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy

from unified_nn.errors import ArgumentError, ShapeError, make, nearest
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.missing import refuse

Array = numpy.ndarray[Any, Any]
_registry: dict[str, Callable[..., Any]] = {}


def register(klass: Any, *names: str) -> Any:
    """Let `create` find the class by its name in lower case, or by these names."""
    for name in (klass.__name__.lower(), *names):
        _registry[name] = klass
    return klass


def alias(*names: str) -> Callable[[Any], Any]:
    return lambda klass: register(klass, *names)


def create(metric: Any, *args: Any, **kwargs: Any) -> Any:
    """A metric from itself, a name, a function of (label, pred), or a list of these."""
    if isinstance(metric, EvalMetric):
        return metric
    if isinstance(metric, list):
        return CompositeEvalMetric([create(one, *args, **kwargs) for one in metric])
    if callable(metric):
        return CustomMetric(metric, *args, **kwargs)
    found = _registry.get(str(metric).lower())
    if found is None:
        known = sorted(_registry)
        message = f"metric: {metric!r} is no metric; known: {', '.join(known)}.{nearest(str(metric), known)}"
        raise make(ArgumentError, message, AssertionError)
    return found(*args, **kwargs)


def _listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, (list, tuple)) else [values]


def check_label_shapes(labels: Any, preds: Any, wrap: bool = False, shape: bool = False) -> tuple[Any, Any]:
    """Labels and predictions that are as many (or of one shape), as lists where `wrap` says so."""
    counts = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if counts[0] != counts[1]:
        message = f"Shape of labels {counts[0]} does not match shape of predictions {counts[1]}"
        raise make(ShapeError, message)
    return (_listed(labels), _listed(preds)) if wrap else (labels, preds)


def _values(array: Any) -> Array:
    return array.numpy() if isinstance(array, Tensor) else numpy.asarray(array)


class EvalMetric:
    """Base: a subclass adds to `sum_metric` and `num_inst` in `update(labels, preds)`, or defines `measure`."""

    def __init__(
        self, name: str, output_names: Sequence[str] | None = None, label_names: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        self.name = str(name)
        self.output_names, self.label_names = output_names, label_names
        self._kwargs = kwargs
        self.reset()

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"

    def get_config(self) -> dict[str, Any]:
        """What would make this metric again."""
        names = {"output_names": self.output_names, "label_names": self.label_names}
        return {**self._kwargs, "metric": type(self).__name__, "name": self.name, **names}

    def measure(self, label: Array, pred: Array) -> tuple[float, float]:
        """What one pair adds to the sum and to the count."""
        raise NotImplementedError(f"{type(self).__name__} must define update")

    def update(self, labels: Any, preds: Any) -> None:
        """Take one batch: an array each, or lists of arrays."""
        labels, preds = _listed(labels), _listed(preds)
        check_label_shapes(labels, preds)
        for label, pred in zip(labels, preds, strict=True):
            self._add(*self.measure(_values(label), _values(pred)))

    def _add(self, total: float, count: float) -> None:
        self.sum_metric += total
        self.num_inst += count
        self.global_sum_metric += total
        self.global_num_inst += count

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        """Take one batch of named arrays."""
        preds = list(pred.values()) if self.output_names is None else [pred[n] for n in self.output_names]
        labels = list(label.values()) if self.label_names is None else [label[n] for n in self.label_names]
        self.update(labels, preds)

    def reset(self) -> None:
        """Forget everything."""
        self.num_inst: float = 0
        self.sum_metric: float = 0.0
        self.global_num_inst: float = 0
        self.global_sum_metric: float = 0.0

    def reset_local(self) -> None:
        """Forget what came since the last reset_local."""
        self.num_inst, self.sum_metric = 0, 0.0

    def _final(self, total: float, count: float) -> float:
        return total / count if count else math.nan

    def get(self) -> Any:
        """The name and the value; NaN before the first batch."""
        return self.name, self._final(self.sum_metric, self.num_inst)

    def get_global(self) -> Any:
        return self.name, self._final(self.global_sum_metric, self.global_num_inst)

    def get_name_value(self) -> list[tuple[str, float]]:
        names, values = self.get()
        return list(zip(_listed(names), _listed(values), strict=True))

    def get_global_name_value(self) -> list[tuple[str, float]]:
        names, values = self.get_global()
        return list(zip(_listed(names), _listed(values), strict=True))


@alias("composite")
class CompositeEvalMetric(EvalMetric):
    """Several metrics at once."""

    def __init__(
        self, metrics: Sequence[Any] | None = None, name: str = "composite",
        output_names: Sequence[str] | None = None, label_names: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        self.metrics = [create(metric) for metric in metrics or ()]
        super().__init__(name, output_names, label_names)

    def add(self, metric: Any) -> None:
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> Any:
        return self.metrics[index]

    def update(self, labels: Any, preds: Any) -> None:
        for metric in self.metrics:
            metric.update(labels, preds)

    def reset(self) -> None:
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        for metric in self.metrics:
            metric.reset_local()

    def get(self) -> tuple[list[str], list[float]]:
        pairs = [metric.get() for metric in self.metrics]
        return [name for name, _ in pairs], [value for _, value in pairs]

    def get_global(self) -> tuple[list[str], list[float]]:
        pairs = [metric.get_global() for metric in self.metrics]
        return [name for name, _ in pairs], [value for _, value in pairs]


@alias("acc")
class Accuracy(EvalMetric):
    """The share of predictions that are the label; scores become the place of the largest along `axis`."""

    def __init__(
        self, axis: int = 1, name: str = "accuracy", output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, output_names, label_names, axis=axis)
        self.axis = axis

    def measure(self, label: Array, pred: Array) -> tuple[float, float]:
        if pred.shape != label.shape:
            pred = pred.argmax(self.axis)
        found, wanted = (a.astype(numpy.int32).ravel() for a in (pred, label))
        check_label_shapes(wanted, found, shape=True)
        return float((found == wanted).sum()), len(found)


@alias("top_k_accuracy", "top_k_acc")
class TopKAccuracy(EvalMetric):
    """The share of labels that are among the top_k largest scores."""

    def __init__(
        self, top_k: int = 1, name: str = "top_k_accuracy", output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        if top_k <= 1:
            raise make(ArgumentError, "Please use Accuracy if top_k is no more than 1", AssertionError)
        super().__init__(f"{name}_{top_k}", output_names, label_names, top_k=top_k)
        self.top_k = top_k

    def measure(self, label: Array, pred: Array) -> tuple[float, float]:
        wanted = label.astype(numpy.int32).reshape(-1, 1)
        best = numpy.argsort(pred.astype(numpy.float32), axis=1)[:, -min(self.top_k, pred.shape[1]) :]
        return float((best == wanted).sum()), len(pred)


def _columns(label: Array, pred: Array) -> tuple[Array, Array]:
    return tuple(a.reshape(-1, 1) if a.ndim == 1 else a for a in (label, pred))  # type: ignore[return-value]


class _BatchMean(EvalMetric):
    """The mean over batches of an error that is itself a mean."""

    def __init__(
        self, name: str | None = None, output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name or type(self).__name__.lower(), output_names, label_names)

    def error(self, difference: Array) -> float:
        raise NotImplementedError

    def measure(self, label: Array, pred: Array) -> tuple[float, float]:
        a, b = _columns(label, pred)
        return self.error(a - b), 1


@register
class MAE(_BatchMean):
    """mean |label - pred|."""

    def error(self, difference: Array) -> float:
        return float(numpy.abs(difference).mean())


@register
class MSE(_BatchMean):
    """mean (label - pred) ** 2."""

    def error(self, difference: Array) -> float:
        return float((difference**2.0).mean())


@register
class RMSE(_BatchMean):
    """sqrt of the mean of (label - pred) ** 2."""

    def error(self, difference: Array) -> float:
        return float(numpy.sqrt((difference**2.0).mean()))


@alias("ce")
class CrossEntropy(EvalMetric):
    """-log(pred[label] + eps), for predictions that are probabilities."""

    def __init__(
        self, eps: float = 1e-12, name: str = "cross-entropy", output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, output_names, label_names, eps=eps)
        self.eps = eps

    def measure(self, label: Array, pred: Array) -> tuple[float, float]:
        wanted = label.ravel()
        if len(wanted) != len(pred):
            raise make(ShapeError, f"{len(wanted)} labels for {len(pred)} predictions", AssertionError)
        chances = pred[numpy.arange(len(wanted)), wanted.astype(numpy.int64)]
        return float((-numpy.log(chances + self.eps)).sum()), len(wanted)


@alias("nll_loss")
class NegativeLogLikelihood(CrossEntropy):
    """The same as CrossEntropy under another name."""

    def __init__(
        self, eps: float = 1e-12, name: str = "nll-loss", output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(eps, name, output_names, label_names)


@register
class Perplexity(EvalMetric):
    """e ** (mean of -log pred[label]), without the labels that are ignore_label."""

    def __init__(
        self, ignore_label: int | None, axis: int = -1, name: str = "perplexity",
        output_names: Sequence[str] | None = None, label_names: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, output_names, label_names, ignore_label=ignore_label, axis=axis)
        self.ignore_label, self.axis = ignore_label, axis

    def measure(self, label: Array, pred: Array) -> tuple[float, float]:
        if label.size != pred.size // pred.shape[-1]:
            raise make(ShapeError, f"shape mismatch: {label.shape} vs. {pred.shape}", AssertionError)
        wanted = label.reshape(-1).astype(numpy.int64)
        chances = pred.reshape(-1, pred.shape[-1])[numpy.arange(wanted.size), wanted]
        kept = numpy.ones(wanted.shape, bool) if self.ignore_label is None else wanted != self.ignore_label
        return float(-numpy.log(numpy.maximum(1e-10, chances[kept])).sum()), int(kept.sum())

    def _final(self, total: float, count: float) -> float:
        return math.exp(total / count) if count else math.nan


@register
class Loss(EvalMetric):
    """The mean of losses; labels do not matter."""

    def __init__(
        self, name: str = "loss", output_names: Sequence[str] | None = None, label_names: Sequence[str] | None = None
    ) -> None:
        super().__init__(name, output_names, label_names)

    def update(self, labels: Any, preds: Any) -> None:
        for pred in _listed(preds):
            values = _values(pred)
            self._add(float(values.sum()), values.size)


class CustomMetric(EvalMetric):
    """feval(label, pred) of NumPy arrays: a number, or a sum and a count."""

    def __init__(
        self, feval: Callable[[Array, Array], Any], name: str | None = None, allow_extra_outputs: bool = False,
        output_names: Sequence[str] | None = None, label_names: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        if name is None:
            name = feval.__name__
            name = f"custom({name})" if "<" in name else name
        super().__init__(name, output_names, label_names)
        self._feval, self._allow_extra_outputs = feval, allow_extra_outputs

    def update(self, labels: Any, preds: Any) -> None:
        labels, preds = _listed(labels), _listed(preds)
        if not self._allow_extra_outputs:
            check_label_shapes(labels, preds)
        for label, pred in zip(labels, preds, strict=False):
            found = self._feval(_values(label), _values(pred))
            self._add(*(found if isinstance(found, tuple) else (found, 1)))


def from_numpy_function(
    numpy_feval: Callable[[Array, Array], Any], name: str | None = None, allow_extra_outputs: bool = False
) -> CustomMetric:
    """A metric from a function of NumPy arrays."""
    return CustomMetric(numpy_feval, name or numpy_feval.__name__, allow_extra_outputs)


np = from_numpy_function  # MXNet's name for it
_REFUSED = dict.fromkeys(("F1", "MCC", "PCC", "PearsonCorrelation", "Torch", "Caffe"), "use metric.CustomMetric")
__getattr__ = refuse("mxnet.metric", globals(), _REFUSED)
