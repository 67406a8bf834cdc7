"""The benchmarks run and give figures; how fast anything is, no test says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def figures(script: str, *options: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(BENCHMARKS / script), "--rounds", "1", "--json", *options]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(out)["rows"]


def test_import_time_is_measured_without_a_framework() -> None:
    assert [row["import"] for row in figures("imports.py")] == ["unified_nn", "numpy"]


def test_dispatch() -> None:
    rows = figures("dispatch.py", "--backend", "numpy")
    assert {row["op"] for row in rows} == {"add", "relu", "matmul", "reshape"}
    assert all(row["whole us"] > 0 for row in rows)


def test_networks(oracle: Callable[[str], ModuleType]) -> None:
    oracle("torch")
    rows = figures("networks.py", "--framework", "torch")
    assert [(row["network"], row["batch"], row["phase"]) for row in rows] == [
        (network, batch, phase) for network in ("LeNet", "MLP") for batch in (1, 32) for phase in ("forward", "step")
    ]
    assert all(row["real ms"] > 0 for row in rows)


def test_weights() -> None:
    (row,) = figures("weights.py", "--size", "1MB", "--only", "torch -> mindspore")
    assert row["copy s"] > 0
    assert row["conversion s"] > 0
    assert 20 < row["peak MB"] < 367
