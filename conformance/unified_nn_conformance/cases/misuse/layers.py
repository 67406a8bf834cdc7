"""Bad input of layers and ops, every misuse in three vocabularies: which class each framework raises, or that it computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from unified_nn_conformance.case import Case, misuse, register
from unified_nn_conformance.sample import Sample, f32, f64, given, index


@dataclass(frozen=True)
class Said:
    """One misuse in one vocabulary: a layer's constructor, an expression in x, y or a program, and what is raised."""

    text: str
    expects: str | None
    inputs: tuple[Sample, ...] | None = None  # where they are not those of the row
    facts: tuple[str, ...] | None = None
    kind: Literal["layer", "call", "program"] = "layer"


def layer(text: str, expects: str | None = None, *inputs: Sample, facts: tuple[str, ...] | None = None) -> Said:
    return Said(text, expects, inputs or None, facts)


def calls(text: str, expects: str | None = None, *inputs: Sample, facts: tuple[str, ...] | None = None) -> Said:
    return Said(text, expects, inputs or None, facts, "call")


def lines(text: str, expects: str | None = None, *inputs: Sample, facts: tuple[str, ...] | None = None) -> Said:
    return Said(text, expects, inputs or None, facts, "program")


def row(name: str, *inputs: Sample, facts: tuple[str, ...], **said: Said) -> list[Case]:
    """One misuse in three vocabularies; where a framework computes, values are compared and no facts are asked."""
    made = []
    for vocabulary, how in said.items():
        options: dict[str, Any] = {"expects": how.expects, "call": how.kind == "call", "program": how.kind == "program"}
        if how.expects is None:
            options["gradient"] = False  # a question of values: what is clipped, ignored or cut off
        else:
            options["facts"] = facts if how.facts is None else how.facts
        made.append(misuse(name, vocabulary, how.text, *(inputs if how.inputs is None else how.inputs), **options))
    return made


def i32(*values: int) -> Sample:
    return given(list(values), "int32")


def i64(*values: int) -> Sample:
    return given(list(values), "int64")


X25, IMAGE = f32(2, 5), f32(1, 4, 8, 8)
HUGE = 10**9

LINEAR = [
    row("linear features", X25, facts=("expected last dim 4", "got 5", "(2, 5)", "(3, 4)"),
        torch=layer("nn.Linear(4, 3)", "RuntimeError"),
        mindspore=layer("nn.Dense(4, 3)", "ValueError"),
        mxnet=layer("nn.Dense(3, in_units=4)", "MXNetError")),
    row("linear 0-d", f32(), facts=("rank 0", "at least 1", "(3, 4)"),
        torch=layer("nn.Linear(4, 3)", "RuntimeError"),
        mindspore=layer("nn.Dense(4, 3)", "IndexError"),
        mxnet=layer("nn.Dense(3, in_units=4)", "MXNetError")),
    row("linear numpy array", X25, facts=("numpy.ndarray",),
        torch=lines("import numpy\nnn.Linear(5, 3)(numpy.ones((2, 5), 'float32'))", "TypeError"),
        mindspore=lines("import numpy\nnn.Dense(5, 3)(numpy.ones((2, 5), 'float32'))", "TypeError"),
        mxnet=lines("import numpy\nnet = nn.Dense(3, in_units=5)\nnet.initialize()\n"
                    "net(numpy.ones((2, 5), 'float32'))", "ValueError")),
    row("linear units -3", f32(2, 4), facts=("-3",),
        torch=layer("nn.Linear(4, -3)", "RuntimeError"),
        mindspore=layer("nn.Dense(4, -3)", "ValueError"),
        mxnet=layer("nn.Dense(-3, in_units=4)", "AssertionError")),
    row("linear of 10^18 weights", f32(1, 4), facts=(f"{HUGE}",),
        torch=layer(f"nn.Linear({HUGE}, {HUGE})", "RuntimeError"),
        mindspore=layer(f"nn.Dense({HUGE}, {HUGE})", "MemoryError"),
        mxnet=layer(f"nn.Dense({HUGE}, in_units={HUGE})", "MXNetError")),
    row("third layer of a Sequential", f32(2, 3), facts=("2 (", "expected last dim 9", "got 5", "(2, 5)"),
        torch=layer("nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(9, 2))", "RuntimeError"),
        mindspore=layer("nn.SequentialCell(nn.Dense(3, 5), nn.ReLU(), nn.Dense(9, 2))", "ValueError"),
        mxnet=lines("net = nn.Sequential()\n"
                    "net.add(nn.Dense(5), nn.Activation('relu'), nn.Dense(2, in_units=9))\n"
                    "net.initialize()\nnet(x)", "MXNetError")),
]  # fmt: skip

