"""Attributes of operators in symbols: text, read by the default and the type in the function's signature."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np

#: More characters are no shape.
_LONGEST = 4096
_PART = re.compile(r"\s*(None|[+-]?\d+)L?\s*")


def as_text(name: str, value: Any) -> str:
    """The text of a value, as MXNet writes it."""
    if name == "dtype" and value is not None:
        return np.dtype(value).name
    return str(value)


class BadTextError(ValueError):
    """The text does not say a value of the attribute; the message is what was expected."""


def _truth(text: str) -> bool:
    found = {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower())
    if found is None:
        raise BadTextError("True or False")
    return found


def _whole(text: str) -> int:
    try:
        return int(text.strip().removesuffix("L"))
    except ValueError:
        raise BadTextError("a whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadTextError("a number") from None


def sizes(text: str) -> Any:
    """A shape such as `(3, 3)`, `[3,3]` or `(3L,)`, one number, or a word."""
    given = text.strip()
    if not given or given[0] not in "([":
        if re.fullmatch(r"[+-]?\d+L?", given):
            return int(given.removesuffix("L"))
        try:
            return float(given)
        except ValueError:
            return given
    if len(given) > _LONGEST or given[-1] != {"(": ")", "[": "]"}[given[0]]:
        raise BadTextError("sizes such as (3, 3)")
    inner = given[1:-1].strip().removesuffix(",")
    return tuple(_size(part) for part in inner.split(",")) if inner.strip() else ()


def _size(part: str) -> Any:
    found = _PART.fullmatch(part)
    if found is None:
        try:
            return float(part)
        except ValueError:
            raise BadTextError("sizes such as (3, 3)") from None
    return None if found[1] == "None" else int(found[1])


def _word(text: str) -> str:
    return text


def _nothing(text: str) -> None:
    """A device in a file is not the device on which the file is used."""


#: What the annotation of a parameter begins with -> how its text is read.
_READERS: dict[str, Callable[[str], Any]] = {
    "bool": _truth, "int": _whole, "float": _number, "str": _word, "object": _word, "Any": sizes, "Axis": sizes,
    "Ints": sizes, "Context": _nothing,
}  # fmt: skip


def read(text: str, parameter: inspect.Parameter) -> Any:
    """The value that the text says; raises BadTextError with what was expected."""
    annotation = str(parameter.annotation)
    if text == "None" and ("None" in annotation or parameter.default is None or annotation in ("Any", "Axis")):
        return None
    return _READERS[annotation.partition(" ")[0]](text)
