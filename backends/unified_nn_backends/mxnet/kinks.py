"""Gradients of elementwise ops where MXNet's own are not the op's: at ties, kinks and zeros."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from unified_nn.dtypes import DType
from unified_nn_backends.mxnet.call import CODES, anchored, constant, detach, dtype_name, invoke, is_array
from unified_nn_backends.mxnet.elementwise import (
    abs_,
    add,
    arctan2,
    as_type,
    cast,
    ceil,
    clip,
    div,
    equal,
    floor_div,
    fmod,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    maximum,
    minimum,
    mod,
    mul,
    pow_,
    select,
    sub,
    trunc,
    unary,
)  # fmt: skip
from unified_nn_backends.mxnet.recording import Rule, with_rules

Array = Any
Function = Callable[..., Array]


def _of_winner(g: Array, loses: Array, ties: Array) -> Array:
    """Nothing where it loses, half of g where it ties, else g: so both get it where one is NaN."""
    name = dtype_name(g)
    return mul(g, sub(sub(1.0, as_type(loses, name)), mul(as_type(ties, name), 0.5)))


def _power_x(g: Array, out: Array, x: Any, y: Any) -> Array:
    if not is_array(y):
        return mul(g, mul(pow_(x, y - 1), float(y))) if y != 0 else mul(g, 0.0)
    slope = mul(pow_(x, sub(y, 1.0)), y)
    return mul(g, select(equal(y, 0), constant(0.0, dtype_name(g)), slope))


def _power_y(g: Array, out: Array, x: Any, y: Any) -> Array:
    zero = constant(0.0, dtype_name(g))
    if is_array(x):
        flat = logical_and(equal(x, 0), greater_equal(y, 0))
        return mul(g, select(flat, zero, mul(out, invoke("_npi_log", x))))
    if x == 0:
        return mul(g, select(greater_equal(y, 0), zero, mul(out, -math.inf)))
    return mul(g, mul(out, math.log(x) if x > 0 else math.nan))


def _over_radius(g: Array, x: Any, y: Any) -> Array:
    """g / (x**2 + y**2), 0 in the origin."""
    squared = add(*(mul(v, v) if is_array(v) else v * v for v in (x, y)))
    return select(equal(squared, 0), constant(0.0, dtype_name(g)), div(g, squared))


def _times_rounded(rounded: Function) -> Rule:
    """-g * rounded(x / y): how a remainder changes with y."""
    return lambda g, out, x, y: invoke("_npi_negative", mul(g, rounded(x, y)))


def _inside(x: Array, low: float | None, high: float | None) -> Array:
    above, below = (None if low is None else greater_equal(x, low)), (None if high is None else less_equal(x, high))
    if above is None or below is None:
        return below if above is None else above
    return logical_and(above, below)


def _slope_of_erf(g: Array, out: Array, x: Array) -> Array:
    return mul(g, mul(invoke("_npi_exp", invoke("_npi_negative", mul(x, x))), 2 / math.sqrt(math.pi)))


_erf_of_float64 = with_rules(unary("_npx_erf"), _slope_of_erf)


def recorded_erf(x: Array) -> Array:
    """MXNet's gradient has a constant of float32, in float64 too."""
    return _erf_of_float64(x) if dtype_name(x) == "float64" else invoke("_npx_erf", x)


def _recorded_floor_div(x: Any, y: Any) -> Array:
    arrays = [v for v in (x, y) if is_array(v)]
    return anchored(floor_div(*(detach(v) if is_array(v) else v for v in (x, y))), *arrays)


def _recorded_cast(x: Array, *, dtype: DType) -> Array:
    """A number that is not floating any more has no gradient (MXNet rounds the gradient to integers)."""
    if dtype.kind == "f" or dtype.name not in CODES:
        return cast(x, dtype=dtype)
    return cast(ceil(abs_(x)) if dtype.kind == "b" else trunc(x), dtype=dtype)


def _unchanged(g: Array, *_: Any) -> Array:
    return g


RECORDED: dict[str, Function] = {
    "maximum": with_rules(maximum, lambda g, out, x, y: _of_winner(g, less(x, y), equal(x, y)),
                          lambda g, out, x, y: _of_winner(g, greater(x, y), equal(x, y))),
    "minimum": with_rules(minimum, lambda g, out, x, y: _of_winner(g, greater(x, y), equal(x, y)),
                          lambda g, out, x, y: _of_winner(g, less(x, y), equal(x, y))),
    "pow": with_rules(pow_, _power_x, _power_y),
    "fmod": with_rules(fmod, _unchanged, _times_rounded(lambda x, y: trunc(div(x, y)))),
    "mod": with_rules(mod, _unchanged, _times_rounded(floor_div)),
    "floor_div": _recorded_floor_div,
    "arctan2": with_rules(arctan2, lambda g, out, x, y: mul(_over_radius(g, x, y), y),
                          lambda g, out, x, y: invoke("_npi_negative", mul(_over_radius(g, x, y), x))),
    "clip": with_rules(clip, lambda g, out, x, *, low, high: mul(g, as_type(_inside(x, low, high), dtype_name(g)))),
    "cast": _recorded_cast,
    "erf": recorded_erf,
}  # fmt: skip
