"""`Trainer.save_states` and `load_states`: training goes on from files of either side, and nothing in them is run."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.mxnet as ours
from unified_nn.errors import NotOfferedError
from unified_nn.port.formats import WeightFileError

Oracle = Callable[[str], ModuleType]
OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("sgd", {"learning_rate": 0.1}),
    "momentum": ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "wd": 0.01}),
    "nag": ("nag", {"learning_rate": 0.1, "momentum": 0.9, "wd": 0.01}),
    "adam": ("adam", {"learning_rate": 0.1}),
    "adagrad": ("adagrad", {"learning_rate": 0.1}),
    "rmsprop": ("rmsprop", {"learning_rate": 0.01}),
    "rmsprop centered": ("rmsprop", {"learning_rate": 0.01, "centered": True}),
    "adadelta": ("adadelta", {}),
    "ftrl": ("ftrl", {}),
    "adamax": ("adamax", {}),
    "nadam": ("nadam", {}),
    "signum": ("signum", {"momentum": 0.9, "wd_lh": 0.01}),
}
SCHEDULES: dict[str, Callable[[Any], Any]] = {
    "factor": lambda s: s.FactorScheduler(2, 0.5),
    "multi": lambda s: s.MultiFactorScheduler([2, 4], 0.5, warmup_steps=1),
    "poly": lambda s: s.PolyScheduler(10),
    "cosine": lambda s: s.CosineScheduler(10, final_lr=0.01),
}


class Run:
    """A small network in training, made by either side."""

    def __init__(self, mx: Any, optimizer: str, schedule: str | None = None) -> None:
        self.mx = mx
        self.net = mx.gluon.nn.Dense(2, in_units=3, prefix="d_")
        self.net.initialize()
        self.net.weight.set_data(mx.nd.array(np.linspace(-1, 1, 6, dtype="f4").reshape(2, 3)))
        name, options = OPTIMIZERS[optimizer]
        if schedule is not None:
            options = {**options, "lr_scheduler": SCHEDULES[schedule](mx.lr_scheduler)}
        self.trainer = mx.gluon.Trainer(self.net.collect_params(), name, options)

    def train(self, first: int, last: int) -> Run:
        for number in range(first, last):
            x = self.mx.nd.array(np.random.default_rng(number).normal(size=(4, 3)).astype("f4"))
            with self.mx.autograd.record():
                loss = (self.net(x) ** 2).sum()
            loss.backward()
            self.trainer.step(4)
        return self

    def save(self, path: Path) -> Run:
        self.net.save_parameters(str(path / "net"))
        self.trainer.save_states(str(path / "states"))
        return self

    def load(self, path: Path) -> Run:
        self.net.load_parameters(str(path / "net"))
        self.trainer.load_states(str(path / "states"))
        return self

    def values(self) -> np.ndarray[Any, Any]:
        return np.concatenate([p.data().asnumpy().reshape(-1) for p in self.net.collect_params().values()])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_goes_on_as_if_never_interrupted(optimizer: str, tmp_path: Path, oracle: Oracle) -> None:
    real = oracle("mxnet")
    for side in "mine", "theirs":
        (tmp_path / side).mkdir()
        Run(ours if side == "mine" else real, optimizer).train(0, 3).save(tmp_path / side)
    whole = Run(real, optimizer).train(0, 6).values()
    for mx, side in (ours, "mine"), (ours, "theirs"), (real, "mine"):
        found = Run(mx, optimizer).load(tmp_path / side).train(3, 6).values()
        np.testing.assert_allclose(found, whole, rtol=0, atol=5e-6)
    uninterrupted = Run(ours, optimizer).train(0, 6).values()
    assert np.array_equal(Run(ours, optimizer).load(tmp_path / "mine").train(3, 6).values(), uninterrupted)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_go_on(schedule: str, tmp_path: Path, oracle: Oracle) -> None:
    real = oracle("mxnet")
    for side in "mine", "theirs":
        (tmp_path / side).mkdir()
        Run(ours if side == "mine" else real, "momentum", schedule).train(0, 3).save(tmp_path / side)
    whole = Run(real, "momentum", schedule).train(0, 6)
    for mx, side in (ours, "mine"), (ours, "theirs"), (real, "mine"):
        # A trainer without a schedule takes the file's.
        found = Run(mx, "momentum").load(tmp_path / side).train(3, 6)
        assert found.trainer.learning_rate == pytest.approx(whole.trainer.learning_rate)
        np.testing.assert_allclose(found.values(), whole.values(), rtol=0, atol=5e-6)


def test_every_backend_goes_on_from_one_file(backend: unified_nn.Backend, tmp_path: Path) -> None:
    with unified_nn.use_backend("numpy"):
        Run(ours, "adam").train(0, 3).save(tmp_path)
        whole = Run(ours, "adam").train(0, 5).values()
    found = Run(ours, "adam").load(tmp_path).train(3, 5).values()
    np.testing.assert_allclose(found, whole, rtol=0, atol=5e-6)


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    Run(ours, "momentum").train(0, 1).save(tmp_path)
    net = ours.gluon.nn.Dense(5, in_units=7)
    net.initialize()
    trainer = ours.gluon.Trainer(net.collect_params(), "sgd")
    with pytest.raises(ValueError, match=r"parameter 0 has the shape \(5,\), its state in the file \(2,\)"):
        trainer.load_states(str(tmp_path / "states"))
    with pytest.raises(FileNotFoundError):
        trainer.load_states(str(tmp_path / "none"))


class Runs:
    """Creates a folder when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("made-by-the-file",)


MALICIOUS = {
    "call": pickle.dumps({0: Runs()}, 2),
    "call, protocol 4": pickle.dumps({0: Runs()}, 4),
    "unknown optimizer": b"\x80\x02}cmxnet.optimizer.optimizer\nTest\n)\x81\x86.",
    "optimizer of another module": b"\x80\x02}cmxnet.optimizer\nSGD\n)\x81\x86.",
    "dotted name": b"\x80\x02}cmxnet.optimizer.optimizer\nSGD.__init__\n)\x81\x86.",
    "array from a path": b"\x80\x02cmxnet.ndarray.ndarray\nNDArray\nX\x01\x00\x00\x00x\x85R.",
    "array with a bad content": b"\x80\x02cmxnet.ndarray.ndarray\nNDArray\nN\x85R}X\x06\x00\x00\x00handleK\x01sb.",
    "new dict": b"\x80\x02ccollections\nOrderedDict\n)\x81.",
    "cut": pickle.dumps({0: None})[:-2],
    "empty": b"",
}


@pytest.mark.parametrize("case", MALICIOUS)
def test_nothing_in_a_file_is_run(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "states").write_bytes(MALICIOUS[case])
    with pytest.raises(WeightFileError):
        Run(ours, "sgd").trainer.load_states("states")
    assert [path.name for path in tmp_path.iterdir()] == ["states"]


def test_an_optimizer_of_one_s_own_is_not_written(tmp_path: Path) -> None:
    class Mine(ours.optimizer.SGD):
        pass

    net = ours.gluon.nn.Dense(1, in_units=1)
    net.initialize()
    trainer = ours.gluon.Trainer(net.collect_params(), Mine())
    with pytest.raises(NotOfferedError, match="Mine is not offered"):
        trainer.save_states(str(tmp_path / "x"))
    assert not list(tmp_path.iterdir())
