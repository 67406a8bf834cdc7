"""What the port commands print: text that no terminal and no closed stream can trip over, tables, and progress."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TextIO

from unified_nn.errors import UnifiedError
from unified_nn.port.formats.errors import printable

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STOPPING = ("SIGTERM", "SIGHUP")


class Stopped(BaseException):
    """A signal asked the program to end; it passes through every clean-up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class OutputError(UnifiedError, OSError):
    """What was to be printed could not be."""


def say(text: str, stream: TextIO | None = None) -> None:
    """Print to standard output, or another stream, unless it is closed; characters that it cannot show are escaped."""
    out = sys.stdout if stream is None else stream
    if out is None or out.closed:
        return
    encoding = out.encoding or "ascii"
    try:
        out.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        out.flush()
    except BrokenPipeError:
        pass  # the reader has seen enough
    except OSError as cause:
        _abandon(out)
        raise OutputError(f"{out.name} cannot be written: {cause.strerror or cause}") from cause


def say_json(value: object) -> None:
    """Print as JSON, in ASCII."""
    say(json.dumps(value, indent=2, default=str, allow_nan=False))


def complain(error: Exception | str) -> None:
    """Print one line `error: ...` to standard error, or nothing where even that cannot be written."""
    if sys.stderr is not None:
        with contextlib.suppress(OutputError):
            say(f"error: {printable(str(error))}", sys.stderr)


def note(text: str) -> None:
    """Print one line `note: ...` to standard error."""
    if sys.stderr is not None:
        say(f"note: {printable(text)}", sys.stderr)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Columns under their heads; those numbered in `right` are flush right. Cells are escaped."""
    cells = [list(heads), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    lines = []
    for row in cells:
        padded = [c.rjust(w) if n in right else c.ljust(w) for n, (c, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def size_of(count: int) -> str:
    """A number of bytes as people read it."""
    size = float(count)
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            break
        size /= 1000
    return f"{count} bytes" if unit == "bytes" else f"{size:.1f} {unit}"


@contextlib.contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Give a function that is told how many more bytes are done; a bar shows it where standard error is a terminal."""
    if sys.stderr is None or sys.stderr.closed or not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()]
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.update(task, advance=count)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Turn the signals that end a program into exceptions, so that what was begun is cleaned up."""

    def stop(number: int, _: object) -> None:
        raise Stopped(number)

    numbers = [getattr(signal, name) for name in _STOPPING if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def guarded(work: Callable[[], int], unable: int) -> int:
    """The exit status of `work`; every failure is one line, a signal gives 128 + its number."""
    _reserve_streams()
    try:
        with stoppable():
            return work()
    except (UnifiedError, OSError) as error:
        complain(error)
        return unable
    except MemoryError as error:
        complain(f"not enough memory: {error}")
        return unable
    except KeyboardInterrupt:
        complain("interrupted")
        return 128 + signal.SIGINT
    except Stopped as stop:
        complain(f"stopped by {signal.Signals(stop.number).name}")
        return 128 + stop.number
    finally:
        _close_quietly()


def _close_quietly() -> None:
    """Keep the interpreter from complaining at exit about a pipe whose reader is gone."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except OSError:
            _abandon(stream)


def _abandon(stream: TextIO) -> None:
    """Let what is still to be printed there go nowhere."""
    with contextlib.suppress(OSError, ValueError):  # a stream in memory has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _reserve_streams() -> None:
    """Open what the caller has closed of the standard streams: a file that took such a number would be printed into."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
