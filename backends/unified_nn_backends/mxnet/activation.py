"""Activations on MXNet arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from unified_nn_backends.mxnet.call import constant, dtype_name, invoke
from unified_nn_backends.mxnet.elementwise import FLOATING, add, greater, maximum, mul, select, through, unary
from unified_nn_backends.mxnet.kinks import recorded_erf

Array = Any


def relu(x: Array) -> Array:
    return invoke("_npx_relu", x) if dtype_name(x) in FLOATING else maximum(x, constant(0, dtype_name(x)))


sigmoid = unary("_npx_sigmoid")


def _leaky(x: Array, *, slope: float) -> Array:
    if dtype_name(x) == "float32":
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

RECORDED = {"gelu": _gelu(recorded_erf)}
