"""A network's state under its own names or another vocabulary's, and loading one back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, StateError, make, nearest
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.slots import VOCABULARIES, Slot, row_for, slots, with_axis, without_axis
from unified_nn.vocabulary.tree import Module, tensor_of

__all__ = ["VOCABULARIES", "Unmatched", "load_state", "named_state", "row_for"]


class Unmatched(NamedTuple):
    """Names of the network that a state did not have, and names of the state that the network does not."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]


def named_state(module: Module, names: str | None = None) -> Iterator[tuple[str, Tensor]]:
    """Every parameter and buffer below with its dotted name, in the order of definition.

    Under the names of another vocabulary the arrays have that one's shapes, and what it keeps beyond the network's own
    (`num_batches_tracked`, a gamma that is not learned) comes with the value that changes nothing.
    """
    for slot in slots(module, names):
        if slot.name is None:
            _require_neutral(slot, names)
        else:
            yield slot.name, _value(slot)


def _value(slot: Slot) -> Tensor:
    if slot.fill is not None:
        return Tensor.from_numpy(np.full(slot.shape, slot.fill, slot.dtype))
    held = tensor_of(slot.held)
    if slot.inserted == slot.held_inserted:
        return held
    values = _values(held).reshape(slot.shape)
    return Tensor.from_numpy(values, held._dtype, held.backend, held._device).as_face(type(held)._face)


def _require_neutral(slot: Slot, names: str | None) -> None:
    """Refuse to leave out an array that the network computes with."""
    if slot.neutral is None or slot.fixed or slot.dtype == "int64":
        return
    if not np.all(_values(tensor_of(slot.held)) == slot.neutral):
        message = (
            f"an array of shape {slot.shape} is not all {slot.neutral}, but its layer has no place for it in {names!r}"
        )
        raise make(ArgumentError, message)


def load_state(module: Module, state: Mapping[str, Any], names: str | None = None, *, strict: bool = True) -> Unmatched:
    """Put arrays or tensors into the network under the names of a vocabulary; what did not match is given back.

    Everything is checked before anything is changed: raises StateError that lists what is missing, extra, of another
    shape or of a dtype that would lose values. Without `strict` what is missing or extra is no error.
    """
    found = slots(module, names)
    wanted = {slot.name: slot for slot in found if slot.name is not None}
    given = {slot.key for name, slot in wanted.items() if name in state}
    missing = [s for s in wanted.values() if s.key not in given and s.held is not None and not s.fixed]
    unexpected = [name for name in state if name not in wanted]
    problems = []
    if strict:
        problems += [f"missing: {slot.name} {slot.shape}" for slot in missing]
        problems += [f"not expected: {name}.{nearest(name, wanted)}" for name in unexpected]
    arrays = {name: _values(value) for name, value in state.items() if name in wanted}
    problems += [problem for name, array in arrays.items() for problem in _problems(wanted[name], array)]
    if problems:
        text = "\n  ".join(problems)
        raise make(
            StateError, f"load_state: {type(module).__name__} does not fit the state, nothing was changed:\n  {text}"
        )
    with recording(False):
        for name, array in arrays.items():
            _put(wanted[name], array)
        for slot in found:
            if slot.name is None and slot.neutral is not None and slot.dtype != "int64" and not slot.fixed:
                _put(slot, np.full(slot.shape, slot.neutral, slot.dtype))
    return Unmatched(tuple(slot.name for slot in missing if slot.name is not None), tuple(unexpected))


def _problems(slot: Slot, array: np.ndarray[Any, Any]) -> Iterator[str]:
    if not slot.fits(array.shape):
        yield f"shape of {slot.name}: got {array.shape}, expected {slot.shape}"
    elif array.dtype.names:
        yield f"dtype of {slot.name}: {array.dtype.names[0]} needs the package ml_dtypes: pip install ml_dtypes"
    elif array.dtype.kind in "fc" and np.dtype(slot.dtype).kind in "biu":
        yield f"dtype of {slot.name}: got {array.dtype}, expected {slot.dtype}"
    elif slot.fill is not None and slot.dtype != "int64" and not np.all(array == slot.fill):
        yield f"value of {slot.name}: the network computes with {slot.fill} in its place"


def _put(slot: Slot, array: np.ndarray[Any, Any]) -> None:
    if slot.held is None:
        return
    if slot.inserted != slot.held_inserted:
        array = array.reshape(with_axis(without_axis(array.shape, slot.inserted), slot.held_inserted))
    if isinstance(slot.held, Tensor):
        held = slot.held
        held._assign(Tensor.from_numpy(array, held._dtype, held.backend, held._device))
    else:
        slot.held.load(array, None, True, "current")


def _values(value: Any) -> np.ndarray[Any, Any]:
    # Not `numpy()`: PyTorch's refuses tensors that require a gradient.
    return value.backend.to_numpy(value.native) if isinstance(value, Tensor) else np.asarray(value)
