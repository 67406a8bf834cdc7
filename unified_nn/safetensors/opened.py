"""`safe_open`: the tensors of a file one by one, or parts of them."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

import numpy as np

from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.port.formats import WeightFile
from unified_nn.port.formats.safetensors import CODES
from unified_nn.safetensors.files import FilePath, SafetensorError, as_safetensors_raises, read

Maker = Callable[[np.ndarray[Any, Any]], Any]
_TORCH: Final = ("pt", "torch", "pytorch")
_NUMPY: Final = ("np", "numpy")
_OTHERS: Final = ("tf", "tensorflow", "jax", "flax", "mlx", "paddle")
_BACKENDS: Final = ("mmap", "pread")


class safe_open:  # noqa: N801  the package's name
    """An open file: `keys()`, `get_tensor(name)`, `get_slice(name)[...]`; tensors of `framework` "pt" or "np".

    `backend` says how the package reads, and changes nothing of the result.
    """

    def __init__(
        self, filename: FilePath, framework: str, device: str | int | None = "cpu", *, backend: str = "mmap"
    ) -> None:
        if backend not in _BACKENDS:
            raise make(ArgumentError, f"safe_open: backend={backend!r} is not one of {_BACKENDS}", ValueError)
        self._make = _maker(framework, device)
        self._file: WeightFile | None = read(filename)

    def _opened(self) -> WeightFile:
        if self._file is None:
            raise SafetensorError("File is closed")
        return self._file

    def _require(self, name: str) -> WeightFile:
        found = self._opened()
        if name not in found:
            raise SafetensorError(f"File does not contain tensor {name}")
        return found

    def keys(self) -> list[str]:
        """The names, sorted."""
        return sorted(self._opened())

    def offset_keys(self) -> list[str]:
        """The names in the order in which the tensors lie in the file."""
        return list(self._opened())

    def metadata(self) -> dict[str, str] | None:
        """The texts that were saved along, or None."""
        found = self._opened().metadata
        return {name: str(text) for name, text in found.items()} or None

    def get_tensor(self, name: str) -> Any:
        """One tensor."""
        found = self._require(name)
        with as_safetensors_raises("deserializing"):
            return self._make(found[name])

    def get_tensors(self) -> dict[str, Any]:
        """All tensors by name."""
        return {name: self.get_tensor(name) for name in self.offset_keys()}

    def get_slice(self, name: str) -> PySafeSlice:
        """One tensor, of which indexing gives a part."""
        return PySafeSlice(self._require(name), name, self._make)

    def __enter__(self) -> safe_open:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened().close()
        self._file = None


class PySafeSlice:
    """A tensor of a file, read when it is indexed."""

    def __init__(self, file: WeightFile, name: str, make: Maker) -> None:
        self._file, self._name, self._make = file, name, make
        self._entry = next(entry for entry in file.entries if entry.name == name)

    def get_shape(self) -> list[int]:
        """The sizes."""
        return list(self._entry.shape)

    def get_dtype(self) -> str:
        """The element type as the file has it, such as "F32"."""
        return CODES[self._entry.dtype]

    def __getitem__(self, index: Any) -> Any:
        with as_safetensors_raises("deserializing"):
            values = self._file[self._name]
        try:
            part = values[index]
        except IndexError as error:  # the package raises either, as the framework's arrays do
            message = f"Error during slicing {index!r} with shape {self.get_shape()}: {error}"
            raise make(SafetensorError, message, IndexError) from None
        return self._make(np.array(part))


def _maker(framework: str, device: Any) -> Maker:
    """What turns an array of a file into the tensor of a framework."""
    if framework in _NUMPY:
        return lambda values: values
    if framework in _TORCH:
        from unified_nn.torch.creation import made  # only those who ask for PyTorch's tensors load them

        return lambda values: made(values, None, "cpu" if device is None else device)
    if framework in _OTHERS:
        raise make(NotOfferedError, f"safe_open: framework={framework!r} is not offered; there are 'pt' and 'np'")
    raise SafetensorError(f"framework {framework} is invalid")
