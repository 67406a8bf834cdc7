"""Ops that act on each element: arithmetic, comparison, functions, activations. All shapes broadcast."""

from __future__ import annotations

import math

from unified_nn.dtypes import DType, canonical, promote
from unified_nn.op import composite, primitive
from unified_nn.ops import _rules as rules
from unified_nn.tensor import Operand, Tensor

# ---- arithmetic of two ---------------------------------------------------------------------------------------------


@primitive(
    promotes=True, rule=rules.binary, saves=False, vjp={"x": lambda g, out, x, y: g, "y": lambda g, out, x, y: g}
)
def add(x: Operand, y: Operand) -> Tensor:
    """x + y."""
    ...


@primitive(promotes=True, rule=rules.binary, saves=False,
           vjp={"x": lambda g, out, x, y: g, "y": lambda g, out, x, y: neg(g)})  # fmt: skip
def sub(x: Operand, y: Operand) -> Tensor:
    """x - y."""
    ...


@primitive(promotes=True, rule=rules.binary,
           vjp={"x": lambda g, out, x, y: mul(g, y), "y": lambda g, out, x, y: mul(g, x)})  # fmt: skip
def mul(x: Operand, y: Operand) -> Tensor:
    """x * y."""
    ...


@primitive(promotes=True, rule=rules.binary,
           vjp={"x": lambda g, out, x, y: div(g, y), "y": lambda g, out, x, y: neg(div(mul(g, out), y))})  # fmt: skip
def div(x: Operand, y: Operand) -> Tensor:
    """x / y of floating arrays; a vocabulary casts integers first, by its own rule."""
    ...


def _power_x(g: Tensor, out: Tensor, x: Operand, y: Operand) -> Tensor:
    if isinstance(y, Tensor):  # x ** (y - 1) is inf at x == 0, y == 0, where the derivative is 0
        return mul(g, where(equal(y, 0), 0.0, mul(y, pow_(x, sub(y, 1)))))
    return mul(g, mul(pow_(x, y - 1), y)) if y != 0 else zeros_like(g)


def _power_y(g: Tensor, out: Tensor, x: Operand, y: Operand) -> Tensor:
    """PyTorch's: out * log(x), but 0 where x is 0 and y is not negative; so NaN for x < 0, where x ** y is no function."""
    if isinstance(x, Tensor):
        slope = mul(out, log(x))
        return mul(g, where(logical_and(equal(x, 0), greater_equal(y, 0)), 0.0, slope))
    if x == 0:
        return mul(g, where(greater_equal(y, 0), 0.0, mul(out, -math.inf)))
    return mul(g, mul(out, math.log(x) if x > 0 else math.nan))


@primitive(promotes=True, rule=rules.binary, vjp={"x": _power_x, "y": _power_y})
def pow_(x: Operand, y: Operand) -> Tensor:
    """x ** y."""
    ...


@primitive(promotes=True, rule=rules.binary, vjp={"x": lambda g, out, x, y: zeros_like(g),
                                                  "y": lambda g, out, x, y: zeros_like(g)})  # fmt: skip
def floor_div(x: Operand, y: Operand) -> Tensor:
    """floor(x / y), in the dtype of x and y."""
    ...


@primitive(promotes=True, rule=rules.binary, vjp={"x": lambda g, out, x, y: g,
                                                  "y": lambda g, out, x, y: neg(mul(g, floor_div(x, y)))})  # fmt: skip
def mod(x: Operand, y: Operand) -> Tensor:
    """x - y * floor(x / y): the remainder with the sign of y, as Python's %."""
    ...


@primitive(promotes=True, rule=rules.binary, vjp={"x": lambda g, out, x, y: g,
                                                  "y": lambda g, out, x, y: neg(mul(g, trunc(div(x, y))))})  # fmt: skip
def fmod(x: Operand, y: Operand) -> Tensor:
    """x - y * trunc(x / y): the remainder with the sign of x, as C's fmod."""
    ...


def _pick(g: Tensor, lost: Tensor, tied: Tensor) -> Tensor:
    """Nothing where lost, half of g where tied, else g: so both get it where one is NaN."""
    return where(lost, 0.0, where(tied, mul(g, 0.5), g))


