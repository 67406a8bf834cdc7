"""Arguments that are one size for all spatial axes, or one each, as PyTorch takes them."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import InputTypeError, ShapeError, make
from unified_nn.vocabulary.entry import RuleMaker
from unified_nn.vocabulary.rules import computed


def sizes(value: Any, rank: int, name: str) -> tuple[int, ...]:
    """One whole number per axis; another type is a TypeError, another count a RuntimeError."""
    entries = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if any(isinstance(entry, bool) or not hasattr(entry, "__index__") for entry in entries):
        message = f"argument {name!r} must be a whole number or a tuple of them, not {value!r}"
        raise make(InputTypeError, message, TypeError)
    if len(entries) not in (1, rank):
        message = f"expected {name} to be a single integer value or a list of {rank} values, but got {value!r}"
        raise make(ShapeError, message, RuntimeError)
    return tuple(entry.__index__() for entry in entries) * (rank if len(entries) == 1 else 1)


def sizes_rule(name: str) -> RuleMaker:
    """`sizes` of an argument, for the row's own rank."""

    def write(found: tuple[int, ...]) -> dict[str, Any]:
        return {name: found[0] if len(set(found)) == 1 else found}

    return lambda rank: computed((name,), lambda value: sizes(value, rank, name), write)
