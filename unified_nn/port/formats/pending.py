"""What a writer is given: tensors whose shapes are all known before the first of them is read."""

from __future__ import annotations

import contextlib
import math
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path

import numpy as np

from unified_nn.port.formats.atomic import Target, written
from unified_nn.port.formats.dtypes import DTYPES, dtype_of
from unified_nn.port.formats.errors import quoted, weight_file_error
from unified_nn.port.formats.limits import DIMENSIONS, NAME_BYTES
from unified_nn.port.formats.weight_file import Array, WeightFile


@dataclass(frozen=True)
class Pending:
    """One tensor to be written; `bytes` reads it and gives its bytes: little-endian, C order, flat."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: Callable[[], memoryview]

    @property
    def nbytes(self) -> int:
        """Length of what `bytes` gives."""
        return math.prod(self.shape) * DTYPES[self.dtype].itemsize


@contextlib.contextmanager
def prepared(path: Path, tensors: Mapping[str, Array] | Iterable[tuple[str, Array]]) -> Iterator[list[Pending]]:
    """The tensors ready to be written; those of an iterable that is no mapping wait in an unnamed file meanwhile.

    Only one tensor is in memory at a time.
    """
    with contextlib.ExitStack() as stack:
        if isinstance(tensors, WeightFile):
            ready = [_from_mapping(path, tensors, e.name, e.shape, e.dtype) for e in tensors.entries]
        elif isinstance(tensors, Mapping):
            ready = [_from_mapping(path, tensors, name, *_described(path, name, tensors[name])) for name in tensors]
        else:
            with written(path):
                spool = stack.enter_context(tempfile.TemporaryFile("w+b", buffering=0, dir=path.parent))
            ready = list(_spooled(path, spool, tensors))
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


def little_endian(array: Array) -> memoryview:
    """The bytes of an array: little-endian, C order, flat."""
    flat = np.ascontiguousarray(array).reshape(-1)
    element = dtype_of(array.dtype)
    if array.dtype.byteorder == (">" if sys.byteorder == "little" else "=") and element is not None:
        flat = flat.view(f"u{element.word}").byteswap()
    return flat.view(np.uint8).data


def _from_mapping(path: Path, tensors: Mapping[str, Array], name: str, shape: tuple[int, ...], dtype: str) -> Pending:
    def read() -> memoryview:
        array = tensors[name]
        found = _described(path, name, array)
        if found != (shape, dtype):
            reason = f"tensor {quoted(name)} changed while the file was written"
            raise weight_file_error(path, reason, expected=f"{dtype} {shape}", found=f"{found[1]} {found[0]}")
        return little_endian(np.asarray(array))

    return Pending(name, shape, dtype, read)


def _spooled(path: Path, file: FileIO, tensors: Iterable[tuple[str, Array]]) -> Iterator[Pending]:
    spool = Target(path, file)
    for name, array in tensors:
        shape, dtype = _described(path, name, array)
        offset = spool.tell()
        spool.write(little_endian(np.asarray(array)))
        yield Pending(name, shape, dtype, partial(_from_spool, path, file, offset, spool.tell() - offset))


def _from_spool(path: Path, file: FileIO, offset: int, length: int) -> memoryview:
    buffer = np.empty(length, np.uint8)
    done = 0
    with written(path):
        file.seek(offset)
        while done < length:
            count = file.readinto(buffer.data[done:])
            if not count:
                raise OSError("the temporary file became shorter")
            done += count
    return buffer.data


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
