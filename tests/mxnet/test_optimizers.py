"""Trainer, optimizers and schedules beside real MXNet's."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.mxnet as ours

OPTIMIZERS = [
    "sgd", "sgd momentum=.9", "sgd momentum=.9 clip_gradient=.1", "sgd learning_rate=.1", "nag", "nag momentum=.9",
    "nag momentum=.9 clip_gradient=.3", "adam", "adam epsilon=.1", "adam clip_gradient=.3 epsilon=.1", "rmsprop",
    "rmsprop centered=True", "rmsprop clip_weights=.1", "rmsprop clip_gradient=.1", "adagrad learning_rate=.1",
    "adagrad clip_gradient=.1", "adadelta", "adadelta clip_gradient=.1", "adamax", "adamax clip_gradient=.1", "nadam",
    "nadam clip_gradient=.1", "ftrl", "ftrl clip_gradient=.1", "signum", "signum momentum=0", "signum wd_lh=.1",
]  # fmt: skip


def arguments(text: str) -> tuple[str, dict[str, Any]]:
    name, *options = text.split()
    return name, {key: eval(value) for key, value in (option.split("=") for option in options)}


def walk(mx: ModuleType, text: str, wd: float, steps: int = 4) -> list[np.ndarray[Any, Any]]:
    """Two parameters, of which one moves at half speed without decay, after each step."""
    name, options = arguments(text)
    params = [mx.gluon.Parameter(n, shape=(3,)) for n in ("w", "v")]
    params[1].lr_mult, params[1].wd_mult = 0.5, 0.0
    for parameter in params:
        parameter.initialize(mx.init.Constant(0.5))
    trainer = mx.gluon.Trainer(params, name, {**options, "wd": wd})
    seen = []
    for t in range(steps):
        with mx.autograd.record():
            w, v = (p.data() for p in params)
            loss = (w * mx.nd.array([1.0, -2, 0.3]) * (t + 1)).sum() + (w**2).sum() + (v**2 * 3).sum()
        loss.backward()
        trainer.step(2)
        if t == 1 and name != "ftrl":
            trainer.set_learning_rate(trainer.learning_rate * 2)
        seen += [p.data().asnumpy() for p in params]
    return seen


@pytest.mark.parametrize("wd", [0.0, 0.1], ids=["no-decay", "decay"])
@pytest.mark.parametrize("text", OPTIMIZERS)
def test_walk(text: str, wd: float, backend: unified_nn.Backend, oracle: Callable[[str], ModuleType]) -> None:
    for real, mine in zip(walk(oracle("mxnet"), text, wd), walk(ours, text, wd), strict=True):
        np.testing.assert_allclose(mine, real, rtol=5e-6, atol=1e-7)


SCHEDULES = [
    "FactorScheduler(2, .5, base_lr=1.0)", "FactorScheduler(1, .1, stop_factor_lr=1e-2, base_lr=1.0)",
    "MultiFactorScheduler([2, 5], .5, base_lr=1.0, warmup_steps=2, warmup_begin_lr=.1)",
    "PolyScheduler(6, base_lr=1.0, pwr=2, final_lr=.1, warmup_steps=2)",
    "CosineScheduler(6, base_lr=1.0, final_lr=.1, warmup_steps=2, warmup_mode='constant')",
]  # fmt: skip


@pytest.mark.parametrize("text", SCHEDULES)
def test_schedule(text: str, oracle: Callable[[str], ModuleType]) -> None:
    real, mine = (eval(text, vars(mx.lr_scheduler)) for mx in (oracle("mxnet"), ours))
    assert [mine(n) for n in range(9)] == pytest.approx([real(n) for n in range(9)])


def test_a_schedule_drives_the_trainer(oracle: Callable[[str], ModuleType]) -> None:
    seen = []
    for mx in (oracle("mxnet"), ours):
        p = mx.gluon.Parameter("p", shape=(1,))
        p.initialize(mx.init.One())
        schedule = mx.lr_scheduler.FactorScheduler(1, 0.5, base_lr=1.0)
        trainer = mx.gluon.Trainer([p], "sgd", {"lr_scheduler": schedule, "learning_rate": 0.8})
        for _ in range(4):
            with mx.autograd.record():
                loss = p.data() * 1
            loss.backward()
            trainer.step(1)
            seen.append((trainer.learning_rate, p.data().asscalar()))
    np.testing.assert_allclose(seen[4:], seen[:4], rtol=1e-6)


MISUSE = [
    "mx.gluon.Trainer([p], 'foo')", "mx.gluon.Trainer(5, 'sgd')", "mx.gluon.Trainer([1], 'sgd')",
    "mx.gluon.Trainer([p], 'sgd').step(1)", "mx.gluon.Trainer([p], mx.optimizer.SGD(), {'wd': 1})",
    "mx.optimizer.SGD(foo=1)", "mx.lr_scheduler.FactorScheduler(0)", "mx.lr_scheduler.FactorScheduler(1, 2)",
]  # fmt: skip


@pytest.mark.parametrize("text", MISUSE)
def test_misuse(text: str, oracle: Callable[[str], ModuleType]) -> None:
    classes = []
    for mx in (oracle("mxnet"), ours):
        p = mx.gluon.Parameter("p", shape=(3,))
        p.initialize()
        try:
            eval(text, {"mx": mx, "p": p})
        except (Exception, UserWarning) as error:
            classes.append(error)
    assert len(classes) == 2
    assert isinstance(classes[1], type(classes[0]))


def test_an_optimizer_of_ones_own(backend: unified_nn.Backend) -> None:
    @ours.optimizer.register
    class Halving(ours.optimizer.Optimizer):
        def update(self, index: int, weight: Any, grad: Any, state: Any) -> None:
            self._update_count(index)
            weight[:] = weight - self._get_lr(index) * 0.5 * grad * self.rescale_grad

    p = ours.gluon.Parameter("p", shape=(2,))
    p.initialize(ours.init.One())
    trainer = ours.gluon.Trainer([p], "halving", {"learning_rate": 1.0})
    with ours.autograd.record():
        loss = p.data() * 4
    loss.backward()
    trainer.step(2)
    assert p.data().asnumpy().tolist() == [0.0, 0.0]
