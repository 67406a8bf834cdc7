"""Convolution of MXNet arrays.

MXNet's `Convolution` and its gradients are right for 1 to 3 spatial axes, groups and dilation. Its `Deconvolution` is
not used: the gradient of its weights fails in oneDNN, and dilation gives wrong numbers in float64. Batches without
elements never reach oneDNN, where they spoil a workspace that later calls share.
"""

from __future__ import annotations

from typing import Any

from unified_nn_backends.mxnet.call import anchored, dtype_name, full, invoke, invoke_many, reshaped, size
from unified_nn_backends.mxnet.elementwise import add, through
from unified_nn_backends.mxnet.shape import flip
from unified_nn_backends.mxnet.space import Ints, Pads, fit, out_size, spread, symmetric

Array = Any


def _nothing(shape: Ints, *arrays: Array) -> Array:
    """The result where a sum has no terms or the result no elements."""
    return anchored(full(shape, 0, dtype_name(arrays[0])), *arrays)


def _attributes(kernel: Ints, stride: Ints, pads: Ints, dilation: Ints, groups: int, filters: int) -> dict[str, Any]:
    return {"kernel": kernel, "stride": stride, "dilate": dilation, "pad": pads, "num_filter": filters,
            "num_group": groups}  # fmt: skip


def _conv(
    x: Array, w: Array, b: Array | None = None, *, stride: Ints, pads: Pads, dilation: Ints, groups: int
) -> Array:
    kernel, filters = w.shape[2:], w.shape[0]
    shape = (x.shape[0], filters, *out_size(x.shape[2:], kernel, stride, pads, dilation))
    if not size(shape) or not size(w.shape):
        out = _nothing(shape, x, w)
        return out if b is None else add(out, reshaped(b, (1, filters, *(1,) * len(kernel))))
    same = symmetric(pads)
    if same is None:
        x, same = fit(x, pads), (0,) * len(kernel)
    arrays = (x, w) if b is None else (x, w, b)
    attrs = _attributes(kernel, stride, same, dilation, groups, filters)
    return invoke("_npx_convolution", *arrays, no_bias=b is None, **attrs)


def _dilated(w: Array, dilation: Ints) -> Array:
    """The kernel with zeros between its places."""
    return spread(w, dilation) if any(d > 1 for d in dilation) else w


