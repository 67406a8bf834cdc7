"""Gluon blocks inside other vocabularies' networks and the reverse: one network, three ways to train it, one result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.mindspore as ms
import unified_nn.mxnet as mx
import unified_nn.torch as torch
from unified_nn.mxnet import autograd, gluon, nd

RNG = np.random.default_rng(0)
X, Y = (RNG.normal(size=shape).astype("float32") for shape in ((8, 4), (8, 1)))
W1, W2, W3 = (RNG.normal(size=shape).astype("float32") for shape in ((5, 4), (3, 5), (1, 3)))


class Inner(gluon.Block):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.dense = gluon.nn.Dense(5, activation="tanh", in_units=4)
            self.norm = gluon.nn.BatchNorm(in_channels=5)

    def forward(self, x: Any) -> Any:
        assert isinstance(x, nd.NDArray)
        return self.norm(self.dense(x))


class Middle(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Inner()
        self.inner.initialize()
        self.linear = torch.nn.Linear(5, 3)

    def forward(self, x: Any) -> Any:
        assert isinstance(x, torch.Tensor)
        return torch.relu(self.linear(self.inner(x)))


class Outer(ms.nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        self.middle = Middle()
        self.head = ms.nn.Dense(3, 1)

    def construct(self, x: Any) -> Any:
        assert isinstance(x, ms.Tensor)
        return self.head(self.middle(x))


def build() -> Outer:
    net = Outer()
    net.middle.inner.dense.weight.set_data(nd.array(W1))
    with torch.no_grad():
        net.middle.linear.weight.copy_(torch.tensor(W2))
        net.middle.linear.bias.zero_()
    net.head.weight.set_data(ms.Tensor(W3))
    net.head.bias.set_data(ms.Tensor(np.zeros(1, "float32")))
    net.set_train(True)
    return net


def state(net: Outer) -> list[np.ndarray[Any, Any]]:
    inner = net.middle.inner
    return [
        inner.dense.weight.data().asnumpy(), inner.norm.gamma.data().asnumpy(),
        inner.norm.running_mean.data().asnumpy(), inner.norm.running_var.data().asnumpy(),
        net.middle.linear.weight.detach().numpy(), net.head.weight.asnumpy(),
    ]  # fmt: skip


def train_by_torch(net: Outer) -> None:
    learned = [p.as_face(torch.Tensor) for p in net.trainable_params()]
    optimizer = torch.optim.SGD(learned, lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        loss = ((net(torch.tensor(X)) - torch.tensor(Y)) ** 2).mean()
        loss.backward()
        optimizer.step()


def train_by_mindspore(net: Outer) -> None:
    optimizer = ms.nn.SGD(net.trainable_params(), learning_rate=0.1)
    step = ms.value_and_grad(lambda x, y: ((net(x) - y) ** 2).mean(), None, optimizer.parameters)
    for _ in range(3):
        _, gradients = step(ms.Tensor(X), ms.Tensor(Y))
        optimizer(gradients)


class Top(gluon.Block):
    def __init__(self, net: Outer) -> None:
        super().__init__(prefix="top_")
        self.net = net

    def forward(self, x: Any) -> Any:
        return self.net(x)


def train_by_mxnet(net: Outer) -> None:
    top = Top(net)
    trainer = gluon.Trainer(top.collect_params(), "sgd", {"learning_rate": 0.1})
    for _ in range(3):
        with autograd.record():
            loss = ((top(nd.array(X)) - nd.array(Y)) ** 2).mean()
        loss.backward()
        trainer.step(1)


def test_three_ways_to_train_give_one_result(backend: unified_nn.Backend) -> None:
    results = []
    for train in (train_by_torch, train_by_mindspore, train_by_mxnet):
        net = build()
        before = state(net)
        train(net)
        after = state(net)
        assert all(np.abs(a - b).max() > 1e-4 for a, b in zip(before, after, strict=True))
        results.append(after)
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_gradients_flow_from_torch_without_a_recording_scope(backend: unified_nn.Backend) -> None:
    layer = gluon.nn.Dense(2, in_units=3)
    layer.initialize()
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), layer)
    model(torch.ones(4, 3)).sum().backward()
    np.testing.assert_allclose(layer.bias.grad().asnumpy(), [4, 4])
    model(torch.ones(4, 3)).sum().backward()
    np.testing.assert_allclose(layer.bias.grad().asnumpy(), [8, 8])  # torch adds
    with autograd.record():
        out = layer(nd.ones((4, 3)))
    out.backward()
    np.testing.assert_allclose(layer.bias.grad().asnumpy(), [4, 4])  # MXNet writes
    assert not autograd.is_recording()


def test_nothing_is_recorded_under_no_grad_or_outside_a_scope(backend: unified_nn.Backend) -> None:
    layer = gluon.nn.Dense(2, in_units=3)
    layer.initialize()
    with torch.no_grad():
        assert not layer(torch.ones(4, 3)).requires_grad
    assert layer(torch.ones(4, 3)).requires_grad
    assert not layer(nd.ones((4, 3))).tracked


@pytest.mark.parametrize("trains", [True, False])
def test_training_follows_torch_in_a_torch_network(trains: bool, backend: unified_nn.Backend) -> None:
    layer = gluon.nn.Dropout(0.5)
    model = torch.nn.Sequential(layer).train(trains)
    found = model(torch.ones(50, 4)).numpy()
    assert ((found == 0).any()) == trains
    assert not (layer(nd.ones((50, 4))).asnumpy() == 0).any()  # on its own it predicts
    with autograd.predict_mode():
        assert (model(torch.ones(50, 4)).numpy() == 1).all()  # the user's scope wins


def test_a_torch_child_keeps_its_own_mode(backend: unified_nn.Backend) -> None:
    net = gluon.nn.Sequential()
    net.add(torch.nn.Dropout(0.5))
    with autograd.predict_mode():
        assert (net(nd.ones((50, 4))).asnumpy() == 0).any()
    net[0].eval()
    with autograd.record():
        assert (net(nd.ones((50, 4))).asnumpy() == 1).all()


def test_collected_names(backend: unified_nn.Backend) -> None:
    top = Top(build())
    assert [name.split("_", 1)[1] for name in top.collect_params() if name.startswith("top_")] == [
        "net_middle_linear_weight", "net_middle_linear_bias", "net_head_weight", "net_head_bias",
    ]  # fmt: skip
    by_attribute = list(top._collect_params_with_prefix())
    assert by_attribute[:2] == ["net.middle.inner.dense.weight", "net.middle.inner.dense.bias"]
    assert [n for n, _ in build().middle.named_parameters()] == [
        "inner.dense.weight", "inner.dense.bias", "inner.norm.gamma", "inner.norm.beta", "linear.weight", "linear.bias",
    ]  # fmt: skip


def test_whole_networks_are_saved(tmp_path: Any, backend: unified_nn.Backend) -> None:
    first, second = Top(build()), Top(build())
    train_by_mxnet(first.net)
    file = str(tmp_path / "net.params")
    first.save_parameters(file)
    second.load_parameters(file)
    for a, b in zip(state(first.net), state(second.net), strict=True):
        np.testing.assert_array_equal(a, b)
    assert isinstance(mx.nd.load(file), dict)
