"""The error function on arrays of a module `xp`, without SciPy."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import DTypeError, make
from unified_nn_backends.numpy.parallel import blockwise, scratch
from unified_nn_backends.numpy.width import is_narrow

Array = Any
Module = Any

# float32: Chebyshev interpolants on [0, 1] of erf(x) / x - 1 in x * x, and on [1, 4] of -log(1 - erf(x)) in x,
# found with 40 digits; the lowest power first. The error is below 1.5 units in the last place.
NEAR_32 = (
    0.1283791658483509, -0.37612626666720334, 0.11283594715160218, -0.026854212010626412, 0.005189087423433974,
    -0.000801686428716587, 7.875875062685488e-05,
)  # fmt: skip
FAR_32 = (
    -0.00032013804967769883, 1.130233434841994, 0.631826051559163, 0.11008008294882024, -0.026421136005663898,
    0.004759596293266265, -0.0005968056256607798, 4.605804268918978e-05, -1.6371514145936436e-06,
)  # fmt: skip

# float64: the rational Chebyshev approximations of W. J. Cody, Math. Comp. 23 (1969) 631-637, tables II and III:
# erf(x) / x in x * x up to 0.46875, and exp(x * x) * (1 - erf(x)) in x beyond; the lowest power first. The error is at
# most 3 units in the last place.
NEAR_64 = (
    3.20937758913846947e03, 3.77485237685302021e02, 1.13864154151050156e02, 3.16112374387056560e00,
    1.85777706184603153e-1,
)  # fmt: skip
NEAR_64_BELOW = (2.84423683343917062e03, 1.28261652607737228e03, 2.44024637934444173e02, 2.36012909523441209e01, 1.0)
FAR_64 = (
    1.23033935479799725e03, 2.05107837782607147e03, 1.71204761263407058e03, 8.81952221241769090e02,
    2.98635138197400131e02, 6.61191906371416295e01, 8.88314979438837594e00, 5.64188496988670089e-1,
    2.15311535474403846e-8,
)  # fmt: skip
FAR_64_BELOW = (
    1.23033935480374942e03, 3.43936767414372164e03, 4.36261909014324716e03, 3.29079923573345963e03,
    1.62138957456669019e03, 5.37181101862009858e02, 1.17693950891312499e02, 1.57449261107098347e01, 1.0,
)  # fmt: skip


def erf(xp: Module, x: Array) -> Array:
    dtype = x.dtype
    if is_narrow(dtype):
        return erf(xp, x.astype("float32")).astype(dtype)
    if dtype not in ("float32", "float64"):
        raise make(DTypeError, f"erf: got an array of dtype {dtype}, expected a real floating dtype; cast it first")
    return blockwise(xp, erf_of_block, x)


def erf_of_block(xp: Module, x: Array, out: Array) -> None:
    """Write erf(x) into `out`, another array; both are flat, and float32 or float64."""
    (_single if x.dtype.itemsize == 4 else _double)(xp, x, out)


def _polynomial(xp: Module, coefficients: tuple[float, ...], t: Array, out: Array) -> Array:
    """Horner's scheme, written into `out`; the coefficients take t's dtype."""
    scalar = t.dtype.type
    xp.multiply(t, scalar(coefficients[-1]), out)
    for c in coefficients[-2:0:-1]:
        out += scalar(c)
        out *= t
    out += scalar(coefficients[0])
    return out


def _single(xp: Module, x: Array, out: Array) -> None:
    t = xp.multiply(x, x, scratch(xp, "erf", x.shape, x.dtype))
    _polynomial(xp, NEAR_32, t, out)
    out *= x
    out += x
    far = xp.flatnonzero(t >= 1)
    if far.size:
        values = x[far]
        size = xp.minimum(xp.absolute(values), values.dtype.type(4))  # 1 - erf(4) is below the last place of 1
        rest = _polynomial(xp, FAR_32, size, xp.empty(size.shape, size.dtype))
        out[far] = xp.copysign(1 - xp.exp(-rest), values)


def _double(xp: Module, x: Array, out: Array) -> None:
    t = xp.multiply(x, x, scratch(xp, "erf", x.shape, x.dtype))
    _polynomial(xp, NEAR_64, t, out)
    out /= _polynomial(xp, NEAR_64_BELOW, t, scratch(xp, "erf below", x.shape, x.dtype))
    out *= x
    far = xp.flatnonzero(t > 0.46875**2)
    if far.size:
        values = x[far]
        size = xp.minimum(xp.absolute(values), 6.0)  # 1 - erf(6) is below the last place of 1
        rest = _polynomial(xp, FAR_64, size, xp.empty(size.shape, size.dtype))
        rest /= _polynomial(xp, FAR_64_BELOW, size, xp.empty(size.shape, size.dtype))
        rest *= xp.exp(-size * size)
        out[far] = xp.copysign(1 - rest, values)
