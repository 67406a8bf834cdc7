"""Every example runs; the training scripts give one curve on every backend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import unified_nn

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(str(ROOT / p) for p in (".", "backends")),
    "OMP_NUM_THREADS": "1",
}


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def unified(backend: str, script: str, *arguments: str) -> str:
    return run("-m", "unified_nn", "run", "--backend", backend, f"examples/{script}", *arguments)


def test_mindspore_lenet(backend: unified_nn.Backend) -> None:
    text = unified(backend.name, "mindspore_lenet.py")
    assert "[0. 2. 0. 2. 0.]" in text
    assert "conv1.weight  shape=(6, 1, 5, 5) dtype=Float32 True" in text


def test_mixture() -> None:
    assert "accuracy 100.0%" in run("examples/mixture.py")


@pytest.mark.parametrize("script", ["train_torch.py", "train_mindspore.py", "train_gluon.py"])
def test_training_gives_one_curve(script: str, backend: unified_nn.Backend, tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="not run: the digits come with scikit-learn")
    curves = []
    for name in ("numpy", backend.name):
        file = tmp_path / f"{name}.json"
        unified(name, script, "--epochs", "1", "--dtype", "float64", "--losses", str(file))
        curves.append(json.loads(file.read_text("utf-8"))["losses"])
    assert len(curves[0]) == 44
    assert curves[1] == pytest.approx(curves[0], rel=1e-9)


def test_training_ends_above_97_percent() -> None:
    pytest.importorskip("sklearn", reason="not run: the digits come with scikit-learn")
    text = unified("numpy", "train_torch.py")
    assert float(text.rsplit(" ", 1)[1].strip().rstrip("%")) > 97, text


def test_curves(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="not run: the digits come with scikit-learn")
    pytest.importorskip("matplotlib", reason="not run: the plot needs matplotlib")
    plot = tmp_path / "curves.png"
    text = run("examples/curves.py", "--epochs", "1", "--backend", "numpy", "--plot", str(plot))
    assert "Gluon      on numpy" in text
    assert plot.stat().st_size > 10_000
