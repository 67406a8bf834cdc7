"""`torch.nn.utils` against real PyTorch, on every backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import unified_nn.torch as ours
from unified_nn.torch import nn as our_nn

SHAPES = [(3, 2), (4,), (), (2,)]


def both(oracle: Callable[[str], Any], dtype: str = "float32") -> list[tuple[Any, Any, list[Any]]]:
    """(torch, utils, parameters of which the last has no gradient) of ours and of real PyTorch."""
    torch = oracle("torch")
    found = []
    from unified_nn.torch.nn import utils as our_utils

    for t, nn, utils in ((ours, our_nn, our_utils), (torch, torch.nn, torch.nn.utils)):
        random = np.random.RandomState(0)
        params = [nn.Parameter(t.tensor(np.asarray(random.randn(*s), dtype))) for s in SHAPES]
        for p in params[:-1]:
            p.grad = t.tensor(np.asarray(random.randn(*p.shape), dtype))
        found.append((t, utils, params))
    return found


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 0.5, 3, float("inf"), "inf"])
@pytest.mark.parametrize("max_norm", [0.5, 100.0, 0.0])
def test_clip_grad_norm(max_norm: float, norm_type: Any, backend: Any, oracle: Callable[[str], Any]) -> None:
    found = []
    for _, utils, params in both(oracle):
        total = utils.clip_grad_norm_((p for p in params), max_norm, norm_type)
        assert params[-1].grad is None
        found.append([total.numpy(), *(p.grad.numpy() for p in params[:-1])])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, 1e-5, 1e-7)


def test_clip_grad_norm_of_infinite_gradients(backend: Any, oracle: Callable[[str], Any]) -> None:
    if backend.name == "mxnet":
        pytest.skip("MXNet's compensated sum makes NaN of an infinite addend; the other backends give infinity")
    found = []
    for t, utils, params in both(oracle):
        params[1].grad = t.full((4,), float("inf"))
        with pytest.raises(RuntimeError, match="non-finite"):
            utils.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
        total = utils.clip_grad_norm_(params, 1.0)
        found.append([total.numpy(), *(p.grad.numpy() for p in params[:-1])])
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_clip_grad_norm_of_nothing(backend: Any, oracle: Callable[[str], Any]) -> None:
    for _, utils, params in both(oracle):
        assert utils.clip_grad_norm_([], 1.0).item() == 0.0
        assert utils.clip_grad_norm_(params[-1], 1.0).item() == 0.0
        with pytest.warns(UserWarning, match="empty generator"):
            utils.clip_grad_norm_((p for p in ()), 1.0)


@pytest.mark.parametrize("limit", [0.3, 10])
def test_clip_grad_value(limit: float, backend: Any, oracle: Callable[[str], Any]) -> None:
    found = []
    for _, utils, params in both(oracle):
        assert utils.clip_grad_value_(params, limit) is None
        found.append([p.grad.numpy() for p in params[:-1]])
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_parameters_to_a_vector_and_back(backend: Any, oracle: Callable[[str], Any]) -> None:
    found = []
    for t, utils, params in both(oracle):
        vector = utils.parameters_to_vector(params)
        before = vector.detach().numpy().copy()
        utils.vector_to_parameters(t.arange(13.0), params)
        assert all(p.is_leaf and p.requires_grad for p in params)
        found.append([before, *(p.detach().numpy() for p in params)])
        with pytest.raises(TypeError):
            utils.vector_to_parameters([1.0], params)
        with pytest.raises(RuntimeError):
            utils.vector_to_parameters(t.arange(3.0), params)
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_missing_name_says_so() -> None:
    from unified_nn.torch.nn import utils

    with pytest.raises(AttributeError, match=r"torch\.nn\.utils\.weight_norm is not offered"):
        utils.weight_norm  # noqa: B018
