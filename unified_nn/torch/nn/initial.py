"""The initial values of PyTorch's layers, computed step by step as PyTorch does, so that every bit is the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unified_nn.init import fans
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


@dataclass(frozen=True)
class _Xavier:
    """`xavier_uniform_` or `xavier_normal_` (Glorot and Bengio 2010)."""

    normal: bool

    def __call__(self, shape: tuple[int, ...], stream: RandomStream, dtype: str = "float32") -> NDArray[Any]:
        std = math.sqrt(2.0 / float(sum(fans(shape))))
        if self.normal:
            return stream.normal(shape, 0.0, std, dtype)
        bound = math.sqrt(3.0) * std
        return stream.uniform(shape, -bound, bound, dtype)


XAVIER_UNIFORM, XAVIER_NORMAL = _Xavier(normal=False), _Xavier(normal=True)
