"""One array as numpy.save writes it: magic, version, header length, a dict literal, the bytes."""

from __future__ import annotations

import ast
import math
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from unified_nn.port.formats.atomic import Target
from unified_nn.port.formats.dense import Dense, Sum, read_array
from unified_nn.port.formats.dtypes import DTYPES
from unified_nn.port.formats.errors import quoted
from unified_nn.port.formats.format import Format
from unified_nn.port.formats.pending import Pending, require_dtypes
from unified_nn.port.formats.source import Source
from unified_nn.port.formats.weight_file import Array, Contents, Stored, check_bytes, check_shape

MAGIC = b"\x93NUMPY"
_HEADER_BYTES = 10_000
_NAME = "arr_0"
_ALIGNMENT = 64
#: A header is flat, so these characters suffice; without signs and operators nothing can be nested deeply.
_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_{}():,'\"<>|=? \n")
_ORDERS: tuple[Literal["<"], Literal[">"]] = ("<", ">")
_PLAIN = {name: dtype.array for name, dtype in DTYPES.items() if dtype.array.isbuiltin == 1}
DESCRS = {name: array.newbyteorder("<").str for name, array in _PLAIN.items()}
_DTYPES = {array.newbyteorder(order).str: name for name, array in _PLAIN.items() for order in _ORDERS}


class Header(NamedTuple):
    """What the header says, and how long it is with everything before the data."""

    dtype: str
    shape: tuple[int, ...]
    fortran: bool
    big_endian: bool
    length: int


def recognises(source: Source, head: bytes) -> bool:
    """True for the magic bytes."""
    return head.startswith(MAGIC)


def parse(source: Source, beginning: Callable[[int], bytes], total: int, what: str) -> Header:
    """The header of the array whose first bytes `beginning(count)` gives and which is `total` bytes long."""
    start = beginning(12)
    width = 2 if start[6:7] == b"\1" else 4
    if not start.startswith(MAGIC) or start[6:8] not in (b"\1\0", b"\2\0", b"\3\0") or len(start) < 12:
        raise source.error(f"{what} is no .npy array of version 1 to 3", found=repr(start[:8]))
    size = int.from_bytes(start[8 : 8 + width], "little")
    length = 8 + width + size
    if size > _HEADER_BYTES or length > total:
        raise source.error(f"the header of {what} is too long", expected=f"at most {_HEADER_BYTES} bytes", found=size)
    try:
        text = beginning(length)[8 + width :].decode("utf-8" if start[6] == 3 else "latin-1")
        if not set(text) <= _CHARACTERS:
            raise ValueError("signs, operators or control characters")
        # Python 2 wrote sizes as 3L.
        fields = ast.literal_eval(re.sub(r"(?<=[0-9])L", "", text.strip()))
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError) as cause:
        raise source.error(f"bad header of {what}", expected="a flat dict literal of plain values") from cause
    return _checked(source, fields, length, total, what)


def _checked(source: Source, fields: object, length: int, total: int, what: str) -> Header:
    if not isinstance(fields, dict) or fields.keys() != {"descr", "fortran_order", "shape"}:
        raise source.error(f"bad header of {what}", expected="descr, fortran_order and shape")
    descr, fortran, shape = fields["descr"], fields["fortran_order"], fields["shape"]
    if not isinstance(shape, tuple) or not isinstance(fortran, bool) or not isinstance(descr, str):
        raise source.error(f"bad header of {what}", expected="a text, a truth value and a tuple")
    dtype = _DTYPES.get(descr)
    if dtype is None:
        hint = "Python objects are never unpickled" if "O" in descr else "convert it before saving"
        raise source.error(f"{what} has the type {quoted(descr)}, which cannot be read; {hint}")
    sizes = check_shape(source, shape, what)
    check_bytes(source, sizes, dtype, total - length, what)
    return Header(dtype, sizes, fortran, descr.startswith(">"), length)


def plain(source: Source, name: str, header: Header, offset: int, sum: Sum | None = None) -> Stored | None:
    """The array whose file begins at `offset`, if its data lies there in C order; `sum` covers header and data."""
    if header.fortran and len(header.shape) > 1:
        return None
    begin = offset + header.length
    ranges = [(begin, math.prod(header.shape) * DTYPES[header.dtype].itemsize)]
    return Dense(source, name, header.dtype, header.shape, ranges, header.big_endian, sum).stored()


def assemble(source: Source, name: str, header: Header, fill: Callable[[memoryview], None]) -> Array:
    """The array whose data `fill` writes, in C order."""
    shape = header.shape[::-1] if header.fortran else header.shape
    array = read_array(source, name, header.dtype, shape, fill, header.big_endian)
    return np.ascontiguousarray(array.T) if header.fortran and array.ndim > 1 else array


def read(source: Source) -> Contents:
    """The one array, named as numpy.savez names an array without name."""
    what = f"array {quoted(_NAME)}"
    header = parse(source, lambda count: source.read(0, min(count, source.size), what), source.size, what)

    def load() -> Array:
        return assemble(source, _NAME, header, lambda buffer: source.read_into(header.length, buffer, what))

    span = source.size - header.length
    found = plain(source, _NAME, header, 0) or Stored(_NAME, header.shape, header.dtype, span, load)
    note = f"a .npy file has no names: the array is called {quoted(_NAME)}"
    return Contents([found], notes=[note])


def encoded_header(tensor: Pending) -> bytes:
    """Everything before the data, padded so that the data is aligned."""
    fields = {"descr": DESCRS[tensor.dtype], "fortran_order": False, "shape": tensor.shape}
    text = repr(fields).encode("ascii")
    text += b" " * (-(len(MAGIC) + 4 + len(text) + 1) % _ALIGNMENT) + b"\n"
    return MAGIC + b"\1\0" + struct.pack("<H", len(text)) + text


def write(target: Target, tensors: Sequence[Pending], metadata: Mapping[str, str]) -> list[str]:
    """Write the one array, without its name."""
    require_dtypes(target, tensors, DESCRS, "npy")
    if len(tensors) != 1:
        raise target.error("a .npy file holds one array; write .npz", expected="1 tensor", found=len(tensors))
    target.write(encoded_header(tensors[0]))
    tensors[0].write_to(target)
    return [] if tensors[0].name == _NAME else [f"a .npy file has no names: {quoted(tensors[0].name)} is lost"]


FORMAT = Format("npy", (".npy",), recognises, read, write)
