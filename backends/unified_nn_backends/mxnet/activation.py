"""Activations on MXNet arrays."""

from __future__ import annotations

from typing import Any

from unified_nn_backends.mxnet.call import constant, dtype_name, invoke
from unified_nn_backends.mxnet.elementwise import FLOATING, maximum

Array = Any


def relu(x: Array) -> Array:
    return invoke("_npx_relu", x) if dtype_name(x) in FLOATING else maximum(x, constant(0, dtype_name(x)))


def sigmoid(x: Array) -> Array:
    return invoke("_npx_sigmoid", x)
