"""The initial values of PyTorch's layers, computed step by step as PyTorch does, so that every bit is the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unified_nn.random import RandomStream


@dataclass(frozen=True)
class _FanInWeight:
    """`kaiming_uniform_(weight, a=sqrt(5))`: U(-1/sqrt(fan_in), 1/sqrt(fan_in))."""

    def __call__(self, shape: tuple[int, ...], stream: RandomStream, dtype: str = "float32") -> NDArray[Any]:
        if 0 in shape:
            return np.zeros(shape).astype(dtype)
        fan = math.prod(shape[1:])
        gain = math.sqrt(2.0 / (1 + math.sqrt(5) ** 2))
        bound = math.sqrt(3.0) * (gain / math.sqrt(fan))
        return stream.uniform(shape, -bound, bound, dtype)


FAN_IN_WEIGHT = _FanInWeight()


@dataclass(frozen=True)
class FanInBias:
    """U(-1/sqrt(fan), 1/sqrt(fan)) with the fan in of the weight; zeros where that is 0."""

    fan: int

    def __call__(self, shape: tuple[int, ...], stream: RandomStream, dtype: str = "float32") -> NDArray[Any]:
        bound = 1 / math.sqrt(self.fan) if self.fan > 0 else 0.0
        return stream.uniform(shape, -bound, bound, dtype)
