"""Order along an axis of MXNet arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn_backends.mxnet.call import constant, dtype_name, from_host, full, invoke, size, to_host
from unified_nn_backends.mxnet.elementwise import FLOATING, add, as_type, isnan, mul, select
from unified_nn_backends.mxnet.reduce import any_, normal_axes

Array = Any


def argsort(x: Array, *, axis: int) -> Array:
    (at,) = normal_axes(x, axis) or (0,)
    if not size(x.shape) or not x.shape:
        return full(x.shape, 0, "int64")
    name = dtype_name(x)
    if name == "float16":  # MXNet sorts no 16-bit floats, and float32 keeps their order
        x, name = as_type(x, "float32"), "float32"
    if name not in FLOATING:
        return _order(as_type(x, "uint8") if name == "bool" else x, at)
    lost = isnan(x)
    if not to_host(any_(lost)):
        return _order(x, at)
    # NaN is neither before nor after anything, which leaves MXNet's order to chance: sort by value, then NaN to the end.
    first = _order(select(lost, constant(0.0, name), x), at)
    second = _order(_along(as_type(lost, "int32"), first, at), at)
    return _along(first, second, at)


def _order(x: Array, axis: int) -> Array:
    return invoke("_npi_argsort", x, axis=axis, is_ascend=True, dtype="int64")


def _along(x: Array, order: Array, axis: int) -> Array:
    """x[a, order[a, b, c], c] for axis 1, and so on."""
    before, length, after = size(x.shape[:axis]), x.shape[axis], size(x.shape[axis + 1 :])
    start = np.arange(before).reshape(-1, 1, 1) * (length * after) + np.arange(after)
    order = invoke("_npi_reshape", order, newshape=(before, length, after))
    places = add(mul(order, after), from_host(start))
    return invoke("_npi_reshape", invoke("_npi_take", reshaped(x, (size(x.shape),)), places,
                                         axis=0, mode="clip"), newshape=x.shape)  # fmt: skip
