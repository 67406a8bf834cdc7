"""Activations on MXNet arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from unified_nn_backends.mxnet.call import constant, detach, dtype_name, invoke, reshaped, size
from unified_nn_backends.mxnet.elementwise import (
    FLOATING,
    add,
    as_type,
    greater,
    less_equal,
    maximum,
    minimum,
    mul,
    select,
    sub,
    through,
    unary,
)  # fmt: skip
from unified_nn_backends.mxnet.kinks import recorded_erf
from unified_nn_backends.mxnet.recording import with_rules

Array = Any


def relu(x: Array) -> Array:
    return invoke("_npx_relu", x) if dtype_name(x) in FLOATING else maximum(x, constant(0, dtype_name(x)))


sigmoid = unary("_npx_sigmoid")


def _leaky(x: Array, *, slope: float) -> Array:
    if dtype_name(x) == "float32" and slope != 0.0:
        return invoke("_npx_leaky_relu", x, act_type="leaky", slope=slope)
    return select(greater(x, 0), x, mul(x, slope))  # MXNet's own computes in float32


leaky_relu = through("float32", _leaky, "float16")


def _gelu(erf: Callable[[Array], Array]) -> Callable[..., Array]:
    def call(x: Array, *, approximate: bool = False) -> Array:
        if approximate:
            inner = mul(add(x, mul(mul(mul(x, x), x), 0.044715)), math.sqrt(2 / math.pi))
            return mul(mul(x, add(invoke("_npi_tanh", inner), 1.0)), 0.5)
        if dtype_name(x) == "float32":
            return invoke("_npx_leaky_relu", x, act_type="gelu")
        return mul(mul(x, add(erf(mul(x, math.sqrt(0.5))), 1.0)), 0.5)

    return through("float32", call, "float16")


gelu = _gelu(unary("_npx_erf"))


def _relu_by_leaky(x: Array) -> Array:
    """relu of float32 in operators whose gradient at NaN is 1 (MXNet's relu: NaN)."""
    line = reshaped(x, x.shape or (1,))
    values = detach(line)
    nothing = minimum(maximum(values, 0.0), 0.0)  # 0, or NaN
    return reshaped(add(invoke("_npx_leaky_relu", line, act_type="leaky", slope=0.0), nothing), x.shape)


_relu_by_rule = with_rules(relu, lambda g, out, x: mul(g, sub(1.0, as_type(less_equal(out, 0), dtype_name(g)))))


def _recorded_relu(x: Array) -> Array:
    return _relu_by_leaky(x) if dtype_name(x) == "float32" and size(x.shape) else _relu_by_rule(x)


RECORDED = {"gelu": _gelu(recorded_erf), "relu": _recorded_relu}
