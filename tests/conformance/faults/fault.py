"""How a fault is written: a function of pytest's monkeypatch, registered under the number of its trap."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from unified_nn.vocabulary.entry import Row

Patch = pytest.MonkeyPatch
Fault = Callable[[Patch], None]

#: number of a trap -> what re-introduces it
FAULTS: dict[int, Fault] = {}


def fault(number: int) -> Callable[[Fault], Fault]:
    def register(function: Fault) -> Fault:
        assert number not in FAULTS, f"trap {number} has two faults"
        FAULTS[number] = function
        return function

    return register


def default(number: int, target: Any, **values: Any) -> None:
    """The fault that arguments of a row, a class or a function have other defaults."""
    FAULTS[number] = lambda patch: set_defaults(patch, target, **values)


def set_defaults(patch: Patch, target: Any, **values: Any) -> None:
    if isinstance(target, type) and issubclass(target, Row):
        known = target.signature.parameters
        _require(target, values, known)
        made = [p.replace(default=values.get(name, p.default)) for name, p in known.items()]
        patch.setattr(target, "signature", target.signature.replace(parameters=made))
        return
    function = inspect.unwrap(target.__init__ if isinstance(target, type) else target)
    known = inspect.signature(function).parameters
    _require(target, values, known)
    plain = [p for p in known.values() if p.kind is not p.KEYWORD_ONLY and p.default is not p.empty]
    named = {n: p.default for n, p in known.items() if p.kind is p.KEYWORD_ONLY and p.default is not p.empty}
    patch.setattr(function, "__defaults__", tuple(values.get(p.name, p.default) for p in plain))
    patch.setattr(function, "__kwdefaults__", {n: values.get(n, v) for n, v in named.items()} or None)


def _require(target: Any, values: dict[str, Any], known: Any) -> None:
    missing = [name for name in values if name not in known or known[name].default is inspect.Parameter.empty]
    assert not missing, f"{target} has no default for {missing}"


def after(patch: Patch, owner: type, method: str, change: Callable[[Any], None]) -> None:
    """Call `change(self)` after a method."""
    original = getattr(owner, method)

    def changed(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = original(self, *args, **kwargs)
        change(self)
        return found

    patch.setattr(owner, method, changed)
