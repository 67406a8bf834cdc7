"""Losses."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, function, layer
from unified_nn_conformance.configurations.draw import INPUTS, Draw, Source, call
from unified_nn_conformance.sample import Sample, f32, given, index

REDUCTIONS = ("mean", "sum", "none")


def _reduction(d: Draw, fault: str) -> Any:
    return "some" if fault == "word" else d.some(*REDUCTIONS)


def cross_entropy(d: Draw) -> Case:
    fault = d.fault("word", "batch", "classes", "weight", "smoothing", "labels", "type")
    batch, classes = d.size(1, 4), d.size(1, 5)
    space = tuple(d.size(1, 3) for _ in range(d.pick(0, 0, 1, 2)))
    x = f32(batch, classes, *space)
    soft = d.pick(False, False, True)
    y: Sample = index(batch + (fault == "batch"), *space, high=classes, dtype="int64" if fault == "type" else "int32")
    if soft:
        y = f32(batch, classes + (fault == "classes"), *space, kind="unit")
    elif fault == "labels":
        y = given([classes + 2] * batch, "int32")
        x = f32(batch, classes)
    options: dict[str, Any] = {
        "reduction": _reduction(d, fault),
        "label_smoothing": d.pick(1.5, -0.1, 1) if fault == "smoothing" else d.some(0.1, 0.5),
        "ignore_index": d.some(0, -100),
    }  # fmt: skip
    weighted = fault == "weight" or d.pick(False, True)
    if d.pick(True, True, False) or fault in ("smoothing", "type"):
        if weighted:
            count = classes + (fault == "weight")
            options["weight"] = Source(f"ops.arange(1.0, {count + 1}.0)")
        return layer("mindspore", call("nn.CrossEntropyLoss", **options), x, y)
    inputs = [x, y]
    if weighted:
        inputs.append(f32(classes + (fault == "weight"), kind="positive"))
        options["weight"] = INPUTS[2]
    return function("mindspore", call("ops.cross_entropy", *INPUTS[:2], **options), *inputs, gradient=not weighted)


def softmax_cross_entropy(d: Draw) -> Case:
    fault = d.fault("word", "batch", "classes", "labels", "type", "rank")
    batch, classes, sparse = d.size(1, 4), d.size(2, 5), d.pick(False, True)
    y: Sample = f32(batch + (fault == "batch"), classes + (fault == "classes"), kind="unit")
    if sparse:
        y = index(batch + (fault == "batch"), high=classes, dtype="int32")
        if fault == "type":
            y = f32(batch)
    elif fault == "type":
        y = index(batch, classes, high=2, dtype="int32")
    x = f32(batch, classes) if fault != "rank" else f32(batch, classes, 2)
    text = call("nn.SoftmaxCrossEntropyWithLogits", sparse=sparse, reduction=_reduction(d, fault))
    return layer("mindspore", text, x, y)


def elementwise(d: Draw) -> Case:
    fault = d.fault("word", "shape", "number")
    name = d.pick(
        "MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss", "KLDivLoss", "NLLLoss"
    )
    shape = (d.size(1, 4), d.size(2, 4))
    options: dict[str, Any] = {"reduction": _reduction(d, fault)}
    if name == "SmoothL1Loss":
        options["beta"] = d.pick(0.0, -1.0) if fault == "number" else d.some(0.5, 2.0)
    if name == "HuberLoss":
        options["delta"] = d.pick(0.0, -1.0) if fault == "number" else d.some(0.5, 2.0)
    x, y = f32(*shape), f32(*shape)
    if name in ("BCELoss", "BCEWithLogitsLoss", "KLDivLoss"):
        x = f32(*shape, kind="unit") if name == "BCELoss" else x
        y = f32(*shape, kind="unit")
    if name == "NLLLoss":
        y = index(shape[0] + (fault == "shape"), high=shape[1], dtype="int32")
        options["ignore_index"] = d.some(0)
    elif fault == "shape":
        y = f32(shape[0], shape[1] + 1, kind=y.kind)
    return layer("mindspore", call(f"nn.{name}", **options), x, y)
