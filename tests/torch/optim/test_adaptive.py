"""Optimizers with a step count against real PyTorch: every parameter, state and group over many steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from unified_nn import torch as ours
from unified_nn.errors import NotOfferedError
from unified_nn.torch import nn as our_nn
from unified_nn.torch import optim as our_optim

STEPS = 12
#: optimizer -> option sets, each of which changes the formula
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "Adam": [
        {}, {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3}, {"weight_decay": 0.1}, {"amsgrad": True, "lr": 0.05},
        {"maximize": True}, {"weight_decay": 0.1, "decoupled_weight_decay": True}, {"foreach": True}, {"fused": True},
        {"amsgrad": True, "weight_decay": 0.2, "maximize": True, "lr": 0.03},
    ],
    "AdamW": [{}, {"lr": 0.1, "weight_decay": 0.3}, {"amsgrad": True}, {"maximize": True, "weight_decay": 0.0}],
    "RMSprop": [
        {}, {"alpha": 0.5, "eps": 1e-2}, {"momentum": 0.9}, {"centered": True}, {"weight_decay": 0.1},
        {"momentum": 0.5, "centered": True, "maximize": True, "weight_decay": 0.1},
    ],
    "Adagrad": [
        {}, {"lr": 0.2, "lr_decay": 0.1}, {"initial_accumulator_value": 0.5}, {"weight_decay": 0.1, "maximize": True},
        {"eps": 0.1},
    ],
    "Adadelta": [{}, {"lr": 0.5, "rho": 0.5, "eps": 1e-2}, {"weight_decay": 0.1, "maximize": True}],
    "Adamax": [{}, {"lr": 0.1, "betas": (0.5, 0.6), "eps": 0.1}, {"weight_decay": 0.1, "maximize": True}],
    "NAdam": [
        {}, {"lr": 0.1, "momentum_decay": 0.1}, {"weight_decay": 0.1}, {"maximize": True},
        {"weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "RAdam": [
        {"lr": 0.1}, {"betas": (0.5, 0.6), "eps": 1e-2}, {"weight_decay": 0.1}, {"maximize": True},
        {"weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
}  # fmt: skip
CASES = [(name, options) for name, all_options in OPTIONS.items() for options in all_options]
IDS = [f"{name}-{'-'.join(f'{k}={v}' for k, v in options.items()) or 'default'}" for name, options in CASES]

_generator = np.random.default_rng(7)
START = [_generator.normal(size=s).astype(np.float32) for s in ((3, 2), (4,), ())]
GRADIENTS = [[np.asarray(_generator.normal(size=a.shape), np.float32) for a in START] for _ in range(STEPS)]


def parameters(torch: Any, nn: Any, dtype: str = "float32") -> list[Any]:
    return [nn.Parameter(torch.tensor(a.astype(dtype))) for a in START]


def moved(torch: Any, optimizer: Any, params: list[Any], dtype: str = "float32", skip: int | None = None) -> None:
    for step, gradients in enumerate(GRADIENTS):
        for place, (p, g) in enumerate(zip(params, gradients, strict=True)):
            p.grad = None if place == skip and step % 2 else torch.tensor(g.astype(dtype))
        optimizer.step()


def same_state(ours_state: Any, real_state: Any, rtol: float) -> None:
    """The same names in the same order, the same values, shapes and dtypes."""
    if isinstance(real_state, dict):
        assert list(ours_state) == list(real_state)
        for key, value in real_state.items():
            same_state(ours_state[key], value, rtol)
    elif isinstance(real_state, (list, tuple)):
        assert type(ours_state) is type(real_state)
        assert len(ours_state) == len(real_state)
        for a, b in zip(ours_state, real_state, strict=True):
            same_state(a, b, rtol)
    elif hasattr(real_state, "numpy"):
        assert repr(ours_state.dtype) == repr(real_state.dtype)
        np.testing.assert_allclose(ours_state.numpy(), real_state.numpy(), rtol, rtol)
    else:
        assert ours_state == real_state


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_every_step_as_in_torch(name: str, options: dict[str, Any], backend: Any, oracle: Callable[[str], Any]) -> None:
    torch = oracle("torch")
    found = parameters(ours, our_nn)
    expected = parameters(torch, torch.nn)
    ours_made = getattr(our_optim, name)(found, **options)
    real_made = getattr(torch.optim, name)(expected, **options)
    assert repr(ours_made) == repr(real_made)
    same_state(ours_made.state_dict(), real_made.state_dict(), 0.0)
    moved(ours, ours_made, found)
    moved(torch, real_made, expected)
    for a, b in zip(found, expected, strict=True):
        assert a.grad is not None
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), 2e-5, 2e-6)
    same_state(ours_made.state_dict(), real_made.state_dict(), 2e-5)


@pytest.mark.parametrize("name", OPTIONS)
def test_float64_and_parameters_without_gradient(name: str, backend: Any, oracle: Callable[[str], Any]) -> None:
    torch = oracle("torch")
    found, expected = parameters(ours, our_nn, "float64"), parameters(torch, torch.nn, "float64")
    ours_made, real_made = getattr(our_optim, name)(found), getattr(torch.optim, name)(expected)
    moved(ours, ours_made, found, "float64", skip=1)
    moved(torch, real_made, expected, "float64", skip=1)
    for a, b in zip(found, expected, strict=True):
        assert a.dtype is ours.float64
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), 1e-7 if name == "NAdam" else 1e-12)
    same_state(ours_made.state_dict(), real_made.state_dict(), 1e-6)


@pytest.mark.parametrize("name", OPTIONS)
def test_groups_have_options_of_their_own(name: str, backend: Any, oracle: Callable[[str], Any]) -> None:
    torch = oracle("torch")
    made = []
    for t, nn, optim in ((ours, our_nn, our_optim), (torch, torch.nn, torch.optim)):
        params = parameters(t, nn)
        optimizer = getattr(optim, name)([{"params": params[:1], "lr": 0.3}, {"params": params[1:2]}], lr=0.01)
        optimizer.add_param_group({"params": params[2], "weight_decay": 0.5})
        moved(t, optimizer, params)
        made.append((optimizer, params))
    assert repr(made[0][0]) == repr(made[1][0])
    for a, b in zip(made[0][1], made[1][1], strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), 5e-5, 2e-6)


@pytest.mark.parametrize("name", OPTIONS)
def test_a_saved_state_goes_on(name: str, backend: Any) -> None:
    whole, first = parameters(ours, our_nn), parameters(ours, our_nn)
    straight, stopped = getattr(our_optim, name)(whole, lr=0.1), getattr(our_optim, name)(first, lr=0.1)
    moved(ours, straight, whole)
    moved(ours, straight, whole)
    moved(ours, stopped, first)
    second = [our_nn.Parameter(p.detach().clone()) for p in first]
    resumed = getattr(our_optim, name)(second, lr=0.7)
    resumed.load_state_dict(stopped.state_dict())
    moved(ours, resumed, second)
    for a, b in zip(second, whole, strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())


@pytest.mark.parametrize("name", OPTIONS)
def test_a_closure_computes_the_loss(name: str, backend: Any, oracle: Callable[[str], Any]) -> None:
    losses = []
    torch = oracle("torch")
    for t, nn, optim in ((ours, our_nn, our_optim), (torch, torch.nn, torch.optim)):
        p = nn.Parameter(t.tensor([1.0, -2.0]))
        optimizer = getattr(optim, name)([p], lr=0.1)

        def closure(p: Any = p, optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            loss = (p * p).sum()
            loss.backward()
            return loss

        losses.append([float(optimizer.step(closure)) for _ in range(5)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


BAD = [
    ("Adam", {"lr": -1.0}, ValueError), ("Adam", {"eps": -1.0}, ValueError), ("Adam", {"betas": (1.0, 0.9)}, ValueError),
    ("Adam", {"betas": (0.9, -0.1)}, ValueError), ("Adam", {"betas": (0, 0.9)}, ValueError),
    ("Adam", {"weight_decay": -1}, ValueError), ("Adam", {"fused": True, "foreach": True}, RuntimeError),
    ("Adam", {"unknown": 1}, TypeError), ("RMSprop", {"alpha": -1.0}, ValueError), ("RMSprop", {"momentum": -1.0}, ValueError),
    ("Adagrad", {"lr_decay": -1.0}, ValueError), ("Adagrad", {"initial_accumulator_value": -1.0}, ValueError),
    ("Adadelta", {"rho": 1.5}, ValueError), ("NAdam", {"momentum_decay": -1.0}, ValueError), ("AdamW", {"lr": float("nan")}, ValueError),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "error"), BAD, ids=[f"{n}-{o}" for n, o, _ in BAD])
def test_options_out_of_range(name: str, options: Any, error: type[Exception], oracle: Callable[[str], Any]) -> None:
    torch = oracle("torch")
    for t, nn, optim in ((torch, torch.nn, torch.optim), (ours, our_nn, our_optim)):
        with pytest.raises(error):
            getattr(optim, name)(parameters(t, nn), **options)


@pytest.mark.parametrize("option", ["capturable", "differentiable"])
@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop", "Adadelta", "Adamax", "NAdam", "RAdam"])
def test_what_is_not_offered_says_so(name: str, option: str) -> None:
    with pytest.raises(NotOfferedError, match=option):
        getattr(our_optim, name)(parameters(ours, our_nn), **{option: True})


@pytest.mark.parametrize("name", ["LBFGS", "Adafactor", "Muon", "Rprop", "ASGD", "SparseAdam"])
def test_a_missing_optimizer_says_so(name: str) -> None:
    with pytest.raises(AttributeError, match=f"torch.optim.{name} is not offered"):
        getattr(our_optim, name)


def test_the_class_of_adamw_is_a_subclass_of_adam() -> None:
    assert issubclass(our_optim.AdamW, our_optim.Adam)
