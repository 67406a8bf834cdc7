"""MXNet .params: u64 0x112, u64 0, u64 count and that many arrays, u64 count and that many names."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from unified_nn.port.formats import limits
from unified_nn.port.formats.atomic import Target
from unified_nn.port.formats.errors import WeightFileError, quoted
from unified_nn.port.formats.format import Format
from unified_nn.port.formats.mxnet_arrays import FLAGS, V2, V3, Form, Record, stored
from unified_nn.port.formats.pending import Pending, require_dtypes
from unified_nn.port.formats.source import Budget, Cursor, Source
from unified_nn.port.formats.weight_file import Contents

_MAGIC = struct.pack("<2Q", 0x112, 0)
_CODES = {dtype: flag for flag, dtype in FLAGS.items()}
_PREFIXES = ("arg:", "aux:")
_Parsed = tuple[list[Record], list[str] | None]
_CPU = struct.pack("<2i", 1, 0)


def recognises(source: Source, head: bytes) -> bool:
    """True for the magic number of an array list."""
    return head.startswith(_MAGIC[:8])


def read(source: Source) -> Contents:
    """The arrays of a .params file; `arg:` and `aux:` are taken off the names where they stay different."""
    records, names = _records_and_names(source)
    contents = Contents([])
    if names is None:
        names = [str(number) for number in range(len(records))]
        contents.notes.append("the file has no names: the arrays are numbered")
    names = _without_prefixes(names, contents)
    for name, record in zip(names, records, strict=True):
        if record.form is Form.NONE:
            contents.notes.append(f"array {quoted(name)} has no value (it was never set): left out")
            continue
        if record.form in (Form.ROW_SPARSE, Form.CSR):
            contents.notes.append(f"array {quoted(name)} is sparse ({record.form.value}) and given dense")
        contents.tensors.append(stored(source, name, record))
    return contents


def _records_and_names(source: Source) -> _Parsed:
    """MXNet 1.9 writes a 0-d array like one without value, but its value follows: the reading that fits is right."""
    readings: list[_Parsed] = []
    failure: WeightFileError | None = None
    for scalars in (False, True):
        seen: list[Record] = []
        try:
            readings.append(_parse(source, scalars, seen))
        except WeightFileError as cause:
            failure = failure or cause
        if all(record.form is not Form.NONE for record in seen):
            break  # both readings are the same
    if failure is not None and not readings:
        raise failure
    if len(readings) == 2 and readings[0] != readings[1]:
        raise source.error("arrays of 0 dimensions could be numbers or no value at all: the file is ambiguous")
    return readings[0]


def _parse(source: Source, scalars: bool, records: list[Record]) -> _Parsed:
    cursor = Cursor(source, 0, source.size, "parameter file")
    if cursor.take(16, "header") != _MAGIC:
        raise cursor.error("bad header")
    for _ in range(_count(cursor, "arrays")):
        records.append(Record.read(cursor, scalars))
    count = _count(cursor, "names")
    if count not in (0, len(records)):
        raise cursor.error("as many names as arrays, or none, are needed", expected=len(records), found=count)
    budget = Budget(source, "bytes of names", limits.NAMES_CHARACTERS)
    names = [_name(cursor, budget) for _ in range(count)]
    if cursor.left:
        raise cursor.error(f"{cursor.left} bytes follow the last name")
    return records, names if names or not records else None


def _count(cursor: Cursor, what: str) -> int:
    count = cursor.number("Q", f"number of {what}")
    if count > min(limits.MEMBERS, cursor.left // 4):
        raise cursor.error(f"more {what} than the file can hold", found=count)
    return count


def _name(cursor: Cursor, budget: Budget) -> str:
    length = cursor.number("Q", "length of a name")
    if length > limits.NAME_BYTES:
        raise cursor.error("a name is too long", expected=f"at most {limits.NAME_BYTES} bytes", found=length)
    budget.spend(length)
    try:
        return cursor.take(length, "name").decode()
    except UnicodeDecodeError as cause:
        raise cursor.error("a name is not UTF-8") from cause


def _without_prefixes(names: list[str], contents: Contents) -> list[str]:
    if not names or not all(name.startswith(_PREFIXES) for name in names):
        return names
    short = [name[4:] for name in names]
    if len(set(short)) != len(short):
        contents.notes.append("names keep arg: and aux:, as some would be equal without")
        return names
    for prefix in _PREFIXES:
        contents.metadata[prefix[:3]] = [name[4:] for name in names if name.startswith(prefix)]
    contents.notes.append("arg: and aux: were taken off the names; the metadata says which had which")
    return short


def opening(shape: tuple[int, ...], dtype: str, version: int = V2) -> bytes:
    """What stands before the values of a dense array."""
    sizes = struct.pack(f"<i{len(shape)}q", len(shape), *shape)
    return struct.pack("<Ii", version, 0) + sizes + _CPU + struct.pack("<i", _CODES[dtype])


def listed(records: Sequence[bytes]) -> bytes:
    """The content of a file of such arrays without names."""
    return _MAGIC + struct.pack("<Q", len(records)) + b"".join(records) + struct.pack("<Q", 0)


def write(
    target: Target, tensors: Sequence[Pending], metadata: Mapping[str, str], *, has_names: bool = True
) -> list[str]:
    """Write a .params file as nd.save does, of a list without names; with 0-d arrays as npx.save does."""
    require_dtypes(target, tensors, FLAGS.values(), "MXNet 1.9")
    numpy_shapes = any(tensor.shape == () for tensor in tensors)
    target.write(_MAGIC + struct.pack("<Q", len(tensors)))
    for tensor in tensors:
        target.write(opening(tensor.shape, tensor.dtype, V3 if numpy_shapes else V2))
        tensor.write_to(target)
    names = [tensor.name.encode() for tensor in tensors] if has_names else []
    target.write(struct.pack("<Q", len(names)) + b"".join(struct.pack("<Q", len(n)) + n for n in names))
    if numpy_shapes:
        return ["it holds 0-d arrays, so MXNet loads it only after mxnet.npx.set_np()"]
    return []


FORMAT = Format("mxnet", (".params",), recognises, read, write)
