"""Containers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unified_nn.nn.module import Module
from unified_nn.vocabulary import tree


class Sequential(Module):
    """One module after the other, of any vocabulary."""

    def __init__(self, *modules: tree.Module) -> None:
        super().__init__()
        for position, module in enumerate(modules):
            self._modules[str(position)] = module

    def forward(self, *xs: Any) -> Any:
        first, *others = self._modules.values()
        out = first(*xs)
        for module in others:
            out = module(out)
        return out

    def __len__(self) -> int:
        return len(self._modules)

    def __getitem__(self, position: int) -> tree.Module:
        found: tree.Module = list(self._modules.values())[position]
        return found

    def __iter__(self) -> Iterator[tree.Module]:
        return iter(self._modules.values())