@primitive(promotes=True, rule=rules.binary, vjp={
    "x": lambda g, out, x, y: _pick(g, less(x, y), equal(x, y)),
    "y": lambda g, out, x, y: _pick(g, greater(x, y), equal(x, y))})  # fmt: skip
def maximum(x: Operand, y: Operand) -> Tensor:
    """The larger of x and y; NaN if either is. A tie splits the gradient in halves."""
    ...


@primitive(promotes=True, rule=rules.binary, vjp={
    "x": lambda g, out, x, y: _pick(g, greater(x, y), equal(x, y)),
    "y": lambda g, out, x, y: _pick(g, less(x, y), equal(x, y))})  # fmt: skip
def minimum(x: Operand, y: Operand) -> Tensor:
    """The smaller of x and y; NaN if either is. A tie splits the gradient in halves."""
    ...


def _over_radius(g: Tensor, x: Operand, y: Operand) -> Tensor:
    """g / (x**2 + y**2), 0 in the origin; one of x and y may be a Python number."""
    squared = add(*(square(v) if isinstance(v, Tensor) else v * v for v in (x, y)))
    return where(equal(squared, 0), 0.0, div(g, squared))


@primitive(promotes=True, rule=rules.binary, vjp={
    "x": lambda g, out, x, y: mul(_over_radius(g, x, y), y),
    "y": lambda g, out, x, y: neg(mul(_over_radius(g, x, y), x))})  # fmt: skip
def arctan2(x: Operand, y: Operand) -> Tensor:
    """The angle of the point (y, x) in (-pi, pi]; its gradient in the origin is 0."""
    ...


# ---- comparison, logic, bits: no gradient --------------------------------------------------------------------------


@primitive(promotes=True, rule=rules.binary)
def equal(x: Operand, y: Operand) -> Tensor:
    """x == y, as bool."""
    ...


@primitive(promotes=True, rule=rules.binary)
def not_equal(x: Operand, y: Operand) -> Tensor:
    """x != y, as bool."""
    ...


@primitive(promotes=True, rule=rules.binary)
def less(x: Operand, y: Operand) -> Tensor:
    """x < y, as bool."""
    ...


@primitive(promotes=True, rule=rules.binary)
def less_equal(x: Operand, y: Operand) -> Tensor:
    """x <= y, as bool."""
    ...


@primitive(promotes=True, rule=rules.binary)
def greater(x: Operand, y: Operand) -> Tensor:
    """x > y, as bool."""
    ...


@primitive(promotes=True, rule=rules.binary)
def greater_equal(x: Operand, y: Operand) -> Tensor:
    """x >= y, as bool."""
    ...


@primitive(promotes=True, rule=rules.binary)
def logical_and(x: Operand, y: Operand) -> Tensor:
    """Whether both are not zero, as bool."""
    ...


@primitive(promotes=True, rule=rules.binary)
def logical_or(x: Operand, y: Operand) -> Tensor:
    """Whether one is not zero, as bool."""
    ...


@primitive(promotes=True, rule=rules.binary)
def logical_xor(x: Operand, y: Operand) -> Tensor:
    """Whether exactly one is not zero, as bool."""
    ...


@primitive()
def logical_not(x: Tensor) -> Tensor:
    """Whether x is zero, as bool."""
    ...


@primitive(promotes=True, rule=rules.bits)
def bitwise_and(x: Operand, y: Operand) -> Tensor:
    """Bit by bit and of integers or bools."""
    ...


@primitive(promotes=True, rule=rules.bits)
def bitwise_or(x: Operand, y: Operand) -> Tensor:
    """Bit by bit or of integers or bools."""
    ...


@primitive(promotes=True, rule=rules.bits)
def bitwise_xor(x: Operand, y: Operand) -> Tensor:
    """Bit by bit exclusive or of integers or bools."""
    ...


@primitive(rule=rules.bits)
def bitwise_not(x: Tensor) -> Tensor:
    """Every bit of an integer, or the bool, inverted."""
    ...


