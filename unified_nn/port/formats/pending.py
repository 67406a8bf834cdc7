"""What a writer is given: tensors whose shapes are all known before the first of them is read."""

from __future__ import annotations

import contextlib
import math
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Protocol

import numpy as np

from unified_nn.port.formats.atomic import Target, written
from unified_nn.port.formats.dense import PIECE_BYTES
from unified_nn.port.formats.dtypes import DTYPES, dtype_of
from unified_nn.port.formats.errors import WeightFileError, quoted, weight_file_error
from unified_nn.port.formats.limits import DIMENSIONS, NAME_BYTES
from unified_nn.port.formats.weight_file import Array, WeightFile


class Writer(Protocol):
    """What bytes go to: the file itself, or one member of an archive in it."""

    def write(self, data: memoryview, /) -> object: ...


@dataclass(frozen=True)
class Pending:
    """One tensor to be written; `pieces` reads it as flat arrays that follow one another in C order."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    pieces: Callable[[], Iterable[Array]]

    @property
    def nbytes(self) -> int:
        """Length of all pieces together."""
        return math.prod(self.shape) * DTYPES[self.dtype].itemsize

    def write_to(self, target: Writer, slice_bytes: int = 0, begin: Callable[[int], None] = lambda size: None) -> None:
        """Write all bytes, little-endian; `begin` is told the size of each slice of `slice_bytes` before it comes."""
        done = 0
        step = slice_bytes or max(self.nbytes, 1)
        if not self.nbytes:
            begin(0)
        for data in map(_little_endian, self.pieces()):
            while data:
                if done % step == 0:
                    begin(min(step, self.nbytes - done))
                part = data[: step - done % step]
                target.write(part)
                done, data = done + len(part), data[len(part) :]
        if done != self.nbytes:
            raise WeightFileError(f"tensor {quoted(self.name)} has {done} bytes, expected {self.nbytes}")


class Waiting(list[Pending]):
    """Tensors that are ready to be written."""


@contextlib.contextmanager
def prepared(
    path: Path, tensors: Mapping[str, Array] | Iterable[tuple[str, Array]] | Waiting
) -> Iterator[Sequence[Pending]]:
    """The tensors ready to be written; those of an iterable that is no mapping wait in an unnamed file meanwhile.

    Only one tensor is in memory at a time.
    """
    with contextlib.ExitStack() as stack:
        ready: Sequence[Pending]
        if isinstance(tensors, Waiting):
            ready = tensors
        elif isinstance(tensors, WeightFile):
            ready = [Pending(e.name, e.shape, e.dtype, partial(tensors.pieces, e.name)) for e in tensors.entries]
        elif isinstance(tensors, Mapping):
            ready = [_from_mapping(path, tensors, name, *_described(path, name, tensors[name])) for name in tensors]
        else:
            with written(path):
                spool = stack.enter_context(tempfile.TemporaryFile("w+b", buffering=0, dir=path.parent))
            with ThreadPoolExecutor(1) as thread:
                ready = list(_spooled(Target(path, spool, thread), tensors, spool))
        _check_names(path, ready)
        yield ready


def require_dtypes(target: Target, tensors: Sequence[Pending], known: Iterable[str], format: str) -> None:
    """Refuse element types that the format does not have: nothing is ever converted in silence."""
    names = set(known)
    for tensor in tensors:
        if tensor.dtype not in names:
            raise target.error(
                f"{format} cannot hold {tensor.dtype}, the type of tensor {quoted(tensor.name)}; convert it first",
                expected=f"one of {', '.join(sorted(names))}",
            )


def _described(path: Path, name: object, array: object) -> tuple[tuple[int, ...], str]:
    if not isinstance(name, str):
        raise weight_file_error(path, "the name of a tensor is no string", found=quoted(repr(name)))
    what = f"cannot write tensor {quoted(name)}"
    if not isinstance(array, (np.ndarray, np.generic)) or isinstance(array, np.ma.MaskedArray):
        raise weight_file_error(path, what, expected="a numpy array", found=type(array).__qualname__)
    dtype = dtype_of(array.dtype)
    if dtype is None:
        raise weight_file_error(path, what, expected=f"one of {', '.join(DTYPES)}", found=f"dtype {array.dtype}")
    if array.ndim > DIMENSIONS:
        raise weight_file_error(path, what, expected=f"at most {DIMENSIONS} dimensions", found=array.ndim)
    return array.shape, dtype.name


def _little_endian(array: Array) -> memoryview:
    """The bytes of an array: little-endian, C order, flat."""
    flat = np.ascontiguousarray(array).reshape(-1)
    element = dtype_of(array.dtype)
    if array.dtype.byteorder == (">" if sys.byteorder == "little" else "=") and element is not None:
        flat = flat.view(f"u{element.word}").byteswap()
    return flat.view(np.uint8).data


def _from_mapping(path: Path, tensors: Mapping[str, Array], name: str, shape: tuple[int, ...], dtype: str) -> Pending:
    def read() -> Iterator[Array]:
        array = tensors[name]
        found = _described(path, name, array)
        if found != (shape, dtype):
            reason = f"tensor {quoted(name)} changed while the file was written"
            raise weight_file_error(path, reason, expected=f"{dtype} {shape}", found=f"{found[1]} {found[0]}")
        yield np.asarray(array).reshape(-1)

    return Pending(name, shape, dtype, read)


def _spooled(spool: Target, tensors: Iterable[tuple[str, Array]], file: FileIO) -> Iterator[Pending]:
    for name, array in tensors:
        shape, dtype = _described(spool.path, name, array)
        offset = spool.tell()
        spool.write(_little_endian(np.asarray(array)))
        yield Pending(name, shape, dtype, partial(_from_spool, spool.path, file, offset, spool.tell()))


def _from_spool(path: Path, file: FileIO, offset: int, end: int) -> Iterator[Array]:
    while offset < end:
        buffer = np.empty(min(PIECE_BYTES, end - offset), np.uint8)
        with written(path):
            file.seek(offset)
            count = file.readinto(buffer.data)
            if not count:
                raise OSError("the temporary file became shorter")
        yield buffer[:count]
        offset += count


def _check_names(path: Path, tensors: Sequence[Pending]) -> None:
    seen: set[str] = set()
    for name in (tensor.name for tensor in tensors):
        what = f"the name {quoted(name)} cannot be written"
        try:
            size = len(name.encode())
        except UnicodeEncodeError as cause:
            raise weight_file_error(path, what, expected="valid Unicode", found="a lone surrogate") from cause
        if "\0" in name or size > NAME_BYTES:
            raise weight_file_error(path, what, expected=f"at most {NAME_BYTES} bytes without a zero character")
        if name in seen:
            raise weight_file_error(path, f"two tensors have the name {quoted(name)}")
        seen.add(name)
