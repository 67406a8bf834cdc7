"""A Gluon block inside a PyTorch module inside a MindSpore cell, trained by one optimizer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import unified_nn.mindspore as ms
from unified_nn import Backend
from unified_nn.mindspore import nn, ops

torch = pytest.importorskip("unified_nn.torch")
gluon = pytest.importorskip("unified_nn.mxnet.gluon")


def network() -> Any:
    class Inner(gluon.Block):
        def __init__(self) -> None:
            super().__init__()
            self.dense = gluon.nn.Dense(4, activation="relu", in_units=3)

        def forward(self, x: Any) -> Any:
            return self.dense(x)

    class Middle(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = Inner()
            self.linear = torch.nn.Linear(4, 3)

        def forward(self, x: Any) -> Any:
            return torch.tanh(self.linear(self.block(x)))

    class Outer(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.middle = Middle()
            self.head = nn.Dense(3, 2)

        def construct(self, x: Any) -> Any:
            return self.head(self.middle(x))

    net = Outer()
    net.middle.block.initialize()
    draw = np.random.RandomState(0)
    for p in net.get_parameters():
        p.set_data(ms.Tensor(draw.uniform(-0.5, 0.5, p.shape).astype(np.float32)))
    return net


NAMES = [
    "middle.linear.weight", "middle.linear.bias", "middle.block.dense.weight", "middle.block.dense.bias", "head.weight",
    "head.bias",
]  # fmt: skip
X = np.random.RandomState(1).randn(8, 3).astype(np.float32)
Y = np.random.RandomState(2).randn(8, 2).astype(np.float32)


def by_hand(steps: int, rate: float) -> list[float]:
    """The losses of gradient descent on the same network, in float64 NumPy."""
    draw = np.random.RandomState(0)
    p = {}
    for path, tensor in network().parameters_and_names():
        p[path] = draw.uniform(-0.5, 0.5, tensor.shape).astype(np.float32).astype("f8")
    losses = []
    for _ in range(steps):
        a = X @ p["middle.block.dense.weight"].T + p["middle.block.dense.bias"]
        h = np.maximum(a, 0)
        t = np.tanh(h @ p["middle.linear.weight"].T + p["middle.linear.bias"])
        out = t @ p["head.weight"].T + p["head.bias"]
        losses.append(float(((out - Y) ** 2).mean()))
        g_out = 2 * (out - Y) / out.size
        g_t = g_out @ p["head.weight"] * (1 - t * t)
        g_a = g_t @ p["middle.linear.weight"] * (a > 0)
        for prefix, g, x in (("head", g_out, t), ("middle.linear", g_t, h), ("middle.block.dense", g_a, X)):
            p[f"{prefix}.weight"] = p[f"{prefix}.weight"] - rate * g.T @ x
            p[f"{prefix}.bias"] = p[f"{prefix}.bias"] - rate * g.sum(0)
    return losses


def test_parameters_of_all_three_have_names(backend: Backend) -> None:
    net = network()
    assert sorted(p.name for p in net.trainable_params()) == sorted(NAMES)
    assert sorted(net.parameters_dict()) == sorted(path for path, _ in net.parameters_and_names())
    assert all(type(p) is ms.Parameter for p in net.get_parameters())


def test_one_mindspore_optimizer_trains_all(backend: Backend) -> None:
    net = network()
    optimizer = nn.SGD(net.trainable_params(), 0.5)
    step = ms.value_and_grad(lambda x, y: nn.MSELoss()(net(x), y), None, optimizer.parameters)
    losses = []
    for _ in range(5):
        loss, grads = step(ms.Tensor(X), ms.Tensor(Y))
        optimizer(grads)
        losses.append(float(loss.item()))
    np.testing.assert_allclose(losses, by_hand(5, 0.5), rtol=1e-4)
    assert losses[-1] < 0.8 * losses[0]


def test_one_pytorch_optimizer_trains_all(backend: Backend) -> None:
    net = network()
    parameters = [p.as_face(torch.Tensor) for p in net.trainable_params()]
    optimizer = torch.optim.SGD(parameters, lr=0.5)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = ((net(torch.tensor(X)) - torch.tensor(Y)) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    np.testing.assert_allclose(losses, by_hand(5, 0.5), rtol=1e-4)


def test_a_cell_inside_a_pytorch_module(backend: Backend) -> None:
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), nn.Dense(4, 2))
    out = net(torch.tensor(X))
    assert isinstance(out, torch.Tensor)
    out.sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    assert len(list(net.parameters())) == 4
    assert ops.is_tensor(out)
