"""Recurrent layers and cells beside real Gluon's: printed form, parameters, values, gradients, files, on every backend."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.mxnet as ours
from unified_nn.errors import NotOfferedError, UnifiedError

DRAW = np.random.default_rng(4)
ARRAYS = {name: DRAW.normal(size=shape).astype("float32") for name, shape in {
    "x": (5, 3, 4), "one": (1, 1, 4), "row": (3, 4), "wide": (3, 2, 2), "h": (4, 3, 6), "c": (4, 3, 6), "b": (2, 5, 6),
    "s": (3, 6), "t": (3, 6), "d": (5, 6), "e": (5, 6),
}.items()}  # fmt: skip
LENGTHS = np.array([2, 3, 1, 3, 1], "float32")

#: constructor, call, inputs with a gradient
CASES = [
    *((f"rnn.{kind}(6{rest})", "net(x)", "x") for kind in ("RNN", "LSTM", "GRU") for rest in (
        "", ", 2", ", layout='NTC'", ", bidirectional=True", ", input_size=4", ", 2, layout='NTC', bidirectional=True",
        ", i2h_weight_initializer='ones', h2h_bias_initializer='ones'")),
    *((f"rnn.{kind}(6)", "net(one)", "one") for kind in ("RNN", "LSTM", "GRU")),
    ("rnn.RNN(6, 2, 'tanh')", "net(x)", "x"),
    ("rnn.GRU(6, 2, dropout=0.5)", "net(x)", "x"),
    *((f"rnn.{kind}(6, 2, bidirectional=True)", call, "x h") for kind in ("RNN", "GRU") for call in (
        "net(x, h)", "net(x, [h])", "net(x, states=(h,))")),
    ("rnn.LSTM(6, 2, bidirectional=True)", "net(x, [h, c])", "x h c"),
    ("rnn.GRU(6, 2, layout='NTC')", "net(x, b)", "x b"),
    ("rnn.LSTM(6)", "net(x, net.begin_state(batch_size=3))", "x"),
    ("rnn.LSTM(6)", "net(x, net.begin_state(3, func=nd.ones))", "x"),
    *((f"rnn.{kind}Cell(6{rest})", "net(row, [s])", "row s") for kind in ("RNN", "GRU") for rest in ("", ", input_size=4")),
    ("rnn.RNNCell(6, 'relu')", "net(row, (s,))", "row s"),
    ("rnn.LSTMCell(6)", "net(row, [s, t])", "row s t"),
    ("rnn.GRUCell(6)", "net(wide, [s])", "wide s"),
    *(("rnn.LSTMCell(6)", f"net.unroll({rest})", "x") for rest in (
        "3, x", "5, x, layout='TNC'", "3, x, merge_outputs=True", "5, x, layout='TNC', merge_outputs=True",
        "2, [x[0], x[1]]", "2, [x[0], x[1]], merge_outputs=True", "3, x, merge_outputs=False",
        "3, x, valid_length=lengths", "3, x, valid_length=lengths, merge_outputs=False", "3, x, [d, e]")),
    ("rnn.RNNCell(6)", "net.unroll(3, x, begin_state=[d])", "x d"),
    ("stacked('SequentialRNNCell')", "net(row, net.begin_state(batch_size=3))", "row"),
    ("stacked('SequentialRNNCell')", "net.unroll(3, x)", "x"),
    ("stacked('HybridSequentialRNNCell')", "net.unroll(5, x, layout='TNC', merge_outputs=True)", "x"),
    ("stacked('SequentialRNNCell')", "net.unroll(3, x, valid_length=lengths)", "x"),
]  # fmt: skip


def space(mx: ModuleType) -> dict[str, Any]:
    rnn = mx.gluon.rnn

    def stacked(kind: str) -> Any:
        net = getattr(rnn, kind)()
        for cell in (rnn.LSTMCell(6), rnn.DropoutCell(0.0), rnn.GRUCell(2)):
            net.add(cell)
        return net

    found = {"rnn": rnn, "nd": mx.nd, "mx": mx, "np": np, "stacked": stacked, "lengths": mx.nd.array(LENGTHS)}
    return found | {name: mx.nd.array(array) for name, array in ARRAYS.items()}


def flat(value: Any) -> list[Any]:
    return [leaf for item in value for leaf in flat(item)] if isinstance(value, (tuple, list)) else [value]


def kinds(value: Any) -> Any:
    """Which containers the results come in."""
    return [type(value).__name__, [kinds(item) for item in value]] if isinstance(value, (tuple, list)) else "array"


def settings(net: Any) -> list[Any]:
    found = [(re.sub(r"\d+_", "N_", p.name, count=1), p.shape, p.grad_req) for p in net.collect_params().values()]
    return [*found, list(net._collect_params_with_prefix()), net.state_info(3)]


def fill(net: Any, mx: ModuleType) -> None:
    draw = np.random.default_rng(3)
    for parameter in net.collect_params().values():
        parameter.set_data(mx.nd.array(draw.normal(size=parameter.shape) * 0.3))


def run(mx: ModuleType, text: str, call: str, learn: list[str], trains: bool) -> list[Any]:
    names = space(mx)
    net = eval(text, names)
    seen: list[Any] = [repr(net), settings(net)]
    net.initialize()
    names["net"] = net
    eval(call, names)
    seen += [repr(net), settings(net), [p.data().asnumpy() for n, p in net.collect_params().items() if "bias" in n]]
    fill(net, mx)
    for name in learn:
        names[name].attach_grad()
    with mx.autograd.record(train_mode=trains):
        out = eval(call, names)
        heads = [(y * mx.nd.cos(mx.nd.arange(y.size)).reshape(y.shape)).sum() for y in flat(out)]
        total = heads[0]
        for head in heads[1:]:
            total = total + head
    total.backward()
    mx.nd.waitall()
    seen += [kinds(out), [y.asnumpy() for y in flat(out)], [names[name].grad.asnumpy() for name in learn]]
    return [*seen, [p.grad().asnumpy() for p in net.collect_params().values()]]


@pytest.mark.parametrize(("text", "call", "learn"), CASES, ids=[f"{text} {call}" for text, call, _ in CASES])
def test_as_in_gluon(
    text: str, call: str, learn: str, backend: unified_nn.Backend, oracle: Callable[[str], ModuleType]
) -> None:
    for trains in (True, False):
        pairs = zip(*(run(mx, text, call, learn.split(), trains) for mx in (oracle("mxnet"), ours)), strict=True)
        for real, mine in pairs:
            if isinstance(real, list) and real and isinstance(real[0], np.ndarray):
                for a, b in zip(mine, real, strict=True):
                    np.testing.assert_allclose(a, b, rtol=0, atol=3e-4)
            else:
                assert mine == real


REFUSED = [
    "rnn.RNN(6, activation='foo')", "rnn.RNN(6, layout='CTN')", "rnn.LSTM()", "rnn.LSTM(6, foo=1)",
    "rnn.LSTM(6, dropout=1.5, input_size=4)(x)",
    *(f"ready(rnn.{kind}(6, 2, input_size=4))({rest})" for kind in ("RNN", "LSTM", "GRU") for rest in (
        "x[0]", "nd.ones((5, 3, 7))", "nd.ones((1, 5, 3, 4))", "x, []", "x.astype('float64')", "x.astype('int32')",
        "np.ones((5, 3, 4))")),
    *(f"ready(rnn.{kind}(6, 2, input_size=4))(x, [nd.ones({shape})])" for kind in ("RNN", "GRU") for shape in (
        (2, 2, 6), (3, 3, 6), (2, 3, 5))),
    "ready(rnn.RNN(6, input_size=4))(x, [nd.ones((1, 3, 6)).astype('float64')])",
    "ready(rnn.LSTM(6, 2, input_size=4))(x, [nd.ones((2, 3, 6)), nd.ones((2, 3, 5))])",
    "ready(rnn.LSTM(6, 2, input_size=4))(x, nd.ones((2, 3, 6)))", "rnn.GRU(6, input_size=4)(x)", "rnn.LSTM(6)(x)",
    *(f"ready(rnn.{kind}Cell(6, input_size=4))({rest})" for kind in ("RNN", "GRU") for rest in (
        "row", "nd.ones((3, 5)), [s]", "x, [d]", "row, [d]", "row, [nd.ones((3, 5))]", "row, s", "row, []",
        "row.astype('float64'), [s]", "row[0], [s[0]]")),
    "ready(rnn.LSTMCell(6, input_size=4)).unroll(4, x)", "rnn.DropoutCell('a')",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_raises_what_gluon_raises(text: str, backend: unified_nn.Backend, oracle: Callable[[str], ModuleType]) -> None:
    raised = []
    for mx in (oracle("mxnet"), ours):
        names = space(mx)
        names["ready"] = lambda net: (net.initialize(), net)[1]
        caught = tuple(c for c in (mx.base.MXNetError,) if c)
        with pytest.raises((*caught, Exception)) as error:
            [y.asnumpy() for y in flat(eval(text, names))]
        raised.append(error)
    real, mine = raised
    if real.type.__name__ == "MXNetError":
        assert "MXNetError" in [c.__name__ for c in mine.type.__mro__], mine.value
    else:
        assert issubclass(mine.type, real.type), (real.value, mine.value)
    assert isinstance(mine.value, UnifiedError) or "argument" in str(mine.value)


def test_dropout_between_layers(backend: unified_nn.Backend) -> None:
    net = ours.gluon.rnn.LSTM(6, 2, dropout=0.5)
    net.initialize()
    x = ours.nd.array(ARRAYS["x"])
    calm = net(x).asnumpy()
    with ours.autograd.record():
        wild = net(x).asnumpy()
    assert (net(x).asnumpy() == calm).all()
    assert not np.allclose(wild, calm)


def test_files_are_read_by_real_gluon(tmp_path: Path, oracle: Callable[[str], ModuleType]) -> None:
    """And the other way round."""
    mx = oracle("mxnet")
    for bidirectional in (False, True):
        nets = [m.gluon.rnn.LSTM(6, 2, bidirectional=bidirectional, input_size=4) for m in (ours, mx)]
        x = ARRAYS["x"]
        for net in nets:
            net.initialize(force_reinit=True)
        for source, target, a, b in ((nets[0], nets[1], ours, mx), (nets[1], nets[0], mx, ours)):
            path = str(tmp_path / "net.params")
            source.save_parameters(path)
            target.load_parameters(path)
            np.testing.assert_allclose(
                target(b.nd.array(x)).asnumpy(), source(a.nd.array(x)).asnumpy(), rtol=0, atol=1e-5
            )


@pytest.mark.parametrize(
    "text", ["GRU(6, use_sequence_length=True)", "RNN(6, use_sequence_length=True)"]
)  # fmt: skip
def test_not_offered(text: str) -> None:
    with pytest.raises(NotOfferedError, match="is not offered"):
        eval(f"rnn.{text}", {"rnn": ours.gluon.rnn})


def test_missing_cells_are_named() -> None:
    with pytest.raises(AttributeError, match="ZoneoutCell is not offered"):
        _ = ours.gluon.rnn.ZoneoutCell


@pytest.mark.filterwarnings("error")
def test_what_mxnet_ignores_on_the_cpu_warns() -> None:
    with pytest.raises(UserWarning, match="state_clip_min does nothing"):
        ours.gluon.rnn.LSTM(6, state_clip_min=-1, state_clip_max=1)
    net = ours.gluon.rnn.LSTM(6)
    net.initialize()
    with pytest.raises(UserWarning, match="MXNet ignores it on the CPU"):
        net(ours.nd.array(ARRAYS["x"]), None, ours.nd.array([1, 2, 3]))


def test_train(backend: unified_nn.Backend) -> None:
    """A network with a recurrent layer learns."""
    ours.random.seed(0)
    net = ours.gluon.nn.HybridSequential()
    net.add(ours.gluon.rnn.GRU(8, layout="NTC"), ours.gluon.nn.Dense(1))
    net.initialize()
    x = ours.nd.array(ARRAYS["x"])
    target = ours.nd.array(ARRAYS["x"].sum((1, 2))[:, None])
    trainer = ours.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.02})
    losses = []
    for _ in range(25):
        with ours.autograd.record():
            loss = ((net(x) - target) ** 2).mean()
        loss.backward()
        trainer.step(1)
        losses.append(float(loss.asscalar()))
    assert losses[-1] < 0.5 * losses[0]
