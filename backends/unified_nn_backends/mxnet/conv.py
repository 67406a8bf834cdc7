"""Convolution of MXNet arrays.

MXNet's `Convolution` and its gradients are right for 1 to 3 spatial axes, groups and dilation. Its `Deconvolution` is
not used: the gradient of its weights fails in oneDNN, and dilation gives wrong numbers in float64. Batches without
elements never reach oneDNN, where they spoil a workspace that later calls share.
"""

from __future__ import annotations

from typing import Any

from unified_nn_backends.mxnet.call import anchored, detach, dtype_name, invoke, reshaped, size, zeros
from unified_nn_backends.mxnet.elementwise import add, through
from unified_nn_backends.mxnet.recording import call_recorded, gradient, variable, with_rules
from unified_nn_backends.mxnet.space import Ints, Pads, fit, out_size, symmetric

Array = Any


def _conv(
    x: Array, w: Array, b: Array | None = None, *, stride: Ints, pads: Pads, dilation: Ints, groups: int
) -> Array:
    kernel, filters = w.shape[2:], w.shape[0]
    shape = (x.shape[0], filters, *out_size(x.shape[2:], kernel, stride, pads, dilation))
    if not size(shape) or not size(w.shape):
        out = anchored(zeros(shape, dtype_name(x)), x, w)
        return out if b is None else add(out, reshaped(b, (1, filters, *(1,) * len(kernel))))
    same = symmetric(pads)
    if same is None:
        x, same = fit(x, pads), (0,) * len(kernel)
    arrays = (x, w) if b is None else (x, w, b)
    return invoke("_npx_convolution", *arrays, kernel=kernel, stride=stride, dilate=dilation, pad=same,
                  num_filter=filters, num_group=groups, no_bias=b is None)  # fmt: skip


def _conv_dx(g: Array, w: Array, *, size: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Array:
    shape = (g.shape[0], w.shape[1] * groups, *size)
    if not all(g.shape) or not all(w.shape) or not all(size):
        return zeros(shape, dtype_name(g))
    x = variable(zeros(shape, dtype_name(g)))
    return _pulled_back(x, x, w, g, {"stride": stride, "pads": pads, "dilation": dilation, "groups": groups})


def _conv_dw(x: Array, g: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Array:
    shape = (g.shape[1], x.shape[1] // groups, *kernel)
    if not all(x.shape) or not all(g.shape):
        return zeros(shape, dtype_name(x))
    w = variable(zeros(shape, dtype_name(x)))
    return _pulled_back(w, x, w, g, {"stride": stride, "pads": pads, "dilation": dilation, "groups": groups})


def _pulled_back(leaf: Array, x: Array, w: Array, g: Array, attrs: dict[str, Any]) -> Array:
    """The gradient of conv(x, w) for the leaf: MXNet has no other way to its kernels for it."""
    out = call_recorded(_conv, (x, w), attrs)
    if out.shape != g.shape:
        raise ValueError(f"conv of {x.shape} with {w.shape} has the shape {out.shape}, its gradient {g.shape}")
    (found,) = gradient([out], [leaf], [detach(g)], retain=False, create=False)
    return found


def _dx_of_dw(h: Array, out: Array, x: Array, g: Array, *, kernel: Ints, **attrs: Any) -> Array:
    return _conv_dx(g, h, size=x.shape[2:], **attrs)


def _dw_of_dx(h: Array, out: Array, g: Array, w: Array, *, size: Ints, **attrs: Any) -> Array:
    return _conv_dw(h, g, kernel=w.shape[2:], **attrs)


conv = through("float32", _conv, "float16")
conv_dx = through("float32", _conv_dx, "float16")
conv_dw = through("float32", _conv_dw, "float16")
# MXNet's gradients of conv have none themselves.
RECORDED = {
    "conv_dx": through("float32", with_rules(
        _conv_dx, lambda h, out, g, w, *, size, **attrs: _conv(h, w, **attrs), _dw_of_dx), "float16"),
    "conv_dw": through("float32", with_rules(
        _conv_dw, _dx_of_dw, lambda h, out, x, g, *, kernel, **attrs: _conv(x, h, **attrs)), "float16"),
}  # fmt: skip
