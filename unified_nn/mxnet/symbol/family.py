"""Namespaces of symbols whose operators share the beginning of their names."""

from __future__ import annotations

from collections.abc import Callable

from unified_nn.mxnet.symbol.operators import OPERATORS
from unified_nn.mxnet.symbol.symbol import Symbol, apply


def functions(prefix: str) -> dict[str, Callable[..., Symbol]]:
    """name -> function for every operator prefix + name."""

    def made(name: str) -> Callable[..., Symbol]:
        return lambda *args, **kwargs: apply(OPERATORS[prefix + name], name.lower(), args, kwargs)

    return {name.removeprefix(prefix): made(name.removeprefix(prefix)) for name in OPERATORS if name.startswith(prefix)}
