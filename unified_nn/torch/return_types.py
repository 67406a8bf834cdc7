"""The named results of `max`, `sort`, ...: tuples that print as `torch.return_types.max(...)`."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

_classes: dict[tuple[str, ...], type[Any]] = {}


def returned(name: str, **fields: Any) -> Any:
    """A `torch.return_types.<name>` with these fields."""
    key = (name, *fields)
    if key not in _classes:
        base = namedtuple(name, tuple(fields))  # type: ignore[misc]
        _classes[key] = type(name, (base,), {"__slots__": (), "__repr__": _text, "__module__": __name__})
        globals()[name] = _classes[key]
    return _classes[key](**fields)


def _text(self: Any) -> str:
    fields = ",\n".join(f"{name}={value!r}" for name, value in self._asdict().items())
    return f"torch.return_types.{type(self).__name__}(\n{fields})"
