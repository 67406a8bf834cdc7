"""Write the pickle inside a torch file: plain values, containers, and the nodes that stand for torch's objects."""

from __future__ import annotations

import math
import struct
from collections import Counter, OrderedDict
from collections.abc import Iterable

from unified_nn.port.formats.pending import Pending
from unified_nn.port.formats.pickle_machine import Global
from unified_nn.port.formats.torch_nodes import Device, Size, Storage, View, c_strides
from unified_nn.port.formats.torch_objects import STORAGES

_PROTOCOL = b"\x80\x02"
_CLASSES = {dtype: name for name, dtype in STORAGES.items()}
_ORDERED_DICT = Global("collections", "OrderedDict")
#: How deep containers may be nested; Python's own pickle gives up near this depth, too.
DEEPEST = 200


def pickled(value: object, legacy: bool = False) -> bytes:
    """A value as one whole pickle.

    What occurs twice as one object is one object when it is read; a tensor is a `View`, and its storage only named.
    Raises TypeError for what is none of the above, ValueError for what is nested deeper than DEEPEST.
    """
    writer = _Writer(legacy)
    writer.save(value, 0)
    return _PROTOCOL + b"".join(writer.parts) + b"."


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


class _Writer:
    def __init__(self, legacy: bool) -> None:
        self.legacy = legacy
        self.parts: list[bytes] = []
        self.memo: dict[int, int] = {}
        self.kept: list[object] = []  # so that no id is given anew meanwhile

    def put(self, value: object) -> None:
        """Remember the object on the stack for later references."""
        self.memo[id(value)] = number = len(self.memo)
        self.kept.append(value)
        self.parts.append(b"q" + struct.pack("<B", number) if number < 256 else b"r" + struct.pack("<I", number))

    def save(self, value: object, depth: int) -> None:
        if depth > DEEPEST:
            raise ValueError(f"containers are nested deeper than {DEEPEST}")
        number = self.memo.get(id(value))
        if number is not None:
            self.parts.append(b"h" + struct.pack("<B", number) if number < 256 else b"j" + struct.pack("<I", number))
            return
        simple = _simple(value)
        if simple is not None:
            self.parts.append(simple)
        elif type(value) is tuple:
            self.sequence(value, depth)
            self.put(value)
        elif type(value) is list:
            self.parts.append(b"]")
            self.put(value)
            self.items(value, b"e", depth)
        elif type(value) is dict:
            self.parts.append(b"}")
            self.put(value)
            self.pairs(value, depth)
        elif type(value) is OrderedDict:
            self.parts.append(_global(_ORDERED_DICT) + b")R")
            self.put(value)
            self.pairs(value, depth)
            if vars(value):
                self.save(vars(value), depth + 1)
                self.parts.append(b"b")
        else:
            self.call(value, depth)
            self.put(value)

    def items(self, values: Iterable[object], end: bytes, depth: int) -> None:
        listed = list(values)
        if listed:
            self.parts.append(b"(")
            for item in listed:
                self.save(item, depth + 1)
            self.parts.append(end)

    def pairs(self, values: dict[object, object], depth: int) -> None:
        self.items((part for item in values.items() for part in item), b"u", depth)

    def sequence(self, values: tuple[object, ...], depth: int) -> None:
        if values:
            self.items(values, b"t", depth)
        else:
            self.parts.append(b")")

    def call(self, value: object, depth: int) -> None:
        """Objects that are made by calling something with arguments."""
        if isinstance(value, View):
            self.tensor(value, depth)
            return
        found = _constructed(value)
        if found is None:
            raise TypeError(f"no pickle for {type(value)}")
        function, arguments = found
        self.parts.append(_global(function))
        self.sequence(arguments, depth)
        self.parts.append(b"R")

    def tensor(self, view: View, depth: int) -> None:
        function = "_rebuild_tensor_v3" if view.storage.dtype is None else "_rebuild_tensor_v2"
        rebuild = _global(Global("torch._utils", function)) + b"("
        outer = _global(Global("torch._utils", "_rebuild_parameter")) + b"(" if view.parameter else b""
        self.parts.append(outer + rebuild)
        self.storage(view.storage)
        self.parts.append(_integer(view.offset))
        self.sequence(view.shape, depth)
        self.sequence(view.stride, depth)
        grad = b"\x88" if view.requires_grad else b"\x89"
        hooks = _global(_ORDERED_DICT) + b")R"
        self.parts.append((b"\x89" if view.parameter else grad) + hooks)
        if view.storage.dtype is None:
            self.parts.append(_global(Global("torch", view.dtype)))
        self.parts.append(b"tR")
        if view.parameter:
            self.parts.append(grad + hooks + b"tR")

    def storage(self, storage: Storage) -> None:
        kind = Global("torch.storage", "UntypedStorage")
        if storage.dtype is not None:
            kind = Global("torch", _CLASSES[storage.dtype])
        named = b"(" + _text("storage") + _global(kind) + _text(storage.key) + _text(storage.location)
        self.parts.append(named + _integer(storage.count) + b"N" * self.legacy + b"tQ")


def _simple(value: object) -> bytes | None:
    """The opcodes of a value without parts."""
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if type(value) is int:
        return _integer(value)
    if type(value) is float:
        return b"G" + struct.pack(">d", value)
    if type(value) is str:
        return _text(value)
    return _global(value) if isinstance(value, Global) else None


def _constructed(value: object) -> tuple[Global, tuple[object, ...]] | None:
    """The constructor and the arguments of what protocol 2 has no opcodes for, as Python and torch pickle it."""
    if type(value) is complex:
        return Global("__builtin__", "complex"), (value.real, value.imag)
    if type(value) is bytes:
        # Python writes b"" as a call of bytes, which torch.load refuses.
        return Global("_codecs", "encode"), (value.decode("latin1"), "latin1")
    if type(value) is bytearray:
        return Global("__builtin__", "bytearray"), (bytes(value),)
    if type(value) is set:
        return Global("__builtin__", "set"), (list(value),)
    if type(value) is Counter:
        return Global("collections", "Counter"), (dict(value),)
    if type(value) is Size:
        return Global("torch", "Size"), (tuple(value),)
    if type(value) is Device:
        return Global("torch", "device"), (value.type,) if value.index is None else (value.type, value.index)
    return None


def _global(value: Global) -> bytes:
    return f"c{value.module}\n{value.name}\n".encode()


def _integer(value: int) -> bytes:
    if 0 <= value < 256:
        return b"K" + struct.pack("<B", value)
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    if len(data) > 255:
        raise ValueError(f"an integer of {len(data)} bytes is too long")
    return b"\x8a" + struct.pack("<B", len(data)) + data


def _text(text: str) -> bytes:
    data = text.encode()
    return b"X" + struct.pack("<I", len(data)) + data
