"""JSON from a hostile file."""

from __future__ import annotations

import json
from typing import NoReturn, Protocol

from unified_nn.port.formats import limits
from unified_nn.port.formats.errors import WeightFileError, quoted

_PART_BYTES = 200


class Blames(Protocol):
    """What says where the JSON came from when it is refused."""

    def error(self, reason: str, *, expected: object = "", found: object = "") -> WeightFileError: ...


def parse_object(source: Blames, data: bytes, what: str, parts: int = 3 * limits.ENTRIES) -> dict[str, object]:
    """A JSON object from a hostile file: no name twice, integers only, its size in memory known before parsing."""
    containers = data.count(b"{") + data.count(b"[")
    if containers > parts:
        raise source.error(f"{what} has too many parts", expected=f"at most {parts}", found=containers)
    taken = _PART_BYTES * (containers + data.count(b",")) + len(data) * (2 if data.isascii() else 12)
    if taken > limits.PARSED_BYTES:
        most = f"{limits.PARSED_BYTES} bytes of memory at most"
        raise source.error(f"{what} has too many parts or is too long", expected=most)
    try:
        text = data.decode("utf-8")
        found = json.loads(
            text, object_pairs_hook=_unique, parse_int=_integer, parse_float=_no_number, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as cause:
        raise source.error(f"{what} is not the JSON that it must be: {str(cause)[:200]}") from cause
    if not isinstance(found, dict):
        raise source.error(f"{what} is not a JSON object")
    return found


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1) if len(names) < 1000 else "..."
        raise ValueError(f"the name {quoted(twice)} comes twice")
    for text in (*found, *found.values()):
        if isinstance(text, str):
            text.encode()  # raises a ValueError for a lone surrogate
    return found


def _integer(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("a number has too many digits")
    return int(digits)


def _no_number(digits: str) -> NoReturn:
    raise ValueError(f"{digits[:24]} is no integer")
