"""Dense, dropout, embedding, activations."""

from __future__ import annotations

from unified_nn_conformance.case import Case, layer
from unified_nn_conformance.configurations.draw import Draw, call
from unified_nn_conformance.sample import Sample, f32, index


def _any(d: Draw) -> Sample:
    return Sample(tuple(d.size(1, 4) for _ in range(d.pick(2, 3, 4))), d.pick("normal", "ties", "small"))


def activation(d: Draw) -> Case:
    kind = d.pick("Activation", "LeakyReLU", "ELU", "SELU", "GELU", "Swish")
    fault = d.fault("word")
    if kind == "Activation":
        names = ("relu", "sigmoid", "tanh", "softrelu", "softsign")
        return layer("mxnet", call("nn.Activation", "some" if fault else d.pick(*names)), _any(d))
    if kind == "LeakyReLU":
        return layer("mxnet", call("nn.LeakyReLU", d.pick(-0.5) if fault else d.pick(0.1, 0.0, 1.0)), _any(d))
    options = {"alpha": d.some(0.5, 2.0)} if kind == "ELU" else {}
    return layer("mxnet", call(f"nn.{kind}", **options), _any(d))


def prelu(d: Draw) -> Case:
    channels = d.size(1, 4)
    return layer("mxnet", call("nn.PReLU", in_channels=d.some(channels)), f32(2, channels, d.size(1, 3)))


def dense(d: Draw) -> Case:
    fault = d.fault("features", "dtype", "sizes")
    inputs = d.size(1, 4)
    shape = (d.size(1, 3), *(d.size(1, 3) for _ in range(d.pick(0, 1))), inputs)
    flatten = d.some(False, True)
    total = shape[-1] if flatten is False else shape[-1] * (shape[1] if len(shape) == 3 else 1)
    text = call("nn.Dense", 0 if fault == "sizes" else d.size(1, 4), activation=d.rarely("relu", "tanh"),
                use_bias=d.some(False, True), flatten=flatten,
                in_units=total + 1 if fault == "features" else d.some(total))  # fmt: skip
    return layer("mxnet", text, Sample(shape, dtype="float64" if fault == "dtype" else "float32"))


def dropout(d: Draw) -> Case:
    """Only where nothing is drawn: what is dropped is each framework's own."""
    rate = d.pick(0.0, 0.5, 1.0)
    if d.fault("rate"):
        rate = d.pick(1.5, -0.5)
    return layer("mxnet", call("nn.Dropout", rate, axes=d.some((0,), (1,))), f32(d.size(1, 3), d.size(1, 3)),
                 training=rate in (0.0, 1.5, -0.5))  # fmt: skip


def embedding(d: Draw) -> Case:
    fault = d.fault("range", "floats")
    count = d.size(1, 5)
    text = call("nn.Embedding", count, d.size(1, 4), weight_initializer=d.rarely("ones"))
    shape = tuple(d.size(1, 3) for _ in range(d.pick(1, 2)))
    high = count + 3 if fault == "range" else count
    x = f32(*shape, kind="positive") if fault == "floats" else index(*shape, high=high, dtype="int32")
    return layer("mxnet", text, x, gradient=not x.is_float)
