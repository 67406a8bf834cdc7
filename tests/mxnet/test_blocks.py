"""Blocks, parameters, files, data and metrics beside real Gluon's."""

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
from tests.mxnet.twins import assert_same, outcome

SETUP = """
class Net(gluon.Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.outside = nn.Dense(3)
        with self.name_scope():
            self.inside = nn.Dense(4, in_units=7)
            self.chain = nn.Sequential()
            with self.chain.name_scope():
                self.chain.add(nn.Dense(3), nn.BatchNorm(), nn.Dense(2, activation="relu"))
            self.w = self.params.get("w", shape=(2, 3), init=mx.init.One())
            self.c = self.params.get_constant("c", nd.ones((2,)))

    def forward(self, x):
        return self.chain(self.inside(x))

class Deferred(gluon.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.weight = self.params.get("weight", shape=(4, 0), init="ones", allow_deferred_init=True)
            self.kernel = self.params.get("kernel", shape=(2, 0, 3, 3), init="ones", allow_deferred_init=True)

    def hybrid_forward(self, F, x, weight, kernel):
        y = F.Convolution(x, kernel, no_bias=True, num_filter=2, kernel=(3, 3))
        return F.FullyConnected(F.relu(y), weight, no_bias=True, num_hidden=4)

b = Net(prefix="net_")
mx.random.seed(0)
"""

