"""Initial values: from a shape and a random stream to a NumPy array on the host, the same on every backend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from unified_nn.errors import ArgumentError, make
from unified_nn.random import RandomStream

Shape = tuple[int, ...]
Array = NDArray[Any]


@runtime_checkable
class Initializer(Protocol):
    """Makes the first values of a parameter."""

    def __call__(self, shape: Shape, stream: RandomStream, dtype: str = "float32") -> Array: ...


def fans(shape: Shape) -> tuple[int, int]:
    """How many inputs reach one output and the reverse, for a weight (out, in, *kernel)."""
    if len(shape) < 2:
        raise make(ArgumentError, f"fan in and fan out need a weight of rank 2 or more, got shape {shape}")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


@dataclass(frozen=True)
class Constant:
    """One value everywhere."""

    value: float

    def __call__(self, shape: Shape, stream: RandomStream, dtype: str = "float32") -> Array:
        return np.full(shape, self.value).astype(dtype)


ZEROS = Constant(0.0)
ONES = Constant(1.0)


@dataclass(frozen=True)
class Uniform:
    """Uniform in [low, high)."""

    low: float
    high: float

    def __call__(self, shape: Shape, stream: RandomStream, dtype: str = "float32") -> Array:
        return stream.uniform(shape, self.low, self.high, dtype)


@dataclass(frozen=True)
class Normal:
    """Normal with the given standard deviation and mean."""

    std: float
    mean: float = 0.0

    def __call__(self, shape: Shape, stream: RandomStream, dtype: str = "float32") -> Array:
        return stream.normal(shape, self.mean, self.std, dtype)


@dataclass(frozen=True)
class TruncatedNormal:
    """Normal, drawn again where it falls outside [low, high] standard deviations."""

    std: float
    mean: float = 0.0
    low: float = -2.0
    high: float = 2.0

    def __call__(self, shape: Shape, stream: RandomStream, dtype: str = "float32") -> Array:
        values = stream.normal(shape, 0.0, 1.0, "float64")
        while (outside := (values < self.low) | (values > self.high)).any():
            values[outside] = stream.normal((int(outside.sum()),), 0.0, 1.0, "float64")
        return (values * self.std + self.mean).astype(dtype)


@dataclass(frozen=True)
class Scaled:
    """Zero mean, variance scale / fan (fan in, fan out or their average), uniform or normal.

    Glorot and Bengio 2010 is scale 1 with the average; He et al. 2015 is scale 2 with one of the fans.
    """

    scale: float
    fan: Literal["in", "out", "average"]
    kind: Literal["uniform", "normal"]

    def __call__(self, shape: Shape, stream: RandomStream, dtype: str = "float32") -> Array:
        fan_in, fan_out = fans(shape)
        count = {"in": fan_in, "out": fan_out, "average": (fan_in + fan_out) / 2}[self.fan]
        std = math.sqrt(self.scale / max(count, 1))
        if self.kind == "normal":
            return stream.normal(shape, 0.0, std, dtype)
        bound = math.sqrt(3.0) * std
        return stream.uniform(shape, -bound, bound, dtype)


#: U(-1/sqrt(fan_in), 1/sqrt(fan_in)), what PyTorch and MindSpore give weights of linear and convolution layers.
FAN_IN_UNIFORM = Scaled(1 / 3, "in", "uniform")


@dataclass(frozen=True)
class FanInBias:
    """U(-1/sqrt(fan), 1/sqrt(fan)) with the fan in of the weight that the bias belongs to."""

    fan: int

    def __call__(self, shape: Shape, stream: RandomStream, dtype: str = "float32") -> Array:
        bound = 1 / math.sqrt(self.fan) if self.fan else 0.0
        return stream.uniform(shape, -bound, bound, dtype)


@dataclass(frozen=True)
class Orthogonal:
    """A matrix with orthonormal rows or columns, times gain (arXiv:1312.6120)."""

    gain: float = 1.0

    def __call__(self, shape: Shape, stream: RandomStream, dtype: str = "float32") -> Array:
        rows, columns = shape[0], math.prod(shape[1:])
        drawn = stream.normal((rows, columns), 0.0, 1.0, "float64")
        q, r = np.linalg.qr(drawn.T if rows < columns else drawn)
        q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
        values: Array = (self.gain * (q.T if rows < columns else q)).reshape(shape).astype(dtype)
        return values
