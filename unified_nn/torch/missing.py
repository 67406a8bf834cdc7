"""What a module says of a name that it does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from unified_nn.errors import MissingNameError, make, nearest


def missing(module: str, known: Callable[[], Iterable[str]]) -> Callable[[str], Any]:
    """A module's `__getattr__`: raises an AttributeError that names what is missing and the nearest that is there."""
    spelled = module.removeprefix("unified_nn.")

    def __getattr__(name: str) -> Any:  # noqa: N807  installed as the module's own
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        message = f"{spelled}.{name} is not offered by unified_nn.{nearest(name, known())}"
        raise make(MissingNameError, message)

    return __getattr__
