"""A regular file read by checked ranges: no read goes beyond its end, no allocation beyond its size."""

from __future__ import annotations

import os
import stat
import struct
import threading
import zlib
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
        buffer = bytearray(length)
        self.read_into(offset, memoryview(buffer), what)
        return bytes(buffer)

    def read_into(self, offset: int, buffer: memoryview, what: str) -> None:
        """Fill the buffer from the range that begins at offset."""
        self.require_range(offset, len(buffer), what)
        done = 0
        with self._lock:
            if self._file.closed:
                raise self.error(f"{what} was asked for after the file was closed")
            try:
                self._file.seek(offset)
                while done < len(buffer):
                    count = self._file.readinto(buffer[done:])
                    if not count:
                        raise self.error(
                            f"the file became shorter while {what} was read", where=f"byte {offset + done}"
                        )
                    done += count
            except OSError as cause:
                raise self.error(f"{what} cannot be read: {_reason(cause)}", where=f"byte {offset + done}") from cause

    def crc32(self, offset: int, length: int, what: str, start: int = 0) -> int:
        """The CRC-32 of one range, continuing from `start`."""
        self.require_range(offset, length, what)
        for position in range(offset, offset + length, _CHUNK):
            start = zlib.crc32(self.read(position, min(_CHUNK, offset + length - position), what), start)
        return start

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._file.close()


class Cursor:
    """Reads one range of a source forward."""

    def __init__(self, source: Source, start: int, end: int, what: str) -> None:
        source.require_range(start, end - start, what)
        self.source, self.position, self.end, self.what = source, start, end, what
        self._buffer, self._base = b"", start

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
        start = self.skip(count, what)
        first = start - self._base
        if not 0 <= first <= len(self._buffer) - count:
            self._buffer = self.source.read(start, min(max(count, _BUFFER), self.end - start), self.what)
            self._base, first = start, 0
        return self._buffer[first : first + count]

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
