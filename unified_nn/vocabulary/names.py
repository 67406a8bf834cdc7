"""Parameter names: a network's state under its own names or another vocabulary's, and loading one back.

The rows know what each array is called in every vocabulary (`gamma` is PyTorch's `weight`); the paths of modules are
attribute names and stay as they are.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, StateError, UnifiedError, make, nearest
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.entry import ROWS, Row, arguments_for
from unified_nn.vocabulary.tree import Module, tensor_of

VOCABULARIES = ("torch", "mindspore", "mxnet", "neutral")
_PACKAGES = {"neutral": "unified_nn.nn", "torch": "unified_nn.torch.nn", "mindspore": "unified_nn.mindspore.nn",
             "mxnet": "unified_nn.mxnet.gluon.nn"}  # fmt: skip


def row_for(vocabulary: str, row: Row) -> type[Row] | None:
    """The row that says this layer in another vocabulary, or else one whose parameters have the same names; or None."""
    if vocabulary not in VOCABULARIES:
        message = f"names={vocabulary!r} is no vocabulary; known: {', '.join(VOCABULARIES)}.{nearest(vocabulary, VOCABULARIES)}"
        raise make(ArgumentError, message)
    importlib.import_module(_PACKAGES[vocabulary])  # defining the rows registers them
    found = ROWS.get((vocabulary, type(row).canonical), [])
    fitting = [candidate for candidate in found if row.rank is None or candidate.rank in (None, row.rank)]
    for candidate in fitting:
        try:
            arguments_for(candidate, row.layer)
        except UnifiedError:  # this one cannot say it, perhaps another can
            continue
        return candidate
    return fitting[0] if fitting else None


def _translated(module: Module, own: str, names: str | None) -> str | None:
    """The name of one array of a module in another vocabulary; None where that one does not keep it."""
    if names is None or names == module._vocabulary or not isinstance(module, Row):
        return own
    target = row_for(names, module)
    if target is None:
        message = f"{type(module).__name__} has no counterpart in the vocabulary {names!r}, so its names are not known"
        raise make(ArgumentError, message)
    canonical = next((c for c, o in type(module).params.items() if o == own), own)
    known = {p.name for p in module.layer.params()}
    return target.params.get(canonical, canonical) if canonical in known else None


def named_state(module: Module, names: str | None = None) -> Iterator[tuple[str, Tensor]]:
    """Every parameter and buffer below with its dotted name, in the order of definition; shared ones under each name."""
    for path, part in module._walk():
        for which in ("_parameters", "_buffers"):
            for own, slot in part.__dict__[which].items():
                if slot is None or own in getattr(part, "_transient", ()):
                    continue
                name = _translated(part, own, names)
                if name is not None:
                    yield f"{path}.{name}" if path else name, tensor_of(slot)


def load_state(module: Module, state: Mapping[str, Any], names: str | None = None, *, strict: bool = True) -> None:
    """Put arrays or tensors into the network under the names of a vocabulary.

    Everything is checked before anything is changed: raises StateError that lists what is missing, extra, of another
    shape or of a dtype that would lose values.
    """
    wanted = dict(named_state(module, names))
    problems = []
    if strict:
        problems += [f"missing: {name} {t._shape}" for name, t in wanted.items() if name not in state]
        problems += [f"not expected: {name}.{nearest(name, wanted)}" for name in state if name not in wanted]
    arrays = {name: _values(value) for name, value in state.items() if name in wanted}
    for name, array in arrays.items():
        if array.shape != wanted[name]._shape:
            problems.append(f"shape of {name}: got {array.shape}, expected {wanted[name]._shape}")
        elif array.dtype.kind in "fc" and wanted[name]._dtype.kind in "biu":
            problems.append(f"dtype of {name}: got {array.dtype}, expected {wanted[name]._dtype.name}")
    if problems:
        text = "\n  ".join(problems)
        raise make(StateError, f"load_state: {type(module).__name__} does not fit the state, nothing was changed:\n  {text}")
    with recording(False):
        for name, array in arrays.items():
            held = wanted[name]
            held._assign(Tensor.from_numpy(array, held._dtype, held.backend, held._device))


def _values(value: Any) -> np.ndarray[Any, Any]:
    return value.numpy() if isinstance(value, Tensor) else np.asarray(value)
