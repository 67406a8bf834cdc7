"""`nd.save` and `nd.load`: MXNet's own .params files."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError, StateError, UnifiedError
from unified_nn.mxnet.base import MXNetError, failure
from unified_nn.mxnet.dtypes import resolve
from unified_nn.mxnet.ndarray.function import define
from unified_nn.mxnet.ndarray.ndarray import NDArray, place
from unified_nn.port import formats
from unified_nn.port.formats import mxnet as params_file
from unified_nn.port.formats.atomic import replacing
from unified_nn.port.formats.pending import prepared
from unified_nn.tensor import Tensor

Values = dict[str, np.ndarray[Any, Any]]


@define("save")
def save(fname: str, data: Any) -> None:
    """Write an array, a list of them or a dictionary by name."""
    if not isinstance(fname, str):
        raise failure(ArgumentError, "save", f"fname must be a string, got {type(fname).__name__}", AttributeError)
    if isinstance(data, Tensor):
        data = [data]
    if not isinstance(data, (Mapping, list)):
        message = f"data needs to be an NDArray, a list of them or a dict of str and NDArray, got {type(data).__name__}"
        raise failure(ArgumentError, "save", message, ValueError)
    named = data if isinstance(data, Mapping) else {str(number): array for number, array in enumerate(data)}
    for name, array in named.items():
        if not isinstance(name, str) or not isinstance(array, Tensor):
            message = f"save takes str: NDArray, or a list of NDArrays, got {name!r}: {type(array).__name__}"
            raise failure(ArgumentError, "save", message, TypeError)
    write(fname, {name: array.numpy() for name, array in named.items()}, has_names=isinstance(data, Mapping))


def write(fname: str, values: Values, has_names: bool = True) -> None:
    """Write a .params file; raises as MXNet does."""
    try:
        with prepared(Path(fname), values) as waiting, replacing(Path(fname)) as target:
            notes = params_file.write(target, waiting, {}, has_names=has_names)
    except formats.WeightFileError as error:
        raise failure(StateError, "save", str(error), MXNetError) from None
    for note in notes:
        warnings.warn(f"{fname}: {note}", RuntimeWarning, stacklevel=3)


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
    return arrays if has_names and arrays else list(arrays.values())


@define("load_frombuffer")
def load_frombuffer(buf: bytes | str) -> dict[str, NDArray] | list[NDArray]:
    """The arrays in the content of a file."""
    if not isinstance(buf, (bytes, str)):
        raise failure(ArgumentError, "load_frombuffer", f"buf must be bytes, got {type(buf).__name__}", TypeError)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "buffer"
        path.write_bytes(buf.encode() if isinstance(buf, str) else buf)
        found: dict[str, NDArray] | list[NDArray] = load(str(path))
        return found
