"""Recurrent layers and cells."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, layer
from unified_nn_conformance.configurations.draw import Draw, call
from unified_nn_conformance.sample import Sample, f32, given

KINDS = ("LSTM", "GRU", "RNN")


def recurrent(d: Draw) -> Case:
    kind = d.pick(*KINDS)
    fault = d.fault("features", "rank", "batch", "sizes", "dropout", "type", "word", "state", "lengths")
    inputs, hidden, layers = d.size(1, 4), d.size(1, 4), d.pick(1, 2)
    first, both = d.pick(False, True), d.pick(False, True)
    options: dict[str, Any] = {
        "num_layers": d.pick(0, -1) if fault == "sizes" else layers, "has_bias": d.some(False, True),
        "batch_first": first, "bidirectional": 1 if fault == "type" else both,
        "dropout": d.pick(1.0, -0.5, 1) if fault == "dropout" else d.rarely(0.0),
    }  # fmt: skip
    if kind == "RNN":
        options["nonlinearity"] = "some" if fault == "word" else d.some("relu", "tanh")
    steps, batch = d.size(1, 4), d.size(1, 3)
    shape = (batch, steps) if first else (steps, batch)
    x = f32(*shape, inputs + (fault == "features"), kind="small")
    if fault == "rank":
        x = f32(*shape, kind="small")
    samples = [x]
    arguments = ""
    if fault == "state" or d.pick(False, True):
        wrong = d.pick((1, 0), (0, 1)) if fault == "state" else (0, 0)
        state = f32(layers * (1 + both), batch + wrong[0], hidden + wrong[1], kind="small")
        samples += [state] * (2 if kind == "LSTM" else 1)
        arguments = "x, (y, z)" if kind == "LSTM" else "x, y"
    elif fault == "lengths" or d.pick(False, False, True):
        lengths = [d.size(1, steps) for _ in range(batch)]
        samples.append(
            given([*lengths, 1], "int32") if fault == "lengths" else given(lengths, d.pick("int32", "int64"))
        )
        arguments = "x, None, y"
    text = call(f"nn.{kind}", inputs, hidden, **options)
    return layer("mindspore", text, *samples, arguments=arguments, training=d.pick(True, False))


def cell(d: Draw) -> Case:
    kind = d.pick(*KINDS)
    fault = d.fault("features", "batch", "hidden", "type", "rank", "missing")
    inputs, hidden, batch = d.size(1, 4), d.size(1, 4), d.size(1, 3)
    x: Sample = f32(batch, inputs + (fault == "features"), kind="small")
    if fault == "rank":
        x = f32(2, batch, inputs, kind="small")
    state = f32(batch + (fault == "batch") * 2, hidden + (fault == "hidden"), kind="small")
    samples = [x] if fault == "missing" else [x, *[state] * (2 if kind == "LSTM" else 1)]
    arguments = "x" if fault == "missing" else "x, (y, z)" if kind == "LSTM" else "x, y"
    bias = 1 if fault == "type" else d.some(False, True)
    return layer("mindspore", call(f"nn.{kind}Cell", inputs, hidden, has_bias=bias), *samples, arguments=arguments)
