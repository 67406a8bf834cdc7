"""Safetensors files of NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn.safetensors import files
from unified_nn.safetensors.opened import safe_open

__all__ = ["load", "load_file", "save", "save_file"]

Arrays = dict[str, np.ndarray[Any, Any]]


def save(tensor_dict: Arrays, metadata: dict[str, str] | None = None) -> bytes:
    """The content of a file with these arrays."""
    return files.to_bytes(tensor_dict, metadata)


def save_file(tensor_dict: Arrays, filename: files.FilePath, metadata: dict[str, str] | None = None) -> None:
    """Write the arrays; the old file stays until the new one is complete."""
    files.write(tensor_dict, filename, metadata)


def load(data: bytes) -> Arrays:
    """The arrays in the content of a file."""
    with files.of_bytes(data) as found:
        return {name: found[name] for name in found}


def load_file(filename: files.FilePath, *, backend: str = "mmap") -> Arrays:
    """The arrays of a file; `backend` changes nothing of the result."""
    with safe_open(filename, "np", backend=backend) as found:
        return found.get_tensors()
