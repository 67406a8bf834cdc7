"""Recurrent layers and cells."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, layer
from unified_nn_conformance.configurations.draw import Draw, call
from unified_nn_conformance.sample import f32

KINDS = ("LSTM", "GRU", "RNN")
ACTIVATIONS = ("tanh", "relu", "sigmoid", "softsign", "softrelu")


def recurrent(d: Draw) -> Case:
    kind = d.pick(*KINDS)
    fault = d.fault("features", "rank", "batch", "dropout", "word", "state", "layout")
    inputs, hidden, layers = d.size(1, 4), d.size(1, 4), d.pick(1, 2)
    last, both = d.pick(False, True), d.pick(False, True)
    options: dict[str, Any] = {
        "num_layers": layers, "layout": "some" if fault == "layout" else "NTC" if last else d.some("TNC"),
        "bidirectional": both, "dropout": d.pick(1.5, -0.5) if fault == "dropout" else d.rarely(0),
        "input_size": inputs if fault == "features" else d.some(inputs), "i2h_bias_initializer": d.rarely("ones"),
    }  # fmt: skip
    if kind == "RNN":
        options["activation"] = "some" if fault == "word" else d.some("relu", "tanh")
    steps, batch = d.size(1, 4), d.size(1, 3)
    shape = (batch, steps) if last else (steps, batch)
    x = f32(*shape, inputs + (fault == "features"), kind="small")
    if fault == "rank":
        x = f32(*shape, kind="small")
    samples, arguments = [x], ""
    if fault == "state" or d.pick(False, True):
        wrong = d.pick((1, 0), (0, 1)) if fault == "state" else (0, 0)
        state = f32(layers * (1 + both), batch + wrong[0], hidden + wrong[1], kind="small")
        samples += [state] * (2 if kind == "LSTM" else 1)
        arguments = "x, [y, z]" if kind == "LSTM" else "x, y"
    return layer("mxnet", call(f"rnn.{kind}", hidden, **options), *samples, arguments=arguments,
                 training=d.pick(True, False))  # fmt: skip


def cell(d: Draw) -> Case:
    kind = d.pick(*KINDS)
    fault = d.fault("features", "batch", "hidden", "count")
    inputs, hidden, batch = d.size(1, 4), d.size(1, 4), d.size(1, 3)
    options: dict[str, Any] = {"input_size": inputs if fault == "features" else d.some(inputs)}
    if kind == "RNN":
        options["activation"] = d.some(*ACTIVATIONS)
    if kind == "LSTM":
        options |= {"activation": d.rarely(*ACTIVATIONS), "recurrent_activation": d.rarely(*ACTIVATIONS)}
    x = f32(batch, inputs + (fault == "features"), kind="small")
    state = f32(batch + (fault == "batch") * 2, hidden + (fault == "hidden"), kind="small")
    count = (2 if kind == "LSTM" else 1) + (fault == "count") * (-1 if kind == "LSTM" else 0)
    arguments = f"x, [{', '.join('yz'[:count])}]"
    return layer("mxnet", call(f"rnn.{kind}Cell", hidden, **options), x, *[state] * count, arguments=arguments)
