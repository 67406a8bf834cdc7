"""Write a file so that at every moment either the old one or the complete new one is there."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from io import FileIO
from pathlib import Path

from unified_nn.port.formats.errors import WeightFileError, weight_file_error

_LARGE = 1 << 20
_AHEAD = 32 << 20
"""After so much the system is told that this part is not needed again: it begins to put it on the disk while the next is
computed, and the flush at the end waits for little."""


class Target:
    """The file being written; an OSError of its own becomes a WeightFileError, those of others pass.

    `parts` are new files that belong to it and go with it if it fails; `outdated` are those of the file that it
    replaces, removed when it is in its place.
    """

    def __init__(self, path: Path, file: FileIO, thread: Executor) -> None:
        self.path = path
        self.parts: list[Path] = []
        self.outdated: list[Path] = []
        self._file = file
        self._thread = thread
        self._begun: Future[None] | None = None
        self._advised = 0

    def error(self, reason: str, *, expected: object = "", found: object = "") -> WeightFileError:
        """A WeightFileError about this file."""
        return weight_file_error(self.path, reason, expected=expected, found=found)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Write all of the data. Much of it is written while the caller goes on: it may change after the next call."""
        self.flush()
        view = memoryview(data).cast("B")
        if len(view) < _LARGE:
            self._write(view)
        else:
            self._begun = self._thread.submit(self._write, view)
        return len(view)

    def _write(self, left: memoryview) -> None:
        with written(self.path):
            while left:
                left = left[self._file.write(left) or 0 :]
            end = self._file.tell()
            if end - self._advised >= _AHEAD and hasattr(os, "posix_fadvise"):
                os.posix_fadvise(self._file.fileno(), self._advised, end - self._advised, os.POSIX_FADV_DONTNEED)
                self._advised = end

    def tell(self) -> int:
        """The position."""
        self.flush()
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position."""
        self.flush()
        return self._file.seek(offset, whence)

    def flush(self) -> None:
        """Wait for what is being written; raises what went wrong, such as a full disk."""
        begun, self._begun = self._begun, None
        if begun is not None:
            begun.result()

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
    parts: list[Path] = []
    outdated: list[Path] = []
    try:
        with written(path):
            # The mode is left to the umask, as for any new file.
            file = FileIO(temporary, "xb")
        with contextlib.closing(file), ThreadPoolExecutor(1) as thread:
            target = Target(path, file, thread)
            target.parts, target.outdated = parts, outdated
            yield target
            target.flush()
            with written(path):
                os.fsync(file.fileno())
        with written(path):
            temporary.replace(final)
            _sync_folder(final.parent)
            _remove(outdated)
    except BaseException:
        # A signal can come when the file is in its place already: then it is complete, and its parts must stay.
        _remove((*parts, temporary) if os.path.lexists(temporary) else outdated)
        raise


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink()


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
