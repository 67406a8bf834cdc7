"""MindSpore .ckpt: protobuf `repeated Value {tag, tensor {dims, type, content}}`, sometimes with a CRC-32 behind."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from unified_nn.port.formats import limits, protobuf
from unified_nn.port.formats.atomic import Target
from unified_nn.port.formats.dense import dense
from unified_nn.port.formats.dtypes import DTYPES
from unified_nn.port.formats.errors import WeightFileError, quoted
from unified_nn.port.formats.format import Format
from unified_nn.port.formats.pending import Pending, require_dtypes
from unified_nn.port.formats.source import Budget, Cursor, Source
from unified_nn.port.formats.weight_file import Contents, Stored, check_shape

SLICE_BYTES = 512 << 20
"""MindSpore splits a larger parameter into several entries of one name."""

_NAMES = {
    "Bool": "bool",
    **{f"Int{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"UInt{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"Float{bits}": f"float{bits}" for bits in (16, 32, 64)},
    "BFloat16": "bfloat16",
    "Complex64": "complex64",
    "Complex128": "complex128",
}
_TYPES = {name: code for code, name in _NAMES.items() if not name.startswith("complex")}
_TEXT = "str"
_PARTS = (b"\x0a", b"\x12", b"\x1a")
_OPENING = ((b"\x0a",), _PARTS)
_SUM_MARK, _SUM_BYTES = b"crc_num", 17


@dataclass
class _Value:
    """One parameter: the slices of its content in the file, in order."""

    tag: str
    dims: tuple[int, ...]
    type: str
    ranges: list[tuple[int, int]] = field(default_factory=list)


def recognises(source: Source, head: bytes) -> bool:
    """True if the beginning is that of an entry: name then tensor, as MindSpore writes, or tensor then name."""
    cursor = Cursor(source, 0, source.size, "checkpoint")
    try:
        for expected in _OPENING:
            if cursor.take(1, "entry") not in expected:
                return False
            length = protobuf.varint(cursor)
        cursor.skip(length, "name or tensor")
        return cursor.take(1, "entry") in _PARTS
    except WeightFileError:
        return False


def read(source: Source) -> Contents:
    """The parameters of a checkpoint; texts of `append_dict` become metadata."""
    end = source.size - _check_sum(source)
    contents = Contents([])
    cursor, texts = Cursor(source, 0, end, "checkpoint"), Budget(source, "bytes of text", limits.HEADER_BYTES)
    fields, names = Budget(source, "fields", limits.FIELDS), Budget(source, "bytes of names", limits.NAMES_CHARACTERS)
    for value in _joined(cursor, _Reader(source, fields, names).values(cursor)):
        if value.type == _TEXT:
            texts.spend(value.ranges[0][1])
            contents.metadata[value.tag] = _text(source, value)
        else:
            contents.tensors.append(_stored(source, value))
    if contents.metadata:
        listed = ", ".join(quoted(name) for name in contents.metadata)
        contents.notes.append(f"texts are in the metadata only: {listed}")
    return contents


def _check_sum(source: Source) -> int:
    """The length of the trailer `crc_num` + 10 bytes of big-endian CRC-32, checked if it is there."""
    begin = source.size - _SUM_BYTES
    if begin < 0:
        return 0
    trailer = source.read(begin, _SUM_BYTES, "checksum")
    if not trailer.startswith(_SUM_MARK):
        return 0
    expected = int.from_bytes(trailer[len(_SUM_MARK) :], "big")
    found = source.crc32(0, begin, "checkpoint")
    if found != expected:
        raise source.error("the checksum is wrong: the file is damaged", expected=expected, found=found)
    return _SUM_BYTES


@dataclass
class _Reader:
    """Walks the entries; what is counted is counted over the whole file."""

    source: Source
    fields: Budget
    names: Budget

    def values(self, cursor: Cursor) -> Iterator[_Value]:
        """The entries in the order of the file, each with one slice of its content."""
        for count, entry in enumerate(protobuf.fields(cursor, self.fields)):
            if (entry.number, entry.wire) != (1, protobuf.BYTES):
                continue
            if count >= limits.MEMBERS:
                raise cursor.error("too many parameters", expected=f"at most {limits.MEMBERS}")
            inside = cursor.part(entry.start, entry.value, "entry")
            parts = self._only(inside, {1: "tag", 2: "tensor", 3: "map"})
            if "map" in parts:
                raise cursor.error("a map tensor (hash table embedding) cannot be read")
            if "tag" not in parts or "tensor" not in parts:
                raise cursor.error("an entry without name or tensor")
            tag, tensor = self._string(inside, parts["tag"], "parameter name"), parts["tensor"]
            yield self._tensor(tag, inside.part(tensor.start, tensor.value, f"parameter {quoted(tag)}"))

    def _only(self, cursor: Cursor, names: Mapping[int, str]) -> dict[str, protobuf.Field]:
        found: dict[str, protobuf.Field] = {}
        for part in protobuf.fields(cursor, self.fields):
            name = names.get(part.number)
            if name is None:
                continue
            if name in found or part.wire != protobuf.BYTES:
                raise cursor.error(f"the {name} comes twice or in a wrong form")
            found[name] = part
        return found

    def _string(self, cursor: Cursor, part: protobuf.Field, what: str) -> str:
        if part.value > limits.NAME_BYTES:
            reason = f"{what} too long"
            raise self.source.error(reason, expected=f"at most {limits.NAME_BYTES} bytes", found=part.value)
        self.names.spend(part.value)
        try:
            return cursor.part(part.start, part.value, what).take(part.value, what).decode()
        except UnicodeDecodeError as cause:
            raise self.source.error(f"{what} is not UTF-8", where=f"byte {part.start}") from cause

    def _tensor(self, tag: str, cursor: Cursor) -> _Value:
        dims: list[int] = []
        found: dict[str, protobuf.Field] = {}
        for part in protobuf.fields(cursor, self.fields):
            if part.number == 1 and part.wire == protobuf.VARINT:
                dims.append(part.value)
            elif part.number == 1 and part.wire == protobuf.BYTES:
                dims += self._packed(cursor.part(part.start, part.value, cursor.what))
            elif part.number in (2, 3):
                name = "type" if part.number == 2 else "content"
                if name in found or part.wire != protobuf.BYTES:
                    raise cursor.error(f"its {name} comes twice or in a wrong form")
                found[name] = part
            if len(dims) > limits.DIMENSIONS:
                raise cursor.error("too many dimensions", expected=f"at most {limits.DIMENSIONS}")
        if len(found) != 2:
            raise cursor.error("type or content is missing")
        shape = check_shape(self.source, dims, cursor.what)
        content = found["content"]
        return _Value(tag, shape, self._string(cursor, found["type"], "tensor type"), [(content.start, content.value)])

    def _packed(self, cursor: Cursor) -> Iterator[int]:
        for _ in range(limits.DIMENSIONS + 1):
            if not cursor.left:
                return
            self.fields.spend()
            yield protobuf.varint(cursor)


def _joined(cursor: Cursor, values: Iterator[_Value]) -> Iterator[_Value]:
    """Join the slices of one parameter: neighbours of one name, shape and type, until its bytes are complete."""
    previous: _Value | None = None
    for value in values:
        if previous is None or previous.tag != value.tag:
            if previous is not None:
                yield previous
            previous = value
            continue
        if (previous.dims, previous.type) != (value.dims, value.type) or _complete(previous):
            raise cursor.error(f"parameter {quoted(value.tag)} comes twice")
        previous.ranges += value.ranges
    if previous is not None:
        yield previous


def _complete(value: _Value) -> bool:
    dtype = DTYPES.get(_NAMES.get(value.type, ""))
    size = math.prod(value.dims) * dtype.itemsize if dtype else 0
    return sum(length for _, length in value.ranges) >= size


def _text(source: Source, value: _Value) -> str:
    (offset, length) = value.ranges[0]
    try:
        return source.read(offset, length, "text").decode("utf-32-le")
    except UnicodeDecodeError as cause:
        raise source.error(f"text {quoted(value.tag)} is not UTF-32", where=f"byte {offset}") from cause


def _stored(source: Source, value: _Value) -> Stored:
    dtype = _NAMES.get(value.type)
    if dtype is None:
        what = f"parameter {quoted(value.tag)} has the type {quoted(value.type)}, which cannot be read"
        raise source.error(what, expected=f"one of {', '.join(_NAMES)}")
    # MindSpore before 2.0 wrote a scalar with dims [0].
    old_scalar = value.dims == (0,) and sum(length for _, length in value.ranges) == DTYPES[dtype].itemsize
    return dense(source, value.tag, dtype, () if old_scalar else value.dims, value.ranges)


def write(
    target: Target, tensors: Sequence[Pending], metadata: Mapping[str, str], *, checksum: bool = False
) -> list[str]:
    """Write a checkpoint as save_checkpoint does; `metadata` become its texts.

    The checksum is left out unless it is asked for: older versions cannot read it.
    """
    require_dtypes(target, tensors, _TYPES, "a MindSpore checkpoint")
    left_out = [tensor.name for tensor in tensors if tensor.shape == (0,)]
    if len(left_out) == len(tensors) and not metadata:
        raise target.error("nothing to write: a MindSpore checkpoint cannot be empty")
    summed = _Summed(target, checksum)
    for tensor in tensors:
        if tensor.shape != (0,):
            _write_entry(summed, tensor)
    for name, text in metadata.items():
        content = b"\x08\x00" + protobuf.encoded_bytes(2, _TEXT.encode())
        content += protobuf.encoded_bytes(3, text.encode("utf-32-le"))
        value = protobuf.encoded_bytes(1, name.encode()) + protobuf.encoded_bytes(2, content)
        summed.write(protobuf.encoded_bytes(1, value))
    if checksum:
        target.write(_SUM_MARK + summed.crc.to_bytes(_SUM_BYTES - len(_SUM_MARK), "big"))
    empty = [quoted(name) for name in left_out]
    return [f"left out, as MindSpore would read an empty vector as the number 0: {', '.join(empty)}"] if empty else []


class _Summed:
    """Writes to a target and keeps the CRC-32 of all, where that is `wanted`."""

    def __init__(self, target: Target, wanted: bool) -> None:
        self._target, self._wanted, self.crc = target, wanted, 0

    def write(self, data: bytes | memoryview) -> None:
        if self._wanted:
            self.crc = zlib.crc32(data, self.crc)
        self._target.write(data)


def _write_entry(target: _Summed, tensor: Pending) -> None:
    step = max(1, SLICE_BYTES // DTYPES[tensor.dtype].itemsize) * DTYPES[tensor.dtype].itemsize
    dims = b"".join(b"\x08" + protobuf.encoded_varint(size) for size in tensor.shape)
    tag = protobuf.encoded_bytes(1, tensor.name.encode())
    kind = protobuf.encoded_bytes(2, _TYPES[tensor.dtype].encode())

    def begin(size: int) -> None:
        opening = dims + kind + protobuf.encoded_bytes(3, more=size)
        value = tag + protobuf.encoded_bytes(2, opening, more=size)
        target.write(protobuf.encoded_bytes(1, value, more=size))

    tensor.write_to(target, step, begin)


FORMAT = Format("mindspore", (".ckpt",), recognises, read, write)
