"""`nd.save` and `nd.load`: MXNet's own .params files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError, StateError, UnifiedError
from unified_nn.mxnet.base import MXNetError, failure
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


def read(fname: str) -> tuple[dict[str, np.ndarray[Any, Any]], bool]:
    """The values in a weight file by name, and whether the file has names; raises as MXNet does."""
    try:
        with formats.read(fname) as weights:
            return {name: weights[name] for name in weights}, not any("no names" in note for note in weights.notes)
    except (UnifiedError, OSError) as error:
        raise failure(StateError, "load", str(error), MXNetError) from None


@define("load")
def load(fname: str) -> dict[str, NDArray] | list[NDArray]:
    """The arrays of a file: by name, or as a list where the file has no names."""
    values, has_names = read(fname)
    arrays = {name: place(value, resolve(value.dtype), None) for name, value in values.items()}
    return arrays if has_names else list(arrays.values())
