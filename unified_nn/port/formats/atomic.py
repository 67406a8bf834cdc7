"""Write a file so that at every moment either the old one or the complete new one is there."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from unified_nn.port.formats.errors import WeightFileError, weight_file_error


class Target:
    """The file being written; an OSError of its own becomes a WeightFileError, those of others pass."""

    def __init__(self, path: Path, file: FileIO) -> None:
        self.path = path
        self._file = file

    def error(self, reason: str, *, expected: object = "", found: object = "") -> WeightFileError:
        """A WeightFileError about this file."""
        return weight_file_error(self.path, reason, expected=expected, found=found)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Write all of the data."""
        left = memoryview(data).cast("B")
        size = len(left)
        with written(self.path):
            while left:
                left = left[self._file.write(left) or 0 :]
        return size

    def tell(self) -> int:
        """The position."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position."""
        return self._file.seek(offset, whence)

    def flush(self) -> None:
        """Nothing to do: nothing is buffered, so that a full disk shows at the write that meets it."""

    def close(self) -> None:
        """Nothing to do: `replacing` closes the file."""


@contextlib.contextmanager
def written(path: Path) -> Iterator[None]:
    """Report an OSError as a WeightFileError about the path."""
    try:
        yield
    except OSError as cause:
        raise weight_file_error(path, f"cannot be written: {cause.strerror or cause}") from cause


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Target]:
    """Give a target that takes the place of `path` when the block ends, and leaves no trace when it fails."""
    with written(path):
        # A link keeps pointing where it does; the file behind it is what is replaced.
        final = Path(os.path.realpath(path))
        if final.exists() and not final.is_file():
            raise weight_file_error(path, "cannot be replaced", expected="a regular file or none")
    temporary = final.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with written(path):
            # The mode is left to the umask, as for any new file.
            file = FileIO(temporary, "xb")
        with contextlib.closing(file):
            yield Target(path, file)
            with written(path):
                os.fsync(file.fileno())
        with written(path):
            temporary.replace(final)
            _sync_folder(final.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
