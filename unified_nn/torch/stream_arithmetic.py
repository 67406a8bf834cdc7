"""The arithmetic of PyTorch's CPU random kernels, to the last bit, in NumPy.

PyTorch compiles these kernels for x86-64 processors with AVX2, where one machine instruction computes a * b + c with
a single rounding. NumPy has no such instruction, so it is rebuilt here from exact sums and products. Single precision
normals use the Cephes polynomials for the logarithm, sine and cosine; double precision uses the C library, reached
through `math` because NumPy's own vectorised versions differ from it in the last bit of every tenth value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

#: A Box-Muller step of the vectorised kernel takes 16 uniforms: 8 radii, then 8 angles.
LANES = 16

_BELOW_FLOAT32 = np.int64((1 << 29) - 1)  # the bits of a float64 that its nearest float32 does not keep
_HALFWAY = np.int64(1 << 28)

_SQRT_HALF = np.float32(0.707106781186547524)
_LOG_2_HIGH = np.float32(0.693359375)
_LOG_2_LOW = np.float32(-2.12194440e-4)
_LOG = np.array(
    [
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    ],
    np.float32,
)
_SIN = np.array([-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1], np.float32)
_COS = np.array([2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2], np.float32)
_FOUR_OVER_PI = np.float32(4.0 / math.pi)
# pi / 4 in three parts; multiples of the first two are exact in float32
_QUARTER_PI = np.array([0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8], np.float32)


def fma32(a: Float32, b: Any, c: Any) -> Float32:
    """a * b + c, rounded once to float32.

    The product of two float32 is exact in float64. The sum then rounds to float64, and a second time to float32: that
    goes wrong only where the float64 lies halfway between two float32, which is mended there.
    """
    product = np.multiply(a, b, dtype=np.float64)
    total = product + c if np.ndim(c) == 0 else np.add(product, c, dtype=np.float64)
    halfway = (total.view(np.int64) & _BELOW_FLOAT32) == _HALFWAY
    if halfway.any():
        addend = np.broadcast_to(np.asarray(c, np.float64), total.shape)[halfway]
        total[halfway] = _towards(total[halfway], _sum_error(product[halfway], addend))
    return total.astype(np.float32)


def fma64(a: Float64, b: float, c: float) -> Float64:
    """a * b + c, rounded once to float64, by error-free sums and products and a rounding to odd.

    S. Boldo and G. Melquiond, Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd,
    IEEE Transactions on Computers 57(4), 2008.
    """
    product = a * b
    if c == 0.0:
        return product + c
    product_error = _product_error(a, b, product)
    high = c + product_error
    high_error = _sum_error(np.float64(c), product_error)
    total = product + high
    total_error = _sum_error(product, high)
    rest = high_error + total_error
    rest_error = _sum_error(high_error, total_error)
    even = (rest.view(np.int64) & 1) == 0
    out: Float64 = total + np.where(even, _towards(rest, rest_error), rest)
    # Beyond 2**996 the exact product overflows although the plain one need not.
    return np.where(np.isfinite(out), out, product + c)


def _sum_error(x: Any, y: Any) -> Float64:
    """x + y minus its rounding (Knuth's two-sum)."""
    total = x + y
    back = total - x
    error: Float64 = (x - (total - back)) + (y - back)
    return error


def _product_error(x: Float64, y: float, product: Float64) -> Float64:
    """x * y minus its rounding (Dekker's product, with Veltkamp's splitting of the factors)."""
    x_high = _upper_half(x)
    y_high = _upper_half(np.float64(y))
    x_low, y_low = x - x_high, y - y_high
    error: Float64 = ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low
    return error


def _upper_half(x: Any) -> Any:
    scaled = x * 134217729.0  # 2**27 + 1
    return scaled - (scaled - x)


def _towards(x: Float64, direction: Float64) -> Float64:
    """The float64 next to x on the side of the direction's sign; x itself where the direction is zero."""
    return np.nextafter(x, np.where(direction == 0, x, np.copysign(np.inf, direction)))


def from_c_library(function: Callable[[float], float], values: Float64) -> Float64:
    """A function of `math` on every element: the C library's result, which PyTorch's scalar loops give too."""
    return np.fromiter(map(function, values.tolist()), np.float64, values.size)


def box_muller(uniforms: Any, mean: float, std: float) -> Any:
    """Normals from blocks of 16 uniforms, as the vectorised kernel makes them; float32 or float64, flat."""
    blocks = uniforms.reshape(-1, LANES)
    make = _box_muller_float32 if uniforms.dtype == np.float32 else _box_muller_float64
    halves = make(blocks[:, : LANES // 2], blocks[:, LANES // 2 :], mean, std)
    return np.concatenate(halves, axis=1).reshape(-1)


def _box_muller_float32(x: Float32, y: Float32, mean: float, std: float) -> tuple[Float32, Float32]:
    radius = np.sqrt(np.float32(-2) * _log(np.float32(1) - x))
    sin, cos = _sin_cos(np.float32(2 * math.pi) * y)
    center, scale = np.float32(mean), np.float32(std)
    return fma32(radius * cos, scale, center), fma32(radius * sin, scale, center)


def _box_muller_float64(x: Float64, y: Float64, mean: float, std: float) -> tuple[Float64, Float64]:
    radius = np.sqrt(-2.0 * from_c_library(math.log, 1.0 - x.reshape(-1)))
    angle = 2.0 * math.pi * y.reshape(-1)
    cos, sin = (fma64(radius * from_c_library(f, angle), std, mean) for f in (math.cos, math.sin))
    return cos.reshape(x.shape), sin.reshape(x.shape)


def _log(u: Float32) -> Float32:
    """log u for positive normal u: u = 2**e (1 + x), log u = e log 2 + x - x**2 / 2 + x**3 P(x)."""
    bits = np.ascontiguousarray(u).view(np.int32)
    e = ((bits >> 23) - 126).astype(np.float32)
    m = ((bits & 0x007FFFFF) | 0x3F000000).view(np.float32)  # in [1/2, 1)
    below = m < _SQRT_HALF
    x = m - np.float32(1) + np.where(below, m, np.float32(0))
    e -= below
    z = x * x
    polynomial = _horner(_LOG, x) * x
    tail = fma32(polynomial, z, e * _LOG_2_LOW) - z * np.float32(0.5)
    out: Float32 = (x + tail) + e * _LOG_2_HIGH
    return out


def _sin_cos(angle: Float32) -> tuple[Float32, Float32]:
    """sin and cos of angles from 0 to 8192: the octant, the rest in [-pi/4, pi/4], a polynomial for each."""
    octant = ((angle * _FOUR_OVER_PI).astype(np.int32) + 1) & ~1
    j = octant.astype(np.float32)
    x = fma32(j, -_QUARTER_PI[2], (angle - j * _QUARTER_PI[0]) - j * _QUARTER_PI[1])
    z = x * x
    cos = fma32(_horner(_COS, z) * z, z, z * np.float32(-0.5)) + np.float32(1)
    sin = fma32(_horner(_SIN, z) * z, x, x)
    swapped = (octant & 2) != 0
    sin, cos = np.where(swapped, cos, sin), np.where(swapped, sin, cos)
    return (
        np.where(octant & 4, -sin, sin),
        np.where((octant + 2) & 4, -cos, cos),
    )


def _horner(coefficients: Float32, x: Float32) -> Float32:
    total = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        total = fma32(total, x, coefficient)
    return total
