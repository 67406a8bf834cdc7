"""The loopback backend, whose arrays have no methods: the core and the vocabularies ask the backend for everything."""

from __future__ import annotations

import numpy as np
import pytest

import unified_nn
from tests.backends.loopback import LoopbackBackend, Opaque
from tests.backends.op_samples import SAMPLES, Sample
from unified_nn import nn, registry
from unified_nn.autodiff import Leaf, backward, gradients
from unified_nn.op import REGISTRY
from unified_nn.ops.elementwise import ones_like
from unified_nn.ops.loss import cross_entropy
from unified_nn.ops.reduce import mean
from unified_nn.optim import Adam
from unified_nn.tensor import Tensor

LOOPBACK = LoopbackBackend()
NUMPY = unified_nn.backend("numpy")


def inputs(sample: Sample, backend: unified_nn.Backend, *, tracked: bool) -> list[object]:
    found: list[object] = []
    for value in sample.arrays:
        if isinstance(value, np.ndarray):
            value = Tensor.from_numpy(value, backend=backend)
            if tracked and value._dtype.is_floating:
                value._body.node = Leaf(backend)
        found.append(value)
    return found


@pytest.mark.parametrize("use", ["array.shape", "bool(array)", "array == array", "array + 1", "np.asarray(array)"])
def test_an_opaque_array_can_do_nothing(use: str) -> None:
    with pytest.raises((TypeError, AttributeError)):
        eval(use, {"array": LOOPBACK.from_numpy(np.ones(1)), "np": np})


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.id)
def test_every_op_gives_what_numpy_gives(sample: Sample) -> None:
    outs = [REGISTRY[sample.op](*inputs(sample, b, tracked=False), **sample.attrs) for b in (LOOPBACK, NUMPY)]
    assert isinstance(outs[0].native, Opaque)
    assert outs[0]._dtype is outs[1]._dtype
    np.testing.assert_array_equal(outs[0].numpy(), outs[1].numpy())


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.smooth], ids=lambda s: s.id)
def test_every_gradient_is_what_numpy_gives(sample: Sample) -> None:
    found = []
    for backend in (LOOPBACK, NUMPY):
        given = inputs(sample, backend, tracked=True)
        leaves = [x for x in given if isinstance(x, Tensor) and x.tracked]
        out = REGISTRY[sample.op](*given, **sample.attrs)
        if not out.tracked:
            assert not leaves or not REGISTRY[sample.op].differentiable or not out._dtype.is_floating
            return
        seed = np.random.default_rng(1).standard_normal(out._shape).astype(out._dtype.numpy())
        found.append(gradients([out], [Tensor.from_numpy(seed, backend=backend)], leaves))
    for mine, expected in zip(*found, strict=True):
        assert (mine is None) == (expected is None)
        if mine is not None:
            np.testing.assert_array_equal(mine.numpy(), expected.numpy())


def test_it_can_be_registered_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = registry.Entry("tests.backends.loopback:LoopbackBackend")
    monkeypatch.setitem(registry.BUILTIN, "loopback", entry)
    monkeypatch.setattr(registry, "_instances", {})
    made = unified_nn.backend("loopback")
    assert type(made).__name__ == "LoopbackBackend"
    assert made is unified_nn.backend("loopback")


def trained(backend: unified_nn.Backend) -> tuple[list[float], np.ndarray]:
    """A convolutional network after a few steps: the losses, and its outputs in inference."""
    draw = np.random.default_rng(0)
    images, labels = draw.standard_normal((6, 1, 8, 8)).astype("float32"), draw.integers(0, 5, 6)
    with unified_nn.use_backend(backend):
        unified_nn.random.default_generator.seed(1)
        net = nn.Sequential(
            nn.Conv2d(1, 4, 3, pads=1), nn.BatchNorm(4), nn.ReLU(), nn.MaxPool2d(2, stride=2), nn.Dropout(0.2),
            nn.Flatten(), nn.Linear(64, 5),
        )  # fmt: skip
        optimizer = nn.Optimizer(net.parameters(), Adam(), 0.01)
        x, i = Tensor.from_numpy(images), Tensor.from_numpy(labels)
        losses = []
        for _ in range(4):
            optimizer.zero_grad()
            loss = mean(cross_entropy(net(x), i))
            backward([loss], [ones_like(loss)])
            optimizer.step()
            losses.append(float(loss))
        return losses, net.eval()(x).numpy()


def test_training_never_touches_an_array() -> None:
    losses, outputs = trained(LOOPBACK)
    expected_losses, expected_outputs = trained(NUMPY)
    assert losses == expected_losses
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(outputs, expected_outputs)
