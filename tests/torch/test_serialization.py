"""`torch.save` and `torch.load` against files of real PyTorch."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import unified_nn
import unified_nn.torch as ours
from unified_nn.errors import NotOfferedError

DTYPES = ["float32", "float64", "float16", "int64", "uint8", "bool"]


def test_real_pytorch_reads_what_we_save(
    tmp_path: Path, backend: unified_nn.Backend, oracle: Callable[[str], ModuleType]
) -> None:
    net = ours.nn.Sequential(ours.nn.Linear(2, 3), ours.nn.ReLU(), ours.nn.Conv2d(1, 2, 3))
    ours.save(net.state_dict(), tmp_path / "net.pt")
    read = oracle("torch").load(tmp_path / "net.pt")
    assert list(read) == list(net.state_dict())
    for name, values in net.state_dict().items():
        np.testing.assert_array_equal(read[name].numpy(), values.numpy())


@pytest.mark.parametrize("dtype", DTYPES)
def test_we_read_what_real_pytorch_saves(dtype: str, tmp_path: Path, oracle: Callable[[str], ModuleType]) -> None:
    torch = oracle("torch")
    given = {"a": torch.arange(6).view(2, 3).t().to(getattr(torch, dtype)), "b": torch.ones((), dtype=torch.float32)}
    torch.save(given, tmp_path / "x.pt")
    read = ours.load(tmp_path / "x.pt", map_location="cpu", weights_only=True)
    for name, values in given.items():
        assert str(read[name].dtype) == str(values.dtype)
        np.testing.assert_array_equal(read[name].numpy(), values.numpy())


def test_file_objects_and_parameters() -> None:
    file = io.BytesIO()
    ours.save({"w": ours.nn.Parameter(ours.ones(2))}, file)
    file.seek(0)
    assert ours.load(file)["w"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("obj", [{"epoch": 3}, [1], {"inner": {"w": 1.0}}, {3: 4}], ids=str)
def test_other_objects_are_refused(obj: object, tmp_path: Path) -> None:
    with pytest.raises(NotOfferedError, match="state dicts"):
        ours.save(obj, tmp_path / "x.pt")
    assert not (tmp_path / "x.pt").exists()


def test_nested_checkpoints_are_refused(tmp_path: Path, oracle: Callable[[str], ModuleType]) -> None:
    torch = oracle("torch")
    torch.save({"model": {"w": torch.ones(1)}, "epoch": 3}, tmp_path / "x.pt")
    with pytest.raises(NotOfferedError, match="more than a state dict"):
        ours.load(tmp_path / "x.pt")
    with pytest.raises(FileNotFoundError):
        ours.load(tmp_path / "none.pt")
