"""Layers without windows: activations with their arguments, dropout, embeddings, linear, padding."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, function, layer
from unified_nn_conformance.configurations.draw import INPUTS, OMITTED, Draw, Source, call
from unified_nn_conformance.sample import Sample, f32, given

#: layer -> function, and the arguments with values and wrong ones.
ACTIVATIONS: dict[str, tuple[str, dict[str, tuple[Any, ...]]]] = {
    "GELU": ("gelu", {"approximate": ("tanh", "none", "erf", None)}),
    "ELU": ("elu", {"alpha": (0.5, 2, -1.0, "a")}),
    "CELU": ("celu", {"alpha": (0.5, 2, -1.0, 0)}),
    "LeakyReLU": ("leaky_relu", {"negative_slope": (0.2, 1, -0.5, "a")}),
    "Hardtanh": ("hardtanh", {"min_val": (-2.0, -0.5, 3.0), "max_val": (2, 0.5, -3.0)}),
    "Hardshrink": ("hardshrink", {"lambd": (1.0, 0, -1.0, "a")}),
    "Softshrink": ("softshrink", {"lambd": (1.0, 0.0, -1.0)}),
    "Softplus": ("softplus", {"beta": (2, 0.5, -1.0), "threshold": (1, 5.0, -1)}),
    "Threshold": ("threshold", {"threshold": (0.1, -1, 0), "value": (20.0, 0, -1)}),
    "GLU": ("glu", {"dim": (0, 1, -1, 5)}),
    "Softmax": ("softmax", {"dim": (1, 0, -1, 5, -4)}),
    "LogSoftmax": ("log_softmax", {"dim": (1, 0, -1, 5, -4)}),
    "Softmin": ("softmin", {"dim": (1, 0, -1, 5, -4)}),
    "RReLU": ("rrelu", {"lower": (0.2, 0.0, 0.5), "upper": (0.5, 0.2, 1)}),
    **{name: (name.lower(), {}) for name in ("ReLU", "ReLU6", "Sigmoid", "Tanh", "SiLU", "SELU", "Softsign", "Mish",
                                             "Hardsigmoid", "Hardswish", "LogSigmoid", "Tanhshrink")},
}  # fmt: skip
_REQUIRED = ("threshold", "value")
_INPLACE = ("ELU", "CELU", "LeakyReLU", "Hardtanh", "Threshold", "ReLU", "ReLU6", "SiLU", "SELU", "Mish", "RReLU",
            "Hardsigmoid", "Hardswish")  # fmt: skip


def activation(d: Draw) -> Case:
    name = d.pick(*ACTIVATIONS)
    called, arguments = ACTIVATIONS[name]
    options = {key: d.pick(*values) if key in _REQUIRED else d.some(*values) for key, values in arguments.items()}
    if name in _INPLACE:
        options["inplace"] = d.rarely(True, False)
    fault = d.fault("integers", "unknown")
    if fault == "unknown":
        options["unknown"] = 1
    shape = tuple(d.size(1, 4) for _ in range(d.pick(2, 1, 3, 0)))
    if fault == "integers":
        x = Sample(shape, "index", d.pick("int64", "bool"), 3)
    else:
        x = Sample(shape, d.pick("normal", "ties"), d.pick("float32", "float32", "float64"))
    if d.pick(True, False):
        return layer("torch", call(f"nn.{name}", **options), x, training=False)
    return function("torch", call(f"F.{called}", INPUTS[0], **options), x)


def prelu(d: Draw) -> Case:
    fault = d.fault("channels", "zero")
    channels = d.size(1, 4)
    count = 0 if fault == "zero" else channels + d.pick(1, 2) if fault == "channels" else d.pick(1, channels)
    shape = d.pick((2, channels), (2, channels, 3), (channels,), ())
    return layer("torch", call("nn.PReLU", count, init=d.some(0.5, -1.0, 0)), Sample(shape, d.pick("normal", "ties")))


def dropout(d: Draw) -> Case:
    fault = d.fault("probability", "probability", "rank", "integers", "unknown")
    name = d.pick("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
    p = d.pick(1.5, -0.1, float("nan"), "a") if fault == "probability" else d.some(0.3, 0.0, 1.0, 0, 0.9)
    rank = {"Dropout1d": 1, "Dropout2d": 2, "Dropout3d": 3}.get(name, d.pick(1, 2))
    shape = (*d.pick((2,), (), (0,)), d.size(1, 4), *[d.size(1, 4) for _ in range(rank)])
    if fault == "rank":
        shape = d.pick((3,), (2, 2, 2, 2, 2, 2), ())
    x = Sample(shape, "index", "int64", 9) if fault == "integers" else f32(*shape)
    wrong = {"unknown": 1} if fault == "unknown" else {}
    text = call(f"nn.{name}", p, inplace=d.rarely(True, False), **wrong)
    return layer("torch", text, x, training=d.pick(False, True))


def embedding(d: Draw) -> Case:
    fault = d.fault("index", "negative", "dtype", "padding", "sizes", "norm")
    count, features = d.size(1, 5), d.size(1, 3)
    options: dict[str, Any] = {
        "padding_idx": d.pick(count, -count - 1) if fault == "padding" else d.some(0, -1, count - 1),
        "max_norm": d.rarely(1.0, 0.5), "norm_type": d.rarely(1.0, 3.0), "scale_grad_by_freq": d.rarely(True),
    }  # fmt: skip
    shape = tuple(d.size(0, 3) for _ in range(d.pick(1, 2, 0)))
    x = Sample(shape, "index", d.pick("int64", "int32"), count)
    if fault in ("index", "negative"):
        x = given([0, count if fault == "index" else -1], "int64")
    elif fault == "dtype":
        x = Sample(shape, "index", d.pick("float32", "bool", "int16"), count)
    elif fault == "sizes":
        return layer("torch", call("nn.Embedding", *d.pick((-1, 2), (2, -1), (0, 2))), x)
    if d.pick(True, True, False):
        return layer("torch", call("nn.Embedding", count, features, **options), x)
    text = call(
        "F.embedding",
        *(INPUTS[0], INPUTS[1] if options["max_norm"] is OMITTED else Source("y.detach() * 1")),
        **options,
    )
    return function("torch", text, x, f32(count, features))


def linear(d: Draw) -> Case:
    fault = d.fault("features", "dtype", "rank", "sizes")
    name = d.pick("Linear", "Bilinear")
    into, out = d.size(1, 4), d.size(1, 4)
    if fault == "sizes":
        return layer("torch", call("nn.Linear", *d.pick((-1, 2), (2, -1), (0, 2), (2.5, 2))), f32(2, 3))
    before = d.pick((2,), (), (2, 3), (0,))
    shape = () if fault == "rank" else (*before, into + (fault == "features"))
    x = Sample(shape, dtype=d.pick("float64", "int64") if fault == "dtype" else "float32")
    if name == "Linear":
        return layer("torch", call("nn.Linear", into, out, bias=d.some(False, True)), x)
    other = d.size(1, 3)
    return layer("torch", call("nn.Bilinear", into, other, out, bias=d.some(False, True)), x, f32(*before, other))


def padding(d: Draw) -> Case:
    fault = d.fault("rank", "large", "entries", "unknown")
    rank, kind = d.pick(2, 1, 3), d.pick("ConstantPad", "ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad")
    sides = tuple(d.size(-1, 2) for _ in range(2 * rank))
    said: Any = sides if d.pick(True, False) else sides[0]
    if fault == "entries":
        said = (*sides, 1)
    if fault == "large":
        said = d.pick(-9, 9)
    x = f32(*d.pick((2, 2), (2,)), *[d.size(2, 4) for _ in range(rank)])
    if fault == "rank":
        x = f32(*d.pick((3,), (1, 1, 1, 2, 2, 2, 2)))
    value = (d.pick(1.5, 0, -1),) if kind == "ConstantPad" else ()
    wrong = {"unknown": 1} if fault == "unknown" else {}
    return layer("torch", call(f"nn.{kind}{rank}d", said, *value, **wrong), x)
