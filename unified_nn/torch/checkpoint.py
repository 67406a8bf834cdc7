"""The objects of a checkpoint as the nodes that a torch file is made of, and back."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final

import numpy as np

from unified_nn import tensor as core
from unified_nn.backend import Backend
from unified_nn.errors import NotOfferedError, UnifiedError, make
from unified_nn.port.formats.pending import Pending
from unified_nn.port.formats.pickle_machine import VERSIONS, Global
from unified_nn.port.formats.pickle_writer import DEEPEST
from unified_nn.port.formats.torch_checkpoint import Checkpoint
from unified_nn.port.formats.torch_nodes import Device, Size, Storage, View, c_strides
from unified_nn.port.formats.torch_pickle import storage_of
from unified_nn.torch import dtypes, size
from unified_nn.torch.creation import made
from unified_nn.torch.devices import device as device_type
from unified_nn.torch.tensor import Parameter, Tensor

_PLAIN: Final = (type(None), bool, int, float, complex, str, bytes)
_HINTS: Final = (
    (np.ndarray, "torch.load would refuse it; save torch.from_numpy(x)"),
    (np.generic, "torch.load would refuse it; save x.item()"),
)


class Written:
    """An object as nodes (`top`), and the storages that its tensors are views of."""

    def __init__(self, value: Any) -> None:
        self.storages: list[Pending] = []
        self._storage_of: dict[int, Storage] = {}
        self._owners: list[object] = []
        #: What was met: id -> (the object, which must stay alive, and its node).
        self._seen: dict[int, tuple[Any, Any]] = {}
        self.top = self._node(value, "", 0)

    def _node(self, value: Any, path: str, depth: int) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if id(value) in self._seen:
            return self._seen[id(value)][1]
        if depth > DEEPEST:
            raise make(NotOfferedError, f"torch.save: containers are nested deeper than {DEEPEST}, at {path[:80]}...")
        if kind in (dict, OrderedDict):
            return self._mapping(value, path, depth)
        if kind is list:
            listed: list[Any] = []
            self._seen[id(value)] = value, listed
            listed += [self._node(item, f"{path}[{n}]", depth + 1) for n, item in enumerate(value)]
            return listed
        found = self._without_keys(value, path, depth)
        self._seen[id(value)] = value, found
        return found

    def _mapping(self, value: dict[Any, Any], path: str, depth: int) -> dict[Any, Any]:
        filled: dict[Any, Any] = type(value)()
        self._seen[id(value)] = value, filled
        for key, item in value.items():
            if type(key) not in _PLAIN:
                raise _refused(key, f"a key of the dict {path or 'at the top'}", "keys are texts and numbers")
            filled[key] = self._node(item, f"{path}[{key!r}]", depth + 1)
        versions = getattr(value, VERSIONS, None)
        if versions is not None:
            setattr(filled, VERSIONS, self._node(versions, f"{path}.{VERSIONS}", depth + 1))
        return filled

    def _without_keys(self, value: Any, path: str, depth: int) -> Any:
        kind = type(value)
        if kind is tuple:
            return tuple(self._node(item, f"{path}[{n}]", depth + 1) for n, item in enumerate(value))
        if kind in (set, Counter):
            if any(type(item) not in _PLAIN for item in value):
                raise _refused(value, path, "it holds other things than texts and numbers")
            return value
        if kind is bytearray:
            return value
        if kind is size.Size:
            return Size(value)
        if kind is dtypes.dtype:
            return Global("torch", value.name)
        if kind is device_type:
            return Device(value.type, value.index)
        if isinstance(value, core.Tensor):
            return self._tensor(value)
        raise _refused(value, path, next((hint for known, hint in _HINTS if isinstance(value, known)), ""))

    def _tensor(self, value: core.Tensor) -> View:
        place = place_of(value)
        return View(
            self._storage(place, value.backend), value._dtype.name, place.offset, place.shape, place.stride,
            requires_grad=value.tracked, parameter=isinstance(value, Parameter),
        )  # fmt: skip

    def _storage(self, place: Place, backend: Backend) -> Storage:
        found = self._storage_of.get(place.owner)
        if found is None:
            native = place.root.native
            key, name = str(len(self.storages)), backend.dtype(native).name
            pending = Pending(key, (place.count,), name, lambda: (backend.to_numpy(native),))
            found = storage_of(key, name, place.count, pending.nbytes, backend.device(native))
            self._storage_of[place.owner] = found
            # What owns the storage must live until all is written, so that no other gets its id.
            self._owners.append(place.root.group or place.root)
            self.storages.append(pending)
        return found


@dataclass(frozen=True)
class Place:
    """Where a tensor's elements are: in the storage of the body `root`, of `count` elements, by offset and strides.

    Tensors of one `owner` share a storage. `end` is behind the last element; a range has them all, in C order.
    """

    root: core.Body
    count: int
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def owner(self) -> int:
        # Bodies of one group have one storage: a parameter and what state_dict() gives of it, tied weights.
        return id(self.root if self.root.group is None else self.root.group)

    @property
    def is_range(self) -> bool:
        steps = zip(self.shape, self.stride, c_strides(self.shape), strict=True)
        return all(size == 1 or own == step for size, own, step in steps)

    @property
    def end(self) -> int:
        reach = sum((size - 1) * step for size, step in zip(self.shape, self.stride, strict=True))
        return self.offset + reach + 1 if 0 not in self.shape else self.offset


def place_of(value: core.Tensor) -> Place:
    """The storage that a tensor is in the end a view of, and how."""
    root = value._body
    steps: list[tuple[Any, Any]] = []
    while (viewed := _derivation(root)) is not None and _is_of_one_dtype(value, viewed[0]):
        root, steps = viewed[0], [viewed[1:], *steps]
    shape, held = value._shape, value.backend.shape(root.native)
    whole = Place(root, prod(held), 0, shape, c_strides(shape))
    if not steps or 0 in shape:
        return whole
    places = core.Tensor.from_numpy(np.arange(whole.count).reshape(held), backend="numpy")
    for op, attrs in steps:
        places = op(places, **attrs)
    found = _strided(whole, places.numpy())
    # What no strides describe (a backward slice is one) is a storage of its own, as PyTorch's flip() is.
    return found or Place(value._body, prod(shape), 0, shape, c_strides(shape))


def _strided(whole: Place, numbers: np.ndarray[Any, Any]) -> Place | None:
    """The place of elements with these numbers, or None if no offset and strides give them."""
    first = int(numbers.reshape(-1)[0])
    stride, reached = [], np.asarray(first)
    for axis, length in enumerate(numbers.shape):
        second = numbers[(0,) * axis + (1,) + (0,) * (numbers.ndim - axis - 1)] if length > 1 else first + 1
        stride.append(int(second) - first)
        reached = reached[..., np.newaxis] + np.arange(length) * stride[-1]
    if min(stride, default=0) < 0 or not np.array_equal(reached, numbers):
        return None
    return replace(whole, offset=first, stride=tuple(stride))


def _derivation(body: core.Body) -> tuple[core.Body, Any, Any] | None:
    return next((member.derived for member in body.group or (body,) if member.derived is not None), None)


def _is_of_one_dtype(value: core.Tensor, source: core.Body) -> bool:
    return value.backend.dtype(source.native) == value._dtype


def _refused(value: Any, path: str, reason: str) -> UnifiedError:
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    advice = reason or (
        "save its state_dict()" if hasattr(value, "state_dict") else "reading it back could run code; save plain values"
    )
    where = f"entry {path} is" if path else "got"
    return make(NotOfferedError, f"torch.save: {where} a {name}, which is not offered: {advice}")


class Loaded:
    """The objects that a file's nodes stand for (`top`); tensors that share a storage share their values.

    `place` gives the core's name of the device for the location that a storage was saved from.
    """

    def __init__(self, file: Checkpoint, place: Callable[[str], str]) -> None:
        self._file, self._place_of = file, place
        #: id of a node -> what it became; nodes live as long as the file.
        self._seen: dict[int, Any] = {}
        #: The different views of each storage, whatever they require.
        self._uses: dict[Storage, set[View]] = {}
        for view in _views(file.top):
            self._uses.setdefault(view.storage, set()).add(replace(view, requires_grad=False, parameter=False))
        self._values: dict[View, Tensor] = {}
        self.top = self._object(file.top, "", 0)

    def _object(self, node: Any, path: str, depth: int) -> Any:
        kind = type(node)
        if kind in _PLAIN or kind in (set, bytearray, Counter):
            return node
        if id(node) in self._seen:
            return self._seen[id(node)]
        if depth > DEEPEST:
            raise self._file.source.error(f"containers are nested deeper than {DEEPEST}")
        filled: Any
        if kind in (dict, OrderedDict):
            filled = self._seen[id(node)] = kind()
            for key, item in node.items():
                filled[key] = self._object(item, f"{path}.{key}" if path else str(key), depth + 1)
            if VERSIONS in vars(node) if kind is OrderedDict else ():
                setattr(filled, VERSIONS, self._object(getattr(node, VERSIONS), f"{path}.{VERSIONS}", depth + 1))
        elif kind is list:
            filled = self._seen[id(node)] = []
            filled += [self._object(item, f"{path}.{n}", depth + 1) for n, item in enumerate(node)]
        else:
            filled = self._seen[id(node)] = self._without_keys(node, path, depth)
        return filled

    def _without_keys(self, node: Any, path: str, depth: int) -> Any:
        if isinstance(node, View):
            return self._tensor(node, path)
        if isinstance(node, Size):
            return size.of(tuple(node))
        if isinstance(node, Global) and node.module == "torch" and node.name in dtypes.NAMES:
            return dtypes.named(node.name)
        if isinstance(node, Device):
            return device_type(node.type, node.index)
        if type(node) is tuple:
            return tuple(self._object(item, f"{path}.{n}", depth + 1) for n, item in enumerate(node))
        what = getattr(node, "kind", node if isinstance(node, Global) else "a storage that no tensor is a view of")
        raise make(NotOfferedError, f"torch.load: {path or 'the file'} is {what}, which is not offered")

    def _tensor(self, view: View, path: str) -> Tensor:
        geometry = replace(view, requires_grad=False, parameter=False)
        if self._uses[geometry.storage] != {geometry}:
            taken = None if view.parameter else _taken(self._whole(geometry, path), view)
            held = self._read(geometry, path) if taken is None else taken
        elif geometry in self._values:
            held = self._values[geometry].detach()
        else:
            held = self._values[geometry] = self._read(geometry, path)
        if view.parameter:
            return Parameter(held, view.requires_grad)
        return held.requires_grad_() if view.requires_grad else held

    def _whole(self, view: View, path: str) -> Tensor:
        whole = self._file.whole(view)
        if whole not in self._values:
            self._values[whole] = self._read(whole, path)
        return self._values[whole]

    def _read(self, view: View, path: str) -> Tensor:
        values = self._file.array(view, path or "tensor")
        try:
            return made(values, None, self._place_of(view.storage.location))
        except UnifiedError as error:
            raise make(NotOfferedError, f"torch.load: {path or 'the tensor'}: {error}") from error


def _views(top: Any) -> Iterator[View]:
    """Every tensor below, each once."""
    waiting, met = [top], set()
    while waiting:
        node = waiting.pop()
        if type(node) in (tuple, list, dict, OrderedDict) and id(node) not in met:
            met.add(id(node))
            waiting += node.values() if isinstance(node, dict) else node
        elif isinstance(node, View):
            yield node


def _taken(base: Tensor, view: View) -> Tensor | None:
    """The view, taken of the whole storage, where slicing, reshaping and permuting give it."""
    order = sorted(range(len(view.shape)), key=lambda axis: (view.stride[axis], -axis), reverse=True)
    inner = [axis for axis in order if view.shape[axis] != 1]
    sizes = [view.shape[axis] for axis in inner]
    if view.conjugate or view.negative or 0 in view.shape:
        return None
    if c_strides(sizes) != tuple(view.stride[axis] for axis in inner):
        return None
    axes = inner + [axis for axis in order if view.shape[axis] == 1]
    whole: Any = base  # its functions are attached at import
    part: Tensor = whole.narrow(0, view.offset, prod(sizes)).view([view.shape[axis] for axis in axes])
    if axes != sorted(axes):
        moved: Any = part
        part = moved.permute([axes.index(axis) for axis in range(len(axes))])
    return part
