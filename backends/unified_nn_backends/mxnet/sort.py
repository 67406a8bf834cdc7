"""Order along an axis of MXNet arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn_backends.mxnet.call import constant, dtype_name, from_host, full, invoke, part, reshaped, size
from unified_nn_backends.mxnet.elementwise import FLOATING, add, as_type, isnan, mul, not_equal, select
from unified_nn_backends.mxnet.reduce import normal_axes

Array = Any


def argsort(x: Array, *, axis: int) -> Array:
    (at,) = normal_axes(x, axis) or (0,)
    if not size(x.shape) or not x.shape or x.shape[at] == 1:
        return full(x.shape, 0, "int64")
    name = dtype_name(x)
    if name in ("float16", "bool"):  # MXNet does not sort these, and the wider dtype keeps their order
        name = {"float16": "float32", "bool": "uint8"}[name]
        x = as_type(x, name)
    return _stable(x, at) if name not in FLOATING else _stable(select(isnan(x), constant(0.0, name), x), at, isnan(x))


def _stable(x: Array, axis: int, last: Array | None = None) -> Array:
    """The order of x, equal elements in their own order, which MXNet's sort leaves to chance; `last` ones at the end.

    Equal elements get one number in the sorted order; that number, then the place, is a key without equals.
    """
    length = x.shape[axis]
    order = _order(x, axis)
    ordered = _along(x, order, axis)
    changes = not_equal(part(ordered, axis, 1, length), part(ordered, axis, 0, length - 1))
    number = invoke("_np_cumsum", as_type(changes, "int64"), axis=axis, dtype="int64")
    start = full((*x.shape[:axis], 1, *x.shape[axis + 1 :]), 0, "int64")
    number = invoke("_npi_concatenate", start, number, axis=axis, num_args=2)
    if last is not None:
        number = add(number, mul(as_type(_along(last, order, axis), "int64"), length))
    return _along(order, _order(add(mul(number, length), order), axis), axis)


def _order(x: Array, axis: int) -> Array:
    return invoke("_npi_argsort", x, axis=axis, is_ascend=True, dtype="int64")


def _along(x: Array, order: Array, axis: int) -> Array:
    """x[a, order[a, b, c], c] for axis 1, and so on."""
    before, length, after = size(x.shape[:axis]), x.shape[axis], size(x.shape[axis + 1 :])
    start = np.arange(before).reshape(-1, 1, 1) * (length * after) + np.arange(after)
    places = add(mul(reshaped(order, (before, length, after)), after), from_host(start))
    return reshaped(invoke("_npi_take", reshaped(x, (size(x.shape),)), places, axis=0, mode="clip"), x.shape)