def _conv_dx(g: Array, w: Array, *, size: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Array:
    """One convolution of g gives the values of all `stride` phases as channels, which are then interleaved.

    With o = stride * q + r, the transpose sum over i of g[i] * w[o - stride * i] is the convolution of g with the
    phase r of the kernel, w[r], w[r + stride], ..., turned around.
    """
    n, lengths, channels = g.shape[0], g.shape[2:], w.shape[1] * groups
    if not all(g.shape) or not all(w.shape) or not all(size):
        return _nothing((n, channels, *size), g, w)
    step_dilation = dilation
    if any(st > 1 and d > 1 for st, d in zip(stride, dilation, strict=True)):
        w, step_dilation = _dilated(w, dilation), (1,) * len(stride)
    taps = tuple(-(-k // st) for k, st in zip(w.shape[2:], stride, strict=True))
    phases = _phases(w, taps, stride, groups)
    attrs = _attributes(taps, (1,) * len(stride), tuple(d * (t - 1) for d, t in zip(step_dilation, taps, strict=True)),
                        step_dilation, groups, phases.shape[0])  # fmt: skip
    out = invoke("_npx_convolution", g, phases, no_bias=True, **attrs)
    out = _interleaved(out, n, channels, stride)
    return fit(out, tuple((-lo, s + lo - have) for (lo, _), s, have in zip(pads, size, out.shape[2:], strict=True)))


def _phases(w: Array, taps: Ints, stride: Ints, groups: int) -> Array:
    """w (K, C/G, *kernel) as the weights (G * prod(stride) * C/G, K/G, *taps) of all phases, turned around."""
    rest = tuple(t * st - k for t, st, k in zip(taps, stride, w.shape[2:], strict=True))
    w = fit(w, tuple((0, r) for r in rest))
    filters, inner, ndim = w.shape[0] // groups, w.shape[1], len(taps)
    # One axis at a time: (A, B, t * st, rest) -> (st * A, B, t, rest), as MXNet moves at most 6 axes.
    w = reshaped(w, (groups, filters, inner, *w.shape[2:]))
    w = invoke("_np_transpose", reshaped(w, (groups, filters, inner, size(w.shape[3:]))), axes=(0, 2, 1, 3))
    w = reshaped(w, (groups * inner, filters, *(t * st for t, st in zip(taps, stride, strict=True))))
    for axis, (t, st) in enumerate(zip(taps, stride, strict=True), 2):
        if st > 1:
            shape = w.shape
            lead, after = shape[0], size(shape[axis + 1 :])
            before = size(shape[1:axis])
            w = reshaped(w, (lead, before, t, st, after))
            w = invoke("_np_transpose", w, axes=(0, 3, 1, 2, 4))
            w = reshaped(w, (lead * st, *shape[1:axis], t, *shape[axis + 1 :]))
    return flip(w, axes=tuple(range(2, ndim + 2)))


def _interleaved(x: Array, n: int, channels: int, stride: Ints) -> Array:
    """x (N, C * st1 * st2 ..., *Q) -> (N, C, *(Q * st))."""
    lengths = x.shape[2:]
    phases = list(stride)
    x = reshaped(x, (n * channels, *phases, *lengths))
    for axis in reversed(range(len(stride))):
        # (N * C, st1, ..., st_axis, Q...) -> the last remaining phase axis moves behind its own length
        st, lead = stride[axis], n * channels * size(tuple(stride[:axis]))
        shape = x.shape
        spatial = shape[axis + 2 :]
        before, after = size(spatial[:axis]), size(spatial[axis + 1 :])
        x = reshaped(x, (lead, st, before, spatial[axis], after))
        x = invoke("_np_transpose", x, axes=(0, 2, 3, 1, 4)) if st > 1 else x
        x = reshaped(x, (*shape[: axis + 1], *spatial[:axis], spatial[axis] * st, *spatial[axis + 1 :]))
    return reshaped(x, (n, channels, *x.shape[1:]))


def _conv_dw(x: Array, g: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Array:
    """MXNet's own gradient of its convolution, which gives that for x as well."""
    filters, inner = g.shape[1], x.shape[1] // groups
    if not all(x.shape) or not all(g.shape):
        return _nothing((filters, inner, *kernel), x, g)
    same = symmetric(pads)
    if same is None:
        x, same = fit(x, pads), (0,) * len(kernel)
    weights = full((filters, inner, *kernel), 0, dtype_name(x))
    attrs = _attributes(kernel, stride, same, dilation, groups, filters)
    return invoke_many("_backward_Convolution", g, x, weights, no_bias=True, **attrs)[1]


def _conv_dw_by_conv(
    x: Array, g: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int
) -> Array:
    """conv_dw as a convolution over the batch, with stride and dilation exchanged: one that MXNet differentiates."""
    n, filters, inner = x.shape[0], g.shape[1], x.shape[1] // groups
    if not all(x.shape) or not all(g.shape):
        return _nothing((filters, inner, *kernel), x, g)
    x = fit(x, pads)
    lengths, counts = x.shape[2:], g.shape[2:]
    x = reshaped(x, (n, groups, inner, size(lengths)))
    x = reshaped(invoke("_np_transpose", x, axes=(2, 1, 0, 3)), (inner, groups * n, *lengths))
    g = reshaped(g, (n, filters, size(counts)))
    g = reshaped(invoke("_np_transpose", g, axes=(1, 0, 2)), (filters, n, *counts))
    attrs = _attributes(counts, dilation, (0,) * len(kernel), stride, groups, filters)
    out = invoke("_npx_convolution", x, g, no_bias=True, **attrs)
    out = fit(out, tuple((0, k - have) for k, have in zip(kernel, out.shape[2:], strict=True)))
    out = invoke("_np_transpose", reshaped(out, (inner, filters, size(kernel))), axes=(1, 0, 2))
    return reshaped(out, (filters, inner, *kernel))


conv = through("float32", _conv, "float16")
conv_dx = through("float32", _conv_dx, "float16")
conv_dw = through("float32", _conv_dw, "float16")
RECORDED = {"conv_dw": through("float32", _conv_dw_by_conv, "float16")}
