"""Softmax and normalisation on MXNet arrays."""

from __future__ import annotations

from typing import Any

from unified_nn_backends.mxnet.call import constant, detach, dtype_name, invoke, reshaped, size
from unified_nn_backends.mxnet.contraction import SMALL
from unified_nn_backends.mxnet.elementwise import add, div, isfinite, mul, select, square, sub, through
from unified_nn_backends.mxnet.reduce import max_, mean, sum_

Array = Any


def _softmax(x: Array, *, axis: int) -> Array:
    return invoke("_npx_softmax", x, axis=axis % len(x.shape)) if size(x.shape) and x.shape else add(x, 0)


softmax = through("float32", _softmax, "float16")


def _log_softmax(x: Array, *, axis: int) -> Array:
    """MXNet's own is off by up to 4e-6, and not 0 for a single class."""
    if not size(x.shape):
        return add(x, 0)
    top = max_(detach(x), axis=axis, keepdims=True)
    x = sub(x, select(isfinite(top), top, constant(0.0, dtype_name(x))))
    return sub(x, invoke("_npi_log", sum_(invoke("_npi_exp", x), axis=axis, keepdims=True)))


log_softmax = through("float32", _log_softmax, "float16")


def batch_norm(
    x: Array, center: Array, var: Array, scale: Array | None = None, shift: Array | None = None, *, eps: float,
    axis: int = 1,
) -> Array:  # fmt: skip
    at = axis % len(x.shape)
    shape = tuple(s if a == at else 1 for a, s in enumerate(x.shape))
    deviation = invoke("_npi_sqrt", add(var, eps))
    centered = sub(x, reshaped(center, shape))
    if at == 1 and dtype_name(x) == "float32" and 3 <= len(shape) <= 5 and size(x.shape) > SMALL:
        return _per_channel(centered, div(1.0 if scale is None else scale, deviation), shift)
    if scale is None:
        out = div(centered, reshaped(deviation, shape))
    else:
        out = mul(centered, reshaped(div(scale, deviation), shape))
    return out if shift is None else add(out, reshaped(shift, shape))


def _per_channel(x: Array, w: Array, b: Array | None) -> Array:
    """x * w + b as a convolution of one place and channel, whose gradients oneDNN has in one go."""
    channels, one = x.shape[1], (1,) * (len(x.shape) - 2)
    arrays = (x, reshaped(w, (channels, 1, *one))) if b is None else (x, reshaped(w, (channels, 1, *one)), b)
    return invoke("_npx_convolution", *arrays, kernel=one, num_filter=channels, num_group=channels, no_bias=b is None)


def layer_norm(x: Array, scale: Array | None = None, shift: Array | None = None, *, axes: int, eps: float) -> Array:
    last = tuple(range(len(x.shape) - axes, len(x.shape)))
    centered = sub(x, mean(x, axis=last, keepdims=True))
    deviation = invoke("_npi_sqrt", add(mean(square(centered), axis=last, keepdims=True), eps))
    out = div(centered, deviation)
    out = out if scale is None else mul(out, scale)
    return out if shift is None else add(out, shift)
