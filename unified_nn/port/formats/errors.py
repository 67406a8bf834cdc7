"""The one error that reading or writing a weight file can raise."""

from __future__ import annotations

import os

from unified_nn.errors import UnifiedError

_LONGEST_NAME = 120


class WeightFileError(UnifiedError, ValueError):
    """A weight file cannot be read or written: `FILE: reason (expected, found, where)`."""


def printable(text: str) -> str:
    """The text with every character that a terminal would not show as itself escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def quoted(name: str) -> str:
    """A name from a file, in quotes, escaped and cut to a readable length."""
    cut = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "..."
    return f"'{printable(cut)}'"


def shown(value: object) -> str:
    """A value where a text was expected: in quotes if it is one, else its type (a nested value is never walked)."""
    return quoted(value) if isinstance(value, str) else type(value).__name__


def weight_file_error(
    file: str | os.PathLike[str], reason: str, *, expected: object = "", found: object = "", where: object = ""
) -> WeightFileError:
    """Compose a WeightFileError; everything in it is escaped, so nothing from the file reaches the terminal raw."""
    parts = [f"expected {expected}"] * (expected != "")
    parts += [f"found {found}"] * (found != "")
    parts += [f"at {where}"] * (where != "")
    detail = f" ({', '.join(parts)})" if parts else ""
    return WeightFileError(printable(f"{os.fspath(file)}: {reason}{detail}"))
