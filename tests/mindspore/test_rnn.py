"""Recurrent layers and cells against MindSpore's own, on every backend."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import unified_nn.mindspore as ms
from unified_nn import Backend
from unified_nn.errors import NotOfferedError, UnifiedError
from unified_nn.mindspore import nn

DRAW = np.random.RandomState(3)
ARRAYS = {
    "x": DRAW.randn(5, 3, 4).astype("f4"), "one": DRAW.randn(1, 1, 4).astype("f4"), "none": np.zeros((5, 0, 4), "f4"),
    "row": DRAW.randn(3, 4).astype("f4"), "first": DRAW.randn(1, 4).astype("f4"),
    "h1": DRAW.randn(1, 3, 6).astype("f4"), "h4": DRAW.randn(4, 3, 6).astype("f4"),
    "c4": DRAW.randn(4, 3, 6).astype("f4"), "b2": DRAW.randn(2, 5, 6).astype("f4"), "h": DRAW.randn(3, 6).astype("f4"),
    "c": DRAW.randn(3, 6).astype("f4"), "top": DRAW.randn(1, 6).astype("f4"),
}  # fmt: skip
LENGTHS = {"n3": np.array([2, 5, 1], "i4"), "n5": np.array([2, 3, 1, 3, 0], "i8"), "long": np.array([9, 5, 1], "i4")}

#: constructor, call, inputs that get a gradient
CASES = [
    *((f"nn.{kind}(4, 6{rest})", "net(x)", "x") for kind in ("RNN", "LSTM", "GRU") for rest in (
        "", ", 2", ", has_bias=False", ", batch_first=True", ", bidirectional=True",
        ", 2, False, True, bidirectional=True", ", num_layers=2, dropout=0.0, bidirectional=True")),
    *((f"nn.{kind}(4, 6)", "net(one)", "one") for kind in ("RNN", "LSTM", "GRU")),
    ("nn.RNN(4, 6, nonlinearity='relu')", "net(x)", "x"),
    ("nn.RNN(4, 6, 2, nonlinearity='relu', has_bias=False, bidirectional=True)", "net(x, h4)", "x h4"),
    ("nn.GRU(4, 6, 2, batch_first=True)", "net(x, hx=b2)", "x b2"),
    ("nn.LSTM(4, 6, 2, bidirectional=True)", "net(x, (h4, c4))", "x h4 c4"),
    *((f"nn.{kind}(4, 6)", "net(x, None, n3)", "x") for kind in ("RNN", "LSTM", "GRU")),
    *((f"nn.{kind}(4, 6, 2, bidirectional=True)", "net(x, seq_length=n3)", "x") for kind in ("RNN", "LSTM", "GRU")),
    ("nn.GRU(4, 6, 2, batch_first=True, bidirectional=True)", "net(x, None, n5)", "x"),
    ("nn.GRU(4, 6)", "net(x, h1, long)", "x h1"),
    *((f"nn.{kind}Cell(4, 6{rest})", "net(row, h)", "row h") for kind in ("RNN", "GRU") for rest in ("", ", False")),
    ("nn.RNNCell(4, 6, True, 'relu')", "net(row, h)", "row h"),
    ("nn.LSTMCell(4, 6)", "net(row, (h, c))", "row h c"),
    ("nn.LSTMCell(4, 6, has_bias=False)", "net(row, (h, c))", "row h c"),
    ("nn.GRUCell(4, 6)", "net(row, top)", "row top"),
    ("nn.LSTMCell(4, 6)", "net(first, (h, c))", "first h c"),
    ("nn.SequentialCell(nn.LSTM(4, 6))", "net(x)", "x"),
]  # fmt: skip


def flat(value: Any) -> list[Any]:
    return [leaf for item in value for leaf in flat(item)] if isinstance(value, (tuple, list)) else [value]


def space(root: str) -> dict[str, Any]:
    module = importlib.import_module(root)
    return {"nn": importlib.import_module(f"{root}.nn"), "ms": module, "Tensor": module.Tensor, "np": np}


def result(root: str, net: Any, call: str, learn: list[str]) -> tuple[list[Any], list[Any]]:
    """The outputs, and the gradients of a weighted sum of them for the inputs and the parameters."""
    module = importlib.import_module(root)
    code = compile(call, "<case>", "eval")
    given = {name: module.Tensor(array) for name, array in (ARRAYS | LENGTHS).items()}
    weights = list(net.trainable_params())

    def outputs(*xs: Any) -> list[Any]:
        return flat(eval(code, {"net": net, **given, **dict(zip(learn, xs, strict=True))}))

    xs = [given[name] for name in learn]
    outs = outputs(*xs)
    seeds = [np.random.RandomState(5 + at).uniform(-1, 1, out.shape).astype(np.float32) for at, out in enumerate(outs)]

    def total(*xs: Any) -> Any:
        parts = [(out * module.Tensor(seed)).sum() for out, seed in zip(outputs(*xs), seeds, strict=True)]
        return sum(parts[1:], parts[0])

    return outs, flat(module.grad(total, tuple(range(len(xs))), module.ParameterTuple(weights))(*xs))


@pytest.mark.parametrize(("text", "call", "learn"), CASES, ids=[f"{text[3:]} {call}" for text, call, _ in CASES])
def test_as_in_mindspore(text: str, call: str, learn: str, backend: Backend, oracle: Callable[[str], Any]) -> None:
    """Printed form, names, outputs and gradients, in training and in inference."""
    oracle("mindspore")
    ours, theirs = eval(text, space("unified_nn.mindspore")), eval(text, space("mindspore"))
    assert repr(ours) == repr(theirs)
    described = [
        [(name, p.name, p.shape, str(p.dtype), p.requires_grad) for name, p in net.parameters_and_names()]
        for net in (ours, theirs)
    ]
    assert described[0] == described[1]
    draw = np.random.RandomState(7)
    for (_, a), (_, b) in zip(ours.parameters_and_names(), theirs.parameters_and_names(), strict=True):
        values = draw.uniform(-0.4, 0.4, a.shape).astype(np.float32)
        a.set_data(ms.Tensor(values))
        b.set_data(importlib.import_module("mindspore").Tensor(values))
    for training in (True, False):
        found = result("unified_nn.mindspore", ours.set_train(training), call, learn.split())
        expected = result("mindspore", theirs.set_train(training), call, learn.split())
        for mine, real in zip(found, expected, strict=True):
            assert len(mine) == len(real)
            for a, b in zip(mine, real, strict=True):
                assert (a.shape, str(a.dtype)) == (b.shape, str(b.dtype))
                np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", ["RNN", "GRU"])
def test_no_samples(kind: str, backend: Backend) -> None:
    """Real MindSpore gives these shapes too, when its reversal of an array without elements does not end the process."""
    for text, count in (("4, 6", 1), ("4, 6, 2, bidirectional=True", 4)):
        out, h = eval(f"nn.{kind}({text})", {"nn": nn})(ms.Tensor(ARRAYS["none"]))
        assert (out.shape, h.shape) == ((5, 0, 12 if count > 1 else 6), (count, 0, 6))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_arrays_are_cast_to_the_input(kind: str, backend: Backend, oracle: Callable[[str], Any]) -> None:
    """float64 and float16 inputs are computed in their own dtype with float32 parameters."""
    oracle("mindspore")
    for dtype, near in (("float64", 1e-4), ("float16", 4e-3)):
        outs = []
        for root in ("unified_nn.mindspore", "mindspore"):
            module = importlib.import_module(root)
            net = getattr(importlib.import_module(f"{root}.nn"), kind)(4, 6)
            for place, p in enumerate(net.get_parameters()):
                p.set_data(module.Tensor(np.random.RandomState(place).uniform(-0.4, 0.4, p.shape).astype("f4")))
            outs.append(flat(net(module.Tensor(ARRAYS["x"].astype(dtype)))))
        for a, b in zip(*outs, strict=True):
            assert (a.shape, str(a.dtype)) == (b.shape, str(b.dtype))
            np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=0, atol=near)


def test_initial_values() -> None:
    """Uniform in +-1 / sqrt(hidden_size), as MindSpore draws them."""
    for net in (nn.LSTM(4, 16, 2), nn.GRUCell(4, 16)):
        for p in net.get_parameters():
            values = p.asnumpy()
            assert 0.15 < np.abs(values).max() <= 0.25


def test_dropout_between_layers() -> None:
    ms.set_seed(1)
    net = nn.GRU(4, 6, 2, dropout=0.5)
    x = ms.Tensor(ARRAYS["x"])
    calm = [net(x)[0].asnumpy() for _ in range(2)]
    net.set_train()
    wild = [net(x)[0].asnumpy() for _ in range(2)]
    assert (calm[0] == calm[1]).all()
    assert not np.allclose(wild[0], calm[0])
    assert not np.allclose(wild[0], wild[1])


BAD = [
    "nn.RNN(4, 6, nonlinearity='foo')", "nn.LSTM(4, 6, dropout=1.5)", "nn.LSTM(4, 6, dropout=1.0)", "nn.RNN(4)",
    "nn.LSTM(4, 6, dropout=0)", "nn.LSTM(4, 6, num_layers=0)", "nn.GRU(4, 0)", "nn.GRU(0, 4)", "nn.LSTM(4, 6.0)",
    "nn.LSTM(4.0, 6)", "nn.LSTM(True, 6)", "nn.LSTM(4, 6, has_bias=1)", "nn.LSTM(4, 6, 1, True, 1)",
    "nn.LSTM(4, 6, bidirectional=1)", "nn.RNN(4, 6, 2, 'tanh')", "nn.RNN(4, 6, foo=1)", "nn.RNN(4, 6, mode='x')",
    "nn.RNNCell(4, 6, nonlinearity='foo')", "nn.RNNCell(4, 6, nonlinearity=3)", "nn.GRUCell(-1, 6)",
    "nn.LSTMCell(4, 6, 1)", "nn.LSTMCell(4, 6, True, ms.float16)", "nn.LSTMCell(4, 6, dropout=0.5)",
    *(f"nn.{kind}(4, 6, 2)({rest})" for kind in ("RNN", "LSTM", "GRU") for rest in (
        "t(5, 3, 7)", "t(5, 4)", "t(1, 5, 3, 4)", "t(0, 3, 4)", "t(5, 3, 4).astype(ms.int32)", "None",
        "t(5, 3, 4), None, Tensor([1.0, 2.0, 3.0])", "t(5, 3, 4), None, Tensor([1, 2], ms.int32)",
        "t(5, 3, 4), None, [1, 2, 3]")),
    *(f"nn.{kind}(4, 6, bidirectional=True)(t(5, 3, 4), None, Tensor([9, 2, 1], ms.int32))" for kind in ("RNN", "LSTM")),
    "nn.LSTM(4, 6)(t(5, 0, 4))",
    *(f"nn.{kind}(4, 6, 2)(t(5, 3, 4){dtype}, {state})" for kind in ("RNN", "GRU") for dtype, state in (
        ("", "t(2, 2, 6)"), ("", "t(2, 1, 6)"), ("", "t(1, 3, 6)"), ("", "t(3, 3, 6)"), ("", "t(2, 3, 5)"),
        ("", "(t(2, 3, 6),)"), ("", "[t(2, 3, 6)]"), ("", "t(2, 3, 6).astype(ms.float16)"),
        (".astype(ms.float64)", "t(2, 3, 6).astype(ms.float64)"))),
    *(f"nn.LSTM(4, 6, 2)(t(5, 3, 4), {state})" for state in (
        "(t(2, 2, 6), t(2, 2, 6))", "(t(1, 3, 6), t(1, 3, 6))", "(t(3, 3, 6), t(3, 3, 6))", "(t(2, 3, 5), t(2, 3, 5))",
        "(t(2, 3, 6),)", "[t(2, 3, 6), t(2, 3, 6)]", "t(2, 3, 6)")),
    *(f"nn.{kind}Cell(4, 6)({rest})" for kind in ("RNN", "GRU") for rest in (
        "t(3, 4)", "t(4), t(6)", "t(3, 5), t(3, 6)", "t(5, 3, 4), t(3, 6)", "t(3, 4), t(2, 6)", "t(3, 4), t(3, 5)",
        "t(3, 4), (t(3, 6),)", "t(3, 4).astype(ms.float64), t(3, 6)", "t(3, 4).astype(ms.float16), t(3, 6)",
        "None, t(3, 6)")),
    "nn.LSTMCell(4, 6)(t(3, 4), t(3, 6))", "nn.LSTMCell(4, 6)(t(3, 4), [t(3, 6), t(3, 6)])",
    "nn.LSTMCell(4, 6)(t(3, 5), (t(3, 6), t(3, 6)))",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_raises_what_mindspore_raises(text: str, backend: Backend, oracle: Callable[[str], Any]) -> None:
    oracle("mindspore")
    raised = []
    for root in ("mindspore", "unified_nn.mindspore"):
        names = space(root)
        names["t"] = lambda *shape, names=names: names["Tensor"](np.zeros(shape, np.float32))
        with pytest.raises(Exception) as caught:  # noqa: PT011  which one is compared below
            [out.asnumpy() for out in flat(eval(text, names))]
        raised.append(caught)
        _flush(names)
    assert issubclass(raised[1].type, raised[0].type), raised[0].value
    said = str(raised[1].value)
    assert isinstance(raised[1].value, UnifiedError) or "missing" in said or "unexpected" in said


def _flush(names: dict[str, Any]) -> None:
    """Real MindSpore reports an error again at later calls: wait until one works."""
    for _ in range(20):
        try:
            (names["Tensor"]([1.0]) + 1.0).asnumpy()
        except Exception:
            continue
        return


def test_the_inner_cell_is_not_offered() -> None:
    with pytest.raises(NotOfferedError, match="call the layer that it is in"):
        nn.LSTM(4, 6).rnn(ms.Tensor(ARRAYS["x"]))
