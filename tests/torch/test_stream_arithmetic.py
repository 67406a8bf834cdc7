"""One rounding for a * b + c, checked against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from unified_nn.torch.stream_arithmetic import fma32, fma64


def test_fma64_rounds_once():
    choose = np.random.default_rng(0)
    for exponent in range(-20, 20):
        a = choose.standard_normal(50)
        b = float(choose.standard_normal() * 10.0**exponent)
        c = float(-a[0] * b if exponent % 3 == 0 else choose.standard_normal())
        exact = [float(Fraction(x) * Fraction(b) + Fraction(c)) for x in a.tolist()]
        assert fma64(a, b, c).tolist() == exact


def test_fma64_sees_what_lies_below_the_middle():
    # the product is 2**-53 (1 - 2**-60): the sum is just below the middle of c and its even neighbour
    a, b, c = 1 + 2.0**-30, 2.0**-53 * (1 - 2.0**-30), 1 + 2.0**-52
    assert fma64(np.array([a, -a]), b, c)[0] == float(Fraction(a) * Fraction(b) + Fraction(c)) == c
    assert fma64(np.array([a, -a]), -b, -c)[0] == -c


def exactly(a: float, b: float, c: float) -> np.float32:
    """a * b + c rounded once to float32, ties to even, found among the neighbours of the double rounding."""
    value = Fraction(a) * Fraction(b) + Fraction(c)
    near = np.float32(float(value))
    candidates = [near, *(np.nextafter(near, np.float32(side)) for side in (-np.inf, np.inf))]
    return min(candidates, key=lambda x: (abs(Fraction(float(x)) - value), int(x.view(np.int32)) & 1))


def test_fma32_rounds_once_next_to_the_middle_of_two_float32():
    choose = np.random.default_rng(0)
    twice = 0
    for _ in range(500):
        c = np.float32(choose.integers(1 << 23, 1 << 24))  # its neighbours are 1 away
        b = np.float32(1 + choose.choice([-1, 1]) * 2.0 ** -choose.integers(1, 24))
        a = np.array([0.5 * (1 + 2.0 ** -choose.integers(1, 24)), -0.5 / b, 0.5 / b], np.float32)
        expected = [exactly(float(x), float(b), float(c)) for x in a]
        assert fma32(a, b, c).tolist() == expected
        assert fma32(a, b, np.full(3, c)).tolist() == expected
        twice += int((np.float32(a.astype(np.float64) * b + np.float64(c)) != expected).sum())
    assert twice > 0, "no case where float64 first and float32 then goes wrong"


@pytest.mark.parametrize("a", [0.0, 1.0, np.inf, np.nan])
@pytest.mark.parametrize("b", [0.0, -2.0, 1e300])
@pytest.mark.parametrize("c", [0.0, 1.0, -np.inf, np.nan])
def test_special_values(a, b, c):
    with np.errstate(invalid="ignore", over="ignore"):
        np.testing.assert_array_equal(fma64(np.array([a]), b, c), np.array([a]) * b + c)
        low = np.array([a], np.float32)
        np.testing.assert_array_equal(fma32(low, np.float32(b), np.float32(c)), low * np.float32(b) + np.float32(c))
