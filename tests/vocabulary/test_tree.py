"""The module tree: registration, walking, hooks, faces, errors that name the layer, state under several names."""

from __future__ import annotations

import numpy as np
import pytest

import unified_nn
from unified_nn import Tensor, UnifiedError, nn
from unified_nn.errors import StateError


def x(*shape: int) -> Tensor:
    return Tensor.from_numpy(np.ones(shape, "float32"))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 3)
        self.rest = nn.Sequential(nn.ReLU(), nn.Linear(3, 2))

    def forward(self, x):
        return self.rest(self.first(x))


def test_parameters_are_named_by_path() -> None:
    assert [name for name, _ in Net().named_parameters()] == ["first.w", "first.b", "rest.1.w", "rest.1.b"]


def test_construct_works_as_forward() -> None:
    class Built(nn.Cell):
        def construct(self, x):
            return x * 2.0

    assert Built()(x(2)).numpy().tolist() == [2, 2]


def test_a_shared_module_counts_once() -> None:
    net = Net()
    net.again = net.first
    assert len(list(net.parameters())) == 4
    assert len(net.state_dict()) == 4


def test_an_attribute_lives_in_one_place() -> None:
    net = Net()
    net.first = None
    assert [name for name, _ in net.named_parameters()] == ["rest.1.w", "rest.1.b"]
    net.first = 3
    assert net.first == 3
    del net.rest
    assert not list(net.parameters())
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'rest'"):
        _ = net.rest


def test_modules_need_init_first() -> None:
    class Early(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.ReLU()

    with pytest.raises(AttributeError, match=r"cannot assign module 'layer' before Early.__init__\(\) call"):
        Early()


def test_training_mode_reaches_all() -> None:
    net = Net().eval()
    assert not any(module.training for module in net.modules())
    assert all(module.training for module in net.train().modules())


def test_hooks_see_and_replace() -> None:
    net = Net()
    with net.rest.register_hook(lambda module, inputs, out: out * 0.0 + 5.0):
        assert (net(x(1, 4)).numpy() == 5).all()
    assert (net(x(1, 4)).numpy() != 5).any()


def test_an_error_names_the_layer(backend: unified_nn.Backend) -> None:
    with pytest.raises(UnifiedError) as caught:
        Net()(x(2, 5))
    assert str(caught.value) == "Net.first (Linear 4 -> 3): expected last dim 4, got 5, input (2, 5); weight (3, 4)"
    net = nn.Sequential(nn.Sequential(nn.ReLU(), nn.Linear(9, 2)))
    with pytest.raises(
        ValueError, match=r"^Sequential.0.1 \(Linear 9 -> 2\): expected last dim 9, got 3, input \(2, 3\)"
    ):
        net(x(2, 3))


def test_state_goes_round(backend: unified_nn.Backend) -> None:
    a, b = Net(), Net()
    b.load_state_dict(a.state_dict())
    assert np.array_equal(a(x(2, 4)).numpy(), b(x(2, 4)).numpy())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("first.b"), r"missing: first.b \(3,\)"),
        (lambda s: s.update({"first.ww": 1}), "not expected: first.ww. Did you mean 'first.w'"),
        (lambda s: s.update({"first.w": np.zeros((3, 5))}), r"shape of first.w: got \(3, 5\), expected \(3, 4\)"),
    ],
    ids=["missing", "extra", "misshapen"],
)
def test_a_state_that_does_not_fit_changes_nothing(backend: unified_nn.Backend, change, message: str) -> None:
    net = Net()
    before = {name: t.numpy() for name, t in net.state_dict().items()}
    state = {name: np.zeros_like(values) for name, values in before.items()}
    change(state)
    with pytest.raises(StateError, match=message):
        net.load_state_dict(state)
    assert all(np.array_equal(t.numpy(), before[name]) for name, t in net.state_dict().items())


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            "torch",
            [
                "0.weight",
                "0.bias",
                *(f"1.{n}" for n in ("weight", "bias", "running_mean", "running_var")),
                "1.num_batches_tracked",
            ],
        ),
        ("mindspore", ["0.weight", "0.bias", "1.moving_mean", "1.moving_variance", "1.gamma", "1.beta"]),
        ("mxnet", ["0.weight", "0.bias", "1.gamma", "1.beta", "1.running_mean", "1.running_var"]),
    ],
)
def test_state_under_other_names(names: str, expected: list[str]) -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm(4))
    state = net.state_dict(names=names)
    assert list(state) == expected
    net.load_state_dict(state, names=names)
    with pytest.raises(ValueError, match="names='tensorflow' is no vocabulary"):
        net.state_dict(names="tensorflow")
