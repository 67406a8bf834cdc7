"""Inputs of cases: small arrays that are the same in every process."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["normal", "small", "positive", "unit", "index", "bool", "ties", "special", "value"]


@dataclass(frozen=True)
class Sample:
    """One array by its recipe; `learn` says whether a gradient is asked for it."""

    shape: tuple[int, ...]
    kind: Kind = "normal"
    dtype: str = "float32"
    high: int = 0  # "index": values in [0, high)
    value: Any = None  # "value": the array itself, as nested tuples

    @property
    def is_float(self) -> bool:
        return self.dtype.startswith(("float", "bfloat"))

    def array(self, salt: str) -> NDArray[Any]:
        """The values; `salt` (the case's id and the input's place) picks the stream."""
        draw = np.random.default_rng(zlib.crc32(f"{salt}{self.shape}{self.kind}".encode()))
        made: NDArray[Any]
        if self.kind == "value":
            made = np.asarray(self.value)
        elif self.kind == "index":
            made = draw.integers(0, self.high, self.shape)
        elif self.kind == "bool":
            made = draw.random(self.shape) < 0.5
        elif self.kind == "positive":
            made = draw.random(self.shape) * 2 + 0.25
        elif self.kind == "unit":
            made = draw.random(self.shape) * 0.9 + 0.05
        elif self.kind == "ties":
            made = draw.integers(-2, 3, self.shape).astype(float)
        elif self.kind == "special":
            pool = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-12, 1e12, 0.5, -2.5])
            made = draw.choice(pool, self.shape)
        elif self.kind == "small":
            made = draw.standard_normal(self.shape) * 0.25
        else:
            made = draw.standard_normal(self.shape)
        return made.astype(self.dtype)


def f32(*shape: int, kind: Kind = "normal") -> Sample:
    return Sample(shape, kind)


def f64(*shape: int, kind: Kind = "normal") -> Sample:
    return Sample(shape, kind, "float64")


def index(*shape: int, high: int, dtype: str = "int64") -> Sample:
    """Integers in [0, high)."""
    return Sample(shape, "index", dtype, high)


def given(value: Any, dtype: str = "float32") -> Sample:
    """Exactly these values."""
    frozen = tuple(value) if isinstance(value, list) else value
    return Sample(np.shape(value), "value", dtype, 0, frozen)