#: One line after the other.
SESSION = r"""
repr(b)
norm(list(b.collect_params().keys()))
norm(repr(b.collect_params()))
norm(list(b.collect_params(".*weight").keys()))
list(b._collect_params_with_prefix().keys())
b.w.name, b.w.shape, b.name, b.prefix, b.chain.prefix, b.inside.weight.name
b.w.data()
b.w.grad()
b.inside.weight.data()
b.initialize()
b.w.data()
b.w.grad()
b.w.list_ctx()
b.chain[0].weight.data()
b.chain[0].weight.list_ctx()
b.chain[0].weight.shape
b.chain[0].bias.shape
b.c.data()
b.c.grad()
b.c.grad_req, b.w.grad_req, b.w.lr_mult, b.w.wd_mult
b.w.set_data(nd.zeros((2, 3)))
b.w.data()
b.w.set_data(nd.zeros((3, 3)))
b.inside.weight.set_data(nd.ones((4, 7)))
b.inside(nd.ones((2, 7)))
b.inside(nd.ones((2, 8)))
b(nd.ones((2, 7))).shape
b.chain[0].weight.shape
norm(repr(b.chain))
len(b.chain), b.chain[1].name, b.chain[-1].name
norm(repr(b.chain[1:]))
[type(child).__name__ for child in b.chain]
b.collect_params().zero_grad()
b.collect_params().setattr("lr_mult", 0.5)
b.w.lr_mult
b.collect_params().setattr("grad_req", "null")
b.w.grad()
b.w.grad_req = "foo"
b.cast("float64")
b.w.dtype, b.w.data().dtype
b(nd.ones((2, 7), dtype="float64")).dtype
b.w = 5
b.outside = nn.Dense(4)
b.outside = None
b.w.initialize()
gluon.Parameter("x")
repr(gluon.Parameter("x", shape=3)), gluon.Parameter("x", shape=3).shape
gluon.Parameter("x", shape=(0, 2)).initialize()
gluon.Parameter("x", shape=(2, 2)).data()
repr(gluon.Constant("c", [[1, 2]]))
gluon.Constant("c", [[1, 2]]).value
b.params.get("w") is b.w
b.params.get("w", shape=(5, 5))
b.params["net_w"] is b.w
b.params["nothing"]
"w" in b.params, "net_w" in b.params
b.nothing
b.forward()
nn.Dense(2)(1)
nn.Dense(2)(np.ones((2, 2)))
nn.Dense(2, in_units=3).weight.data()
nn.Dense(2)(nd.ones((2, 3)))
nn.Dense(-3)
nn.Conv2D(2, 3)(nd.ones((2, 3)))
nn.HybridSequential().add(nn.Sequential())
nn.Lambda("nothing")
s = nn.Dense(3, in_units=2); t = nn.Dense(3, in_units=2, params=s.params)
t.weight is s.weight, t.prefix == s.prefix
e = Deferred(prefix="deferred_")
e.weight.shape, e.kernel.shape
e.initialize()
e(nd.arange(75).reshape((1, 3, 5, 5)))
e.weight.shape, e.kernel.shape
e.hybridize(static_alloc=True, static_shape=True)
e(nd.arange(75).reshape((1, 3, 5, 5)))
e(nd.ones((1, 2, 5, 5)))
b.outside.initialize(); b.outside(nd.ones((1, 2))).shape
b.save_parameters(path)
sorted(nd.load(path))
q = Net(prefix="other_")
q.load_parameters(path)
q.load_parameters(path, cast_dtype=True)
q(nd.ones((2, 7)))
Deferred().load_parameters(path)
Deferred().load_parameters(path, allow_missing=True)
Deferred().load_parameters(path, allow_missing=True, ignore_extra=True)
b.collect_params().save(path, strip_prefix="zzz")
h = nn.Dense(2, in_units=3); calls = []
h.initialize(mx.init.Constant(0.5)); k = h.register_forward_hook(lambda net, x, y: calls.append(y.shape))
h(nd.ones((4, 3)))
calls
k.detach(); h(nd.ones((4, 3))); calls
[type(i).__name__ for i in (mx.init.create("xavier"), mx.init.create("zeros"), mx.init.create("normal", sigma=2.0))]
mx.init.create("nothing")
mx.init.Xavier().dumps(), mx.init.Constant(3).dumps()
p = gluon.Parameter("p_weight", shape=(4, 3)); p.initialize(mx.init.Xavier()); p.data().shape
gluon.Parameter("p", shape=(4,)).initialize(mx.init.Xavier())
p.initialize(mx.init.Bilinear(), force_reinit=True)
w = gluon.Parameter("w", shape=(1, 1, 4, 4)); w.initialize(mx.init.Bilinear()); w.data()
w = gluon.Parameter("w", shape=(8,)); w.initialize(mx.init.LSTMBias(2.0)); w.data()
p = gluon.Parameter("p", shape=(3, 5)); p.initialize(mx.init.Orthogonal())
o = p.data(); abs(nd.dot(o, o.T) - nd.eye(3) * 1.414**2).max().asscalar() < 1e-4
gluon.utils.split_data(nd.arange(6).reshape((6, 1)), 3)
gluon.utils.split_data(nd.arange(6).reshape((6, 1)), 4)
gluon.utils.split_data(nd.arange(6).reshape((6, 1)), 4, even_split=False)
gluon.utils.split_and_load(np.arange(4), [mx.cpu()])
v = [nd.array([3.0, 4.0]), nd.array([12.0])]; gluon.utils.clip_global_norm(v, 6.5), v
d = gluon.data.ArrayDataset(nd.arange(10).reshape((5, 2)), np.arange(5))
len(d), d[1]
list(gluon.data.DataLoader(d, 2))
list(gluon.data.DataLoader(d, 2, last_batch="discard"))
[len(x) for x, y in gluon.data.DataLoader(d, 2, last_batch="rollover")], len(gluon.data.DataLoader(d, 2))
np.random.seed(3); list(gluon.data.DataLoader(d, 3, shuffle=True))
list(gluon.data.DataLoader(d.transform_first(lambda x: x * 2), 5))
list(gluon.data.DataLoader(gluon.data.SimpleDataset([1.5, 2.5, 3.5]), 2))
list(gluon.data.SimpleDataset(list(range(10))).filter(lambda x: x % 2).take(3))
list(gluon.data.SimpleDataset(list(range(10))).shard(3, 1))
gluon.data.ArrayDataset([1, 2], [1])
gluon.data.DataLoader(d)
gluon.data.DataLoader(d, 2, shuffle=True, sampler=gluon.data.SequentialSampler(5))
T = gluon.data.vision.transforms; i = nd.array(np.arange(24).reshape((2, 4, 3)), dtype="uint8")
T.ToTensor()(i)
T.Compose([T.ToTensor(), T.Normalize([0.1, 0.2, 0.3], [1, 2, 4])])(i)
T.CenterCrop((2, 1))(i)
T.Cast("float64")(i).dtype
m = mx.metric.Accuracy(); m.get()
m.update([nd.array([0, 1, 1])], [nd.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])]); m.get()
m.update(nd.array([0, 1]), nd.array([1, 1])); m.get(), m.get_name_value()
m.reset(); m.get()
m = mx.metric.TopKAccuracy(2); m.update([nd.array([0, 2])], [nd.array([[0.3, 0.1, 0.6], [0.5, 0.4, 0.1]])]); m.get()
mx.metric.TopKAccuracy()
L = [nd.array([1.0, 2.0, 4.0])]; P = [nd.array([1.5, 2.0, 2.0])]
[[m.update(L, P), m.get()][1] for m in (mx.metric.MSE(), mx.metric.RMSE(), mx.metric.MAE(), mx.metric.create("mse"))]
C = [nd.array([0, 1])]; S = [nd.array([[0.75, 0.25], [0.5, 0.5]])]
[[m.update(C, S), m.get()][1] for m in (mx.metric.CrossEntropy(), mx.metric.NegativeLogLikelihood())]
[[m.update(C, S), m.get()][1] for m in (mx.metric.Perplexity(None), mx.metric.Perplexity(1))]
m = mx.metric.Loss(); m.update(None, [nd.array([1.0, 3.0])]); m.get()
m = mx.metric.create(["acc", "ce"]); m.update(C, S); m.get(), m.get_name_value()
m = mx.metric.create(lambda label, pred: float((label - pred).sum())); m.update(L, P); m.get()
m = mx.metric.np(lambda label, pred: (2.0, 4), name="mine"); m.update(L, P); m.get()
mx.metric.create("nothing")
str(mx.metric.Loss())
"""


