"""`unified-nn port inspect` and `diff`: what they print, and their exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from unified_nn.port import formats
from unified_nn.port.diff import compared

TABLE = """\
a.npz: npz, 2 tensors, 7 numbers, 32 bytes

name  shape   dtype    bytes
b.w   (2, 3)  float32     24
n     ()      int64        8
"""


def test_a_file_as_a_table(tmp_path: Path, port, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    formats.write("a.npz", {"b.w": np.zeros((2, 3), "f4"), "n": np.asarray(1)})
    assert port("inspect", "a.npz") == (0, TABLE, "")


def test_a_file_as_json(tmp_path: Path, port) -> None:
    path = tmp_path / "a.safetensors"
    formats.write(path, {"w": np.zeros((2, 3), ml_dtypes.bfloat16)}, metadata={"format": "pt"})
    status, out, _ = port("inspect", path, "--json")
    tensors = [{"name": "w", "shape": [2, 3], "dtype": "bfloat16", "bytes": 12}]
    expected = {"file": str(path), "format": "safetensors", "bytes": 12, "numbers": 6, "tensors": tensors}
    assert (status, json.loads(out)) == (0, expected | {"metadata": {"format": "pt"}, "notes": []})


@pytest.mark.parametrize("command", ["inspect", "diff", "weights"])
@pytest.mark.parametrize(
    "content", [None, b"", b"<html>", b"\x80\x02cos\nsystem\n."], ids=["none", "empty", "html", "pickle"]
)
def test_what_is_no_weight_file_is_one_line(command: str, content: bytes | None, tmp_path: Path, port) -> None:
    path = tmp_path / "a.pt"
    if content is not None:
        path.write_bytes(content)
    more = {"diff": [path], "weights": ["-o", tmp_path / "b.pt"], "inspect": []}[command]
    status, out, err = port(command, path, *more)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {path}: ")
    assert not (tmp_path / "b.pt").exists()


def test_names_reach_no_terminal_raw(tmp_path: Path, port) -> None:
    formats.write(tmp_path / "a.npz", {"a\x1b[31m\n\u202eb": np.zeros(1)})
    assert "a\\x1b[31m\\n\\u202eb" in port("inspect", tmp_path / "a.npz")[1]


def test_an_ascii_terminal_and_closed_streams(tmp_path: Path) -> None:
    formats.write(tmp_path / "ä.npz", {"größe": np.zeros(1)})
    command = [sys.executable, "-m", "unified_nn", "port", "inspect", "ä.npz"]
    folders = [str(Path(__file__).parents[2] / name) for name in ("", "backends", "conformance")]
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONPATH": os.pathsep.join(folders), "LC_ALL": "C"}
    ran = subprocess.run(command, cwd=tmp_path, env={**os.environ, **ascii_only}, capture_output=True, check=True)
    assert b"gr\\xf6\\xdfe" in ran.stdout
    shell = " ".join(command) + " >&- 2>&-"
    assert (
        subprocess.run(shell, shell=True, cwd=tmp_path, env={**os.environ, **ascii_only}, check=False).returncode == 0
    )


def test_equal_files_in_two_formats(file, port) -> None:
    shapes = {"a": (2, 3), "b": (4,)}
    assert port("diff", file("a.npz", shapes), file("a.params", shapes)) == (0, "the same: 2 tensors\n", "")


def test_differences_by_size(tmp_path: Path, port) -> None:
    a, b = tmp_path / "a.npz", tmp_path / "b.safetensors"
    same = np.array([np.nan, 1, -0.0], "f4")
    formats.write(
        a, {"same": same, "small": np.array([1.0, 2.0]), "large": np.array([1.0]), "a": np.zeros(1), "s": np.zeros(2)}
    )
    formats.write(
        b, {"same": same, "small": np.array([1.0, 2.5]), "large": np.array([9.0]), "b": np.zeros(1), "s": np.zeros(3)}
    )
    status, out, _ = port("diff", a, b)
    rows = [line.split("  ")[0] for line in out.splitlines()[3:]]
    assert (status, out.splitlines()[0]) == (1, "5 of 6 tensors differ")
    assert set(rows[:3]) == {"a", "b", "s"}
    assert rows[3:] == ["large", "small"]
    assert out.splitlines()[-1].split() == ["small", "0.5", "0.2", "1", "of", "2"]
    status, out, _ = port("diff", a, b, "--json")
    found = json.loads(out)
    assert (status, found["same"], found["tensors"]) == (1, False, 6)
    assert {d["name"]: d["reason"] for d in found["differences"]}["s"] == "shape (2,) in A, (3,) in B"


def test_a_tolerance(tmp_path: Path, port) -> None:
    for name, value in (("a.npz", 1.0), ("b.npz", 1.25)):
        formats.write(tmp_path / name, {"w": np.array([value])})
    assert port("diff", tmp_path / "a.npz", tmp_path / "b.npz", "--tolerance", 0.2)[0] == 1
    status, out, _ = port("diff", tmp_path / "a.npz", tmp_path / "b.npz", "--tolerance", 0.25)
    assert (status, out) == (0, "the same: 1 tensors (within 0.25)\n")


@pytest.mark.parametrize(
    ("a", "b", "largest", "unequal"),
    [
        ([np.nan], [np.nan], 0, 0),
        ([np.nan], [1.0], np.inf, 1),
        ([np.inf], [np.inf], 0, 0),
        ([np.inf], [-np.inf], np.inf, 1),
        ([1 + 1j], [1 - 1j], 2, 1),
        ([2**63 - 1], [-(2**63)], 2.0**64, 1),
        ([2**60], [2**60 + 1], 1, 1),
        ([True], [False], 1, 1),
        ([], [], 0, 0),
    ],
    ids=["nan", "nan and number", "inf", "two infs", "complex", "int64 range", "int64 by one", "bool", "empty"],
)
def test_the_largest_difference(a: list, b: list, largest: float, unequal: int) -> None:
    found = compared("x", np.array(a), np.array(b))
    assert (found.largest, found.unequal) == (largest, unequal)


def test_differences_far_into_a_tensor_and_in_bfloat16() -> None:
    a = np.zeros((3, 1 << 20), ml_dtypes.bfloat16)
    b = a.copy()
    b[2, 5] = 3
    assert compared("x", a, b).largest == 3
    raw = [("bfloat16", "<u2")]
    assert compared("x", a.view(np.uint16).view(raw), b.view(np.uint16).view(raw)).unequal == 1
