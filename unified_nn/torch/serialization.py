"""`torch.save` and `torch.load` of weights: real files that PyTorch reads, and none that could run code."""

from __future__ import annotations

import io
import os
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unified_nn import tensor as core
from unified_nn.errors import InputTypeError, NotOfferedError, make
from unified_nn.port import formats
from unified_nn.torch.creation import made
from unified_nn.torch.devices import device as device_type
from unified_nn.torch.devices import name_of
from unified_nn.torch.tensor import Tensor

File = str | os.PathLike[str] | io.IOBase


def save(obj: Any, f: File, pickle_module: Any = None, pickle_protocol: int = 2) -> None:
    """Write a state dict (names to tensors) as PyTorch does; the old file stays until the new one is complete."""
    if pickle_module is not None or pickle_protocol != 2:
        raise make(NotOfferedError, "torch.save: pickle_module and pickle_protocol are not offered")
    tensors = _flat(obj)
    if not isinstance(f, io.IOBase):
        formats.write(f, tensors, "torch")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.pt"
        formats.write(path, tensors, "torch")
        f.write(path.read_bytes())


def _flat(obj: Any) -> dict[str, Any]:
    if not isinstance(obj, Mapping):
        message = (
            f"torch.save writes state dicts (names to tensors), got {type(obj).__name__}; "
            "save module.state_dict(), or {'name': tensor}"
        )
        raise make(NotOfferedError, message)
    for name, value in obj.items():
        if not isinstance(name, str) or not isinstance(value, core.Tensor):
            message = (
                f"torch.save writes state dicts (names to tensors) only; entry {name!r} is a {type(value).__name__}. "
                "Save each state dict in a file of its own"
            )
            raise make(NotOfferedError, message)
    return {name: value.backend.to_numpy(value.native) for name, value in obj.items()}


def load(f: File, map_location: Any = None, pickle_module: Any = None, *, weights_only: bool | None = None,
         mmap: bool | None = None) -> Any:  # fmt: skip
    """Read a state dict. Nothing is executed, whatever `weights_only` says: other objects are refused."""
    if pickle_module is not None or mmap:
        raise make(NotOfferedError, "torch.load: pickle_module and mmap are not offered")
    place = _place(map_location)
    if not isinstance(f, io.IOBase):
        return _read(f, place)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.pt"
        path.write_bytes(f.read())
        return _read(path, place)


def _place(map_location: Any) -> str:
    if map_location is None:
        return "cpu"
    if not isinstance(map_location, (str, device_type)):
        kind = type(map_location).__name__
        raise make(InputTypeError, f"torch.load: map_location must be a device or its name, got {kind}", TypeError)
    return name_of(map_location)


def _read(path: str | os.PathLike[str], place: str) -> dict[str, Tensor]:
    Path(path).stat()  # FileNotFoundError, as PyTorch's
    with formats.read(path) as weights:
        if not weights.is_flat:
            message = (
                f"torch.load: {path} holds more than a state dict (names to tensors), which is not offered. "
                "Read its tensors with unified_nn.port.formats.read"
            )
            raise make(NotOfferedError, message)
        return OrderedDict((name, made(weights[name], None, place)) for name in weights)
