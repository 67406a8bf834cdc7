"""Training that goes on from a file: ours from ours, ours from PyTorch's, PyTorch's from ours, all the same."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.torch as ours

Oracle = Callable[[str], ModuleType]
OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {"lr": 0.1}),
    "momentum": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "Adam": ("Adam", {"lr": 0.01}),
    "AMSGrad": ("Adam", {"lr": 0.01, "amsgrad": True}),
    "AdamW": ("AdamW", {"lr": 0.01}),
    "RMSprop": ("RMSprop", {"lr": 0.01, "momentum": 0.5, "centered": True}),
    "Adagrad": ("Adagrad", {"lr": 0.1, "lr_decay": 0.1}),
    "Adadelta": ("Adadelta", {}),
    "Adamax": ("Adamax", {}),
    "NAdam": ("NAdam", {}),
    "RAdam": ("RAdam", {}),
}
SCHEDULES: dict[str, dict[str, Any]] = {
    "StepLR": {"step_size": 2},
    "MultiStepLR": {"milestones": [2, 4, 4]},
    "LambdaLR": {"lr_lambda": lambda epoch: 0.9**epoch},
    "OneCycleLR": {"max_lr": 0.1, "total_steps": 10},
    "CosineAnnealingLR": {"T_max": 8},
    "CosineAnnealingWarmRestarts": {"T_0": 3},
    "CyclicLR": {"base_lr": 0.01, "max_lr": 0.1},
}


class Run:
    """A small network in training, made by either side."""

    def __init__(self, torch: Any, optimizer: str, schedule: str) -> None:
        self.torch = torch
        torch.manual_seed(1)
        self.net = torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2)
        )
        name, options = OPTIMIZERS[optimizer]
        self.optimizer = getattr(torch.optim, name)(self.net.parameters(), **options)
        self.schedule = getattr(torch.optim.lr_scheduler, schedule)(self.optimizer, **SCHEDULES[schedule])
        self.parts = {"net": self.net, "optimizer": self.optimizer, "schedule": self.schedule}

    def train(self, first: int, last: int) -> Run:
        for number in range(first, last):
            x = self.torch.tensor(np.random.default_rng(number).normal(size=(5, 3)).astype("f4"))
            self.optimizer.zero_grad()
            (self.net(x) ** 2).mean().backward()
            self.optimizer.step()
            self.schedule.step()
        return self

    def save(self) -> io.BytesIO:
        file = io.BytesIO()
        self.torch.save({name: part.state_dict() for name, part in self.parts.items()}, file)
        return file

    def load(self, file: io.BytesIO) -> Run:
        file.seek(0)
        state = self.torch.load(file)
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        return self

    def values(self) -> np.ndarray[Any, Any]:
        return np.concatenate([p.detach().numpy().reshape(-1) for p in self.net.state_dict().values()])

    def rate(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])


def structure(value: Any) -> Any:
    """Keys in order, types, dtypes and shapes."""
    if isinstance(value, dict):
        return [(key, structure(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [structure(item) for item in value]
    return (str(value.dtype), tuple(value.shape)) if hasattr(value, "dtype") else type(value)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_goes_on_as_if_never_interrupted(optimizer: str, oracle: Oracle) -> None:
    torch = oracle("torch")
    mine, theirs = (Run(side, optimizer, "CosineAnnealingLR").train(0, 3).save() for side in (ours, torch))
    mine.seek(0)
    theirs.seek(0)
    assert structure(torch.load(mine)) == structure(torch.load(theirs))
    whole = Run(torch, optimizer, "CosineAnnealingLR").train(0, 6).values()
    for side, file in (ours, mine), (ours, theirs), (torch, mine):
        np.testing.assert_allclose(
            Run(side, optimizer, "CosineAnnealingLR").load(file).train(3, 6).values(), whole, rtol=0, atol=5e-6
        )
    uninterrupted = Run(ours, optimizer, "CosineAnnealingLR").train(0, 6).values()
    assert np.array_equal(Run(ours, optimizer, "CosineAnnealingLR").load(mine).train(3, 6).values(), uninterrupted)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_go_on(schedule: str, oracle: Oracle) -> None:
    torch = oracle("torch")
    mine, theirs = (Run(side, "momentum", schedule).train(0, 3).save() for side in (ours, torch))
    rate = Run(torch, "momentum", schedule).train(0, 5).rate()
    for side, file in (ours, mine), (ours, theirs), (torch, mine):
        assert Run(side, "momentum", schedule).load(file).train(3, 5).rate() == pytest.approx(rate, rel=1e-9)


def test_every_backend_goes_on_from_one_file(backend: unified_nn.Backend) -> None:
    with unified_nn.use_backend("numpy"):
        file = Run(ours, "Adam", "StepLR").train(0, 3).save()
        whole = Run(ours, "Adam", "StepLR").train(0, 5).values()
    np.testing.assert_allclose(Run(ours, "Adam", "StepLR").load(file).train(3, 5).values(), whole, rtol=0, atol=5e-6)