CONV = [
    row("conv channels", IMAGE, facts=("4 channels", "expects 3", "(1, 4, 8, 8)", "(8, 3, 3, 3)"),
        torch=layer("nn.Conv2d(3, 8, 3)", "RuntimeError"),
        mindspore=layer("nn.Conv2d(3, 8, 3)", "RuntimeError"),
        mxnet=layer("nn.Conv2D(8, 3, in_channels=3)", "MXNetError")),
    row("conv rank", f32(3, 8), facts=("rank 2", "expected", "4", "(3, 8)"),
        torch=layer("nn.Conv2d(3, 8, 3)", "RuntimeError"),
        mindspore=layer("nn.Conv2d(3, 8, 3)", "ValueError"),
        mxnet=layer("nn.Conv2D(8, 3, in_channels=3)", "MXNetError")),
    row("conv kernel", f32(1, 3, 2, 2), facts=("spans 5", "only 2", "(1, 3, 2, 2)"),
        torch=layer("nn.Conv2d(3, 8, 5)", "RuntimeError"),
        mindspore=layer("nn.Conv2d(3, 8, 5, pad_mode='valid')", "ValueError"),
        mxnet=layer("nn.Conv2D(8, 5, in_channels=3)", "MXNetError")),
    row("conv groups", f32(1, 3, 8, 8), facts=("3", "2"),
        torch=layer("nn.Conv2d(3, 8, 3, groups=2)", "ValueError"),
        mindspore=layer("nn.Conv2d(3, 8, 3, group=2)", "ValueError"),
        mxnet=layer("nn.Conv2D(8, 3, in_channels=3, groups=2)", "MXNetError")),
    row("conv int32", index(1, 3, 8, 8, high=9, dtype="int32"), facts=("int32", "float32"),
        torch=layer("nn.Conv2d(3, 8, 3)", "RuntimeError"),
        mindspore=layer("nn.Conv2d(3, 8, 3)", "TypeError"),
        mxnet=layer("nn.Conv2D(8, 3, in_channels=3)", "MXNetError")),
    row("conv float64", f64(1, 3, 8, 8), facts=("float64", "float32"),
        torch=layer("nn.Conv2d(3, 8, 3)", "RuntimeError"),
        mindspore=layer("nn.Conv2d(3, 8, 3)", "TypeError"),
        mxnet=layer("nn.Conv2D(8, 3, in_channels=3)", "MXNetError")),
    row("conv of no samples", f32(0, 3, 8, 8), facts=("(0, 3, 8, 8)",),
        torch=layer("nn.Conv2d(3, 8, 3)"),
        mindspore=layer("nn.Conv2d(3, 8, 3, pad_mode='valid')"),
        mxnet=layer("nn.Conv2D(8, 3, in_channels=3)", "MXNetError")),
    row("pool kernel", f32(1, 3, 2, 2), facts=("spans 5", "only 2", "(1, 3, 2, 2)"),
        torch=layer("nn.MaxPool2d(5)", "RuntimeError"),
        mindspore=layer("nn.MaxPool2d(5)", "ValueError"),
        mxnet=layer("nn.MaxPool2D(5)", "MXNetError")),
]  # fmt: skip

