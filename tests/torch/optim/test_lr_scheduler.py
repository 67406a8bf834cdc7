"""Learning rate schedules against real PyTorch: every epoch, state and warning."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from unified_nn import torch as ours
from unified_nn.errors import NotOfferedError
from unified_nn.torch import nn as our_nn
from unified_nn.torch import optim as our_optim

EPOCHS = 25


def build(name: str, **options: Any) -> Callable[[Any, Any], Any]:
    return lambda schedules, optimizer: getattr(schedules, name)(optimizer, **options)


def sequential(schedules: Any, optimizer: Any) -> Any:
    parts = [schedules.LinearLR(optimizer, 0.2, total_iters=4), schedules.CosineAnnealingLR(optimizer, 8),
             schedules.ExponentialLR(optimizer, 0.5)]  # fmt: skip
    return schedules.SequentialLR(optimizer, parts, [4, 12])


def nested(schedules: Any, optimizer: Any) -> Any:
    inner = schedules.SequentialLR(
        optimizer, [schedules.ConstantLR(optimizer, 0.5, 3), schedules.StepLR(optimizer, 2)], [5]
    )
    return schedules.SequentialLR(optimizer, [inner, schedules.CosineAnnealingWarmRestarts(optimizer, 3)], [11])


def chained(schedules: Any, optimizer: Any) -> Any:
    return schedules.ChainedScheduler(
        [schedules.ConstantLR(optimizer, 0.1, 4), schedules.ExponentialLR(optimizer, 0.9)]
    )


SCHEDULES: dict[str, Callable[[Any, Any], Any]] = {
    "step": build("StepLR", step_size=3),
    "step-gamma": build("StepLR", step_size=4, gamma=0.7),
    "multi-step": build("MultiStepLR", milestones=[2, 5, 5, 9], gamma=0.5),
    "constant": build("ConstantLR", factor=0.25, total_iters=4),
    "constant-default": build("ConstantLR"),
    "linear": build("LinearLR", start_factor=0.1, end_factor=0.8, total_iters=6),
    "linear-default": build("LinearLR"),
    "exponential": build("ExponentialLR", gamma=0.9),
    "polynomial": build("PolynomialLR", total_iters=7, power=2.0),
    "cosine": build("CosineAnnealingLR", T_max=5, eta_min=0.01),
    "cosine-long": build("CosineAnnealingLR", T_max=100),
    "warm-restarts": build("CosineAnnealingWarmRestarts", T_0=3, T_mult=2, eta_min=0.001),
    "warm-restarts-equal": build("CosineAnnealingWarmRestarts", T_0=4),
    "lambda": build("LambdaLR", lr_lambda=lambda epoch: 0.95**epoch),
    "lambda-each": build("LambdaLR", lr_lambda=[lambda epoch: 1 / (epoch + 1), lambda epoch: epoch + 0.5]),
    "multiplicative": build("MultiplicativeLR", lr_lambda=lambda epoch: 0.9 + 0.01 * epoch),
    "one-cycle": build("OneCycleLR", max_lr=0.5, total_steps=30),
    "one-cycle-linear": build("OneCycleLR", max_lr=[0.5, 1.0], epochs=6, steps_per_epoch=5, anneal_strategy="linear"),
    "one-cycle-three": build("OneCycleLR", max_lr=0.5, total_steps=26, three_phase=True, pct_start=0.25),
    "cyclic": build("CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=4),
    "cyclic-2": build("CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=3, step_size_down=5, mode="triangular2"),
    "cyclic-exp": build("CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=3, mode="exp_range", gamma=0.9),
    "cyclic-own": build("CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=3, scale_fn=lambda x: 0.5**x),
    "sequential": sequential,
    "nested": nested,
    "chained": chained,
}


def optimizers(oracle: Callable[[str], Any], kind: str = "SGD") -> list[tuple[Any, Any]]:
    """(schedules, optimizer with two groups) of ours and of real PyTorch."""
    torch = oracle("torch")
    found = []
    for t, nn, optim in ((ours, our_nn, our_optim), (torch, torch.nn, torch.optim)):
        groups = [{"params": [nn.Parameter(t.zeros(2))]}, {"params": [nn.Parameter(t.zeros(1))], "lr": 0.5}]
        options = {"momentum": 0.9} if kind == "SGD" else {}
        found.append((optim.lr_scheduler, getattr(optim, kind)(groups, lr=0.1, **options)))
    return found


def plain(state: Any) -> Any:
    """A state without functions and methods."""
    if isinstance(state, dict):
        return {k: plain(v) for k, v in state.items() if k != "_scale_fn_ref"}
    return [plain(v) for v in state] if isinstance(state, list) else state


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("make", SCHEDULES.values(), ids=SCHEDULES)
def test_every_epoch_exactly_as_in_torch(
    make: Callable[[Any, Any], Any], kind: str, oracle: Callable[[str], Any]
) -> None:
    histories, states = [], []
    for schedules, optimizer in optimizers(oracle, kind):
        scheduler = make(schedules, optimizer)
        history = [scheduler.get_last_lr()]
        for _ in range(EPOCHS):
            optimizer.step()
            scheduler.step()
            momentum = [group.get("momentum", group.get("betas")) for group in optimizer.param_groups]
            history.append((scheduler.get_last_lr(), [g["lr"] for g in optimizer.param_groups], momentum))
        histories.append(history)
        states.append(plain(scheduler.state_dict()))
    assert histories[0] == histories[1]
    assert states[0] == states[1]


@pytest.mark.parametrize("make", SCHEDULES.values(), ids=SCHEDULES)
def test_a_saved_state_goes_on(make: Callable[[Any, Any], Any], oracle: Callable[[str], Any]) -> None:
    lists = []
    for stop in (EPOCHS, 7):
        schedules, optimizer = optimizers(oracle)[0]
        scheduler = make(schedules, optimizer)
        history = []
        for epoch in range(EPOCHS):
            if epoch == stop:
                state = copy.deepcopy(scheduler.state_dict())
                saved = optimizer.state_dict()
                schedules, optimizer = optimizers(oracle)[0]
                scheduler = make(schedules, optimizer)
                optimizer.load_state_dict(saved)
                scheduler.load_state_dict(state)
            optimizer.step()
            scheduler.step()
            history.append(scheduler.get_last_lr())
        lists.append(history)
    assert lists[0] == lists[1]


CLOSED = ["step", "multi-step", "constant", "linear", "exponential", "polynomial", "cosine", "warm-restarts", "lambda",
          "one-cycle", "cyclic"]  # fmt: skip


@pytest.mark.parametrize("name", CLOSED)
def test_a_given_epoch(name: str, oracle: Callable[[str], Any]) -> None:
    found = []
    for schedules, optimizer in optimizers(oracle):
        scheduler = SCHEDULES[name](schedules, optimizer)
        optimizer.step()
        rates = []
        for epoch in (3, 0, 11, 5, 20):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                scheduler.step(epoch)
            rates.append(scheduler.get_last_lr())
        found.append(rates)
    assert found[0] == found[1]


def test_warm_restarts_take_fractions(oracle: Callable[[str], Any]) -> None:
    found = []
    for schedules, optimizer in optimizers(oracle):
        scheduler = schedules.CosineAnnealingWarmRestarts(optimizer, 4, 2)
        rates = []
        for step in range(30):
            scheduler.step(step / 3)
            rates.append(scheduler.get_last_lr())
        found.append(rates)
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["step", "cosine", "one-cycle", "warm-restarts", "linear"])
def test_resuming_by_last_epoch(name: str, oracle: Callable[[str], Any]) -> None:
    found = []
    cls = {"step": ("StepLR", {"step_size": 3}), "cosine": ("CosineAnnealingLR", {"T_max": 5}),
           "one-cycle": ("OneCycleLR", {"max_lr": 0.5, "total_steps": 30}),
           "warm-restarts": ("CosineAnnealingWarmRestarts", {"T_0": 3}), "linear": ("LinearLR", {})}[name]  # fmt: skip
    for schedules, optimizer in optimizers(oracle):
        with pytest.raises(KeyError, match="initial_lr"):
            build(cls[0], last_epoch=4, **cls[1])(schedules, optimizer)
        first = build(cls[0], **cls[1])(schedules, optimizer)
        for _ in range(5):
            optimizer.step()
            first.step()
        again = build(cls[0], last_epoch=5, **cls[1])(schedules, optimizer)
        rates = [again.get_last_lr()]
        for _ in range(6):
            again.step()
            rates.append(again.get_last_lr())
        found.append(rates)
    assert found[0] == found[1]


METRICS = [
    1.0,
    0.9,
    0.9,
    0.95,
    0.9,
    0.89999,
    0.91,
    0.9,
    0.9,
    0.2,
    0.3,
    math.nan,
    0.3,
    0.3,
    0.3,
    0.3,
    0.3,
    0.3,
    0.3,
    0.3,
]
PLATEAUS: dict[str, dict[str, Any]] = {
    "default": {},
    "patience": {"patience": 1},
    "max": {"mode": "max", "patience": 2, "factor": 0.5},
    "abs": {"threshold_mode": "abs", "threshold": 0.05, "patience": 1},
    "max-abs": {"mode": "max", "threshold_mode": "abs", "threshold": 0.05, "patience": 1},
    "cooldown": {"patience": 0, "cooldown": 3},
    "lowest": {"patience": 0, "min_lr": [0.01, 0.2]},
    "eps": {"patience": 0, "eps": 1e-3},
}


@pytest.mark.parametrize("options", PLATEAUS.values(), ids=PLATEAUS)
def test_plateaus(options: dict[str, Any], oracle: Callable[[str], Any]) -> None:
    found, states = [], []
    for schedules, optimizer in optimizers(oracle):
        scheduler = schedules.ReduceLROnPlateau(optimizer, **options)
        rates = [scheduler.get_last_lr()]
        for metric in METRICS:
            scheduler.step(metric)
            rates.append(scheduler.get_last_lr())
        found.append(rates)
        states.append(scheduler.state_dict())
    assert found[0] == found[1]
    assert states[0] == states[1]


def test_a_plateau_takes_a_tensor(backend: Any) -> None:
    optimizer = our_optim.SGD([our_nn.Parameter(ours.zeros(1))], lr=1.0)
    scheduler = our_optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    for _ in range(2):
        scheduler.step(ours.tensor(1.0))
    assert scheduler.get_last_lr() == [0.1]


BAD: dict[str, tuple[Callable[[Any, Any], Any], type[Exception]]] = {
    "no-optimizer": (lambda s, o: s.StepLR(3, 1), TypeError),
    "factor": (build("ConstantLR", factor=2.0), ValueError),
    "start-factor": (build("LinearLR", start_factor=0.0), ValueError),
    "end-factor": (build("LinearLR", end_factor=2.0), ValueError),
    "lambda-count": (build("LambdaLR", lr_lambda=[abs]), ValueError),
    "no-function": (build("MultiplicativeLR", lr_lambda=[1, 2]), TypeError),
    "T_0": (build("CosineAnnealingWarmRestarts", T_0=0), ValueError),
    "T_mult": (build("CosineAnnealingWarmRestarts", T_0=1, T_mult=0), ValueError),
    "no-total": (build("OneCycleLR", max_lr=1.0), ValueError),
    "total": (build("OneCycleLR", max_lr=1.0, total_steps=-1), ValueError),
    "pct-start": (build("OneCycleLR", max_lr=1.0, total_steps=9, pct_start=1), ValueError),
    "strategy": (build("OneCycleLR", max_lr=1.0, total_steps=9, anneal_strategy="x"), ValueError),
    "max-lr-count": (build("OneCycleLR", max_lr=[1.0], total_steps=9), ValueError),
    "mode": (build("CyclicLR", base_lr=0.1, max_lr=1.0, mode="x"), ValueError),
    "plateau-factor": (build("ReduceLROnPlateau", factor=1.0), ValueError),
    "plateau-mode": (build("ReduceLROnPlateau", mode="x"), ValueError),
    "plateau-lowest": (build("ReduceLROnPlateau", min_lr=[0.1]), ValueError),
    "no-parts": (lambda s, o: s.SequentialLR(o, [], []), ValueError),
    "milestones": (lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [1]), ValueError),
    "plateau-part": (lambda s, o: s.SequentialLR(o, [s.ReduceLROnPlateau(o)], []), ValueError),
    "no-part": (lambda s, o: s.ChainedScheduler([o.param_groups], o), TypeError),
    "too-many-steps": (lambda s, o: [s.OneCycleLR(o, 1.0, 2).step() for _ in range(1)] and _run_over(s, o), ValueError),
}


def _run_over(schedules: Any, optimizer: Any) -> None:
    scheduler = schedules.OneCycleLR(optimizer, 1.0, 2)
    for _ in range(4):
        scheduler.step()


@pytest.mark.filterwarnings("ignore:Detected call")
@pytest.mark.parametrize(("call", "error"), BAD.values(), ids=BAD)
def test_bad_arguments(call: Callable[[Any, Any], Any], error: type[Exception], oracle: Callable[[str], Any]) -> None:
    for schedules, optimizer in optimizers(oracle):
        with pytest.raises(error):
            call(schedules, optimizer)


def test_the_wrong_order_warns(oracle: Callable[[str], Any]) -> None:
    for schedules, optimizer in optimizers(oracle):
        scheduler = schedules.StepLR(optimizer, 1)
        with pytest.warns(UserWarning, match=r"before `optimizer.step\(\)`"):
            scheduler.step()
    for schedules, optimizer in optimizers(oracle):
        scheduler = schedules.StepLR(optimizer, 1)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            optimizer.step()
            scheduler.step()


def test_own_schedules_by_subclass(oracle: Callable[[str], Any]) -> None:
    found = []
    for schedules, optimizer in optimizers(oracle):

        class Halved(schedules._LRScheduler):  # type: ignore[misc, name-defined]
            def get_lr(self) -> list[float]:
                return [base / 2**self.last_epoch for base in self.base_lrs]

        scheduler = Halved(optimizer)
        rates = [scheduler.get_last_lr()]
        for _ in range(3):
            optimizer.step()
            scheduler.step()
            rates.append(scheduler.get_last_lr())
        with pytest.warns(UserWarning, match="get_last_lr"):
            schedules.StepLR(optimizer, 1).get_lr()
        found.append(rates)
    assert found[0] == found[1] == [[0.1, 0.5], [0.05, 0.25], [0.025, 0.125], [0.0125, 0.0625]]


def test_a_tensor_learning_rate_is_refused() -> None:
    optimizer = our_optim.SGD([our_nn.Parameter(ours.zeros(1))], lr=ours.tensor(0.1))
    with pytest.raises(NotOfferedError, match="tensor"):
        our_optim.lr_scheduler.StepLR(optimizer, 1)
