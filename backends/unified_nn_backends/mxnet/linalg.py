"""Matrix products of MXNet arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn.errors import DTypeError, make
from unified_nn_backends.mxnet.call import anchored, dtype_name, full, invoke, reshaped, size
from unified_nn_backends.mxnet.contraction import expanded
from unified_nn_backends.mxnet.elementwise import FLOATING, add, mul, through
from unified_nn_backends.mxnet.reduce import sum_
from unified_nn_backends.mxnet.shape import transpose

Array = Any


def _shapes(x: Array, y: Array) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """The shapes of x and y as matrices, the shape of the product of those, and the one without the vectors' axes."""
    if not x.shape or not y.shape:
        raise ValueError(f"a product needs at least one axis on both sides, got {x.shape} and {y.shape}")
    a = x.shape if len(x.shape) > 1 else (1, *x.shape)
    b = y.shape if len(y.shape) > 1 else (*y.shape, 1)
    if a[-1] != b[-2]:
        raise ValueError(f"{x.shape} and {y.shape} do not multiply: {a[-1]} columns, {b[-2]} rows")
    lead = np.broadcast_shapes(a[:-2], b[:-2])
    rows = (a[-2],) if len(x.shape) > 1 else ()
    columns = (b[-1],) if len(y.shape) > 1 else ()
    return a, b, (*lead, a[-2], b[-1]), (*lead, *rows, *columns)


def _product(x: Array, y: Array) -> Array:
    a, b, full_shape, shape = _shapes(x, y)
    if not size(shape) or not a[-1]:
        return _empty_product(x, y, shape)
    if size(b[:-2]) == 1:
        rows = reshaped(x, (size(a[:-1]), a[-1]))
        return reshaped(invoke("dot", rows, reshaped(y, b[-2:])), shape)
    # MXNet's own product gives wrong gradients where leading axes broadcast.
    count = size(full_shape[:-2])
    left, right = (
        reshaped(expanded(reshaped(side, matrix), (*full_shape[:-2], *matrix[-2:])), (count, *matrix[-2:]))
        for side, matrix in ((x, a), (y, b))
    )
    return reshaped(invoke("_npx_batch_dot", left, right), shape)


def _empty_product(x: Array, y: Array, shape: tuple[int, ...]) -> Array:
    """The product where a side has no elements: all zeros."""
    return anchored(full(shape, 0, dtype_name(x)), *(side for side in (x, y) if not size(side.shape)))


def _integer_product(x: Array, y: Array) -> Array:
    """MXNet multiplies matrices of floats only; floats would lose the low digits of integers."""
    a, b, _, shape = _shapes(x, y)
    left, right = reshaped(x, (*a, 1)), reshaped(y, (*b[:-2], 1, *b[-2:]))
    return reshaped(sum_(mul(left, right), axis=-2), shape)


_floating_product = through("float32", _product, "float16")


def matmul(x: Array, y: Array) -> Array:
    name = dtype_name(x)
    if name != dtype_name(y):
        raise ValueError(f"one side is {name}, the other {dtype_name(y)}")
    if name == "bool":
        raise make(DTypeError, "backend 'mxnet' does not multiply bool matrices; cast them to an integer first")
    return _floating_product(x, y) if name in FLOATING else _integer_product(x, y)


def _linear(x: Array, w: Array, b: Array | None = None) -> Array:
    rows, (features, k) = x.shape[:-1], w.shape
    shape = (*rows, features)
    if not size(shape) or not k:
        out = _product(reshaped(x, (size(rows), k)), invoke("_np_transpose", w, axes=(1, 0)))
        out = reshaped(out, shape)
        return out if b is None else add(out, b)
    arrays = (reshaped(x, (size(rows), k)), w) if b is None else (reshaped(x, (size(rows), k)), w, b)
    out = invoke("_npx_fully_connected", *arrays, num_hidden=features, no_bias=b is None, flatten=False)
    return reshaped(out, shape)


_floating_linear = through("float32", _linear, "float16")


def _recorded_linear(x: Array, w: Array, b: Array | None = None) -> Array:
    """The shift apart: MXNet leaves its gradient unset where nobody wants that of the weights."""
    out = _linear(x, w)
    return out if b is None else add(out, b)


def linear(x: Array, w: Array, b: Array | None = None) -> Array:
    if dtype_name(x) in FLOATING:
        return _floating_linear(x, w, b)
    out = matmul(x, transpose(w, axes=(1, 0)))
    return out if b is None else add(out, b)


RECORDED = {"linear": through("float32", _recorded_linear, "float16")}
