"""What a module of this vocabulary answers to a name that it does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from unified_nn.errors import MissingNameError, make, nearest


def refuse(module: str, known: Iterable[str], hint: str = "") -> Callable[[str], Any]:
    """A module's `__getattr__`: raises an AttributeError that names what is missing, and the closest known name."""
    path = module.replace("unified_nn.", "", 1)
    names = list(known)

    def missing(name: str) -> Any:
        if name.startswith("__"):  # what Python and tools ask every module
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        raise make(MissingNameError, f"{path}.{name} is not offered by unified_nn.{hint}{nearest(name, names)}")

    return missing