@primitive()
def isnan(x: Tensor) -> Tensor:
    """Whether x is NaN, as bool."""
    ...


@primitive()
def isinf(x: Tensor) -> Tensor:
    """Whether x is plus or minus infinity, as bool."""
    ...


@composite(vjp={})
def isfinite(x: Tensor) -> Tensor:
    """Whether x is neither NaN nor infinite, as bool."""
    return logical_not(logical_or(isnan(x), isinf(x)))


# ---- functions of one ----------------------------------------------------------------------------------------------


@primitive(saves=False, vjp={"x": lambda g, out, x: neg(g)})
def neg(x: Tensor) -> Tensor:
    """-x."""
    ...


@primitive(vjp={"x": lambda g, out, x: mul(g, sign(x))})
def abs_(x: Tensor) -> Tensor:
    """|x|; its gradient at 0 is 0."""
    ...


@primitive(vjp={"x": lambda g, out, x: zeros_like(g)})
def sign(x: Tensor) -> Tensor:
    """-1, 0 or 1; 0 for NaN, as all three frameworks have it."""
    ...


@primitive(vjp={"x": lambda g, out, x: mul(g, out)})
def exp(x: Tensor) -> Tensor:
    """e ** x."""
    ...


@primitive(vjp={"x": lambda g, out, x: mul(g, add(out, 1.0))})
def expm1(x: Tensor) -> Tensor:
    """e ** x - 1, exact for small x."""
    ...


@primitive(vjp={"x": lambda g, out, x: div(g, x)})
def log(x: Tensor) -> Tensor:
    """The natural logarithm; -inf at 0, NaN below."""
    ...


@primitive(vjp={"x": lambda g, out, x: div(g, add(x, 1.0))})
def log1p(x: Tensor) -> Tensor:
    """log(1 + x), exact for small x."""
    ...


@primitive(vjp={"x": lambda g, out, x: div(g, mul(x, math.log(2)))})
def log2(x: Tensor) -> Tensor:
    """The logarithm to base 2."""
    ...


@primitive(vjp={"x": lambda g, out, x: div(g, mul(x, math.log(10)))})
def log10(x: Tensor) -> Tensor:
    """The logarithm to base 10."""
    ...


@primitive(vjp={"x": lambda g, out, x: div(g, mul(out, 2.0))})
def sqrt(x: Tensor) -> Tensor:
    """The square root; NaN below 0."""
    ...


@composite()
def rsqrt(x: Tensor) -> Tensor:
    """1 / sqrt(x)."""
    return div(1.0, sqrt(x))


@composite(vjp={"x": lambda g, out, x: mul(g, mul(x, 2.0))})
def square(x: Tensor) -> Tensor:
    """x * x."""
    return mul(x, x)


@primitive(vjp={"x": lambda g, out, x: neg(mul(g, square(out)))})
def reciprocal(x: Tensor) -> Tensor:
    """1 / x."""
    ...


@primitive(vjp={"x": lambda g, out, x: mul(g, cos(x))})
def sin(x: Tensor) -> Tensor:
    """The sine of x in radians."""
    ...


@primitive(vjp={"x": lambda g, out, x: neg(mul(g, sin(x)))})
def cos(x: Tensor) -> Tensor:
    """The cosine of x in radians."""
    ...


@primitive(vjp={"x": lambda g, out, x: mul(g, add(square(out), 1.0))})
def tan(x: Tensor) -> Tensor:
    """The tangent of x in radians."""
    ...


@primitive(vjp={"x": lambda g, out, x: div(g, sqrt(sub(1.0, square(x))))})
def arcsin(x: Tensor) -> Tensor:
    """The angle in [-pi/2, pi/2] whose sine is x."""
    ...


@primitive(vjp={"x": lambda g, out, x: neg(div(g, sqrt(sub(1.0, square(x)))))})
def arccos(x: Tensor) -> Tensor:
    """The angle in [0, pi] whose cosine is x."""
    ...


@primitive(vjp={"x": lambda g, out, x: div(g, add(square(x), 1.0))})
def arctan(x: Tensor) -> Tensor:
    """The angle in (-pi/2, pi/2) whose tangent is x."""
    ...


