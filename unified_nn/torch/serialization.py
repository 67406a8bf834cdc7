"""`torch.save` and `torch.load`: real files that PyTorch reads, and none that could run code."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from unified_nn.errors import ArgumentError, InputTypeError, NotOfferedError, make
from unified_nn.port.formats import WeightFileError, torch_checkpoint
from unified_nn.torch.checkpoint import Loaded, Written
from unified_nn.torch.devices import device as device_type
from unified_nn.torch.devices import name_of
from unified_nn.vocabulary.missing import refuse

Place = Callable[[str], str]


class _UnreadableError(pickle.UnpicklingError, RuntimeError):
    """PyTorch raises the one or the other, as it notices while unpickling or in the archive."""


def save(
    obj: Any, f: Any, pickle_module: Any = None, pickle_protocol: int = 2, _use_new_zipfile_serialization: bool = True
) -> None:
    """Write a checkpoint as PyTorch does: tensors in containers with plain values, shared tensors once.

    The old file stays until the new one is complete. Modules and other objects are refused: reading them back would run
    code.
    """
    if pickle_module not in (None, pickle) or pickle_protocol != 2:
        raise make(NotOfferedError, "torch.save: other pickle_module and pickle_protocol than the default's")
    written = Written(obj)
    legacy = not _use_new_zipfile_serialization
    if not hasattr(f, "write"):
        path = _path(f, "save")
        if not path.absolute().parent.is_dir():
            raise make(WeightFileError, f"Parent directory {path.parent} does not exist.", RuntimeError)
        with _as_pytorch_raises():
            torch_checkpoint.write(path, written.top, written.storages, legacy=legacy)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.pt"
        torch_checkpoint.write(path, written.top, written.storages, legacy=legacy)
        f.write(path.read_bytes())


def load(
    f: Any, map_location: Any = None, pickle_module: Any = None, *, weights_only: bool | None = None,
    mmap: bool | None = None,
) -> Any:  # fmt: skip
    """Read what `torch.save` wrote, nested as it was; tensors that shared a storage share their values.

    Nothing is executed, whatever `weights_only` says: what weights_only=True refuses is refused. `mmap` changes nothing
    of the result. A device that is not there and that `map_location` does not replace raises.
    """
    if pickle_module not in (None, pickle):
        raise make(NotOfferedError, "torch.load: other pickle_module than the default's")
    place = _place(map_location)
    if not hasattr(f, "read"):
        path = _path(f, "load")
        path.stat()  # FileNotFoundError, as PyTorch's
        return _read(path, place)
    if mmap:
        raise make(InputTypeError, "f must be a file path in order to use the mmap argument", ValueError)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.pt"
        path.write_bytes(f.read())
        return _read(path, place)


def _path(f: Any, where: str) -> Path:
    if not isinstance(f, (str, os.PathLike)):
        kind, ability = type(f).__name__, "write" if where == "save" else "read"
        message = f"torch.{where}: expected a path or a file object with '{ability}', got {kind}"
        raise make(InputTypeError, message, AttributeError)
    return Path(f)


def _read(path: Path, place: Place) -> Any:
    with _as_pytorch_raises(), torch_checkpoint.Checkpoint(path) as file:
        return Loaded(file, place).top


@contextmanager
def _as_pytorch_raises() -> Iterator[None]:
    try:
        yield
    except WeightFileError as error:
        raise make(WeightFileError, str(error), _UnreadableError) from error.__cause__


# ---- where tensors go ----


class StoragePlace:
    """What a function given as `map_location` is called with: a storage that only knows its device."""

    def __init__(self, name: str) -> None:
        self.device = device_type(name)

    def cpu(self) -> StoragePlace:
        """The storage on the CPU."""
        return StoragePlace("cpu")

    def cuda(self, device: Any = None) -> StoragePlace:
        """The storage on a GPU."""
        return StoragePlace(str(device_type("cuda" if device is None else device)))


def _place(map_location: Any) -> Place:
    """The device for a storage that was saved from a location."""
    if map_location is None:
        return _same_device
    if isinstance(map_location, (str, device_type)):
        chosen = name_of(map_location)
        return lambda location: chosen
    if isinstance(map_location, Mapping):
        return lambda location: name_of(map_location[location]) if location in map_location else _same_device(location)
    if callable(map_location):
        return lambda location: _answer(map_location(StoragePlace("cpu"), location), location)
    kind = type(map_location).__name__
    message = f"torch.load: map_location must be a device, its name, a dict or a function, got {kind}"
    raise make(InputTypeError, message, TypeError)


def _same_device(location: str) -> str:
    try:
        return name_of(location)
    except ArgumentError as error:
        advice = "pass map_location='cpu' to put its tensors on the CPU"
        message = f"torch.load: the file has tensors of device {location!r}: {error.message}; {advice}"
        raise make(ArgumentError, message, RuntimeError) from None


def _answer(found: Any, location: str) -> str:
    if found is None:
        return _same_device(location)
    if not isinstance(found, StoragePlace):
        message = f"torch.load: map_location must give the storage it was given, moved or not, got {type(found)}"
        raise make(InputTypeError, message, TypeError)
    return name_of(found.device)


_ALLOWED = "only plain values and tensors are read, whatever is allowed"
_REFUSED = {
    **dict.fromkeys(("add_safe_globals", "clear_safe_globals", "get_safe_globals", "safe_globals"), _ALLOWED),
    **dict.fromkeys(("get_crc32_options", "set_crc32_options"), "checksums are always written"),
    "skip_data": "files always have their data",
}
__all__ = ["load", "save"]
__getattr__ = refuse(__name__, __all__, _REFUSED)
