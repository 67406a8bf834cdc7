"""`mxnet.name`: how symbols are named that were given no name."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any


class NameManager:
    """Counts per operator: `convolution0`, `convolution1`, ...; inside a `with` block instead of the one outside."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._tokens: list[Any] = []

    def get(self, name: str | None, hint: str) -> str:
        """The name itself, or the hint with the next number."""
        if name:
            return name
        number = self._counts.get(hint, 0)
        self._counts[hint] = number + 1
        return f"{hint}{number}"

    def __enter__(self) -> NameManager:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(self, *exc: object) -> None:
        _current.reset(self._tokens.pop())


class Prefix(NameManager):
    """Puts a prefix before all names, also those that were given."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        return self._prefix + super().get(name, hint)


_outside = NameManager()
_current: ContextVar[NameManager] = ContextVar("unified_nn_mxnet_names", default=_outside)
current = _current.get