def normal(value: Any) -> Any:
    """Text or names without the counters of blocks that were made outside any scope, which depend on the process."""
    if isinstance(value, list):
        return [normal(part) for part in value]
    return re.sub(r"(?<![a-z0-9]_)\b(dense|batchnorm|sequential)\d+_", r"\1N_", value)


def session(mx: ModuleType, folder: Path) -> list[tuple[str, Any]]:
    space = {"mx": mx, "nd": mx.nd, "gluon": mx.gluon, "nn": mx.gluon.nn, "np": np, "norm": normal,
             "path": str(folder / "file.params")}  # fmt: skip
    exec(SETUP, space)
    found = []
    for text in SESSION.strip().splitlines():
        first, _, last = text.rpartition("; ")
        if first:
            exec(first, space)
        found.append((text, outcome(mx, last, space)))
    return found


@pytest.mark.filterwarnings("ignore")
def test_session(backend: unified_nn.Backend, oracle: Callable[[str], ModuleType], tmp_path: Path) -> None:
    real = session(oracle("mxnet"), tmp_path)
    wrong = []
    for (text, theirs), (_, mine) in zip(real, session(ours, tmp_path), strict=True):
        try:
            assert_same(theirs, mine)
        except AssertionError as error:
            wrong.append(f"{text}\n    {str(error).strip()[:600]}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_files_go_both_ways(backend: unified_nn.Backend, oracle: Callable[[str], ModuleType], tmp_path: Path) -> None:
    nets = []
    x = np.random.default_rng(0).normal(size=(2, 2, 6, 6))
    for mx in (oracle("mxnet"), ours):
        net = mx.gluon.nn.HybridSequential()
        net.add(mx.gluon.nn.Conv2D(3, 3, in_channels=2), mx.gluon.nn.BatchNorm(in_channels=3), mx.gluon.nn.Dense(4))
        net.initialize()
        net(mx.nd.ones((1, 2, 6, 6)))
        file = str(tmp_path / f"{mx.__name__}.params")
        net.save_parameters(file)
        nets.append((net, mx, file, net(mx.nd.array(x)).asnumpy()))
    for (_, _, file, saved), (net, mx, _, _) in (nets, nets[::-1]):
        net.load_parameters(file)
        np.testing.assert_allclose(net(mx.nd.array(x)).asnumpy(), saved, rtol=1e-4, atol=1e-6)
