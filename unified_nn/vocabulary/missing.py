"""What a vocabulary's module answers to a name that it does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from unified_nn.errors import MissingNameError, NotOfferedError, make, nearest


def refuse(
    path: str, known: Iterable[str], refused: Mapping[str, str] | None = None, *, instead: str = ""
) -> Callable[[str], Any]:
    """A module's `__getattr__`: raises an AttributeError that names what is missing and the closest known name.

    `path` is the framework's own name of the module (or ours, with unified_nn before it) and `known` the names that
    are there; `refused` says why a name that the framework has is not offered, `instead` what serves for all of them.
    """
    spelled = path.removeprefix("unified_nn.")

    def missing(name: str) -> Any:
        if name.startswith("__"):  # what Python and tools ask every module
            raise AttributeError(f"module {path!r} has no attribute {name!r}")
        if refused and name in refused:
            message = f"{spelled}.{name} is not offered by unified_nn: {refused[name]}"
            raise make(NotOfferedError, message, AttributeError)
        hint = nearest(name, (n for n in known if not n.startswith("_")))
        other = instead or f"dir({spelled}) lists what is."
        raise make(MissingNameError, f"{spelled}.{name} is not offered by unified_nn; {other}{hint}")

    return missing
