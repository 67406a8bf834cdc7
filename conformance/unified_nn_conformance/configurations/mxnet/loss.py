"""Losses."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, layer
from unified_nn_conformance.configurations.draw import OMITTED, Draw, call
from unified_nn_conformance.sample import Sample, f32, index

NAMES = (
    "L2Loss",
    "L1Loss",
    "HuberLoss",
    "HingeLoss",
    "SquaredHingeLoss",
    "LogisticLoss",
    "KLDivLoss",
    "PoissonNLLLoss",
)


def _weights(d: Draw, samples: list[Sample], fault: str, shape: tuple[int, ...]) -> str:
    """Adds the weights of the samples, or none; how the loss is called."""
    if not d.pick(False, True) and fault != "sample":
        return ""
    samples.append(f32(shape[0] + (fault == "sample"), *(1,) * (len(shape) - 1), kind="positive"))
    return ", ".join("xyz"[: len(samples)])


def cross_entropy(d: Draw) -> Case:
    fault = d.fault("batch", "classes", "axis", "weight", "sample")
    batch, classes = d.size(1, 4), d.size(2, 5)
    deep = d.pick(False, False, True)
    shape = (batch, classes, 3) if deep else (batch, classes)
    sparse = d.some(False, True)
    options: dict[str, Any] = {
        "axis": 7 if fault == "axis" else 1 if deep else d.some(-1, 1), "sparse_label": sparse,
        "from_logits": d.some(True, False), "weight": "a" if fault == "weight" else d.some(0.5, 2),
        "batch_axis": d.rarely(0),
    }  # fmt: skip
    y = index(batch + (fault == "batch"), *shape[2:], high=classes, dtype=d.pick("float32", "int32"))
    if sparse is False:
        y = f32(batch, classes + (fault == "classes"), *shape[2:], kind="unit")
    samples = [f32(*shape), y]
    arguments = _weights(d, samples, fault, shape)
    return layer("mxnet", call("loss.SoftmaxCrossEntropyLoss", **options), *samples, arguments=arguments)


def sigmoid(d: Draw) -> Case:
    fault = d.fault("shape", "sample", "weight")
    shape = (d.size(1, 4), d.size(1, 4))
    inside = d.some(True, False)
    options = {"from_sigmoid": inside, "weight": "a" if fault == "weight" else d.some(0.5), "batch_axis": d.rarely(1)}
    samples = [f32(*shape, kind="unit" if inside is True else "normal"),
               f32(shape[0], shape[1] + (fault == "shape"), kind="unit")]  # fmt: skip
    arguments = _weights(d, samples, fault, shape)
    return layer("mxnet", call("loss.SigmoidBinaryCrossEntropyLoss", **options), *samples, arguments=arguments)


def elementwise(d: Draw) -> Case:
    fault = d.fault("shape", "sample", "weight")
    name = d.pick(*NAMES)
    shape = (d.size(1, 4), d.size(1, 4))
    options: dict[str, Any] = {"weight": "a" if fault == "weight" else d.some(0.5, 2), "batch_axis": d.rarely(1)}
    if name == "HuberLoss":
        options["rho"] = d.some(0.5, 2)
    if name in ("HingeLoss", "SquaredHingeLoss"):
        options["margin"] = d.some(0.5, 2)
    if name == "LogisticLoss":
        options["label_format"] = d.some("binary", "signed")
    if name in ("KLDivLoss", "PoissonNLLLoss"):
        options["from_logits"] = d.some(False, True)
    x = f32(*shape, kind="positive") if options.get("from_logits", OMITTED) is False else f32(*shape)
    samples = [x, f32(shape[0], shape[1] + (fault == "shape"), kind="unit")]
    arguments = _weights(d, samples, fault, shape)
    return layer("mxnet", call(f"loss.{name}", **options), *samples, arguments=arguments)
