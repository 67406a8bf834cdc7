"""Image data sets from files that the tests write."""

from __future__ import annotations

import gzip
import importlib.util
import pickle
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unified_nn.torch as torch
from unified_nn.torch.utils.data import DataLoader
from unified_nn.torchvision import datasets, transforms
from unified_nn.torchvision.datasets import read_idx

HAS_PILLOW = importlib.util.find_spec("PIL") is not None
CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}


def idx(values: np.ndarray[Any, Any]) -> bytes:
    head = bytes([0, 0, CODES[values.dtype.name], values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.astype(values.dtype.newbyteorder(">")).tobytes()


def write_mnist(root: Path, name: str = "MNIST", count: int = 5, zipped: bool = False) -> tuple[Any, Any]:
    folder = root / name / "raw"
    folder.mkdir(parents=True)
    random = np.random.RandomState(0)
    images = random.randint(0, 256, (count, 28, 28)).astype(np.uint8)
    labels = random.randint(0, 10, count).astype(np.uint8)
    for kind in ("train", "t10k"):
        for suffix, values in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", labels)):
            data = idx(values)
            path = folder / f"{kind}-{suffix}"
            if zipped:
                path.with_name(path.name + ".gz").write_bytes(gzip.compress(data))
            else:
                path.write_bytes(data)
    return images, labels


@pytest.mark.parametrize("dtype", CODES)
def test_idx_files_of_every_type(dtype: str, tmp_path: Path) -> None:
    values = (np.arange(12).reshape(3, 2, 2) - (0 if dtype == "uint8" else 5)).astype(dtype)
    (tmp_path / "plain").write_bytes(idx(values))
    (tmp_path / "zipped.gz").write_bytes(gzip.compress(idx(values)))
    for name in ("plain", "zipped.gz"):
        found = read_idx(tmp_path / name)
        assert found.dtype == values.dtype
        np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("data", [b"", b"\1\0\x08\1", idx(np.zeros(4, np.uint8))[:-1], idx(np.zeros(4, np.uint8)) + b"x",
                                  b"\0\0\x07\1\0\0\0\0", b"\0\0\x08\3\0\0"],
                         ids=["empty", "magic", "short", "long", "type", "sizes"])  # fmt: skip
def test_damaged_idx_files(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(data)
    with pytest.raises(RuntimeError, match="bad"):
        read_idx(tmp_path / "bad")


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "zipped"])
@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST"])
def test_mnist_tensors(name: str, zipped: bool, tmp_path: Path, backend: Any) -> None:
    images, labels = write_mnist(tmp_path, name, zipped=zipped)
    found = getattr(datasets, name)(str(tmp_path), train=True, download=True)
    assert len(found) == 5
    assert found.data.dtype is torch.uint8
    assert found.targets.dtype is torch.int64
    np.testing.assert_array_equal(found.data.numpy(), images)
    np.testing.assert_array_equal(found.targets.numpy(), labels)
    assert len(found.classes) == 10


@pytest.mark.skipif(not HAS_PILLOW, reason="not run: Pillow is not installed")
def test_mnist_batches(tmp_path: Path, backend: Any) -> None:
    images, labels = write_mnist(tmp_path)
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    found = datasets.MNIST(tmp_path, train=False, transform=transform, target_transform=lambda t: t + 100)
    x, y = next(iter(DataLoader(found, batch_size=5)))
    assert tuple(x.shape) == (5, 1, 28, 28)
    np.testing.assert_allclose(x.numpy()[:, 0], images / 255 * 2 - 1, 1e-5, 1e-6)
    np.testing.assert_array_equal(y.numpy(), labels.astype(int) + 100)


def test_pictures_without_pillow_say_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match="Pillow"):
        datasets.MNIST(tmp_path)[0]


def test_missing_files_say_where_they_belong(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"MNIST.raw.train-images-idx3-ubyte.*downloads nothing"):
        datasets.MNIST(tmp_path, download=True)
    with pytest.raises(RuntimeError, match=r"cifar-10-batches-py.*test_batch"):
        datasets.CIFAR10(tmp_path, train=False)


def write_cifar(root: Path) -> tuple[Any, Any]:
    folder = root / "cifar-10-batches-py"
    folder.mkdir()
    random = np.random.RandomState(0)
    everything = []
    for name in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]:
        data = random.randint(0, 256, (2, 3072)).astype(np.uint8)
        labels = random.randint(0, 10, 2).tolist()
        (folder / name).write_bytes(pickle.dumps({"data": data, "labels": labels, "batch_label": name}, protocol=2))
        everything.append((data, labels))
    return everything[:5], everything[5]


def test_cifar(tmp_path: Path, backend: Any) -> None:
    training, (data, labels) = write_cifar(tmp_path)
    found = datasets.CIFAR10(tmp_path)
    assert len(found) == 10
    assert found.targets == [label for _, labels in training for label in labels]
    test = datasets.CIFAR10(tmp_path, train=False)
    np.testing.assert_array_equal(test.data[1], data[1].reshape(3, 32, 32).transpose(1, 2, 0))
    assert test.targets == labels


class _Bomb:
    def __reduce__(self) -> Any:
        return print, ("boom",)


@pytest.mark.parametrize("content", [pickle.dumps(_Bomb()), b"nonsense", pickle.dumps({"data": 3}), b"", pickle.dumps([1])],
                         ids=["code", "nonsense", "keys", "empty", "list"])  # fmt: skip
def test_damaged_cifar_files_run_nothing(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "test_batch").write_bytes(content)
    with pytest.raises(RuntimeError, match="not a CIFAR-10 batch"):
        datasets.CIFAR10(tmp_path, train=False)
    assert "boom" not in capsys.readouterr().out
