"""How a case is run in each vocabulary: the same lines drive the shim and the real framework."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any, Protocol, cast

from unified_nn_conformance.answer import Answer, Question


class Driver(Protocol):
    def run(self, framework: ModuleType, question: Question) -> Answer:
        """Run one question in `framework`, which is the vocabulary or the real thing."""


def driver(vocabulary: str) -> Driver:
    return cast(Driver, importlib.import_module(f"unified_nn_conformance.drivers.{vocabulary}"))


NAMES = ("x", "y", "z", "u", "v", "w", "s")


def applied(net: Any, question: Question) -> Any:
    """The layer as a function of the inputs, called as the question says."""
    if not question.arguments:
        return net
    code = compile(f"net({question.arguments})", "<case>", "eval")
    return lambda *xs: eval(code, {"net": net, **dict(zip(NAMES, xs, strict=False))})