NORM = [
    row("batch norm channels", f32(2, 3, 4, 4), facts=("expected 4 channels", "got 3", "(2, 3, 4, 4)"),
        torch=layer("nn.BatchNorm2d(4)", "RuntimeError"),
        mindspore=layer("nn.BatchNorm2d(4)", "ValueError"),
        mxnet=layer("nn.BatchNorm(in_channels=4)")),
    row("batch norm rank", f32(2, 4), facts=("expected 4", "2", "(2, 4)"),
        torch=layer("nn.BatchNorm2d(4)", "ValueError"),
        mindspore=layer("nn.BatchNorm2d(4)", "ValueError"),
        mxnet=layer("nn.BatchNorm(in_channels=4)")),
    row("batch norm of no samples", f32(0, 3, 8, 8), facts=("(0, 3, 8, 8)",),
        torch=layer("nn.BatchNorm2d(3)"),
        mindspore=layer("nn.BatchNorm2d(3, use_batch_statistics=False)"),  # else its statistics move to memory never written
        mxnet=layer("nn.BatchNorm(in_channels=3)", "MXNetError")),
    row("layer norm", X25, facts=("(6,)", "(2, 5)"),
        torch=layer("nn.LayerNorm(6)", "RuntimeError"),
        mindspore=layer("nn.LayerNorm((6,))", "ValueError"),
        mxnet=layer("nn.LayerNorm(in_channels=6)", "MXNetError")),
]  # fmt: skip

TABLES = [
    row("embedding 99 of 10", facts=("99", "10"),
        torch=layer("nn.Embedding(10, 4)", "IndexError", i64(1, 99)),
        mindspore=layer("nn.Embedding(10, 4)", "RuntimeError", i32(1, 99)),
        mxnet=layer("nn.Embedding(10, 4)", None, i32(1, 99))),
    row("embedding -3 of 10", facts=("-3", "10"),
        torch=layer("nn.Embedding(10, 4)", "IndexError", i64(1, -3)),
        mindspore=layer("nn.Embedding(10, 4)", None, i32(1, -3)),
        mxnet=layer("nn.Embedding(10, 4)", None, i32(1, -3))),
    row("embedding of floats", given([1.0, 2.9]), facts=("float32",),
        torch=layer("nn.Embedding(10, 4)", "RuntimeError"),
        mindspore=layer("nn.Embedding(10, 4)", "TypeError"),
        mxnet=layer("nn.Embedding(10, 4)")),
    row("lstm features", f32(5, 2, 3), facts=("4", "3", "(5, 2, 3)"),
        torch=layer("nn.LSTM(4, 6)", "RuntimeError"),
        mindspore=layer("nn.LSTM(4, 6)", "ValueError"),
        mxnet=layer("rnn.LSTM(6, input_size=4)", "MXNetError")),
    row("dropout 1.5", f32(2, 3), facts=("1.5",),
        torch=layer("nn.Dropout(1.5)", "ValueError"),
        mindspore=layer("nn.Dropout(p=1.5)", "ValueError"),
        mxnet=layer("nn.Dropout(1.5)", "MXNetError")),
]  # fmt: skip

LOSS = [
    row("label 7 of 3", facts=("7", "3"),
        torch=layer("nn.CrossEntropyLoss()", "IndexError", f32(2, 3), i64(1, 7)),
        mindspore=layer("nn.CrossEntropyLoss()", "RuntimeError", f32(2, 3), i32(1, 7)),
        mxnet=layer("loss.SoftmaxCrossEntropyLoss()", None, f32(2, 3), i32(1, 7))),
    row("labels of another batch", facts=("(2, 3)", "(3,)"),
        torch=layer("nn.CrossEntropyLoss()", "ValueError", f32(2, 3), i64(1, 1, 1)),
        mindspore=layer("nn.CrossEntropyLoss()", "ValueError", f32(2, 3), i32(1, 1, 1)),
        mxnet=layer("loss.SoftmaxCrossEntropyLoss()", "MXNetError", f32(2, 3), i32(1, 1, 1))),
    row("labels of floats", f32(2, 3), given([1.0, 2.0]), facts=("float32",),
        torch=layer("nn.CrossEntropyLoss()", "RuntimeError"),
        mindspore=layer("nn.CrossEntropyLoss()", "TypeError"),
        mxnet=layer("loss.SoftmaxCrossEntropyLoss()")),
    row("mse shapes", f32(2, 3), f32(2, 4), facts=("(2, 3)", "(2, 4)"),
        torch=layer("nn.MSELoss()", "RuntimeError"),
        mindspore=layer("nn.MSELoss()", "ValueError"),
        mxnet=layer("loss.L2Loss()", "ValueError")),
]  # fmt: skip

