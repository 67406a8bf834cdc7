"""One array record of an MXNet .params file: four versions, dense or sparse."""

from __future__ import annotations

import enum
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from unified_nn.port.formats.dense import dense, read_array
from unified_nn.port.formats.dtypes import DTYPES
from unified_nn.port.formats.errors import quoted
from unified_nn.port.formats.source import Cursor, Source
from unified_nn.port.formats.weight_file import Array, Stored, check_bytes, check_shape

V1, V2, V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
FLAGS = {
    0: "float32",
    1: "float64",
    2: "float16",
    3: "uint8",
    4: "int32",
    5: "int8",
    6: "int64",
    7: "bool",
    12: "bfloat16",
}
_FLAGS_OF_2 = {8: "int16", 9: "uint16", 10: "uint32", 11: "uint64"}


class Form(enum.Enum):
    """How an array is kept."""

    NONE = "no value"
    DENSE = "dense"
    ROW_SPARSE = "row_sparse"
    CSR = "csr"


_FORMS = {0: Form.DENSE, 1: Form.ROW_SPARSE, 2: Form.CSR}
_AUXILIARIES = {Form.DENSE: 0, Form.ROW_SPARSE: 1, Form.CSR: 2}


@dataclass(frozen=True)
class Block:
    """One run of numbers in the file."""

    dtype: str
    shape: tuple[int, ...]
    offset: int = 0

    @property
    def nbytes(self) -> int:
        """Its length."""
        return math.prod(self.shape) * DTYPES[self.dtype].itemsize


@dataclass(frozen=True)
class Record:
    """One array: its shape, its values, and for a sparse one its index arrays."""

    form: Form
    shape: tuple[int, ...] = ()
    values: Block = Block("float32", (0,))
    indices: tuple[Block, ...] = ()

    @staticmethod
    def read(cursor: Cursor, scalars: bool) -> Record:
        """The record at the cursor; `scalars` says that 0 dimensions are a number, not an array without value."""
        magic = cursor.number("I", "array")
        if magic in (V2, V3):
            return _modern(cursor, magic == V3, scalars)
        ndim = cursor.number("i", "array") if magic == V1 else magic
        shape = _shape(cursor, ndim, "q" if magic == V1 else "I")
        if not shape:
            return Record(Form.NONE)
        cursor.skip(8, "device")
        return Record(Form.DENSE, shape, _placed(cursor, Block(_dtype(cursor), shape)))


def _modern(cursor: Cursor, numpy_shapes: bool, scalars: bool) -> Record:
    kind = cursor.number("i", "storage type")
    form = _FORMS.get(kind)
    if kind == -1:
        if _shape(cursor, cursor.number("i", "dimensions")) == ():
            return Record(Form.NONE)
        raise cursor.error("an array without storage type has a shape")
    if form is None or (numpy_shapes and form is not Form.DENSE):
        raise cursor.error("unknown storage type", found=kind)
    block = None if form is Form.DENSE else _shape(cursor, cursor.number("i", "dimensions"))
    ndim = cursor.number("i", "dimensions")
    if numpy_shapes and ndim == -1:
        return Record(Form.NONE)
    shape = _shape(cursor, ndim)
    if not shape and not numpy_shapes and not scalars:
        return Record(Form.NONE)
    cursor.skip(8, "device")
    values = Block(_dtype(cursor), shape if block is None else block)
    indices = [
        Block(_dtype(cursor), _shape(cursor, cursor.number("i", "dimensions"))) for _ in range(_AUXILIARIES[form])
    ]
    placed = _placed(cursor, values)
    return Record(form, shape, placed, tuple(_placed(cursor, index) for index in indices))


def _shape(cursor: Cursor, ndim: int, code: str = "q") -> tuple[int, ...]:
    if not 0 <= ndim <= 64:
        raise cursor.error("bad number of dimensions, or no array record", found=ndim)
    sizes = struct.unpack(f"<{ndim}{code}", cursor.take(ndim * struct.calcsize("<" + code), "shape"))
    return check_shape(cursor.source, sizes, "an array")


