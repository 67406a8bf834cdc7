"""Safetensors files and their bytes, with the errors of the package `safetensors`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from unified_nn.errors import UnifiedError
from unified_nn.port import formats
from unified_nn.port.formats import WeightFile, WeightFileError
from unified_nn.port.formats.dtypes import dtype_of
from unified_nn.port.formats.safetensors import CODES

FilePath = str | os.PathLike[str]
#: The package writes the last of these first, so that every tensor is aligned.
_ORDER: Final = (
    "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E5M2FNUZ", "F8_E4M3FNUZ", "F8_E8M0", "I16", "U16", "F16", "BF16",
    "I32", "U32", "F32", "C64", "F64", "I64", "U64",
)  # fmt: skip


class SafetensorError(UnifiedError):
    """A file that is no safetensors file, or content that none can have."""

    neutral = Exception


@contextmanager
def as_safetensors_raises(doing: str) -> Iterator[None]:
    """Give errors of weight files the class that the package has."""
    try:
        yield
    except WeightFileError as error:
        raise SafetensorError(f"Error while {doing}: {error}") from error.__cause__


def read(filename: FilePath) -> WeightFile:
    """An open file; FileNotFoundError if there is none."""
    path = Path(filename)
    if not path.exists():
        raise FileNotFoundError(f"No such file or directory: {filename}")
    with as_safetensors_raises("deserializing header"):
        found = formats.read(path)
        if found.format != "safetensors":
            found.close()
            raise SafetensorError(f"Error while deserializing header: {filename} is a file of format {found.format!r}")
        return found


@contextmanager
def of_bytes(data: bytes) -> Iterator[WeightFile]:
    """The same for the content of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        path.write_bytes(data)
        with read(path) as found:
            yield found


def write(arrays: Mapping[str, np.ndarray[Any, Any]], filename: FilePath, metadata: Mapping[str, str] | None) -> None:
    """Write the file that the package would write, byte by byte; the old one stays until it is complete."""
    for what, texts in (("tensor_dict", arrays), ("metadata", metadata or {})):
        for text in (*texts, *(texts.values() if what == "metadata" else ())):
            if not isinstance(text, str):
                raise TypeError(f"argument {what!r}: {type(text).__name__!r} object is not an instance of 'str'")
    ordered = sorted(arrays.items(), key=lambda item: (-_rank(*item), item[0]))
    with as_safetensors_raises("serializing"):
        formats.write(filename, dict(ordered), "safetensors", metadata=metadata)


def _rank(name: str, array: np.ndarray[Any, Any]) -> int:
    found = dtype_of(array.dtype)
    if found is None or found.name not in CODES:
        known = ", ".join(CODES)
        raise SafetensorError(f'Unknown dtype "{array.dtype}" of tensor {name!r}. Supported dtypes: {known}')
    return _ORDER.index(CODES[found.name])


def to_bytes(arrays: Mapping[str, np.ndarray[Any, Any]], metadata: Mapping[str, str] | None) -> bytes:
    """The content of the file that `write` would write."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.safetensors"
        write(arrays, path, metadata)
        return path.read_bytes()


def deserialize(data: bytes) -> list[tuple[str, dict[str, Any]]]:
    """(name, {"shape", "dtype", "data"}) of every tensor in the content of a file."""
    with of_bytes(data) as found:
        return [
            (e.name, {"shape": list(e.shape), "dtype": CODES[e.dtype], "data": bytearray(found[e.name].tobytes())})
            for e in found.entries
        ]
