"""Dense, dropout, embedding, activations."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, layer
from unified_nn_conformance.configurations.draw import OMITTED, Draw, call
from unified_nn_conformance.sample import Sample, f32, index

#: activation -> its arguments with values, the right ones and then a wrong one
ACTIVATIONS: dict[str, dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]]] = {
    **{name: {} for name in ("ReLU", "ReLU6", "Sigmoid", "Tanh", "SiLU", "HSwish", "HSigmoid", "LogSigmoid", "Softsign",
                             "Mish")},
    "LeakyReLU": {"alpha": ((0.3, 1.0), ("a", None))},
    "CELU": {"alpha": ((0.3, 1.0), ("a", 0.0))},
    "HShrink": {"lambd": ((0.3, 0.7), ("a", None))},
    "SoftShrink": {"lambd": ((0.3, 0.7), ("a", -1.0))},
    "GELU": {"approximate": ((False, True), (1, "tanh"))},
    "Softmax": {"axis": ((0, -1), (5, -5, "a", 1.5))},
    "LogSoftmax": {"axis": ((0, -1), (5, -5, "a", 1.5))},
    "Hardtanh": {"min_val": ((-0.5,), (3.0, "a")), "max_val": ((0.5, 2.0), (-3.0, "a"))},
}  # fmt: skip


def activation(d: Draw) -> Case:
    name, fault = d.pick(*ACTIVATIONS), d.fault("argument", "argument", "dtype", "unknown", "inputs")
    arguments = ACTIVATIONS[name]
    options = {key: d.some(*right) for key, (right, _) in arguments.items()}
    if fault == "argument" and arguments:
        key = d.pick(*arguments)
        options[key] = d.pick(*arguments[key][1])
    elif fault in ("argument", "unknown"):
        options["unknown"] = 1
    shape = tuple(d.size(1, 4) for _ in range(d.pick(2, 1, 3)))
    x = Sample(shape, d.pick("normal", "ties", "small"))
    if fault == "dtype":
        x = Sample(shape, "index", d.pick("int32", "bool", "float64"), 3)
    inputs = [x, x] if fault == "inputs" else [x]
    return layer("mindspore", call(f"nn.{name}", **options), *inputs)


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