def _dtype(cursor: Cursor) -> str:
    flag = cursor.number("i", "type flag")
    dtype = FLAGS.get(flag) or _FLAGS_OF_2.get(flag)
    if dtype is None:
        raise cursor.error("unknown type flag", found=flag)
    return dtype


def _placed(cursor: Cursor, block: Block) -> Block:
    return Block(block.dtype, block.shape, cursor.skip(block.nbytes, "an array's data"))


def stored(source: Source, name: str, record: Record) -> Stored:
    """The array as a dense tensor."""
    values = record.values
    if record.form is Form.DENSE:
        return dense(source, name, values.dtype, record.shape, [(values.offset, values.nbytes)])
    what = f"{record.form.value} array {quoted(name)}"
    check, load = _SPARSE[record.form]
    found = tuple(block.shape for block in (values, *record.indices))
    if not check(record.shape, *found):
        raise source.error(f"{what}: its parts do not fit its shape", found=f"{found} for {record.shape}")
    if any(block.dtype not in ("int64", "int32") for block in record.indices):
        raise source.error(f"{what}: its indices are no integers", found=[block.dtype for block in record.indices])
    span = values.nbytes + sum(block.nbytes for block in record.indices)
    return Stored(name, record.shape, values.dtype, span, partial(load, source, name, record, what))


def _fits_rows(shape: tuple[int, ...], values: tuple[int, ...], rows: tuple[int, ...]) -> bool:
    return len(shape) > 0 and len(rows) == 1 and values == (*rows, *shape[1:]) and rows[0] <= shape[0]


def _fits_csr(
    shape: tuple[int, ...], values: tuple[int, ...], starts: tuple[int, ...], columns: tuple[int, ...]
) -> bool:
    if len(shape) != 2 or len(values) != 1 or values != columns:
        return False
    return starts == (shape[0] + 1,) or (starts == (0,) and values == (0,))


def _block(source: Source, name: str, block: Block) -> Array:
    def fill(buffer: memoryview) -> None:
        source.read_into(block.offset, buffer, f"array {quoted(name)}")

    check_bytes(source, block.shape, block.dtype, block.nbytes, name)
    return read_array(source, name, block.dtype, block.shape, fill)


def _outside(numbers: Array, end: int) -> bool:
    return bool(((numbers < 0) | (numbers >= end)).any())


def _from_rows(source: Source, name: str, record: Record, what: str) -> Array:
    rows = _block(source, name, record.indices[0]).astype(np.int64)
    if _outside(rows, record.shape[0]) or (np.diff(rows) <= 0).any():
        raise source.error(
            f"{what}: its row numbers are not increasing within the shape", found=f"rows of {record.shape[0]}"
        )
    array = np.zeros(record.shape, DTYPES[record.values.dtype].array)
    array[rows] = _block(source, name, record.values)
    return array


def _from_csr(source: Source, name: str, record: Record, what: str) -> Array:
    starts, columns = (_block(source, name, block).astype(np.int64) for block in record.indices)
    values = _block(source, name, record.values)
    array = np.zeros(record.shape, values.dtype)
    if not values.size and not starts.any():
        return array
    counts = np.diff(starts)
    if _outside(starts, values.size + 1) or starts[0] != 0 or starts[-1] != values.size or (counts < 0).any():
        raise source.error(f"{what}: its row starts are not increasing from 0 to {values.size}")
    rows = np.repeat(np.arange(record.shape[0]), counts)
    within = np.diff(rows) == 0
    if _outside(columns, record.shape[1]) or (np.diff(columns)[within] <= 0).any():
        raise source.error(f"{what}: its columns are not increasing within {record.shape[1]}")
    array[rows, columns] = values
    return array


_SPARSE: dict[Form, tuple[Callable[..., bool], Callable[[Source, str, Record, str], Array]]] = {
    Form.ROW_SPARSE: (_fits_rows, _from_rows),
    Form.CSR: (_fits_csr, _from_csr),
}
