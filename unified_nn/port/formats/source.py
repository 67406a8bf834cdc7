"""A regular file read by checked ranges: no read goes beyond its end, no allocation beyond its size."""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import threading
import zlib
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from unified_nn.port.formats.errors import WeightFileError, weight_file_error

_CHUNK = 1 << 20
_BUFFER = 1 << 16


class Source:
    """An open weight file.

    Reads instead of mapping: a mapped file that another process cuts short kills this one, a read reports it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        try:
            self._require_regular(self.path.stat().st_mode)
            self._file = FileIO(self.path, "rb", opener=_open_without_waiting)
        except (OSError, ValueError) as cause:
            if isinstance(cause, WeightFileError):
                raise
            raise self.error(f"cannot be opened: {_reason(cause)}") from cause
        status = os.fstat(self._file.fileno())
        try:
            self._require_regular(status.st_mode)
        except WeightFileError:
            self.close()
            raise
        self.size = status.st_size

    def _require_regular(self, mode: int) -> None:
        if not stat.S_ISREG(mode):
            raise self.error("not a weight file", expected="a regular file", found=_kind(mode))

    def error(self, reason: str, *, expected: object = "", found: object = "", where: object = "") -> WeightFileError:
        """A WeightFileError about this file."""
        return weight_file_error(self.path, reason, expected=expected, found=found, where=where)

    def require_range(self, offset: int, length: int, what: str) -> None:
        """Refuse a range that is not wholly inside the file."""
        if offset < 0 or length < 0 or offset + length > self.size:
            left = f"{max(0, self.size - offset)} bytes left"
            raise self.error(
                f"{what} reaches beyond the end of the file",
                expected=f"{length} bytes",
                found=left,
                where=f"byte {offset}",
            )

    def read(self, offset: int, length: int, what: str) -> bytes:
        """The bytes of one range."""
        self.require_range(offset, length, what)
        if length < _CHUNK:
            buffer = bytearray(length)
            self.read_into(offset, memoryview(buffer), what)
            return bytes(buffer)
        # A large range is read into the bytes themselves, which are there once only.
        with self._reading(what) as file:
            file.seek(offset)
            found = file.read(length)
        if len(found) != length:
            raise self.error(f"the file became shorter while {what} was read", where=f"byte {offset + len(found)}")
        return found

    @contextlib.contextmanager
    def _reading(self, what: str) -> Iterator[FileIO]:
        with self._lock:
            if self._file.closed:
                raise self.error(f"{what} was asked for after the file was closed")
            try:
                yield self._file
            except OSError as cause:
                raise self.error(f"{what} cannot be read: {_reason(cause)}") from cause

    def read_into(self, offset: int, buffer: memoryview, what: str) -> None:
        """Fill the buffer from the range that begins at offset."""
        self.require_range(offset, len(buffer), what)
        done = 0
        with self._reading(what) as file:
            file.seek(offset)
            while done < len(buffer):
                count = file.readinto(buffer[done:])
                if not count:
                    raise self.error(f"the file became shorter while {what} was read", where=f"byte {offset + done}")
                done += count

    def crc32(self, offset: int, length: int, what: str, start: int = 0) -> int:
        """The CRC-32 of one range, continuing from `start`."""
        self.require_range(offset, length, what)
        for position in range(offset, offset + length, _CHUNK):
            start = zlib.crc32(self.read(position, min(_CHUNK, offset + length - position), what), start)
        return start

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._file.close()


class Budget:
    """What a file may use up of something only once, wherever it is asked for."""

    def __init__(self, source: Source, what: str, amount: int) -> None:
        self._source, self._what, self._left, self._amount = source, what, amount, amount

    def spend(self, amount: int = 1) -> None:
        """Take a part of it; refuses the file when nothing is left."""
        self._left -= amount
        if self._left < 0:
            raise self._source.error(f"too many {self._what}", expected=f"at most {self._amount}")


class Cursor:
    """Reads one range of a source forward."""

    def __init__(self, source: Source, start: int, end: int, what: str) -> None:
        source.require_range(start, end - start, what)
        self.source, self.position, self.end, self.what = source, start, end, what
        self._buffer, self._base = b"", start

    def part(self, start: int, length: int, what: str) -> Cursor:
        """A cursor of its own for a range inside this one's, which keeps what is already in memory."""
        found = Cursor(self.source, start, start + length, what)
        if self._base <= start <= self._base + len(self._buffer):
            found._buffer, found._base = self._buffer, self._base
        return found

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return self.end - self.position

    def error(self, reason: str, *, expected: object = "", found: object = "") -> WeightFileError:
        """A WeightFileError that names the position."""
        return self.source.error(
            f"{self.what}: {reason}", expected=expected, found=found, where=f"byte {self.position}"
        )

    def skip(self, count: int, what: str) -> int:
        """Pass over `count` bytes that must be there; returns where they begin."""
        if not 0 <= count <= self.left:
            raise self.error(f"{what} is cut short", expected=f"{count} bytes", found=f"{self.left} bytes left")
        start = self.position
        self.position += count
        return start

    def take(self, count: int, what: str) -> bytes:
        """The next `count` bytes."""
        start = self.position
        first = start - self._base
        if 0 <= count <= min(len(self._buffer), self.end - self._base) - first:
            self.position = start + count
            return self._buffer[first : first + count]
        self.skip(count, what)
        self._buffer = self.source.read(start, min(max(count, _BUFFER), self.end - start), self.what)
        self._base = start
        return self._buffer[:count]

    def line(self, longest: int, what: str) -> bytes:
        """The bytes up to the next line feed, which is passed over."""
        for size in (64, longest + 1):
            start = self.position
            found, feed, _ = self.take(min(size, self.left), what).partition(b"\n")
            self.position = start + len(found) + len(feed)
            if feed:
                return found
            self.position = start
        raise self.error(f"{what} is too long or cut short", expected=f"at most {longest} bytes")

    def number(self, code: str, what: str) -> int:
        """One little-endian integer, `code` as in struct."""
        value: int = struct.unpack("<" + code, self.take(struct.calcsize("<" + code), what))[0]
        return value


def _open_without_waiting(path: str, flags: int) -> int:
    # A FIFO put in the file's place between stat and open would otherwise block for ever.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _reason(cause: Exception) -> str:
    return (cause.strerror or str(cause)) if isinstance(cause, OSError) else str(cause)


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    return next((name for test, name in kinds if test(mode)), "a device")
