"""Weights in files and under other names: `load`, `save`, `state`, `load_state`.

net.load_state_dict(unified_nn.load("x.params"), names="mxnet")      # a neutral network
unified_nn.load_state(net, unified_nn.load("x.params"), "mxnet")     # one of any vocabulary
unified_nn.save("x.safetensors", unified_nn.state(net, "torch"))
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from unified_nn.errors import ArgumentError, InputTypeError, make
from unified_nn.tensor import Tensor

if TYPE_CHECKING:
    import numpy as np

    from unified_nn.port.formats import WeightFile
    from unified_nn.vocabulary.names import Unmatched
    from unified_nn.vocabulary.tree import Module

# The readers, and the machinery of names, are imported by the call that needs them: importing unified_nn stays quick.


def load(path: str | os.PathLike[str]) -> WeightFile:
    """A weight file of any framework as a mapping name -> NumPy array; each is read when it is asked for.

    Raises WeightFileError for a file that is damaged, hostile or of no known format. The file stays open until
    `close()`, the end of a `with` block, or until nothing refers to the mapping.
    """
    from unified_nn.port import formats

    return formats.read(path)


def save(
    path: str | os.PathLike[str],
    tensors: Mapping[str, Any] | Module,
    format: str | None = None,
    names: str | None = None,
) -> tuple[str, ...]:
    """Write a network, or arrays by name, to a weight file; gives what the user must be told.

    The format follows the extension unless it is named; `names` are the vocabulary's of a network. The old file is kept
    until the new one is complete.
    """
    from unified_nn.port import formats
    from unified_nn.vocabulary.tree import Module

    if isinstance(tensors, Module):
        tensors = state(tensors, names)
    elif names is not None:
        message = f"save: names={names!r} goes with a network; these are arrays that have names, so leave it out"
        raise make(ArgumentError, message)
    if isinstance(tensors, formats.WeightFile):
        return formats.write(path, tensors, format)
    return formats.write(path, {name: _array(name, value) for name, value in tensors.items()}, format)


def _array(name: str, value: Any) -> np.ndarray[Any, Any]:
    import numpy as np

    if isinstance(value, Tensor):
        return value.backend.to_numpy(value.native)
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    message = f"save: {name!r} is a {type(value).__name__}, expected a tensor or a NumPy array"
    raise make(InputTypeError, message)


def state(net: Module, names: str | None = None) -> dict[str, Tensor]:
    """Every array of a network of any vocabulary by name: its own names, or those of another vocabulary.

    `names` is "torch", "mindspore", "mxnet" or "neutral". The arrays have the shapes that they have there.
    """
    from unified_nn.vocabulary.names import named_state

    return dict(named_state(_required(net, "state"), names))


def load_state(net: Module, state: Mapping[str, Any], names: str | None = None, *, strict: bool = True) -> Unmatched:
    """Give a network of any vocabulary arrays that have the names of a vocabulary.

    Raises StateError that lists everything missing, extra or misshapen, before anything is changed. Without `strict`
    what is missing or extra is given back instead: `missing` and `unexpected` names.
    """
    from unified_nn.vocabulary import names as machinery

    return machinery.load_state(_required(net, "load_state"), state, names, strict=strict)


def _required(net: Any, where: str) -> Module:
    from unified_nn.vocabulary.tree import Module

    if not isinstance(net, Module):
        message = f"{where}: expected a network of unified_nn, got {type(net).__module__}.{type(net).__qualname__}"
        raise make(InputTypeError, message)
    return net
