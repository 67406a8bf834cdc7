"""Write pickles of protocol 2: plain values, containers, and objects by the names of their classes."""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict
from collections.abc import Iterable

from unified_nn.port.formats.pickle_machine import Global, Instance

_PROTOCOL = b"\x80\x02"
_ORDERED_DICT = Global("collections", "OrderedDict")
#: How deep containers may be nested; Python's own pickle gives up near this depth, too.
DEEPEST = 200


def pickled(value: object, writer: Writer | None = None) -> bytes:
    """A value as one whole pickle.

    What occurs twice as one object is one object when it is read. Raises TypeError for what the writer does not know,
    ValueError for what is nested deeper than DEEPEST.
    """
    chosen = writer or Writer()
    chosen.save(value, 0)
    return _PROTOCOL + b"".join(chosen.parts) + b"."


class Writer:
    """Collects the opcodes of values in `parts`; what a subclass knows besides, its `call` writes."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.memo: dict[int, int] = {}
        self.kept: list[object] = []  # so that no id is given anew meanwhile

    def put(self, value: object) -> None:
        """Remember the object on the stack for later references."""
        self.memo[id(value)] = number = len(self.memo)
        self.kept.append(value)
        self.parts.append(b"q" + struct.pack("<B", number) if number < 256 else b"r" + struct.pack("<I", number))

    def save(self, value: object, depth: int) -> None:
        """Write one value."""
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
            self.parts.append(global_(_ORDERED_DICT) + b")R")
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
        """Write an object that is made by calling something with arguments."""
        if isinstance(value, Instance):
            self.parts.append(global_(value.kind))
            self.sequence(value.arguments, depth)
            self.parts.append(b"\x81" if value.is_new else b"R")
            if value.attributes:
                self.save(value.attributes, depth + 1)
                self.parts.append(b"b")
            return
        found = self.constructed(value)
        if found is None:
            raise TypeError(f"no pickle for {type(value)}")
        function, arguments = found
        self.parts.append(global_(function))
        self.sequence(arguments, depth)
        self.parts.append(b"R")

    def constructed(self, value: object) -> tuple[Global, tuple[object, ...]] | None:
        """The constructor and the arguments of what protocol 2 has no opcodes for, as Python pickles it."""
        if type(value) is complex:
            return Global("__builtin__", "complex"), (value.real, value.imag)
        if type(value) is bytes:
            # Python writes b"" as a call of bytes, which torch.load refuses.
            return Global("_codecs", "encode"), (value.decode("latin1"), "latin1")
        if type(value) is bytearray:
            return Global("__builtin__", "bytearray"), (bytes(value),)
        if type(value) is set:
            return Global("__builtin__", "set"), (list(value),)
        return (Global("collections", "Counter"), (dict(value),)) if type(value) is Counter else None


def _simple(value: object) -> bytes | None:
    """The opcodes of a value without parts."""
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if type(value) is int:
        return integer(value)
    if type(value) is float:
        return b"G" + struct.pack(">d", value)
    if type(value) is str:
        return text(value)
    return global_(value) if isinstance(value, Global) else None


def global_(value: Global) -> bytes:
    """The opcode that names a global."""
    return f"c{value.module}\n{value.name}\n".encode()


def integer(value: int) -> bytes:
    """The opcode of a whole number."""
    if 0 <= value < 256:
        return b"K" + struct.pack("<B", value)
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    if len(data) > 255:
        raise ValueError(f"an integer of {len(data)} bytes is too long")
    return b"\x8a" + struct.pack("<B", len(data)) + data


def text(value: str) -> bytes:
    """The opcode of a text."""
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data
