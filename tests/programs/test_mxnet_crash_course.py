"""Program: the MXNet crash course prints what real MXNet prints, on every backend; and older MXNet's forms."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import unified_nn

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCRIPT = HERE / "scripts" / "mxnet_crash_course.py"
EXPECTED = (HERE / "expected" / "mxnet_crash_course.txt").read_text()
#: What makes MXNet 1.9.1 importable with NumPy 1.24 and later.
REAL = f"import numpy, runpy; numpy.bool = bool; runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"


def run(folder: Path, *arguments: str, **environment: str) -> str:
    path = os.pathsep.join(str(ROOT / part) for part in (".", "backends"))
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=300, cwd=folder,
        env={**os.environ, "GLOG_v": "3", "PYTHONPATH": path, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def ours(folder: Path, backend: str, **environment: str) -> str:
    return run(folder, "-m", "unified_nn", "run", "--backend", backend, str(SCRIPT), **environment)


def test_prints_what_mxnet_prints(backend: unified_nn.Backend, tmp_path: Path) -> None:
    assert ours(tmp_path, backend.name) == EXPECTED


def test_expected_text_is_what_mxnet_prints(tmp_path: Path) -> None:
    pytest.importorskip("mxnet", reason="not run: mxnet is not installed", exc_type=Exception)
    assert run(tmp_path, "-c", REAL) == EXPECTED


@pytest.mark.parametrize(
    ("version", "cut"),
    [
        pytest.param("1.4", r"(?<=ceil_mode=False), global_pool=.*?(?=\)\n)", id="1.4-pools"),
        pytest.param("1.2", r"(?<=ceil_mode=False), global_pool=.*?(?=\)\n)|(?<=stride=\(1, 1\)), Activation.*?\)",
                     id="1.2-pools-and-convolutions"),
    ],
)  # fmt: skip
def test_prints_the_older_forms(version: str, cut: str, tmp_path: Path) -> None:
    assert ours(tmp_path, "numpy", UNIFIED_NN_MXNET=version) == re.sub(cut, "", EXPECTED)


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="is not a version of MXNet 1"):
        ours(tmp_path, "numpy", UNIFIED_NN_MXNET="2.0")
