"""`pad_mode` and `padding` as one canonical setting, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.vocabulary.rules import Inexpressible, Rule

MODES = ("same", "valid", "pad")


def pad_mode(rank: int) -> Rule:
    """`(lo, hi)` per axis, or "same", from pad_mode and padding (an int, or one number per side)."""

    def read(a: Mapping[str, Any]) -> Any:
        mode, padding = str(a["pad_mode"]).lower(), a["padding"]
        if mode not in MODES:
            raise make(ArgumentError, f"pad_mode={a['pad_mode']!r} is not one of {', '.join(map(repr, MODES))}")
        pads = _sides(padding, rank)
        if mode != "pad":
            if any(lo or hi for lo, hi in pads):
                raise make(ArgumentError, f"padding={padding!r} needs pad_mode='pad', got pad_mode={a['pad_mode']!r}")
            return "same" if mode == "same" else pads
        return pads

    def write(pads: Any) -> dict[str, Any]:
        if pads == "same":
            return {"pad_mode": "same"}
        if not any(lo or hi for lo, hi in pads):
            return {"pad_mode": "valid"}
        flat = tuple(side for pair in pads for side in pair)
        if rank == 1 and len(set(flat)) > 1:
            raise Inexpressible(f"padding is one number for both ends, cannot say {pads!r}")
        return {"pad_mode": "pad", "padding": flat[0] if len(set(flat)) == 1 else flat}

    return Rule(("pad_mode", "padding"), read, write)


def _sides(padding: Any, rank: int) -> tuple[tuple[int, int], ...]:
    if isinstance(padding, int) and not isinstance(padding, bool):
        flat = (padding,) * (2 * rank)
    elif isinstance(padding, tuple):
        flat = padding
    else:
        message = f"the type of 'padding' must be int or tuple(int), but got {type(padding).__name__}"
        raise make(ArgumentError, message, TypeError)
    if len(flat) != 2 * rank:
        raise make(ArgumentError, f"padding={padding!r} has {len(flat)} numbers, expected 1 or {2 * rank}")
    if any(p < 0 for p in flat):
        raise make(ArgumentError, f"padding={padding!r} must not be negative")
    return tuple((flat[i], flat[i + 1]) for i in range(0, 2 * rank, 2))
