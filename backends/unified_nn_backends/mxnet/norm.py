"""Softmax and normalisation on MXNet arrays."""

from __future__ import annotations

from typing import Any

from unified_nn_backends.mxnet.call import dtype_name, full, invoke, reshaped, size
from unified_nn_backends.mxnet.elementwise import add, div, mul, sub, through

Array = Any


def _along(name: str) -> Any:
    def call(x: Array, *, axis: int) -> Array:
        return invoke(name, x, axis=axis % max(len(x.shape), 1)) if size(x.shape) and x.shape else add(x, 0)

    return through("float32", call, "float16")


softmax = _along("_npx_softmax")
log_softmax = _along("_npx_log_softmax")


def batch_norm(
    x: Array, mean: Array, var: Array, scale: Array | None = None, shift: Array | None = None, *, eps: float,
    axis: int = 1,
) -> Array:  # fmt: skip
    shape = tuple(s if a == axis % len(x.shape) else 1 for a, s in enumerate(x.shape))
    spread = invoke("_npi_sqrt", add(reshaped(var, shape), eps))
    if scale is None:
        out = div(sub(x, reshaped(mean, shape)), spread)
    else:
        out = mul(sub(x, reshaped(mean, shape)), div(reshaped(scale, shape), spread))
    return out if shift is None else add(out, reshaped(shift, shape))


def layer_norm(
    x: Array, scale: Array | None = None, shift: Array | None = None, *, axes: int, eps: float
) -> Array:
    return _layer_norm(x, scale, shift, axes=axes, eps=eps)


def _rows(x: Array, scale: Array | None = None, shift: Array | None = None, *, axes: int, eps: float) -> Array:
    tail = x.shape[len(x.shape) - axes :]
    width, name = size(tail), dtype_name(x)
    flat = reshaped(x, (size(x.shape[: len(x.shape) - axes]), width))
    gamma = full((width,), 1, name) if scale is None else reshaped(scale, (width,))
    beta = full((width,), 0, name) if shift is None else reshaped(shift, (width,))
    return reshaped(invoke("_npx_layer_norm", flat, gamma, beta, axis=1, eps=eps), x.shape)


_layer_norm = through("float32", _rows, "float16")
