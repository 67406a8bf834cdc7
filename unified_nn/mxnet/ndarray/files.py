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


Values = dict[str, np.ndarray[Any, Any]]


def read(fname: str) -> tuple[Values, bool]:
    """The values in a weight file by name, and whether the file has names; raises as MXNet does.

    `arg:` and `aux:` are taken off the names.
    """
    values, has_names, _ = _contents(fname)
    short = {name[4:] if name.startswith(("arg:", "aux:")) else name: value for name, value in values.items()}
    return (short if len(short) == len(values) else values), has_names


def _contents(fname: str) -> tuple[Values, bool, dict[str, str]]:
    """The values by name, whether the file has names, and what was taken off which name."""
    try:
        with formats.read(fname) as weights:
            lists = ((kind, weights.metadata.get(kind)) for kind in ("arg", "aux"))
            kinds = {name: f"{kind}:" for kind, names in lists if isinstance(names, list) for name in names}
            values = {name: weights[name] for name in weights}
            return values, not any("no names" in note for note in weights.notes), kinds
    except (UnifiedError, OSError) as error:
        raise failure(StateError, "load", str(error), MXNetError) from None


@define("load")
def load(fname: str) -> dict[str, NDArray] | list[NDArray]:
    """The arrays of a file: by name, or as a list where the file has no names.

    Names of exported networks keep what they begin with: `arg:` or `aux:`.
    """
    values, has_names, kinds = _contents(fname)
    arrays = {kinds.get(name, "") + name: place(value, resolve(value.dtype), None) for name, value in values.items()}
    return arrays if has_names else list(arrays.values())
