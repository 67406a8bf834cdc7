"""The state of a module: names and values, and loading them back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from unified_nn import tensor as core
from unified_nn.autodiff import recording
from unified_nn.errors import InputTypeError, NotOfferedError, StateError, UnifiedError, kind_of, make
from unified_nn.ops.elementwise import as_dtype
from unified_nn.port.formats.pickle_machine import VERSIONS
from unified_nn.torch.size import of
from unified_nn.torch.tensor import Parameter, Tensor
from unified_nn.vocabulary import tree
from unified_nn.vocabulary.names import load_state

Face = Callable[[Any], Tensor]


class _IncompatibleKeys(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:  # of a NamedTuple, which prints by it too
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def _paths(module: tree.Module, prefix: str) -> Iterator[tuple[str, tree.Module]]:
    """Every module with its path and a dot; shared ones under each name."""
    yield prefix, module
    for name, child in module._modules.items():
        if child is not None:
            yield from _paths(child, f"{prefix}{name}.")


def _own(module: tree.Module) -> Iterator[tuple[str, str, Any]]:
    """(registry, name, slot) of what a module itself keeps in the state."""
    for which in ("_parameters", "_buffers"):
        for name, slot in module.__dict__[which].items():
            if slot is not None and name not in module.__dict__.get("_transient", ()):
                yield which, name, slot


def slots(module: tree.Module, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every parameter and persistent buffer slot below with its dotted name."""
    for path, part in _paths(module, prefix):
        for _, name, slot in _own(part):
            yield path + name, slot


def note_versions(module: tree.Module, prefix: str, state: dict[str, Any]) -> None:
    """Put the versions of all modules below where PyTorch keeps them, if the state can have attributes."""
    if not hasattr(state, "__dict__"):
        return
    versions: dict[str, Any] = vars(state).setdefault(VERSIONS, OrderedDict())
    for path, part in _paths(module, prefix):
        versions[path[:-1]] = {"version": getattr(part, "_version", 1)}


def _may_lack(module: tree.Module, name: str, path: str, state: Mapping[str, Any]) -> bool:
    """PyTorch's states of before version 2, and those that tell no version, may lack the count of BatchNorm."""
    if name != "num_batches_tracked" or getattr(module, "_version", 1) < 2:
        return False
    version = getattr(state, VERSIONS, {}).get(path[:-1], {}).get("version")
    return version is None or version < 2


def load_named(
    module: tree.Module, state: Mapping[str, Any], strict: bool, assign: bool, names: str
) -> _IncompatibleKeys:
    """Take values under the names of a vocabulary."""
    if assign:
        raise make(NotOfferedError, "load_state_dict: assign=True goes with the network's own names, not with names=")
    try:
        found = load_state(module, state, names, strict=strict)
    except UnifiedError as error:
        raise make(kind_of(error), error.message, RuntimeError) from None
    return _IncompatibleKeys(list(found.missing), list(found.unexpected))


def load(module: tree.Module, state: Mapping[str, Any], strict: bool, assign: bool, faced: Face) -> _IncompatibleKeys:
    """Everything is checked before anything is changed."""
    if not isinstance(state, Mapping):
        raise make(InputTypeError, f"Expected state_dict to be dict-like, got {type(state)}.", TypeError)
    missing: list[str] = []
    unexpected: list[str] = []
    problems: list[str] = []
    found: list[tuple[tree.Module, str, str, Any]] = []
    for path, part in _paths(module, ""):
        own = list(_own(part))
        for which, name, slot in own:
            key = path + name
            if key not in state:
                if not _may_lack(part, name, path, state):
                    missing.append(key)
                continue
            problem = _mismatch(key, state[key], faced(slot))
            if problem is None:
                found.append((part, which, name, state[key]))
            else:
                problems.append(problem)
        names = {name for _, name, _ in own} | set(part._modules)
        for key in state:
            if (key.startswith(path) and key[len(path) :].partition(".")[0] not in names) or (
                key.startswith(path) and key[len(path) :] in part._modules
            ):
                unexpected.append(key)
    if strict:
        for label, keys in (("Unexpected", unexpected), ("Missing", missing)):
            if keys:
                quoted = ", ".join(f'"{key}"' for key in keys)
                problems.insert(0, f"{label} key(s) in state_dict: {quoted}. ")
    if problems:
        text = "\n\t".join(problems)
        message = f"Error(s) in loading state_dict for {type(module).__name__}:\n\t{text}"
        raise make(StateError, message, RuntimeError)
    with recording(False):
        for part, which, name, value in found:
            _put(part, which, name, value, assign, faced)
    return _IncompatibleKeys(missing, unexpected)


def _mismatch(key: str, value: Any, held: Tensor) -> str | None:
    if not isinstance(value, core.Tensor):
        return (
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint '
            f"but received {type(value)}"
        )
    if value._shape != held._shape:
        return (
            f"size mismatch for {key}: copying a param with shape {of(value._shape)} from checkpoint, "
            f"the shape in current model is {of(held._shape)}."
        )
    return None


def _put(module: tree.Module, which: str, name: str, value: Any, assign: bool, faced: Face) -> None:
    registry = module.__dict__[which]
    held = faced(registry[name])
    if assign:
        given = value.as_face(Tensor)
        if which == "_parameters" and not isinstance(given, Parameter):
            given = Parameter(given, held.requires_grad)
        registry[name] = given
        return
    source = value if value.backend is held.backend else Tensor.from_numpy(_host(value), None, held.backend)
    held._assign(_copy(as_dtype(source, held._dtype), held))


def _host(value: core.Tensor) -> np.ndarray[Any, Any]:
    return value.backend.to_numpy(value.native)


def _copy(value: core.Tensor, held: Tensor) -> core.Tensor:
    """Values of its own, on the place of `held`: the state that was given may be changed later."""
    return Tensor._wrap(held.backend.from_numpy(_host(value), held._device), held.backend)
