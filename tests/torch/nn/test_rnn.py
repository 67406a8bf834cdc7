"""Recurrent layers and cells against real PyTorch, on every backend."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from unified_nn.errors import UnifiedError

sys.path.insert(0, str(Path(__file__).parent))
from twins import build, close, compare_construction, name_of, namespaces, tensors, values

X, ONE, STEP = (5, 3, 4), (5, 4), (3, 4)

#: constructor, call, shapes of the inputs x, h, c
LAYERS: list[tuple[str, str, tuple[tuple[int, ...], ...]]] = [
    *((f"nn.{kind}(4, 6{rest})", "net(x)", (X,)) for kind in ("RNN", "LSTM", "GRU") for rest in (
        "", ", 2", ", bias=False", ", batch_first=True", ", bidirectional=True", ", num_layers=3, bidirectional=True",
        ", 2, bias=False, batch_first=True, bidirectional=True")),
    *((f"nn.{kind}(4, 6, 2, dropout=0.5{rest})", "net(x)", (X,)) for kind in ("RNN", "LSTM", "GRU") for rest in (
        "", ", batch_first=True, bidirectional=True")),
    *((f"nn.{kind}(4, 6, {rest})", "net(x)", (ONE,)) for kind in ("RNN", "LSTM", "GRU") for rest in (
        "2", "batch_first=True, bidirectional=True")),
    *((f"nn.{kind}(1, 1)", "net(x)", ((1, 1, 1),)) for kind in ("RNN", "LSTM", "GRU")),
    *((f"nn.{kind}(4, 6)", "net(input=x)", ((2, 0, 4),)) for kind in ("RNN", "LSTM", "GRU")),
    ("nn.RNN(4, 6, 2, 'relu')", "net(x)", (X,)),
    ("nn.RNN(4, 6, nonlinearity='relu', bias=False, bidirectional=True)", "net(x)", (X,)),
    ("nn.RNN(4, 6, 2, 'tanh', False, True)", "net(x, h)", (X, (2, 5, 6))),
    ("nn.RNN(4, 6, 2, bidirectional=True)", "net(x, hx=h)", (X, (4, 3, 6))),
    ("nn.GRU(4, 6, 2, batch_first=True)", "net(x, h)", (X, (2, 5, 6))),
    ("nn.GRU(4, 6)", "net(x, h)", (ONE, (1, 6))),
    ("nn.LSTM(4, 6, 2, bidirectional=True)", "net(x, (h, c))", (X, (4, 3, 6), (4, 3, 6))),
    ("nn.LSTM(4, 6)", "net(x, [h, c])", (X, (1, 3, 6), (1, 3, 6))),
    ("nn.LSTM(4, 6, 2)", "net(x, (h, c))", (ONE, (2, 6), (2, 6))),
    ("nn.LSTM(input_size=4, hidden_size=6).double()", "net(x.double())", (X,)),
    ("nn.GRU(4, 6, dtype=torch.float64)", "net(x.double())", (X,)),
    *((f"nn.{kind}Cell(4, 6{rest})", "net(x)", (shape,)) for kind in ("RNN", "LSTM", "GRU") for rest, shape in (
        ("", STEP), (", bias=False", STEP), ("", (4,)), ("", (0, 4)))),
    ("nn.RNNCell(4, 6, True, 'relu')", "net(x, h)", (STEP, (3, 6))),
    ("nn.RNNCell(4, 6, nonlinearity='relu', bias=False)", "net(x)", (STEP,)),
    ("nn.GRUCell(4, 6)", "net(x, h)", ((4,), (6,))),
    ("nn.LSTMCell(4, 6)", "net(x, (h, c))", (STEP, (3, 6), (3, 6))),
    ("nn.LSTMCell(4, 6)", "net(x, [h, c])", ((4,), (6,), (6,))),
]  # fmt: skip


def flat(out: Any) -> Iterator[Any]:
    for part in out if isinstance(out, tuple) else (out,):
        yield from flat(part) if isinstance(part, tuple) else (part,)


def called(net: Any, call: str, given: list[Any]) -> list[Any]:
    return list(flat(eval(call, {"net": net, **dict(zip("xhc", given, strict=False))})))


@pytest.mark.parametrize(("text", "call", "shapes"), LAYERS, ids=[f"{t[3:]} {c} {s[0]}" for t, c, s in LAYERS])
def test_as_in_torch(text: str, call: str, shapes: Any, backend: Any, oracle: Callable[[str], Any]) -> None:
    """Printed form, drawn weights, outputs, their names in the graph, and gradients, in training and in inference."""
    spaces = namespaces(oracle("torch"))
    made = [build(space, text) for space in spaces]
    compare_construction(made)
    for training in (True, False):
        inputs = [tensors(space, list(shapes), "float32") for space in spaces]
        outs = []
        for net, given, space in zip(made, inputs, spaces, strict=True):
            space["torch"].manual_seed(3)
            outs.append(called(net.train(training), call, given))
        assert len(outs[0]) == len(outs[1])
        for place, (ours, theirs) in enumerate(zip(*outs, strict=True)):
            close(ours, theirs, 1e-5, 3e-5, f"out {place}")
            assert name_of(ours) == name_of(theirs), place
        for net, found, space in zip(made, outs, spaces, strict=True):
            net.zero_grad()
            heads = [values(tuple(out.shape), str(out.dtype)[6:], 9 + place) for place, out in enumerate(found)]
            space["torch"].autograd.backward(found, [space["torch"].tensor(head) for head in heads])
        for ours, theirs in zip(*inputs, strict=True):
            close(ours.grad, theirs.grad, 1e-4, 3e-4, "gradient of an input")
        for (name, ours), (_, theirs) in zip(*(net.named_parameters() for net in made), strict=True):
            close(ours.grad, theirs.grad, 1e-4, 3e-4, f"gradient of {name}")


REFUSED = [
    "nn.RNN(4, 6, nonlinearity='foo')", "nn.LSTM(4, 6, dropout=1.5)", "nn.LSTM(4, 6, dropout=True)", "nn.RNN(4)",
    "nn.LSTM(4, 6, dropout='a')", "nn.LSTM(4, 6, num_layers=0)", "nn.GRU(4, 0)", "nn.GRU(-1, 4)", "nn.LSTM(4, 6.0)",
    "nn.LSTM(4.0, 6)", "nn.LSTM(4, 6, 1.5)", "nn.GRU(4, 6, proj_size=2)", "nn.RNN(4, 6, proj_size=2)",
    "nn.LSTM(4, 6, proj_size=6)", "nn.LSTM(4, 6, proj_size=-1)", "nn.RNN(4, 6, foo=1)", "nn.RNNCell(-1, 6)",
    "nn.RNN(4, 6, 2, 'relu', nonlinearity='tanh')", "nn.RNNCell(4, 6, nonlinearity='foo')(torch.ones(3, 4))",
    *(f"nn.{kind}(4, 6, 2){call}" for kind in ("RNN", "LSTM", "GRU") for call in (
        "(torch.ones(5, 3, 7))", "(torch.ones(5, 7))", "(torch.ones(1, 5, 3, 4))", "(torch.ones(4))",
        "(torch.ones(0, 3, 4))", "(torch.ones(5, 3, 4).double())", "(torch.ones(5, 3, 4).int())", "(None)")),
    *(f"nn.{kind}(4, 6, 2)(torch.ones({x}), torch.zeros({h}))" for kind in ("RNN", "GRU") for x, h in (
        ("5, 3, 4", "2, 2, 6"), ("5, 3, 4", "1, 3, 6"), ("5, 3, 4", "2, 3, 5"), ("5, 3, 4", "2, 6"), ("5, 4", "2, 1, 6"),
        ("5, 3, 4", "2, 3, 6, dtype=torch.float64"))),
    *(f"nn.LSTM(4, 6, 2)(torch.ones({x}), (torch.zeros({h}), torch.zeros({c})))" for x, h, c in (
        ("5, 3, 4", "2, 2, 6", "2, 2, 6"), ("5, 3, 4", "2, 3, 6", "2, 3, 5"), ("5, 3, 4", "2, 6", "2, 6"),
        ("5, 4", "2, 1, 6", "2, 1, 6"))),
    "nn.GRU(4, 6)(torch.ones(5, 3, 4), (torch.zeros(1, 3, 6),))", "nn.LSTM(4, 6, 2)(torch.ones(5, 3, 4), torch.zeros(2, 3, 6))",
    "nn.LSTM(4, 6)(torch.ones(5, 3, 4), (torch.zeros(1, 3, 6),))",
    *(f"nn.{kind}Cell(4, 6){call}" for kind in ("RNN", "LSTM", "GRU") for call in (
        "(torch.ones(3, 5))", "(torch.ones(5))", "(torch.ones(5, 3, 4))", "(torch.ones(()))", "(torch.ones(3, 4).double())")),
    *(f"nn.{kind}Cell(4, 6)(torch.ones({x}), torch.zeros({h}))" for kind in ("RNN", "GRU") for x, h in (
        ("3, 4", "2, 6"), ("3, 4", "1, 6"), ("3, 4", "3, 5"), ("3, 4", "6"), ("4", "1, 6"), ("4", "5"))),
    "nn.LSTMCell(4, 6)(torch.ones(3, 4), torch.zeros(3, 6))",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_raises_what_torch_raises(text: str, backend: Any, oracle: Callable[[str], Any]) -> None:
    ours, theirs = namespaces(oracle("torch"))
    with pytest.raises(Exception) as real:  # noqa: PT011  which one is compared below
        eval(text, theirs)
    with pytest.raises(real.type) as raised:
        eval(text, ours)
    assert isinstance(raised.value, UnifiedError) or "__init__()" in str(raised.value)


def test_a_packed_sequence_prints_and_converts_as_in_torch(oracle: Callable[[str], Any]) -> None:
    found = []
    for space in namespaces(oracle("torch")):
        torch, rnn = space["torch"], space["nn"].utils.rnn
        packed = rnn.pack_padded_sequence(torch.arange(6.0).reshape(3, 2, 1), [1, 3], enforce_sorted=False)
        wide = packed.double()
        parts = rnn.unpack_sequence(packed)
        found.append((str(packed), str(wide.data.dtype), packed._fields, [part.tolist() for part in parts]))
    assert found[0] == found[1]


@pytest.mark.parametrize("text", [
    "rnn.pack_padded_sequence(torch.ones(3, 2, 1), [1, 3])", "rnn.pack_padded_sequence(torch.ones(3, 2, 1), [3, 0])",
    "rnn.pack_padded_sequence(torch.ones(3, 2, 1), [3, 1, 1])", "rnn.pad_sequence([])",
    "rnn.pad_sequence([torch.ones(2, 2), torch.ones(3, 3)])", "rnn.pad_sequence([torch.ones(2)], padding_side='up')",
    "rnn.pad_packed_sequence(rnn.pack_sequence([torch.ones(3)]), total_length=2)",
    "nn.GRU(2, 2)(rnn.pack_sequence([torch.ones(3, 1)]))", "nn.GRU(1, 2)(rnn.pack_sequence([torch.ones(3, 1)]), torch.ones(1, 2, 2))",
])  # fmt: skip
def test_packing_raises_what_torch_raises(text: str, backend: Any, oracle: Callable[[str], Any]) -> None:
    ours, theirs = ({**space, "rnn": space["nn"].utils.rnn} for space in namespaces(oracle("torch")))
    with pytest.raises(Exception) as real:  # noqa: PT011  which one is compared below
        eval(text, theirs)
    with pytest.raises(real.type) as raised:
        eval(text, ours)
    assert isinstance(raised.value, UnifiedError)


def test_dropout_of_one_layer_warns(oracle: Callable[[str], Any]) -> None:
    for space in namespaces(oracle("torch")):
        with pytest.warns(UserWarning, match="dropout option adds dropout after all but last recurrent layer"):
            space["nn"].LSTM(4, 6, dropout=0.5)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            space["nn"].LSTM(4, 6, 2, dropout=0.5)


def test_attributes(oracle: Callable[[str], Any]) -> None:
    """What scripts read and change."""
    for space in namespaces(oracle("torch")):
        net = space["nn"].RNN(4, 6, 2, "relu", bidirectional=True)
        assert (net.mode, net.input_size, net.hidden_size, net.num_layers, net.proj_size) == ("RNN_RELU", 4, 6, 2, 0)
        assert [tuple(w.shape) for w in net.all_weights[3]] == [(6, 12), (6, 6), (6,), (6,)]
        net.flatten_parameters()
        net.dropout = 0.5
        assert repr(net) == "RNN(4, 6, num_layers=2, dropout=0.5, bidirectional=True)"
        assert space["nn"].LSTMCell(4, 6, bias=False).bias_ih is None
        assert not hasattr(space["nn"].LSTM(4, 6, bias=False), "bias_ih_l0")


@pytest.mark.parametrize("autodiff", ["native", "tape"])
def test_second_derivative(autodiff: Any, oracle: Callable[[str], Any]) -> None:
    import unified_nn

    results = []
    real = oracle("torch")
    with unified_nn.use_backend(unified_nn.backend("torch", autodiff)):
        for space in namespaces(real):
            torch = space["torch"]
            net = build(space, "nn.LSTM(4, 6).double()")
            x = torch.tensor(values(X, "float64"), requires_grad=True)
            (first,) = torch.autograd.grad(net(x)[0].sum(), x, create_graph=True)
            (second,) = torch.autograd.grad((first * first).sum(), x)
            results.append(second)
    close(results[0], results[1], 1e-9, 1e-12, "second derivative")
