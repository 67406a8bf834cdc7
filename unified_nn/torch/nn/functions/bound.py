"""A canonical layer's arrays given by the caller of a function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unified_nn import tensor as core
from unified_nn.random import RandomStream
from unified_nn.torch.random import default_generator


class Bound:
    """Arrays by canonical name, and whether to train."""

    def __init__(self, held: Mapping[str, Any], training: bool) -> None:
        self.held, self.training = held, training

    @property
    def stream(self) -> RandomStream:
        return default_generator

    def __getitem__(self, name: str) -> core.Tensor:
        found: core.Tensor = self.held[name]
        return found

    def get(self, name: str) -> core.Tensor | None:
        return self.held.get(name)

    def update(self, name: str, value: core.Tensor) -> None:
        held = self[name]
        held._assign(value.as_face(type(held)._face))
