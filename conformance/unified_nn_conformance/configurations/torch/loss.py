"""Losses: cross entropy with labels, probabilities and over pictures; the others."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, function, layer
from unified_nn_conformance.configurations.draw import INPUTS, OMITTED, Draw, Source, call
from unified_nn_conformance.sample import Sample, f32, given

REDUCTIONS = ("none", "sum", "mean")


def _weights(d: Draw, classes: int) -> Source:
    values = ", ".join(str(d.pick(1.0, 0.5, 2.0, 0.0)) for _ in range(classes))
    return Source(f"torch.tensor([{values}])")


def cross_entropy(d: Draw) -> Case:
    fault = d.fault("batch", "label", "dtype", "weight", "word", "smoothing", "rank")
    name = d.pick("CrossEntropyLoss", "CrossEntropyLoss", "NLLLoss")
    classes, batch = d.size(1, 4), d.pick((2,), (3,), (1,), ())
    around = tuple(d.size(1, 3) for _ in range(d.pick(0, 0, 1, 2))) if batch else ()
    options: dict[str, Any] = {"reduction": "some" if fault == "word" else d.some(*REDUCTIONS)}
    if d.pick(False, True) or fault == "weight":
        options["weight"] = _weights(d, classes + (fault == "weight"))
    soft = name == "CrossEntropyLoss" and d.pick(False, False, True)
    if not soft:
        options["ignore_index"] = d.some(0, 1, -1)
    if name == "CrossEntropyLoss":
        options["label_smoothing"] = d.pick(1.5, -0.1) if fault == "smoothing" else d.some(0.1, 1.0)
    x = f32(*batch, classes, *around)
    target_shape = (*batch, *around)
    if fault == "batch" and batch:
        target_shape = (batch[0] + 1, *around)
    if fault == "rank":
        target_shape = (*target_shape, 2)
    if soft:
        target = Sample((*batch, classes + (fault == "label"), *around), "unit")
    elif fault == "label":
        target = given([classes] * target_shape[0] if len(target_shape) == 1 else classes, "int64")
    else:
        dtype = d.pick("float32", "int32") if fault == "dtype" else "int64"
        target = Sample(target_shape, "index", dtype, classes)
    return _either(d, name, "cross_entropy" if name == "CrossEntropyLoss" else "nll_loss", options, x, target)


def elementwise(d: Draw) -> Case:
    """Losses of two arrays of one shape."""
    fault = d.fault("shape", "dtype", "word", "argument")
    name = d.pick("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss", "KLDivLoss",
                  "PoissonNLLLoss", "SoftMarginLoss", "HingeEmbeddingLoss", "MultiLabelSoftMarginLoss")  # fmt: skip
    shape = tuple(d.size(1, 3) for _ in range(d.pick(2, 1, 3)))
    options: dict[str, Any] = {"reduction": "some" if fault == "word" else d.some(*REDUCTIONS)}
    x, y = Sample(shape), Sample(shape)
    wrong = fault == "argument"
    if name == "SmoothL1Loss":
        options["beta"] = -1.0 if wrong else d.some(0.5, 2.0, 0.0)
    elif name == "HuberLoss":
        options["delta"] = d.pick(0.0, -1.0) if wrong else d.some(0.5, 2.0)
    elif name == "BCELoss":
        x, y = Sample(shape, "normal" if wrong else "unit"), Sample(shape, "unit")
        options["weight"] = _weights(d, shape[-1]) if d.pick(False, True) else OMITTED
    elif name == "BCEWithLogitsLoss":
        y = Sample(shape, "unit")
        options |= {which: _weights(d, shape[-1] + wrong) for which in ("weight", "pos_weight") if d.pick(False, True)}
    elif name == "KLDivLoss":
        options |= {"log_target": d.some(True, False), "reduction": d.some(*REDUCTIONS, "batchmean")}
        y = Sample(shape, d.pick("unit", "normal"))
    elif name == "PoissonNLLLoss":
        x = y = Sample(shape, "positive")
        options |= {"log_input": d.some(False, True), "full": d.some(True), "eps": d.some(1e-3)}
    elif name in ("SoftMarginLoss", "HingeEmbeddingLoss"):
        y = given(_signs(d, shape))
        options |= {"margin": d.some(0.5, -1.0)} if name == "HingeEmbeddingLoss" else {}
    elif name == "MultiLabelSoftMarginLoss":
        y = Sample(shape, "unit")
        options["weight"] = _weights(d, shape[-1]) if d.pick(False, True) else OMITTED
    if fault == "shape":
        y = f32(*shape[:-1], shape[-1] + 1) if d.pick(True, False) else f32(*shape, 2)
    if fault == "dtype":
        y = Sample(shape, "index", "int64", 2)
    return _either(d, name, _FUNCTIONS[name], options, x, y)


_FUNCTIONS = {
    "MSELoss": "mse_loss", "L1Loss": "l1_loss", "SmoothL1Loss": "smooth_l1_loss", "HuberLoss": "huber_loss",
    "BCELoss": "binary_cross_entropy", "BCEWithLogitsLoss": "binary_cross_entropy_with_logits", "KLDivLoss": "kl_div",
    "PoissonNLLLoss": "poisson_nll_loss", "SoftMarginLoss": "soft_margin_loss",
    "HingeEmbeddingLoss": "hinge_embedding_loss", "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
}  # fmt: skip


def _signs(d: Draw, shape: tuple[int, ...]) -> Any:
    if not shape:
        return d.pick(1.0, -1.0)
    return [_signs(d, shape[1:]) for _ in range(shape[0])]


def several(d: Draw) -> Case:
    """Losses of three arrays."""
    fault = d.fault("shape", "word", "argument")
    name = d.pick("CosineEmbeddingLoss", "MarginRankingLoss", "TripletMarginLoss", "GaussianNLLLoss")
    batch, features = d.size(1, 3), d.size(1, 3)
    x = y = z = f32(batch, features)
    options: dict[str, Any] = {"reduction": "some" if fault == "word" else d.some(*REDUCTIONS)}
    wrong = fault == "argument"
    if name == "CosineEmbeddingLoss":
        z = given(_signs(d, (batch + (fault == "shape"),)))
        options["margin"] = d.some(0.5, -0.5)
    elif name == "MarginRankingLoss":
        z = given(_signs(d, (batch, features)))
        options["margin"] = d.some(0.5, -1.0)
    elif name == "TripletMarginLoss":
        options |= {"margin": d.pick(0.0, -1.0) if wrong else d.some(0.5), "p": d.some(1.0, 3.0), "swap": d.some(True)}
    else:
        shape = d.pick((batch, features), (batch, 1), (batch,))
        z = Sample(shape, "normal" if wrong else "positive")
        options |= {"full": d.some(True), "eps": d.some(1e-3)}
    if fault == "shape" and name != "CosineEmbeddingLoss":
        y = f32(batch, features + 1)
    return layer("torch", call(f"nn.{name}", **options), x, y, z)


def _either(d: Draw, layer_name: str, function_name: str, options: dict[str, Any], x: Sample, y: Sample) -> Case:
    if d.pick(True, True, False):
        return layer("torch", call(f"nn.{layer_name}", **options), x, y)
    return function("torch", call(f"F.{function_name}", *INPUTS[:2], **options), x, y)
