"""Recurrent layers and cells in three vocabularies, in training and in inference."""

from __future__ import annotations

from unified_nn_conformance.case import layer, register
from unified_nn_conformance.sample import Sample, f32, given, index

KINDS = ("RNN", "LSTM", "GRU")
X, BATCH_FIRST, ONE = f32(5, 2, 4, kind="small"), f32(2, 5, 4, kind="small"), f32(1, 1, 4, kind="small")
ROW, STATE = f32(2, 4, kind="small"), f32(2, 3, kind="small")


def _state(count: int, batch: int = 2) -> Sample:
    return f32(count, batch, 3, kind="small")


#: vocabulary -> constructor and inputs; hidden size 3.
TABLES: dict[str, list[tuple[str, tuple[Sample, ...]]]] = {
    "torch": [
        *((f"nn.{kind}(4, 3{rest})", (x,)) for kind in KINDS for rest, x in (
            ("", X), ("", ONE), ("", f32(5, 4, kind="small")), ("", f32(3, 0, 4)), (", 2", X), (", bias=False", X),
            (", batch_first=True", BATCH_FIRST), (", bidirectional=True", X),
            (", 2, bias=False, batch_first=True, bidirectional=True", BATCH_FIRST))),
        ("nn.RNN(4, 3, 2, 'relu')", (X,)),
        ("nn.RNN(4, 3, nonlinearity='relu', bias=False, bidirectional=True)", (X,)),
        *((f"nn.{kind}(4, 3, 2)", (X, _state(2))) for kind in ("RNN", "GRU")),
        *((f"nn.{kind}(4, 3, batch_first=True, bidirectional=True)", (BATCH_FIRST, _state(2))) for kind in ("RNN", "GRU")),
        *((f"nn.{kind}Cell(4, 3{rest})", (x,)) for kind in KINDS for rest, x in (
            ("", ROW), (", bias=False", ROW), ("", f32(4, kind="small")), ("", f32(0, 4)))),
        *((f"nn.{kind}Cell(4, 3)", (ROW, STATE)) for kind in ("RNN", "GRU")),
        ("nn.RNNCell(4, 3, nonlinearity='relu')", (ROW, STATE)),
    ],
    "mindspore": [
        *((f"nn.{kind}(4, 3{rest})", (x,)) for kind in KINDS for rest, x in (
            ("", X), ("", ONE), (", 2", X), (", has_bias=False", X), (", batch_first=True", BATCH_FIRST),
            (", bidirectional=True", X), (", 2, False, True, bidirectional=True", BATCH_FIRST))),
        ("nn.RNN(4, 3, 2, nonlinearity='relu')", (X,)),
        *((f"nn.{kind}(4, 3, 2)", (X, _state(2))) for kind in ("RNN", "GRU")),
        *((f"nn.{kind}Cell(4, 3{rest})", (ROW, STATE)) for kind in ("RNN", "GRU") for rest in ("", ", has_bias=False")),
        ("nn.RNNCell(4, 3, nonlinearity='relu')", (ROW, STATE)),
        ("nn.GRUCell(4, 3)", (ROW, f32(1, 3, kind="small"))),
    ],
    "mxnet": [
        *((f"rnn.{kind}(3{rest})", (x,)) for kind in KINDS for rest, x in (
            ("", X), ("", ONE), (", 2", X), (", input_size=4", X), (", layout='NTC'", BATCH_FIRST),
            (", bidirectional=True", X), (", 2, layout='NTC', bidirectional=True", BATCH_FIRST))),
        ("rnn.RNN(3, 2, 'tanh')", (X,)),
        *((f"rnn.{kind}(3, num_layers=2)", (X, _state(2))) for kind in ("RNN", "GRU")),
        ("rnn.GRU(3, layout='NTC', bidirectional=True)", (BATCH_FIRST, _state(2))),
    ],
}  # fmt: skip


