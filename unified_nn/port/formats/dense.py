"""Tensors whose bytes lie in C order in the file: read whole, or in pieces that take little memory."""

from __future__ import annotations

import itertools
import math
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unified_nn.port.formats.dtypes import DTYPES
from unified_nn.port.formats.errors import quoted
from unified_nn.port.formats.source import Source
from unified_nn.port.formats.weight_file import Array, Stored, check_bytes

PIECE_BYTES = 1 << 20
"""How much of a tensor is in memory at once while it is copied; a multiple of every element's size.

Larger pieces take longer: they leave the processor's caches between reading and writing."""

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Sum:
    """A CRC-32 that covers exactly a tensor's bytes, after others whose CRC-32 is `start`."""

    expected: int
    start: int = 0


@dataclass(frozen=True)
class Dense:
    """A tensor in one or several ranges (offset, length) of the file, checked by `sum` if there is one."""

    source: Source
    name: str
    dtype: str
    shape: tuple[int, ...]
    ranges: Sequence[tuple[int, int]]
    big_endian: bool = False
    sum: Sum | None = None

    @property
    def _what(self) -> str:
        return f"tensor {quoted(self.name)}"

    def load(self) -> Array:
        """All of it, as a new array."""
        return read_array(self.source, self.name, self.dtype, self.shape, self._fill, self.big_endian)

    def _fill(self, buffer: memoryview) -> None:
        done = 0
        for offset, length in self.ranges:
            self.source.read_into(offset, buffer[done : done + length], self._what)
            done += length
        self._check(zlib.crc32(buffer, self.sum.start) if self.sum else 0)

    def pieces(self) -> Iterator[Array]:
        """Flat arrays that follow one another, in two buffers by turns: one is written while the next is read."""
        size = min(PIECE_BYTES, max((length for _, length in self.ranges), default=0))
        buffers = itertools.cycle((np.empty(size, np.uint8), np.empty(size, np.uint8)))
        found = self.sum.start if self.sum else 0
        for offset, length in self.ranges:
            for position in range(0, length, PIECE_BYTES):
                part = next(buffers)[: min(PIECE_BYTES, length - position)]
                self.source.read_into(offset + position, part.data, self._what)
                found = zlib.crc32(part.data, found) if self.sum else 0
                yield from_bytes(self.source, self.name, self.dtype, part, self.big_endian)
        self._check(found)

    def _check(self, found: int) -> None:
        if self.sum and found != self.sum.expected:
            reason = f"{self._what} is damaged: wrong CRC-32"
            raise self.source.error(reason, expected=f"{self.sum.expected:#010x}", found=f"{found:#010x}")

    def stored(self) -> Stored:
        """As a tensor of the file, its ranges and their length checked."""
        for offset, length in self.ranges:
            self.source.require_range(offset, length, self._what)
        span = sum(length for _, length in self.ranges)
        check_bytes(self.source, self.shape, self.dtype, span, self._what)
        # A range may end within an element; then only the whole can be read.
        whole = all(length % DTYPES[self.dtype].itemsize == 0 for _, length in self.ranges)
        return Stored(self.name, self.shape, self.dtype, span, self.load, self.pieces if whole else None)


def dense(source: Source, name: str, dtype: str, shape: tuple[int, ...], ranges: Sequence[tuple[int, int]]) -> Stored:
    """A tensor whose little-endian bytes lie in C order in one or several ranges (offset, length) of the file."""
    return Dense(source, name, dtype, shape, ranges).stored()


def read_array(
    source: Source,
    name: str,
    dtype: str,
    shape: tuple[int, ...],
    fill: Callable[[memoryview], None],
    big_endian: bool = False,
) -> Array:
    """A new array in C order whose bytes `fill` writes."""
    buffer = np.empty(math.prod(shape) * DTYPES[dtype].itemsize, np.uint8)
    fill(buffer.data)
    return from_bytes(source, name, dtype, buffer, big_endian).reshape(shape)


def from_bytes(source: Source, name: str, dtype: str, buffer: Bytes, big_endian: bool = False) -> Array:
    """The bytes as a flat array of native byte order; swaps in place."""
    element = DTYPES[dtype]
    if dtype == "bool" and buffer.size and buffer.max() > 1:
        raise source.error(f"tensor {quoted(name)} is no bool", expected="bytes 0 and 1", found=f"byte {buffer.max()}")
    if element.word > 1 and big_endian != (sys.byteorder == "big"):
        buffer.view(f"u{element.word}").byteswap(inplace=True)
    return buffer.view(element.array)
