"""Casting floating-point arrays with NumPy alone, against ml_dtypes."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from unified_nn.port.casting import cast, numbers, overflows
from unified_nn.port.formats.dtypes import raw_bits

BITS = np.random.default_rng(2).integers(0, 2**32, 100_000, dtype=np.uint32)
EDGES = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 3.4e38, 1e-45, 1.00390625, 1.01171875], "f4")


@pytest.mark.parametrize("values", [BITS.view("f4"), EDGES], ids=["random bits", "edges"])
def test_bfloat16_is_rounded_to_nearest_even(values: np.ndarray) -> None:
    found = cast(values, "bfloat16")
    with np.errstate(over="ignore", invalid="ignore"):
        expected = values.astype(ml_dtypes.bfloat16)
    number = ~np.isnan(values)
    assert np.array_equal(found.view("u2")[number], expected.view("u2")[number])
    assert np.isnan(numbers(found)[~number]).all()


def test_bits_without_ml_dtypes_are_numbers_too() -> None:
    half = np.array([1.5, -2, np.nan], ml_dtypes.bfloat16)
    raw = half.view("u2").view(raw_bits("bfloat16"))
    assert np.array_equal(numbers(raw), half.astype("f4"), equal_nan=True)
    assert cast(raw, "float16").tolist()[:2] == [1.5, -2]


def test_what_becomes_infinite_is_counted() -> None:
    values = np.array([1e30, np.inf, 1.0, -7e4], "f4")
    assert overflows(values, cast(values, "float16")) == 2
    assert overflows(values, cast(values, "bfloat16")) == 0


def test_zero_dimensions_stay() -> None:
    assert cast(np.asarray(1.5, "f8"), "bfloat16").shape == ()
