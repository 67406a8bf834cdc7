"""Recurrent layers and cells."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, layer
from unified_nn_conformance.configurations.draw import OMITTED, Draw, call
from unified_nn_conformance.sample import Sample, f32

FAULTS = ("features", "rank", "dtype", "state", "state rank", "negative", "dropout", "projection", "word", "states")


def recurrent(d: Draw) -> Case:
    kind, fault = d.pick("LSTM", "GRU", "RNN"), d.fault(*FAULTS)
    features, hidden, layers = d.size(1, 4), d.size(2, 3), d.pick(1, 2)
    batch_first, both = d.pick(False, True), d.pick(False, True)
    options: dict[str, Any] = {
        "num_layers": layers if layers > 1 or d.pick(False, True) else OMITTED,
        "bias": d.some(False, True), "batch_first": batch_first or OMITTED, "bidirectional": both or OMITTED,
        "dropout": d.rarely(0.5, 0.0, 1.0),
    }  # fmt: skip
    project = 0
    if kind == "LSTM" and d.pick(False, False, True):
        project = options["proj_size"] = d.pick(1, hidden - 1)
    if kind == "RNN":
        options["nonlinearity"] = d.some("relu", "tanh")
    if fault == "negative":
        options["num_layers"] = d.pick(0, -1)
    if fault == "dropout":
        options["dropout"] = d.pick(1.5, -0.1, True)
    if fault == "projection":
        options["proj_size"] = d.pick(hidden, -1, 2)
    if fault == "word" and kind == "RNN":
        options["nonlinearity"] = "gelu"
    size = hidden + d.pick(0, -hidden) if fault == "negative" else hidden
    length, batch = d.size(1, 4), d.pick(2, 1, 0)
    alone = d.pick(False, False, True)
    x: tuple[int, ...] = (length, features + (fault == "features"))
    if not alone:
        x = (batch, *x) if batch_first else (length, batch, x[-1])
    if fault == "rank":
        x = d.pick((features,), (1, *x, 2))
    inputs = [Sample(x, "small", "float64" if fault == "dtype" else "float32")]
    arguments = ""
    if d.pick(False, True) or fault in ("state", "state rank", "states"):
        count = layers * (1 + both)
        middle = () if alone != (fault == "state rank") else (batch,)
        state = (count + (fault == "state"), *middle)
        inputs.append(f32(*state, project or hidden, kind="small"))
        if kind == "LSTM":
            inputs.append(f32(*state, hidden, kind="small"))
        pair = (kind == "LSTM") != (fault == "states")
        arguments = "x, (y, z)" if pair and kind == "LSTM" else "x, (y, y)" if pair else "x, y"
    text = call(f"nn.{kind}", features, size, **options)
    return layer("torch", text, *inputs, arguments=arguments, training=d.pick(True, False))


def cell(d: Draw) -> Case:
    kind, fault = d.pick("LSTM", "GRU", "RNN"), d.fault("features", "rank", "dtype", "state", "state rank", "word")
    features, hidden = d.size(1, 4), d.size(1, 3)
    options: dict[str, Any] = {"bias": d.some(False, True)}
    if kind == "RNN":
        options["nonlinearity"] = "gelu" if fault == "word" else d.some("relu", "tanh")
    batch = d.pick((2,), (), (1,), (0,))
    x: tuple[int, ...] = (*batch, features + (fault == "features"))
    if fault == "rank":
        x = (1, 1, *x)
    inputs = [Sample(x, "small", "float64" if fault == "dtype" else "float32")]
    arguments = ""
    if d.pick(False, True) or fault.startswith("state"):
        state = f32(*batch, *(1,) * (fault == "state rank"), hidden + (fault == "state"), kind="small")
        inputs += [state] * (1 + (kind == "LSTM"))
        arguments = "x, (y, z)" if kind == "LSTM" else "x, y"
    return layer("torch", call(f"nn.{kind}Cell", features, hidden, **options), *inputs, arguments=arguments)
