"""Order along an axis of torch tensors."""

from __future__ import annotations

from typing import Any

import torch

from unified_nn.backend import Function

Array = Any


def argsort(x: Array, *, axis: int) -> Array:
    return torch.argsort(x, dim=axis, stable=True)


FUNCTIONS: dict[str, Function] = {"argsort": argsort}
