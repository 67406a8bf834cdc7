"""Calls that do not fit a signature, refused in Python's own words: tables say signatures as text, not as functions."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from unified_nn.errors import ArgumentError, UnifiedError, make


def bound(where: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the method `where` by name, with defaults; raises the TypeError that Python raises."""
    try:
        found = signature.bind(*args, **kwargs)
    except TypeError:
        raise _refusal(where, signature, args, kwargs) from None
    found.apply_defaults()
    return dict(found.arguments)


def _refusal(
    where: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> UnifiedError:
    """What Python says when a method of this signature is called so."""
    plain = [
        p.replace(default=p.empty if p.default is p.empty else None, annotation=p.empty)
        for p in signature.parameters.values()
    ]
    space: dict[str, Any] = {}
    exec(f"def call(self, {str(inspect.Signature(plain))[1:-1]}): ...", space)  # of names of our own tables
    space["call"].__qualname__ = where
    try:
        space["call"](None, *args, **kwargs)
    except TypeError as error:
        return make(ArgumentError, str(error), TypeError)
    raise AssertionError(f"{where} takes {args} and {kwargs}")
