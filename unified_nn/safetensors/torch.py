"""Safetensors files of the PyTorch vocabulary's tensors and modules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, StateError, make
from unified_nn.safetensors import files
from unified_nn.safetensors.opened import safe_open
from unified_nn.torch.checkpoint import Place, place_of
from unified_nn.torch.creation import made
from unified_nn.torch.tensor import Tensor

__all__ = ["load", "load_file", "load_model", "save", "save_file", "save_model"]

Tensors = dict[str, Tensor]


def save(tensors: Tensors, metadata: dict[str, str] | None = None) -> bytes:
    """The content of a file with these tensors."""
    return files.to_bytes(_arrays(tensors), metadata)


def save_file(tensors: Tensors, filename: files.FilePath, metadata: dict[str, str] | None = None) -> None:
    """Write the tensors; the old file stays until the new one is complete."""
    files.write(_arrays(tensors), filename, metadata)


def load(data: bytes) -> Tensors:
    """The tensors in the content of a file."""
    with files.of_bytes(data) as found:
        return {name: made(found[name]) for name in found}


def load_file(filename: files.FilePath, device: str | int = "cpu", *, backend: str = "mmap") -> Tensors:
    """The tensors of a file; `backend` changes nothing of the result."""
    with safe_open(filename, "pt", device, backend=backend) as found:
        return found.get_tensors()


def save_model(
    model: Any, filename: files.FilePath, metadata: dict[str, str] | None = None, force_contiguous: bool = True
) -> None:
    """Write a module's state; of tensors that share memory one, and in the metadata which one stands for each other.

    `force_contiguous` changes nothing: arrays are written in C order.
    """
    state = model.state_dict()
    texts = dict(metadata or {})
    for kept, left_out in _twins(state).items():
        for name in left_out:
            texts.setdefault(name, kept)
            del state[name]
    save_file(state, filename, texts or None)


def load_model(
    model: Any, filename: files.FilePath, strict: bool = True, device: str | int = "cpu", *, backend: str = "mmap"
) -> tuple[set[str], list[str]]:
    """Give a module the tensors of a file: (names that the file lacks, names that the module lacks)."""
    state = load_file(filename, device, backend=backend)
    twins = _twins(model.state_dict(), preferred=state)
    found = model.load_state_dict(state, strict=False)
    missing, unexpected = set(found.missing_keys), list(found.unexpected_keys)
    for name in (name for left_out in twins.values() for name in left_out):
        if name in missing:
            missing.remove(name)
        else:
            unexpected.append(name)
    if strict and (missing or unexpected):
        parts = (("Missing", sorted(missing)), ("Unexpected", sorted(unexpected)))
        listed = [
            f"{kind} key(s) in state_dict: " + ", ".join(f'"{n}"' for n in names) for kind, names in parts if names
        ]
        lines = "\n    ".join([f"Error(s) in loading state_dict for {type(model).__name__}:", *listed])
        raise make(StateError, lines, RuntimeError)
    return missing, unexpected


def _arrays(tensors: Any) -> dict[str, Any]:
    """The values by name; refused where two names share memory."""
    if not isinstance(tensors, dict):
        raise make(ArgumentError, f"Expected a dict of [str, torch.Tensor] but received {type(tensors)}", ValueError)
    for name, value in tensors.items():
        if not isinstance(value, core.Tensor):
            message = f"Key `{name}` is invalid, expected torch.Tensor but received {type(value)}"
            raise make(ArgumentError, message, ValueError)
    shared = [names for names in _sharing(tensors) if len(names) > 1]
    if shared:
        message = (
            "Some tensors share memory, this will lead to duplicate memory on disk and potential differences when "
            f"loading them again: {[set(names) for names in shared]}. A potential way to correctly save your model is "
            "to use `save_model`, or .clone() of all but one."
        )
        raise make(ArgumentError, message, RuntimeError)
    return {name: value.backend.to_numpy(value.native) for name, value in tensors.items()}


def _sharing(tensors: Mapping[str, core.Tensor]) -> list[list[str]]:
    """The names in groups: those of one group overlap in memory."""
    places = {name: place for name, value in tensors.items() if (place := place_of(value)).count}
    storages: dict[int, list[str]] = {}
    for name, place in places.items():
        # Strides are not modelled: what is no plain range is written as a copy.
        storages.setdefault(place.owner if place.is_range else id(place), []).append(name)
    groups: list[list[str]] = []
    for names in storages.values():
        end = 0
        for position, name in enumerate(sorted(names, key=lambda name: (places[name].offset, places[name].end, name))):
            if position and places[name].offset < end:
                groups[-1].append(name)
            else:
                groups.append([name])
            end = places[name].end
    return groups


def _twins(state: Mapping[str, core.Tensor], preferred: Collection[str] = ()) -> dict[str, list[str]]:
    """Of names that share memory the one to keep, and those that it stands for."""
    found: dict[str, list[str]] = {}
    for names in _sharing(state):
        if len(names) < 2:
            continue
        whole = sorted(name for name in names if _is_whole(place_of(state[name])))
        if not whole:
            message = (
                f"no name to keep amongst {set(names)}: none covers its storage, so more memory would be saved than "
                "is used; give the module clones of them"
            )
            raise make(ArgumentError, message, RuntimeError)
        kept = next((name for name in whole if name in preferred), whole[0])
        found[kept] = sorted(name for name in names if name != kept)
    return found


def _is_whole(place: Place) -> bool:
    return place.offset == 0 and place.is_range and place.end == place.count
