"""Modules of all vocabularies inside one another, on every backend."""

from __future__ import annotations

import numpy as np
import pytest

import unified_nn
from unified_nn import Tensor, autodiff, nn, torch
from unified_nn import mindspore as ms
from unified_nn.mindspore import nn as ms_nn
from unified_nn.mxnet import nd
from unified_nn.mxnet.gluon import nn as gluon_nn
from unified_nn.optim import Adam
from unified_nn.torch import nn as torch_nn


class Inner(gluon_nn.HybridBlock):
    def __init__(self) -> None:
        super().__init__()
        self.dense = gluon_nn.Dense(4, activation="tanh", in_units=3)
        self.norm = gluon_nn.BatchNorm(in_channels=4)

    def hybrid_forward(self, F, x):
        assert type(x).__module__.startswith("unified_nn.mxnet"), type(x)
        return self.norm(self.dense(x))


class Middle(torch_nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Inner()
        self.inner.initialize()
        self.linear = torch_nn.Linear(4, 5)

    def forward(self, x):
        assert type(x) is torch.Tensor, type(x)
        return self.linear(self.inner(x)).relu()


class Outer(ms_nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        self.middle = Middle()
        self.dense = ms_nn.Dense(5, 2)

    def construct(self, x):
        assert type(x) is ms.Tensor, type(x)
        return self.dense(self.middle(x))


class Whole(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.outer = Outer()
        self.last = nn.Linear(2, 1)

    def forward(self, x):
        return self.last(self.outer(x))


X = np.random.RandomState(0).randn(6, 3).astype("float32")

FACES = {
    "neutral": lambda: Tensor.from_numpy(X),
    "torch": lambda: torch.tensor(X),
    "mindspore": lambda: ms.Tensor(X),
    "mxnet": lambda: nd.array(X),
}


@pytest.mark.parametrize("face", FACES)
def test_the_caller_gets_its_own_kind_back(backend: unified_nn.Backend, face: str) -> None:
    x = FACES[face]()
    out = Outer()(x)
    assert type(out) is type(x)
    assert out._shape == (6, 2)


def test_one_optimizer_trains_all(backend: unified_nn.Backend) -> None:
    ms.set_seed(1)
    net = Whole().train()
    assert [name for name, _ in net.named_parameters()] == [
        "outer.middle.inner.dense.weight", "outer.middle.inner.dense.bias", "outer.middle.inner.norm.gamma",
        "outer.middle.inner.norm.beta", "outer.middle.linear.weight", "outer.middle.linear.bias",
        "outer.dense.weight", "outer.dense.bias", "last.w", "last.b",
    ]  # fmt: skip
    before = [t.as_face(Tensor).numpy() for t in net.parameters()]
    optimizer = nn.Optimizer(net.parameters(), Adam(), rate=0.05)
    target = Tensor.from_numpy(X.sum(1, keepdims=True))
    losses = []
    for _ in range(15):
        optimizer.zero_grad()
        error = net(Tensor.from_numpy(X)) - target
        loss = (error * error).as_face(Tensor)
        autodiff.backward([loss], [Tensor.from_numpy(np.full((6, 1), 1 / 6, "float32"))])
        optimizer.step()
        losses.append(float(loss.numpy().mean()))
    assert losses[-1] < losses[0] / 2
    assert all(not np.array_equal(t.as_face(Tensor).numpy(), b) for t, b in zip(net.parameters(), before, strict=True))


def test_the_same_numbers_on_every_backend(backend: unified_nn.Backend) -> None:
    def run() -> np.ndarray:
        net = Whole().eval()
        draw = np.random.RandomState(2)
        net.load_state_dict({name: np.abs(draw.randn(*t._shape)) for name, t in net.state_dict().items()})
        return net(Tensor.from_numpy(X)).numpy()

    with unified_nn.use_backend("numpy"):
        expected = run()
    np.testing.assert_allclose(run(), expected, rtol=2e-4, atol=1e-5)  # MindSpore's tanh is off by up to 1e-4


def test_a_cell_starts_in_inference_with_all_its_children() -> None:
    net = Outer()
    assert not net.middle.training
    assert not net.middle.inner.training
    net.set_train()
    assert net.middle.training
    assert net.middle.inner.training


def test_an_error_deep_inside_names_its_way(backend: unified_nn.Backend) -> None:
    with pytest.raises(unified_nn.UnifiedError) as caught:
        Whole()(Tensor.from_numpy(X[:, :2]))
    assert str(caught.value).startswith("Whole.outer.middle.inner.dense (Dense 3 -> 4)")
    assert "(6, 2)" in str(caught.value)
