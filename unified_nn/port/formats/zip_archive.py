"""Zip archives as weight files use them, read strictly: every byte belongs to exactly one thing.

Python's own zipfile is not used for reading: it takes overlapping members, and it refuses the archives that torch
writes without checksums.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

from unified_nn.port.formats import limits
from unified_nn.port.formats.errors import quoted
from unified_nn.port.formats.source import Cursor, Source

STORED, DEFLATED = 0, 8
_CHUNK = 1 << 18
_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_DESCRIPTOR_BYTES = 24
_ENCRYPTED, _SIZES_FOLLOW, _UTF8 = 0x1, 0x8, 0x800
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True)
class Member:
    """One file of the archive: `offset` is where its `stored` bytes begin, `size` their length when inflated."""

    name: str
    offset: int
    stored: int
    size: int
    method: int
    crc: int


class _Directory(NamedTuple):
    entries: int
    size: int
    offset: int


class _Central(NamedTuple):
    name: str
    flags: int
    method: int
    crc: int
    stored: int
    size: int
    header: int


#: What was read of a file, which several formats ask for in turn.
_KNOWN: WeakKeyDictionary[Source, dict[str, Member]] = WeakKeyDictionary()


def read_directory(source: Source) -> dict[str, Member]:
    """The members by name; refuses what two readers could understand differently."""
    if source not in _KNOWN:
        _KNOWN[source] = _members(source)
    return _KNOWN[source]


def _members(source: Source) -> dict[str, Member]:
    directory = _directory(source)
    cursor = Cursor(source, directory.offset, directory.offset + directory.size, "zip directory")
    members: dict[str, Member] = {}
    begin = 0
    entries = sorted((_central(cursor) for _ in range(directory.entries)), key=lambda entry: entry.header)
    if cursor.left:
        raise cursor.error("more bytes than members")
    for entry in entries:
        if entry.name in members:
            raise source.error(f"the archive holds {quoted(entry.name)} twice")
        if not begin <= entry.header <= begin + (_DESCRIPTOR_BYTES if begin else 0):
            kind = "overlaps another one" if entry.header < begin else "follows bytes that belong to nothing"
            raise source.error(f"member {quoted(entry.name)} {kind}", where=f"byte {entry.header}")
        members[entry.name] = member = _member(source, entry, directory.offset)
        begin = member.offset + member.stored
    if not begin <= directory.offset <= begin + _DESCRIPTOR_BYTES:
        raise source.error("bytes before the zip directory belong to nothing", where=f"byte {begin}")
    return members


def _directory(source: Source) -> _Directory:
    end = source.size - _END.size
    fields = _END.unpack(source.read(end, _END.size, "zip directory")) if end >= 0 else (b"",)
    if fields[0] != b"PK\5\6" or fields[-1] != 0:
        raise source.error("the zip directory is missing: the file is cut short, or something follows it")
    _, disk, first_disk, here, entries, size, offset, _ = fields
    found = _Directory(entries, size, offset)
    locator = source.read(end - _LOCATOR.size, _LOCATOR.size, "zip directory") if end >= _LOCATOR.size else b""
    if locator[:4] == b"PK\6\7":
        _, disk, end64, _ = _LOCATOR.unpack(locator)
        end -= _LOCATOR.size + _END64.size
        if end64 != end:
            raise source.error("bad zip directory", expected=f"its zip64 end at byte {end}", found=end64)
        magic, length, _, _, disk, first_disk, here, *wide = _END64.unpack(source.read(end, _END64.size, "zip end"))
        if magic != b"PK\6\6" or length != _END64.size - 12:
            raise source.error("bad zip directory", expected="a zip64 end record", where=f"byte {end}")
        for narrow, full, value in zip(found, (_FULL16, _FULL32, _FULL32), wide, strict=True):
            if narrow not in (full, value):
                raise source.error("the two zip directories disagree", expected=narrow, found=value)
        found = _Directory(*wide)
    if disk or first_disk or here != found.entries or found.entries > limits.MEMBERS:
        raise source.error("bad zip directory", expected=f"one disk and at most {limits.MEMBERS} members")
    if found.offset + found.size != end or found.size > limits.DIRECTORY_BYTES:
        raise source.error("bad zip directory", expected=f"it to end at byte {end}", found=found.offset + found.size)
    return found


def _central(cursor: Cursor) -> _Central:
    magic, _, _, flags, method, _, _, crc, stored, size, name_size, extra_size, note_size, disk, _, _, header = (
        _CENTRAL.unpack(cursor.take(_CENTRAL.size, "member"))
    )
    if magic != b"PK\1\2" or disk:
        raise cursor.error("bad member")
    raw = cursor.take(name_size, "member name")
    extra = cursor.take(extra_size, "member extra")
    cursor.skip(note_size, "member comment")
    try:
        name = raw.decode("utf-8" if flags & _UTF8 else "cp437")
    except UnicodeDecodeError as cause:
        raise cursor.error("a member's name is not UTF-8") from cause
    size, stored, header = _widened(cursor, extra, (size, stored, header))
    if flags & _ENCRYPTED or method not in (STORED, DEFLATED) or (method == STORED and stored != size):
        found = f"flags {flags:#x}, method {method}, {stored} of {size} bytes"
        raise cursor.error(f"member {quoted(name)} is encrypted or packed in an unknown way", found=found)
    # Deflate cannot do better than 1032 to 1: a larger claim is a lie that need not be tried out.
    if size > stored * 1032 + 1032:
        raise cursor.error(f"member {quoted(name)} claims {size} bytes out of {stored}")
    return _Central(name, flags, method, crc, stored, size, header)


def _widened(cursor: Cursor, extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Replace each saturated 32-bit value by the next one of the zip64 extra field."""
    wide: list[int] = []
    while len(extra) >= 4:
        kind, length = struct.unpack("<2H", extra[:4])
        if kind == 1:
            wide = [value for (value,) in struct.iter_unpack("<Q", extra[4 : 4 + length // 8 * 8])]
        extra = extra[4 + length :]
    if values.count(_FULL32) > len(wide):
        raise cursor.error("a member lacks its zip64 sizes")
    full = iter(wide)
    size, stored, header = (next(full) if value == _FULL32 else value for value in values)
    return size, stored, header


def _member(source: Source, entry: _Central, end: int) -> Member:
    what = f"member {quoted(entry.name)}"
    magic, _, flags, method, _, _, _, stored, size, name_size, extra_size = _LOCAL.unpack(
        source.read(entry.header, _LOCAL.size, what)
    )
    raw = source.read(entry.header + _LOCAL.size, name_size, what)
    if magic != b"PK\3\4" or (method, flags & _ENCRYPTED) != (entry.method, 0):
        raise source.error(f"{what}: bad local header", where=f"byte {entry.header}")
    if raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace") != entry.name:
        raise source.error(f"{what} has another name in its local header", found=repr(raw[:80]))
    if not flags & _SIZES_FOLLOW and _FULL32 not in (stored, size) and (stored, size) != (entry.stored, entry.size):
        raise source.error(f"{what}: two different sizes", expected=entry.stored, found=stored)
    offset = entry.header + _LOCAL.size + name_size + extra_size
    if offset + entry.stored > end:
        raise source.error(f"{what} reaches into the zip directory", where=f"byte {offset}")
    return Member(entry.name, offset, entry.stored, entry.size, entry.method, entry.crc)


def chunks(source: Source, member: Member, check: bool = True) -> Iterator[bytes]:
    """The member's bytes piece by piece, never more than it declares; fails at the end if the CRC-32 is wrong."""
    what, crc, left = f"member {quoted(member.name)}", 0, member.size
    for chunk in _inflated(source, member, what) if member.method == DEFLATED else _stored(source, member, what):
        left -= len(chunk)
        if left < 0:
            break
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if left:
        kind = "shorter" if left > 0 else "longer"
        raise source.error(f"{what} is {kind} than declared", expected=f"{member.size} bytes")
    if check and crc != member.crc:
        raise source.error(f"{what} is damaged: wrong CRC-32", expected=f"{member.crc:#010x}", found=f"{crc:#010x}")


def _stored(source: Source, member: Member, what: str) -> Iterator[bytes]:
    end = member.offset + member.stored
    for position in range(member.offset, end, _CHUNK):
        yield source.read(position, min(_CHUNK, end - position), what)


def _inflated(source: Source, member: Member, what: str) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for packed in _stored(source, member, what):
            if inflate.eof:
                raise source.error(f"{what} is damaged: bytes follow its packed data")
            data = packed
            while data and not inflate.eof:
                yield inflate.decompress(data, _CHUNK)
                data = inflate.unconsumed_tail
        while not inflate.eof and (rest := inflate.decompress(inflate.unconsumed_tail, _CHUNK)):
            yield rest
    except zlib.error as cause:
        raise source.error(f"{what} is damaged: {cause}") from cause
    if not inflate.eof or inflate.unused_data:
        raise source.error(f"{what} is damaged: its packed bytes do not end where they should")
