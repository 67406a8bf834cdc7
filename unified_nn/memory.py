"""What this machine's memory can hold: a shape that it cannot is refused before anything is allocated."""

from __future__ import annotations

import functools
import math
import os

from unified_nn.errors import TooLargeError, make

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


@functools.cache
def installed() -> int:
    """The bytes of memory of this machine."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # a system that does not say: what a 64-bit address reaches
        return 2**47


def check(
    shape: tuple[int, ...], itemsize: int = 4, op: str = "", base: type[BaseException] | None = None, name: str = ""
) -> None:
    """Raises TooLargeError for an array of this shape that is larger than the memory."""
    needed = math.prod(shape) * itemsize
    if needed > installed():
        what = f"{name} of shape {shape}" if name else f"a tensor of shape {shape}"
        message = f"{what} needs {needed} bytes ({said(needed)}), this machine has {said(installed())} of memory"
        raise make(TooLargeError, message, base, op)


def said(count: int) -> str:
    """A number of bytes for people: `3.47 EiB`."""
    unit = min(max(count.bit_length() - 1, 0) // 10, len(_UNITS) - 1)
    return f"{count / 1024**unit:.3g} {_UNITS[unit]}"
