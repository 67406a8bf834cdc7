"""Dense, dropout, embedding, activations."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, layer
from unified_nn_conformance.configurations.draw import OMITTED, Draw, call
from unified_nn_conformance.sample import Sample, f32, index


def _any(d: Draw) -> Sample:
    return Sample(tuple(d.size(1, 4) for _ in range(d.pick(2, 3, 4))), d.pick("normal", "ties", "small"))


#: activation -> its arguments with values, the right ones and then wrong ones
ACTIVATIONS: dict[str, dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]]] = {
    "Activation": {"activation": (("relu", "sigmoid", "tanh", "softrelu", "softsign"), ("some", None, 1))},
    "LeakyReLU": {"alpha": ((0.1, 0.0, 1.0), (-0.5, "a", None))},
    "ELU": {"alpha": ((0.5, 2.0), ("a", None))},
    "SELU": {},
    "GELU": {},
    "Swish": {"beta": ((1.0,), ("a", None))},
}
_REQUIRED = ("Activation", "LeakyReLU")


def activation(d: Draw) -> Case:
    name, fault = d.pick(*ACTIVATIONS), d.fault("argument", "argument", "dtype", "unknown")
    options: dict[str, Any] = {}
    for key, (right, wrong) in ACTIVATIONS[name].items():
        options[key] = d.pick(*right) if name in _REQUIRED else d.some(*right)
        if fault == "argument":
            options[key] = d.pick(*wrong, *(OMITTED,) * (name in _REQUIRED))
    if fault == "unknown" or (fault and not options):
        options["unknown"] = 1
    x = _any(d)
    if fault == "dtype":
        x = Sample(x.shape, "index", d.pick("int32", "bool"), 3)
    return layer("mxnet", call(f"nn.{name}", **options), x, gradient=x.is_float)


def prelu(d: Draw) -> Case:
    fault = d.fault("channels", "dtype", "unknown")
    channels = d.size(1, 4)
    count = channels + d.pick(1, 2) if fault == "channels" else d.some(channels)
    text = call("nn.PReLU", in_channels=count, unknown=1 if fault == "unknown" else OMITTED)
    shape = (2, channels, d.size(1, 3))
    return layer("mxnet", text, Sample(shape, dtype="int32") if fault == "dtype" else f32(*shape))


def dense(d: Draw) -> Case:
    fault = d.fault("features", "dtype", "sizes", "word", "unknown", "initial")
    inputs = d.size(1, 4)
    shape = (d.size(1, 3), *(d.size(1, 3) for _ in range(d.pick(0, 1))), inputs)
    flatten = d.some(False, True)
    total = shape[-1] if flatten is False else shape[-1] * (shape[1] if len(shape) == 3 else 1)
    text = call("nn.Dense", d.pick(0, -1, "a") if fault == "sizes" else d.size(1, 4),
                activation="some" if fault == "word" else d.rarely("relu", "tanh"),
                use_bias=d.some(False, True), flatten=flatten,
                in_units=total + (fault == "features") if fault in ("features", "word") else d.some(total),
                weight_initializer="some" if fault == "initial" else OMITTED,
                unknown=1 if fault == "unknown" else OMITTED)  # fmt: skip
    return layer("mxnet", text, Sample(shape, dtype="float64" if fault == "dtype" else "float32"))


def dropout(d: Draw) -> Case:
    """Only where nothing is drawn: what is dropped is each framework's own."""
    rate: Any = d.pick(0.0, 0.5, 1.0)
    fault = d.fault("rate", "unknown")
    if fault == "rate":
        rate = d.pick(1.5, -0.5, "a")
    text = call("nn.Dropout", rate, axes=d.some((0,), (1,)), unknown=1 if fault == "unknown" else OMITTED)
    return layer("mxnet", text, f32(d.size(1, 3), d.size(1, 3)), training=rate == 0.0 or fault == "rate")


def embedding(d: Draw) -> Case:
    fault = d.fault("range", "floats", "sizes", "unknown", "initial")
    count = d.size(1, 5)
    text = call("nn.Embedding", d.pick(-1, "a") if fault == "sizes" else count, d.size(1, 4),
                weight_initializer="some" if fault == "initial" else d.rarely("ones"),
                unknown=1 if fault == "unknown" else OMITTED)  # fmt: skip
    shape = tuple(d.size(1, 3) for _ in range(d.pick(1, 2)))
    high = count + 3 if fault == "range" else count
    x = f32(*shape, kind="positive") if fault == "floats" else index(*shape, high=high, dtype="int32")
    return layer("mxnet", text, x, gradient=not x.is_float)