#: vocabulary, constructor, how it is called, inputs.
CALLED: tuple[tuple[str, str, str, tuple[Sample, ...]], ...] = (
    ("torch", "nn.LSTM(4, 3, 2)", "x, (y, z)", (X, _state(2), _state(2))),
    ("torch", "nn.LSTM(4, 3, batch_first=True, bidirectional=True)", "x, (y, z)", (BATCH_FIRST, _state(2), _state(2))),
    ("torch", "nn.LSTMCell(4, 3)", "x, (y, z)", (ROW, STATE, STATE)),
    ("mindspore", "nn.LSTM(4, 3, 2)", "x, (y, z)", (X, _state(2), _state(2))),
    *(("mindspore", f"nn.{kind}(4, 3, 2, bidirectional=True)", "x, None, y", (X, given([3, 5], "int32")))
      for kind in KINDS),
    ("mindspore", "nn.LSTMCell(4, 3)", "x, (y, z)", (ROW, STATE, STATE)),
    ("mxnet", "rnn.LSTM(3, 2)", "x, [y, z]", (X, _state(2), _state(2))),
    *(("mxnet", f"rnn.{kind}Cell(3)", "x, [y]", (ROW, STATE)) for kind in ("RNN", "GRU")),
    ("mxnet", "rnn.RNNCell(3, activation='relu', input_size=4)", "x, [y]", (ROW, STATE)),
    ("mxnet", "rnn.LSTMCell(3)", "x, [y, z]", (ROW, STATE, STATE)),
)  # fmt: skip


def _title(text: str, inputs: tuple[Sample, ...], training: bool) -> str:
    shapes = ", ".join(str(sample.shape) for sample in inputs)
    return f"{text} on {shapes}, training={training}".replace("(", "[").replace(")", "]")


register(
    layer(vocabulary, text, *inputs, id=_title(text, inputs, training), training=training)
    for vocabulary, table in TABLES.items()
    for text, inputs in table
    for training in (True, False)
)
register(
    layer(
        vocabulary,
        text,
        *inputs,
        id=f"{_title(text, inputs, training)}, {call}".replace("(", "[").replace(")", "]"),
        arguments=call,
        training=training,
    )
    for vocabulary, text, call, inputs in CALLED
    for training in (True, False)
)
register(
    layer(vocabulary, text, *inputs, id=f"{_title(text, inputs, True)} {expects}", expects=expects)
    for vocabulary, text, inputs, expects in (
        *(("torch", f"nn.{kind}(4, 3)", (x,), expects) for kind in KINDS for x, expects in (
            (f32(5, 2, 7), "RuntimeError"), (f32(5, 7), "RuntimeError"), (f32(4), "ValueError"),
            (f32(0, 2, 4), "RuntimeError"), (index(5, 2, 4, high=3), "ValueError"))),
        *(("torch", f"nn.{kind}(4, 3)", (X, _state(2)), "RuntimeError") for kind in ("RNN", "GRU")),
        *(("torch", f"nn.{kind}Cell(4, 3)", (f32(2, 5),), "RuntimeError") for kind in KINDS),
        *(("torch", f"nn.LSTM(4, 3, {rest})", (X,), "ValueError") for rest in ("dropout=1.5", "num_layers=0", "proj_size=3")),
        ("torch", "nn.RNN(4, 3, nonlinearity='foo')", (X,), "ValueError"),
        *(("mindspore", f"nn.{kind}(4, 3)", (x,), "ValueError") for kind in KINDS for x in (f32(5, 2, 7), f32(5, 4))),
        *(("mindspore", f"nn.{kind}(4, 3)", (X, _state(1, 3)), "ValueError") for kind in ("RNN", "GRU")),
        *(("mindspore", f"nn.{kind}Cell(4, 3)", (f32(2, 5), STATE), "ValueError") for kind in ("RNN", "GRU")),
        ("mindspore", "nn.LSTM(4, 3, dropout=1)", (X,), "TypeError"),
        ("mindspore", "nn.LSTM(4, 0)", (X,), "ValueError"),
        *(("mxnet", f"rnn.{kind}(3, input_size=4)", (f32(5, 2, 7),), "MXNetError") for kind in KINDS),
        *(("mxnet", f"rnn.{kind}(3)", (X, _state(2)), "ValueError") for kind in ("RNN", "GRU")),
        ("mxnet", "rnn.RNN(3, activation='foo')", (X,), "KeyError"),
        ("mxnet", "rnn.LSTM(3, layout='CTN')", (X,), "AssertionError"),
    )
)  # fmt: skip
