"""Dense, dropout, embedding, activations."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, layer
from unified_nn_conformance.configurations.draw import OMITTED, Draw, call
from unified_nn_conformance.sample import Sample, f32, index

PLAIN = ("ReLU", "ReLU6", "Sigmoid", "Tanh", "SiLU", "HSwish", "HSigmoid", "LogSigmoid", "Softsign", "Mish")


def activation(d: Draw) -> Case:
    fault = d.fault("axis")
    shape = tuple(d.size(1, 4) for _ in range(d.pick(2, 1, 3)))
    x = Sample(shape, d.pick("normal", "ties", "small"))
    kind = d.pick("plain", "alpha", "lambd", "GELU", "Softmax", "Hardtanh")
    if kind == "plain":
        return layer("mindspore", call(f"nn.{d.pick(*PLAIN)}"), x)
    if kind == "alpha":
        return layer("mindspore", call(f"nn.{d.pick('LeakyReLU', 'CELU')}", alpha=d.some(0.3, 1.0)), x)
    if kind == "lambd":
        return layer("mindspore", call(f"nn.{d.pick('HShrink', 'SoftShrink')}", lambd=d.some(0.3, 0.7)), x)
    if kind == "GELU":
        return layer("mindspore", call("nn.GELU", approximate=d.some(False, True)), x)
    if kind == "Hardtanh":
        return layer("mindspore", call("nn.Hardtanh", min_val=d.some(-0.5), max_val=d.some(0.5, 2.0)), x)
    axis = 5 if fault == "axis" else d.some(0, -1)
    return layer("mindspore", call(f"nn.{d.pick('Softmax', 'LogSoftmax')}", axis=axis), x)


def dense(d: Draw) -> Case:
    fault = d.fault("features", "dtype", "sizes", "type")
    inputs, outputs = d.size(1, 4), d.size(1, 4)
    text = call("nn.Dense", inputs, d.pick(0, -3) if fault == "sizes" else outputs, weight_init=d.rarely("ones", "normal"),
                has_bias=1 if fault == "type" else d.some(False, True),
                activation=d.rarely("relu", "sigmoid"))  # fmt: skip
    shape = (*(d.size(1, 3) for _ in range(d.pick(1, 2, 0))), inputs + (fault == "features"))
    return layer("mindspore", text, Sample(shape, dtype="float64" if fault == "dtype" else "float32"))


def dropout(d: Draw) -> Case:
    """Only where nothing is drawn: what is dropped is each framework's own."""
    fault = d.fault("p", "keep")
    options: dict[str, Any] = {"p": d.pick(1.5, -0.1, "a", 1.0) if fault == "p" else d.some(0.0, 0.5)}
    if fault == "keep":
        options = {"keep_prob": d.pick(0.0, 1.5, 1)}
    drops = options.get("p", OMITTED) != 0.0
    return layer("mindspore", call("nn.Dropout", **options), f32(d.size(1, 3), d.size(1, 3)), training=not drops)


def embedding(d: Draw) -> Case:
    fault = d.fault("range", "padding", "dtype")
    count, size = d.size(1, 5), d.size(1, 4)
    text = call("nn.Embedding", count, size, use_one_hot=d.some(True, False),
                padding_idx=count + 3 if fault == "padding" else d.some(0), embedding_table=d.rarely("ones"))  # fmt: skip
    shape = tuple(d.size(1, 3) for _ in range(d.pick(1, 2)))
    if fault == "dtype":
        return layer("mindspore", text, f32(*shape))
    return layer("mindspore", text, index(*shape, high=count, dtype=d.pick("int32", "int64")))
