"""Layers, cells and losses as graphs: the same file as real MXNet's, letter by letter, which both load and compute."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.mxnet as ours

#: A block, then the shapes of its inputs; those in parentheses of their own are a list of states.
CASES = """
nn.Dense(3) | 2,4
nn.Dense(3, activation="relu", use_bias=False, flatten=False) | 2,4,5
nn.Dense(3, in_units=4, weight_initializer=mx.init.Xavier(), bias_initializer="ones") | 2,4
nn.Dense(3, weight_initializer=mx.init.Normal(0.02), bias_initializer=mx.init.Constant(0.5)) | 2,4
nn.Conv1D(3, 2, activation="relu") | 2,4,5
nn.Conv2D(4, (3, 2), strides=2, padding=1, groups=2, use_bias=False, dilation=(1, 2)) | 2,4,9,8
nn.Conv3D(3, 2) | 2,4,5,6,5
nn.Conv1DTranspose(3, 2, in_channels=4) | 2,4,5
nn.Conv2DTranspose(3, 4, 2, 1, output_padding=1, in_channels=4) | 2,4,5,6
nn.Conv3DTranspose(3, 2, in_channels=4) | 2,4,5,6,5
nn.MaxPool1D() | 2,4,5
nn.MaxPool2D(3, 2, 1, ceil_mode=True) | 2,4,6,6
nn.MaxPool3D() | 2,4,5,6,5
nn.AvgPool1D() | 2,4,5
nn.AvgPool2D(3, 2, 1, count_include_pad=False) | 2,4,6,6
nn.AvgPool3D() | 2,4,5,6,5
nn.GlobalAvgPool1D() | 2,4,5
nn.GlobalAvgPool2D() | 2,4,5,6
nn.GlobalAvgPool3D() | 2,4,5,6,5
nn.GlobalMaxPool1D() | 2,4,5
nn.GlobalMaxPool2D() | 2,4,5,6
nn.GlobalMaxPool3D() | 2,4,5,6,5
nn.BatchNorm() | 2,4,5
nn.BatchNorm(axis=2, scale=False, center=False, epsilon=1e-3, use_global_stats=True, in_channels=5) | 2,4,5
nn.LayerNorm() | 2,4
nn.LayerNorm(axis=1, scale=False) | 2,4,5
nn.InstanceNorm() | 2,4,5
nn.InstanceNorm(axis=2, center=False) | 2,4,5
nn.GroupNorm(2) | 2,4,5
nn.Activation("relu") | 2,4
nn.Activation("softsign") | 2,4
nn.LeakyReLU(0.1) | 2,4
nn.PReLU() | 2,4
nn.ELU() | 2,4
nn.SELU() | 2,4
nn.GELU() | 2,4
nn.Swish() | 2,4
nn.Flatten() | 2,4,5
nn.Dropout(0.3) | 2,4
nn.Dropout(0.3, axes=(1,)) | 2,4
nn.Dropout(0) | 2,4
nn.Embedding(5, 3) | 2,4
nn.HybridLambda("tanh") | 2,4
nn.HybridLambda(lambda F, x: F.LeakyReLU(x, slope=0.1) + F.concat(x, 2 - x, dim=1).slice_axis(1, 0, 4)) | 2,4
rnn.LSTM(3, input_size=4) | 5,2,4
rnn.LSTM(3, 2, layout="NTC", bidirectional=True, dropout=0.2, input_size=4) | 2,5,4
rnn.LSTM(3, 2, input_size=4) | 5,2,4 | (2,2,3 2,2,3)
rnn.GRU(3, input_size=4) | 5,2,4
rnn.RNN(3, input_size=4) | 5,2,4
rnn.RNN(3, activation="tanh", input_size=4) | 5,2,4 | (1,2,3)
rnn.LSTMCell(3) | 2,4 | (2,3 2,3)
rnn.GRUCell(3) | 2,4 | (2,3)
rnn.RNNCell(3) | 2,4 | (2,3)
rnn.RNNCell(3, activation="relu") | 2,4 | (2,3)
Deep() | 2,3,9,9
Unrolled() | 2,3,4 | 2,3 | 2,3
Sequence(rnn.LSTM(3, 2, input_size=4, prefix="a_")) | 5,2,4
Sequence(rnn.GRU(3, input_size=4, layout="NTC", bidirectional=True, prefix="a_")) | 2,5,4
Begun(rnn.LSTMCell(3, input_size=4, prefix="a_")) | 2,3,4
Begun(rnn.GRUCell(3, input_size=4, prefix="a_")) | 2,3,4
Begun(rnn.RNNCell(3, input_size=4, prefix="a_")) | 2,3,4
loss.L2Loss() | 2,4 | 2,4
loss.L2Loss(weight=3.0) | 2,4 | 2,4 | 2,1
loss.L1Loss() | 2,4 | 2,4
loss.SigmoidBCELoss() | 2,4 | 2,4
loss.SigmoidBCELoss(from_sigmoid=True) | 2,4 | 2,4
loss.SoftmaxCELoss() | 2,4 | 2
loss.SoftmaxCELoss(sparse_label=False, axis=1) | 2,4 | 2,4
loss.SoftmaxCELoss(from_logits=True, weight=2.0) | 2,4 | 2
loss.KLDivLoss(from_logits=False) | 2,4 | 2,4
loss.HuberLoss() | 2,4 | 2,4
loss.HingeLoss() | 2,4 | 2,4
loss.SquaredHingeLoss() | 2,4 | 2,4
loss.LogisticLoss() | 2,4 | 2,4
loss.LogisticLoss(label_format="binary") | 2,4 | 2,4
loss.TripletLoss() | 2,4 | 2,4 | 2,4
loss.PoissonNLLLoss() | 2,4 | 2,4
loss.CosineEmbeddingLoss() | 2,4 | 2,4 | 2
"""
NETWORKS = """
class Deep(mx.gluon.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.body = nn.HybridSequential(prefix="")
            self.body.add(nn.Conv2D(4, 3, padding=1), nn.BatchNorm(), nn.Activation("relu"), nn.MaxPool2D())
            self.tail = nn.Dense(3)
            self.scale = self.params.get("scale", shape=(1, 4, 1, 1), init="ones")
            self.shift = self.params.get_constant("shift", [[[[0.5]]]])

    def hybrid_forward(self, F, x, scale, shift):
        x = F.broadcast_mul(self.body(x), scale)
        y = F.broadcast_add(x, shift)
        return self.tail(F.concat(x, y * 2, F.Dropout(y, p=0.5), dim=1)), F.softmax(self.tail(F.tile(x, reps=(1, 3, 1, 1))))

class Sequence(mx.gluon.HybridBlock):
    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer
        with self.name_scope():
            self.out = nn.Dense(2, flatten=False)

    def hybrid_forward(self, F, x):
        return self.out(self.layer(x))

class Begun(mx.gluon.HybridBlock):
    def __init__(self, cell, **kwargs):
        super().__init__(**kwargs)
        self.cell = cell

    def hybrid_forward(self, F, x):
        return self.cell.unroll(3, x, merge_outputs=True)[0]

class Unrolled(mx.gluon.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.cell = rnn.HybridSequentialRNNCell()
            with self.cell.name_scope():
                self.cell.add(rnn.LSTMCell(3, input_size=4))
                self.cell.add(rnn.DropoutCell(0.5))

    def hybrid_forward(self, F, x, h, c):
        outputs, states = self.cell.unroll(3, x, [h, c], layout="NTC", merge_outputs=True)
        return outputs, states[1]
"""


def inputs(mx: ModuleType, shapes: str) -> list[Any]:
    rng = np.random.default_rng(0)

    def one(text: str) -> Any:
        shape = tuple(int(size) for size in text.split(","))
        return mx.nd.array(rng.uniform(0.1, 0.9, shape))

    parts = [part.strip() for part in shapes.split("|")]
    return [[one(t) for t in part[1:-1].split()] if part[0] == "(" else one(part) for part in parts]


def flat(value: Any) -> list[Any]:
    return [part for one in value for part in flat(one)] if isinstance(value, (list, tuple)) else [value]


def made(mx: ModuleType, text: str) -> Any:
    space = {"mx": mx, "nn": mx.gluon.nn, "rnn": mx.gluon.rnn, "loss": mx.gluon.loss}
    exec(NETWORKS, space)
    net = eval(f"{text[:-1]}{'' if text.endswith('()') else ', '}prefix='p_')", space)
    net.initialize()
    net.hybridize()
    return net


def exported(mx: ModuleType, net: Any, args: list[Any], folder: Path) -> tuple[str, list[Any]]:
    path = str(folder / mx.__name__)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = flat(net(*args))
        net.export(path)
    return path, out


def graph_text(path: str) -> str:
    """The graph without the address that names a constant's initializer."""
    return re.sub(r"(Constant_p_shift_)\d+", r"\1", Path(f"{path}-symbol.json").read_text())


def assert_close(ours_: list[Any], theirs: list[Any]) -> None:
    for own, real in zip(ours_, theirs, strict=True):
        np.testing.assert_allclose(own.asnumpy(), real.asnumpy(), rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_same_file_as_real_mxnet(case: str, oracle: Callable[[str], ModuleType], tmp_path: Path) -> None:
    mx = oracle("mxnet")
    text, _, shapes = (part.strip() for part in case.partition(" | "))
    theirs, mine = made(mx, text), made(ours, text)
    path, out = exported(mx, theirs, inputs(mx, shapes), tmp_path)
    mine(*inputs(ours, shapes))
    mine.hybridize()
    for (name, real), (own_name, own) in zip(
        theirs.collect_params().items(), mine.collect_params().items(), strict=True
    ):
        assert own_name == name
        own.set_data(ours.nd.array(real.data().asnumpy()))
    fresh = made(ours, text)  # one whose shapes were open when it was called
    own_path, _ = exported(ours, fresh, inputs(ours, shapes), tmp_path)
    assert graph_text(own_path) == graph_text(path)
    own_path, own_out = exported(ours, mine, inputs(ours, shapes), tmp_path)
    assert_close(own_out, out)
    assert list(ours.nd.load(f"{own_path}-0000.params")) == list(mx.nd.load(f"{path}-0000.params"))
    names = sorted(n for n in mx.sym.load(f"{path}-symbol.json").list_inputs() if n.startswith("data"))
    for file in (path, own_path):
        blocks = [
            one.gluon.SymbolBlock.imports(f"{file}-symbol.json", names, f"{file}-0000.params") for one in (mx, ours)
        ]
        assert repr(blocks[1]) == repr(blocks[0])
        assert list(blocks[1].collect_params()) == list(blocks[0].collect_params())
        real, own = (block(*given(one, shapes, text, names)) for one, block in zip((mx, ours), blocks, strict=True))
        assert_close(flat(own), flat(real))
        assert_close(flat(own), out)


#: What users write in hybrid_forward(F, x) with x of shape (2, 3).
EXPRESSIONS = """
x
[x, [x + 1, x * 2]]
(x,)
x * np.float32(2) + np.int64(3) - 1.5
-x / 2 - 1 / (x + 1) + x ** 2 + 2 ** x
F.clip(x, -np.inf, 1)
x[0] + F.zeros_like(x) + F.ones((2, 3)) * F.full((2, 3), 0.5)
F.broadcast_add(x, F.arange(3).reshape((1, 3)))
F.broadcast_add(x, F.arange(0, 3, dtype="float32").expand_dims(0)) + F.linspace(0, 5, 6).reshape((2, 3))
F.dot(x, F.eye(3))
x + 0 * F.random.uniform(0, 1, shape=(2, 3)) + 0 * F.random.normal(shape=(2, 3))
F.concat(*F.split(x, num_outputs=3, axis=1), dim=1)
F.add_n(*[p for p in F.split(x, num_outputs=3, axis=1)])
F.where(x > 0.5, x, F.zeros_like(x))
F.broadcast_div(x, F.norm(x, axis=1, keepdims=True))
F.maximum(F.minimum(x, 1), 0.0)
abs(x).sqrt().exp().log().square()
x.astype("float16").astype("float32") + F.cast(x, np.float32)
F.one_hot(x.argmax(axis=1), 3)
F.Activation(data=x, act_type="relu") + F.Activation(x, "tanh")
x.mean(axis=1, keepdims=True).expand_dims(axis=0).squeeze(axis=0)
F.sum(x, axis=[0, 1])
x.reshape([3, 2]).reshape(shape=(0, -1)).reshape(-1)
F.slice_like(F.concat(x, x, dim=0), x, axes=(0,))
F.stack(x, x, axis=1).swapaxes(0, 2).slice_axis(axis=0, begin=0, end=2)
F.FullyConnected(x, F.ones((4, 3)), None, no_bias=True, num_hidden=4, name="mine")
F.topk(x, k=2, ret_typ="both")
"""


@pytest.mark.parametrize("text", EXPRESSIONS.strip().splitlines())
def test_same_graph_of_what_users_write(text: str, oracle: Callable[[str], ModuleType], tmp_path: Path) -> None:
    graphs, outs = [], []
    for mx in (oracle("mxnet"), ours):

        class Net(mx.gluon.HybridBlock):  # type: ignore[name-defined,misc]
            def hybrid_forward(self, F: Any, x: Any) -> Any:
                return eval(text, {"F": F, "x": x, "np": np})

        net = Net(prefix="n_")
        net.hybridize()
        x = mx.nd.array([[0.25, 0.5, 0.75], [1.0, 0.125, 2.0]])
        path, _ = exported(mx, net, [x], tmp_path)
        graphs.append(graph_text(path))
        outs.append(flat(ours.gluon.SymbolBlock.imports(f"{path}-symbol.json", "data")(ours.nd.array(x.asnumpy()))))
        if mx is not ours or "x[0]" not in text:  # of an array x[0] is a row, of a graph the first output
            outs.append(flat(net(x)))
    assert graphs[1] == graphs[0]
    for found in outs:
        assert_close(found, outs[1])


def given(mx: ModuleType, shapes: str, text: str, names: list[str]) -> list[Any]:
    """The arrays, and zeros for the states that graphs of recurrent layers take."""
    found = flat(inputs(mx, shapes))
    count = (2 if "bidirectional" in text else 1) * (2 if "(3, 2" in text else 1)
    return found + [mx.nd.zeros((count, 2, 3)) for _ in range(len(names) - len(found))]


def test_on_every_backend(backend: unified_nn.Backend, tmp_path: Path) -> None:
    """Exported on one backend, run and trained on it again: the same numbers, gradients and statistics."""
    net = made(ours, "Deep()")
    args = inputs(ours, "2,3,9,9")
    path, _ = exported(ours, net, args, tmp_path)
    block = ours.gluon.SymbolBlock.imports(f"{path}-symbol.json", ["data"], f"{path}-0000.params")
    found = []
    for one in (net, block):
        one.collect_params().setattr("grad_req", "write")
        ours.random.seed(4)
        with ours.autograd.record():
            out = one(*args)
            total = out[0].sum() + (out[1] * out[1]).sum()
        total.backward()
        params = one.collect_params()
        found.append(
            [*out, *(p.data() for p in params.values()), *(p.grad() for p in params.values() if p.grad_req != "null")]
        )
    order = list(net.collect_params())
    assert sorted(block.collect_params()) == sorted(order)
    names = list(block.collect_params())
    place = {name: i for i, name in enumerate(names)}
    for i, name in enumerate(order):
        np.testing.assert_allclose(found[1][2 + place[name]].asnumpy(), found[0][2 + i].asnumpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[1][0].asnumpy(), found[0][0].asnumpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[1][1].asnumpy(), found[0][1].asnumpy(), rtol=1e-5, atol=1e-6)
