"""`torch.nn.init` draws what real PyTorch draws."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.torch as ours

CALLS: dict[str, tuple[Any, ...]] = {
    "uniform_": (-1.0, 2.0), "normal_": (1.0, 0.5), "trunc_normal_": (0.0, 1.0, -1.0, 1.0), "constant_": (3.5,),
    "ones_": (), "zeros_": (), "eye_": (), "xavier_uniform_": (2.0,), "xavier_normal_": (), "kaiming_uniform_": (1.0,),
    "kaiming_normal_": (0.0, "fan_out", "relu"), "orthogonal_": (1.5,), "sparse_": (0.3,),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_as_pytorch(name: str, backend: unified_nn.Backend, oracle: Callable[[str], ModuleType]) -> None:
    torch = oracle("torch")
    torch.manual_seed(5)
    ours.manual_seed(5)
    wanted, got = torch.nn.Parameter(torch.empty(5, 4)), ours.nn.Parameter(ours.empty(5, 4))
    assert getattr(ours.nn.init, name)(got, *CALLS[name]) is got
    getattr(torch.nn.init, name)(wanted, *CALLS[name])
    tolerance = 1e-6 if name == "orthogonal_" else 0.0
    np.testing.assert_allclose(got.detach().numpy(), wanted.detach().numpy(), rtol=0, atol=tolerance)
    assert got.requires_grad


def test_convolution_identity(oracle: Callable[[str], ModuleType]) -> None:
    torch = oracle("torch")
    wanted, got = torch.nn.init.dirac_(torch.empty(4, 2, 3, 3), 2), ours.nn.init.dirac_(ours.empty(4, 2, 3, 3), 2)
    np.testing.assert_array_equal(got.numpy(), wanted.numpy())


@pytest.mark.parametrize("nonlinearity", ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gains(nonlinearity: str, oracle: Callable[[str], ModuleType]) -> None:
    assert ours.nn.init.calculate_gain(nonlinearity) == oracle("torch").nn.init.calculate_gain(nonlinearity)
