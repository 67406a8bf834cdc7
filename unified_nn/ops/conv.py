"""Convolution (cross-correlation, as all three frameworks mean it) over any number of spatial axes.

x (N, C, *S), w (K, C/groups, *kernel), b (K,) -> (N, K, *S') with
S' = (S + lo + hi - dilation * (kernel - 1) - 1) // stride + 1. Padding is (lo, hi) per spatial axis, with zeros.
"""

from __future__ import annotations

from unified_nn.errors import ShapeError
from unified_nn.op import Spec, composite, primitive
from unified_nn.ops import _rules as rules
from unified_nn.ops.elementwise import add
from unified_nn.ops.reduce import sum_
from unified_nn.ops.shape import reshape
from unified_nn.tensor import Tensor

Ints = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]


def _dx(g: Tensor, out: Tensor, x: Tensor, w: Tensor, b: Tensor | None = None, *, stride: Ints, pads: Pads,
        dilation: Ints, groups: int) -> Tensor:  # fmt: skip
    return conv_dx(g, w, size=x._shape[2:], stride=stride, pads=pads, dilation=dilation, groups=groups)


def _dw(g: Tensor, out: Tensor, x: Tensor, w: Tensor, b: Tensor | None = None, *, stride: Ints, pads: Pads,
        dilation: Ints, groups: int) -> Tensor:  # fmt: skip
    return conv_dw(x, g, kernel=w._shape[2:], stride=stride, pads=pads, dilation=dilation, groups=groups)


def _db(g: Tensor, *_: object, **attrs: object) -> Tensor:
    return sum_(g, axis=(0, *range(2, g.ndim)))


@primitive(rule=rules.conv, checked=True, vjp={"x": _dx, "w": _dw, "b": _db})
def conv(x: Tensor, w: Tensor, b: Tensor | None = None, *, stride: Ints, pads: Pads, dilation: Ints,
         groups: int) -> Tensor:  # fmt: skip
    """sum over c, k of x[n, c, s * stride + k * dilation - lo] * w[m, c, k] + b[m]."""
    ...


@primitive(vjp={
    "g": lambda h, out, g, w, *, size, stride, pads, dilation, groups: conv(
        h, w, stride=stride, pads=pads, dilation=dilation, groups=groups),
    "w": lambda h, out, g, w, *, size, stride, pads, dilation, groups: conv_dw(
        h, g, kernel=w._shape[2:], stride=stride, pads=pads, dilation=dilation, groups=groups)})  # fmt: skip
def conv_dx(g: Tensor, w: Tensor, *, size: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Tensor:
    """The gradient of conv for x, whose spatial size is `size`: conv's transpose applied to g."""
    ...


@primitive(vjp={
    "x": lambda h, out, x, g, *, kernel, stride, pads, dilation, groups: conv_dx(
        g, h, size=x._shape[2:], stride=stride, pads=pads, dilation=dilation, groups=groups),
    "g": lambda h, out, x, g, *, kernel, stride, pads, dilation, groups: conv(
        x, h, stride=stride, pads=pads, dilation=dilation, groups=groups)})  # fmt: skip
def conv_dw(x: Tensor, g: Tensor, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints, groups: int) -> Tensor:
    """The gradient of conv for w, whose kernel has the size `kernel`."""
    ...


def _transpose_rule(x: Spec, w: Spec, b: Spec | None = None, *, stride: Ints, pads: Pads, extra: Ints, dilation: Ints,
                    groups: int) -> None:  # fmt: skip
    rules.rank("x", x, len(stride) + 2, "(batch, channels, *space)")
    rules.rank("w", w, len(stride) + 2, "(in, out/groups, *kernel)")
    if x.shape[1] != w.shape[0]:
        raise ShapeError(f"x has {x.shape[1]} channels (axis 1), w expects {w.shape[0]}; x {x}, w {w}")
    rules.same_dtype(x=x, w=w, b=b)
    size = _transposed_size(x.shape[2:], w.shape[2:], stride, pads, extra, dilation)
    if any(s < 1 for s in size):
        raise ShapeError(f"the output size {size} is not positive; x {x}, w {w}, pads={pads}")


def _transposed_size(size: Ints, kernel: Ints, stride: Ints, pads: Pads, extra: Ints, dilation: Ints) -> Ints:
    return tuple(
        (s - 1) * st - lo - hi + d * (k - 1) + 1 + e
        for s, st, (lo, hi), d, k, e in zip(size, stride, pads, dilation, kernel, extra, strict=True)
    )


@composite(rule=_transpose_rule, checked=True)
def conv_transpose(x: Tensor, w: Tensor, b: Tensor | None = None, *, stride: Ints, pads: Pads, extra: Ints,
                   dilation: Ints, groups: int) -> Tensor:  # fmt: skip
    """The transpose of conv: x (N, C, *S), w (C, K/groups, *kernel) -> (N, K, *S').

    S' = (S - 1) * stride - lo - hi + dilation * (kernel - 1) + 1 + extra, with `extra` more values at the far end.
    """
    size = _transposed_size(x._shape[2:], w._shape[2:], stride, pads, extra, dilation)
    # The far end of the padding absorbs `extra`, so that conv of the result has exactly x's size.
    grown = tuple((lo, hi - e) for (lo, hi), e in zip(pads, extra, strict=True))
    out = conv_dx(x, w, size=size, stride=stride, pads=grown, dilation=dilation, groups=groups)
    return out if b is None else add(out, reshape(b, shape=(1, -1, *(1,) * len(stride))))
