"""Write the pickle inside a torch file: what `pickle_writer` writes, and the nodes that stand for torch's objects."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable

from unified_nn.port.formats import pickle_writer
from unified_nn.port.formats.pending import Pending
from unified_nn.port.formats.pickle_machine import Global
from unified_nn.port.formats.pickle_writer import Writer, global_, integer, text
from unified_nn.port.formats.torch_nodes import Device, Size, Storage, View, c_strides
from unified_nn.port.formats.torch_objects import STORAGES

_CLASSES = {dtype: name for name, dtype in STORAGES.items()}


def pickled(value: object, legacy: bool = False) -> bytes:
    """A value as one whole pickle; a tensor is a `View`, and its storage only named."""
    return pickle_writer.pickled(value, _TorchWriter(legacy))


def state_dict(tensors: Iterable[Pending]) -> OrderedDict[str, View]:
    """Name -> the whole of a storage of its own; the keys of the storages are "0", "1", ... in order."""
    found: OrderedDict[str, View] = OrderedDict()
    for key, tensor in enumerate(tensors):
        storage = storage_of(str(key), tensor.dtype, math.prod(tensor.shape), tensor.nbytes)
        found[tensor.name] = View(storage, tensor.dtype, 0, tensor.shape, c_strides(tensor.shape))
    return found


def storage_of(key: str, dtype: str, count: int, nbytes: int, location: str = "cpu") -> Storage:
    """The storage of elements of one type; types that are younger than torch's storage classes have an untyped one."""
    typed = dtype in _CLASSES
    return Storage(key, dtype if typed else None, count if typed else nbytes, location=location)


class _TorchWriter(Writer):
    def __init__(self, legacy: bool) -> None:
        super().__init__()
        self.legacy = legacy

    def call(self, value: object, depth: int) -> None:
        if isinstance(value, View):
            self.tensor(value, depth)
        else:
            super().call(value, depth)

    def constructed(self, value: object) -> tuple[Global, tuple[object, ...]] | None:
        if type(value) is Size:
            return Global("torch", "Size"), (tuple(value),)
        if type(value) is Device:
            return Global("torch", "device"), (value.type,) if value.index is None else (value.type, value.index)
        return super().constructed(value)

    def tensor(self, view: View, depth: int) -> None:
        function = "_rebuild_tensor_v3" if view.storage.dtype is None else "_rebuild_tensor_v2"
        rebuild = global_(Global("torch._utils", function)) + b"("
        outer = global_(Global("torch._utils", "_rebuild_parameter")) + b"(" if view.parameter else b""
        self.parts.append(outer + rebuild)
        self.storage(view.storage)
        self.parts.append(integer(view.offset))
        self.sequence(view.shape, depth)
        self.sequence(view.stride, depth)
        grad = b"\x88" if view.requires_grad else b"\x89"
        hooks = global_(Global("collections", "OrderedDict")) + b")R"
        self.parts.append((b"\x89" if view.parameter else grad) + hooks)
        if view.storage.dtype is None:
            self.parts.append(global_(Global("torch", view.dtype)))
        self.parts.append(b"tR")
        if view.parameter:
            self.parts.append(grad + hooks + b"tR")

    def storage(self, storage: Storage) -> None:
        kind = Global("torch.storage", "UntypedStorage")
        if storage.dtype is not None:
            kind = Global("torch", _CLASSES[storage.dtype])
        named = b"(" + text("storage") + global_(kind) + text(storage.key) + text(storage.location)
        self.parts.append(named + integer(storage.count) + b"N" * self.legacy + b"tQ")