@primitive(vjp={"x": lambda g, out, x: mul(g, cosh(x))})
def sinh(x: Tensor) -> Tensor:
    """(e ** x - e ** -x) / 2."""
    ...


@primitive(vjp={"x": lambda g, out, x: mul(g, sinh(x))})
def cosh(x: Tensor) -> Tensor:
    """(e ** x + e ** -x) / 2."""
    ...


@primitive(vjp={"x": lambda g, out, x: sub(g, mul(g, square(out)))})
def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    ...


@primitive(vjp={"x": lambda g, out, x: mul(mul(g, exp(neg(square(x)))), 2.0 / math.sqrt(math.pi))})
def erf(x: Tensor) -> Tensor:
    """The error function 2 / sqrt(pi) * integral of e ** -t^2 from 0 to x."""
    ...


@primitive(vjp={"x": lambda g, out, x: zeros_like(g)})
def floor(x: Tensor) -> Tensor:
    """The largest whole number that is not above x."""
    ...


@primitive(vjp={"x": lambda g, out, x: zeros_like(g)})
def ceil(x: Tensor) -> Tensor:
    """The smallest whole number that is not below x."""
    ...


@primitive(vjp={"x": lambda g, out, x: zeros_like(g)})
def trunc(x: Tensor) -> Tensor:
    """x without its fraction."""
    ...


@primitive(vjp={"x": lambda g, out, x: zeros_like(g)})
def round_(x: Tensor) -> Tensor:
    """The nearest whole number, halves to even."""
    ...


# ---- choice, dtype -------------------------------------------------------------------------------------------------


@primitive(rule=rules.ternary, vjp={
    "x": lambda g, out, c, x, y: where(c, g, zeros_like(g)),
    "y": lambda g, out, c, x, y: where(c, zeros_like(g), g)})  # fmt: skip
def select(c: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """x where the bool array c holds, else y; x and y have one dtype."""
    ...


@composite()
def where(c: Tensor, x: Operand, y: Operand) -> Tensor:
    """x where the bool array c holds, else y; Python numbers take the dtype of the other one."""
    like = x if isinstance(x, Tensor) else y
    if not isinstance(like, Tensor):
        like = Tensor.from_numpy(0.0, "float32", c.backend)
    chosen, other = (v if isinstance(v, Tensor) else full_like(like, value=v) for v in (x, y))
    common = promote(chosen._dtype, other._dtype)
    return select(c, as_dtype(chosen, common), as_dtype(other, common))


def _inside(x: Tensor, low: float | None, high: float | None) -> Tensor:
    above = greater_equal(x, low) if low is not None else None
    below = less_equal(x, high) if high is not None else None
    both = above if below is None else below if above is None else logical_and(above, below)
    assert both is not None
    return both


@primitive(vjp={"x": lambda g, out, x, *, low, high: where(_inside(x, low, high), g, 0.0)})
def clip(x: Tensor, *, low: float | None, high: float | None) -> Tensor:
    """x limited to [low, high]; the gradient passes at the limits themselves."""
    ...


@primitive(saves=False, vjp={"x": lambda g, out, x, *, dtype: cast(g, dtype=x._dtype) if dtype.kind in "fc" else None})
def cast(x: Tensor, *, dtype: DType) -> Tensor:
    """The values as another dtype; a float becomes an integer by dropping the fraction."""
    ...


def as_dtype(x: Tensor, dtype: DType) -> Tensor:
    """x itself where it has the dtype already, else cast."""
    return x if x._dtype is dtype else cast(x, dtype=dtype)


def full_like(x: Tensor, *, value: float, dtype: object = None) -> Tensor:
    """An array of x's shape, backend and device with one value everywhere; no gradient."""
    import numpy as np

    chosen = x._dtype if dtype is None else canonical(dtype)
    filled = np.full(x._shape, value, chosen.numpy())
    return type(x)._face.from_numpy(filled, backend=x.backend, device=x._device)


def zeros_like(x: Tensor) -> Tensor:
    return full_like(x, value=0)


def ones_like(x: Tensor) -> Tensor:
    return full_like(x, value=1)
