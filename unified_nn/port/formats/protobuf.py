"""Protobuf on the wire: just enough to walk messages whose fields may come in any order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from unified_nn.port.formats.source import Budget, Cursor

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}


class Field(NamedTuple):
    """One field: `value` is the number of a VARINT, the length of BYTES; `start` is where BYTES begin in the file."""

    number: int
    wire: int
    value: int
    start: int


def varint(cursor: Cursor) -> int:
    """An unsigned number of up to 64 bits, 7 bits per byte."""
    value = 0
    for shift in range(0, 70, 7):
        byte = cursor.take(1, "number")[0]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >= 1 << 64:
                break
            return value
    raise cursor.error("a number has more than 64 bits")


def fields(cursor: Cursor, budget: Budget) -> Iterator[Field]:
    """The fields up to the cursor's end, each counted; the data of BYTES is passed over, not read."""
    while cursor.left:
        budget.spend()
        key = varint(cursor)
        number, wire = key >> 3, key & 7
        if not 0 < number < 1 << 29:
            raise cursor.error("bad field number", found=number)
        if wire == VARINT:
            yield Field(number, wire, varint(cursor), cursor.position)
        elif wire == BYTES:
            length = varint(cursor)
            yield Field(number, wire, length, cursor.skip(length, f"field {number}"))
        elif wire in _FIXED:
            yield Field(number, wire, 0, cursor.skip(_FIXED[wire], f"field {number}"))
        else:
            raise cursor.error(f"field {number} has the unknown wire type {wire}")


def encoded_varint(value: int) -> bytes:
    """The bytes of an unsigned number."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def encoded_bytes(number: int, *parts: bytes, more: int = 0) -> bytes:
    """A field of bytes, of which the last `more` are written separately."""
    data = b"".join(parts)
    return encoded_varint(number << 3 | BYTES) + encoded_varint(len(data) + more) + data
