"""Image data sets read from local files.

Nothing is downloaded: `download=True` is accepted when the files are there already, else the error says where to put
them.
"""

from __future__ import annotations

import gzip
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from unified_nn.errors import NotOfferedError, make
from unified_nn.torch import creation
from unified_nn.torch.utils.data import Dataset
from unified_nn.torchvision.images import from_array

Transform = Callable[[Any], Any]


class VisionDataset(Dataset[tuple[Any, Any]]):
    """Base: images and targets with their transforms."""

    def __init__(
        self, root: str | Path, transforms: Any = None, transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:  # fmt: skip
        if transforms is not None:
            raise make(NotOfferedError, f"{type(self).__name__}: transforms= is not offered; give transform=")
        self.root, self.transform, self.target_transform = root, transform, target_transform

    def _transformed(self, image: Any, target: Any) -> tuple[Any, Any]:
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def _find(self, folder: Path, name: str) -> Path:
        """The file, plain or gzipped."""
        for candidate in (folder / name, folder / f"{name}.gz"):
            if candidate.is_file():
                return candidate
        message = (
            f"{type(self).__name__}: {folder / name} (or {name}.gz) is not there and unified_nn downloads nothing; "
            "put the file there"
        )
        raise make(NotOfferedError, message, RuntimeError)


#: The element types of an IDX file by its third byte.
_IDX = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path: Path) -> np.ndarray[Any, Any]:
    """An IDX file, as MNIST comes in: two zero bytes, the type, the rank, the sizes, the values in C order."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _IDX:
        raise RuntimeError(f"{path}: not an IDX file (starts with {data[:4]!r})")
    dtype, rank = np.dtype(_IDX[data[2]]), data[3]
    start = 4 + 4 * rank
    if len(data) < start:
        raise RuntimeError(f"{path}: ends within its {rank} sizes, after {len(data)} bytes")
    shape = tuple(int(n) for n in np.frombuffer(data[4:start], ">u4"))
    expected = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if len(data) - start != expected:
        raise RuntimeError(f"{path}: {len(data) - start} bytes of values, expected {expected} for shape {shape}")
    return np.frombuffer(data, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


class MNIST(VisionDataset):
    """Handwritten digits, 28 x 28, from `root/MNIST/raw`."""

    classes = (
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six", "7 - seven", "8 - eight",
        "9 - nine",
    )  # fmt: skip

    def __init__(
        self, root: str | Path, train: bool = True, transform: Transform | None = None,
        target_transform: Transform | None = None, download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, None, transform, target_transform)
        self.train = train
        kind = "train" if train else "t10k"
        self.data = creation.as_tensor(read_idx(self._find(self.raw_folder, f"{kind}-images-idx3-ubyte")))
        labels = read_idx(self._find(self.raw_folder, f"{kind}-labels-idx1-ubyte"))
        self.targets = creation.as_tensor(labels.astype("int64"))
        self._images = self.data.numpy()

    @property
    def raw_folder(self) -> Path:
        return Path(self.root) / type(self).__name__ / "raw"

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._transformed(from_array(self._images[index], "L"), int(self.targets[index]))

    def __len__(self) -> int:
        return len(self._images)


class FashionMNIST(MNIST):
    """Pictures of clothes in MNIST's format, from `root/FashionMNIST/raw`."""

    classes = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


class CIFAR10(VisionDataset):
    """Pictures of ten kinds of things, 32 x 32, from `root/cifar-10-batches-py`."""

    classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    base_folder = "cifar-10-batches-py"

    def __init__(
        self, root: str | Path, train: bool = True, transform: Transform | None = None,
        target_transform: Transform | None = None, download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, None, transform, target_transform)
        self.train = train
        names = [f"data_batch_{i}" for i in range(1, 6)] if train else ["test_batch"]
        batches = [_read_batch(self._find(Path(root) / self.base_folder, name)) for name in names]
        self.data = np.concatenate([images for images, _ in batches])
        self.targets = [label for _, labels in batches for label in labels]

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._transformed(from_array(self.data[index], "RGB"), self.targets[index])

    def __len__(self) -> int:
        return len(self.data)


class _Plain(pickle.Unpickler):
    """Reads what the CIFAR files hold (bytes, lists, one NumPy array) and imports nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in (("numpy", "ndarray"), ("numpy", "dtype")):
            return getattr(np, name)
        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return np.ndarray(0).__reduce__()[0]  # the same function, wherever this NumPy keeps it
        if (module, name) == ("_codecs", "encode"):
            import codecs

            return codecs.encode
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a CIFAR file")


def _read_batch(path: Path) -> tuple[np.ndarray[Any, Any], list[int]]:
    with path.open("rb") as file:
        try:
            found = _Plain(file, encoding="latin1").load()
            images = found["data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
            labels = [int(label) for label in found["labels"]]
        except (pickle.UnpicklingError, KeyError, AttributeError, TypeError, ValueError, IndexError, EOFError) as error:
            raise RuntimeError(f"{path}: not a CIFAR-10 batch: {error}") from None
    return images, labels
