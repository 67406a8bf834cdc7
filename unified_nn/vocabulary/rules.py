"""Reversible argument rules: how a framework's arguments say a canonical setting, and how to say it back.

A rule works on values and on source text, so that the same row runs a layer and ports a program: from
`BatchNorm2d(c, momentum=m)` the rule `complement("momentum")` gives keep = 1 - m, and `1 - (m)` as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unified_nn.errors import ArgumentError, make

Arguments = Mapping[str, Any]


class Inexpressible(Exception):  # noqa: N818  a result that call_for turns into an error with the row's name
    """A canonical setting that this row's arguments cannot say."""


@dataclass(frozen=True)
class Rule:
    """One canonical setting from a row's arguments (`read`), and back (`write`: setting -> arguments).

    `text` and `untext` do the same on source text where the rule touches one argument; None where only values work.
    """

    reads: tuple[str, ...]
    read: Callable[[Arguments], Any]
    write: Callable[[Any], dict[str, Any]]
    text: str | None = None
    untext: str | None = None


def same(name: str) -> Rule:
    """The argument itself."""
    return Rule((name,), lambda a: a[name], lambda v: {name: v}, "{}", "{}")


def complement(name: str) -> Rule:
    """1 - argument; rounded, so that 0.1 becomes 0.9 and not 0.9000000000000000222; None stays None."""

    def flip(value: Any) -> Any:
        return None if value is None else round(1 - value, 12)

    return Rule((name,), lambda a: flip(a[name]), lambda v: {name: flip(v)}, "1 - ({})", "1 - ({})")


def negate(name: str) -> Rule:
    """not argument."""
    return Rule((name,), lambda a: not a[name], lambda v: {name: not v}, "not ({})", "not ({})")


def constant(value: Any) -> Rule:
    """A setting that this row always has; others cannot be said."""

    def write(v: Any) -> dict[str, Any]:
        if v != value:
            raise Inexpressible(f"always {value!r}, not {v!r}")
        return {}

    return Rule((), lambda a: value, write)


def mapped(name: str, table: Mapping[Any, Any]) -> Rule:
    """The argument by a table; a value that is not in it is refused."""

    def read(a: Arguments) -> Any:
        try:
            return table[a[name]]
        except (KeyError, TypeError):
            message = f"{name}={a[name]!r} is not one of {', '.join(map(repr, table))}"
            raise make(ArgumentError, message) from None

    def write(v: Any) -> dict[str, Any]:
        for key, value in table.items():
            if value == v:
                return {name: key}
        raise Inexpressible(f"{name} cannot say {v!r}")

    return Rule((name,), read, write)


def deferred(name: str, unknown: Any = 0) -> Rule:
    """A size that may be left open: `unknown` means None."""
    return Rule(
        (name,), lambda a: None if a[name] == unknown else a[name], lambda v: {name: unknown if v is None else v}
    )


def unlike(name: str, usual: str) -> Rule:
    """The argument, None where it is equal to the argument `usual`."""
    return Rule((name, usual), lambda a: None if a[name] == a.get(usual) else a[name], lambda v: {name: v})


def per_axis(name: str, rank: int) -> Rule:
    """One number for all spatial axes, or one each."""
    return Rule((name,), lambda a: spread(a[name], rank, name), lambda v: {name: _joined(v)})


def spread(value: Any, rank: int, name: str) -> tuple[int, ...]:
    """`value` once per axis, or its own entries when it has one per axis."""
    if isinstance(value, int):
        return (value,) * rank
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise make(ArgumentError, f"{name}={value!r} is neither a whole number nor {rank} of them", TypeError)
    found = tuple(int(v) for v in value)
    if len(found) == 1:
        return found * rank
    if len(found) != rank:
        raise make(ArgumentError, f"{name}={value!r} has {len(found)} entries, expected 1 or {rank}")
    return found


def _joined(values: tuple[Any, ...]) -> Any:
    return values[0] if len(set(values)) == 1 else values


def symmetric_pads(name: str, rank: int) -> Rule:
    """The same padding on both sides of each axis."""

    def write(pads: Any) -> dict[str, Any]:
        if pads == "same" or any(lo != hi for lo, hi in pads):
            raise Inexpressible(f"{name} is symmetric, cannot say {pads!r}")
        return {name: _joined(tuple(lo for lo, _ in pads))}

    return Rule((name,), lambda a: tuple((p, p) for p in spread(a[name], rank, name)), write)


def computed(reads: tuple[str, ...], read: Callable[..., Any], write: Callable[[Any], dict[str, Any]]) -> Rule:
    """A setting from several arguments: read(*arguments)."""
    return Rule(reads, lambda a: read(*(a[name] for name in reads)), write)


def attributes(**names: str) -> Rule:
    """An op's attributes from arguments, attribute=argument, as the sorted pairs that `layers.Activation` keeps."""

    def write(pairs: Any) -> dict[str, Any]:
        said = dict(pairs)
        if set(said) - set(names):
            raise Inexpressible(f"it has no argument for {sorted(set(said) - set(names))}")
        return {names[attribute]: value for attribute, value in said.items()}

    return Rule(tuple(names.values()), lambda a: tuple(sorted((k, a[v]) for k, v in names.items())), write)


def as_rule(rule: Rule | str) -> Rule:
    return same(rule) if isinstance(rule, str) else rule
