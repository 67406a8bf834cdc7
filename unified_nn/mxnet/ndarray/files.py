"""`nd.save` and `nd.load`: MXNet's own .params files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unified_nn.errors import ArgumentError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.dtypes import resolve
from unified_nn.mxnet.ndarray.function import define
from unified_nn.mxnet.ndarray.ndarray import NDArray, place
from unified_nn.port import formats
from unified_nn.tensor import Tensor


@define("save")
def save(fname: str, data: Any) -> None:
    """Write an array, a list of them or a dictionary by name."""
    if isinstance(data, Tensor):
        data = [data]
    if isinstance(data, Mapping):
        named = {name: array.numpy() for name, array in data.items()}
    elif isinstance(data, (list, tuple)) and all(isinstance(array, Tensor) for array in data):
        message = "a list without names is not offered; give a dictionary of names and arrays"
        raise failure(ArgumentError, "save", message)
    else:
        raise failure(ArgumentError, "save", "data must be a dictionary of NDArrays", ValueError)
    formats.write(fname, named, "mxnet")


@define("load")
def load(fname: str) -> dict[str, NDArray] | list[NDArray]:
    """The arrays of a file: by name, or as a list where the file has no names."""
    with formats.read(fname) as weights:
        arrays = {name: place(values, resolve(values.dtype), None) for name, values in weights.items()}
        if any("no names" in note for note in weights.notes):
            return list(arrays.values())
    return arrays
