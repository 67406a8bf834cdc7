"""What a vocabulary's module answers to a name that it does not have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from unified_nn.errors import MissingNameError, NotOfferedError, make, nearest


def refuse(path: str, known: Mapping[str, Any], refused: Mapping[str, str] | None = None) -> Callable[[str], Any]:
    """A module's `__getattr__`: names what is missing and the closest known name.

    `path` is the framework's own name of the module, `known` the module's globals; `refused` says why a name that the
    framework has is not offered, and what to use instead.
    """

    def missing(name: str) -> Any:
        if name.startswith("__"):  # what Python and tools ask every module
            raise AttributeError(f"module {path!r} has no attribute {name!r}")
        if refused and name in refused:
            raise make(NotOfferedError, f"{path}.{name} is not offered by unified_nn: {refused[name]}", AttributeError)
        public = [n for n in known if not n.startswith("_")]
        hint = nearest(name, public)
        raise make(MissingNameError, f"{path}.{name} is not offered by unified_nn; dir({path}) lists what is.{hint}")

    return missing