OPS = [
    row("matmul", f32(2, 3), f32(4, 5), facts=("3", "4", "(2, 3)", "(4, 5)"),
        torch=calls("torch.matmul(x, y)", "RuntimeError"),
        mindspore=calls("ops.matmul(x, y)", "RuntimeError"),
        mxnet=calls("nd.dot(x, y)", "MXNetError")),
    row("reshape", f32(2, 3), facts=("4, 2", "6", "(2, 3)"),
        torch=calls("torch.reshape(x, (4, 2))", "RuntimeError"),
        mindspore=calls("ops.reshape(x, (4, 2))", "ValueError"),
        mxnet=calls("nd.reshape(x, (4, 2))", "MXNetError")),
    row("concat", f32(2, 3), f32(2, 4), facts=("4", "3", "(2, 4)", "(2, 3)"),
        torch=calls("torch.cat([x, y], 0)", "RuntimeError"),
        mindspore=calls("ops.cat([x, y], 0)", "ValueError"),
        mxnet=calls("nd.concat(x, y, dim=0)", "MXNetError")),
    row("softmax axis", f32(2, 3), facts=("5", "(2, 3)"),
        torch=calls("torch.softmax(x, 5)", "IndexError"),
        mindspore=calls("ops.softmax(x, 5)", "ValueError"),
        mxnet=calls("nd.softmax(x, axis=5)", "MXNetError", facts=("5", "rank 2"))),
]  # fmt: skip

LOADED = (
    "import os, tempfile\n"
    "a, b = nn.Dense(3, in_units=5{a}), nn.Dense(3, in_units={units})\n"
    "a.initialize(); b.initialize()\n"
    "folder = tempfile.mkdtemp()\n"
    "a.save_parameters(os.path.join(folder, 'w'))\n"
    "b.load_parameters(os.path.join(folder, 'w'))"
)
TRAINING = [
    row("optimizer without parameters", facts=("arameter",),
        torch=calls("optim.SGD([], lr=0.1)", "ValueError"),
        mindspore=calls("nn.SGD([], 0.1)", "ValueError"),
        mxnet=calls("gluon.Trainer(None, 'sgd')", "ValueError")),
    row("learning rate -1", f32(2, 4), facts=("-1",),
        torch=calls("optim.SGD(nn.Linear(4, 3).parameters(), lr=-1)", "ValueError"),
        mindspore=calls("nn.SGD(nn.Dense(4, 3).trainable_params(), -1.0)", "ValueError"),
        mxnet=lines("net = nn.Dense(3, in_units=4)\nnet.initialize()\n"
                    "show(rate=gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': -1}).learning_rate)")),
    row("weights of another shape", f32(2, 4), facts=("weight", "(3, 5)", "(3, 4)"),
        torch=calls("nn.Linear(4, 3).load_state_dict(nn.Linear(5, 3).state_dict())", "RuntimeError",
                    facts=("weight", "[3, 5]", "[3, 4]")),
        mindspore=calls("ms.load_param_into_net(nn.Dense(4, 3), nn.Dense(5, 3).parameters_dict())", "RuntimeError"),
        mxnet=lines(LOADED.format(a="", units=4), "AssertionError")),
    row("weights without bias", f32(2, 4), facts=("bias",),
        torch=calls("nn.Linear(5, 3).load_state_dict(nn.Linear(5, 3, bias=False).state_dict())", "RuntimeError"),
        mindspore=lines("a, b = nn.Dense(5, 3, has_bias=False), nn.Dense(5, 3)\n"
                        "show(names=ms.load_param_into_net(b, a.parameters_dict()))"),
        mxnet=lines(LOADED.format(a=", use_bias=False", units=5), "AssertionError")),
]  # fmt: skip

register(case for table in (LINEAR, CONV, NORM, TABLES, LOSS, OPS, TRAINING) for cases in table for case in cases)
