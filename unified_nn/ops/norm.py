"""Normalisation: softmax and its kin, batch and layer statistics."""

from __future__ import annotations

from unified_nn.errors import ShapeError
from unified_nn.op import Spec, composite
from unified_nn.ops import _rules as rules
from unified_nn.ops.elementwise import add, div, exp, mul, neg, pow_, sqrt, square, sub
from unified_nn.ops.reduce import logsumexp, max_, mean, sum_
from unified_nn.ops.shape import narrow, pad, reshape
from unified_nn.tensor import Tensor


def _softmax_vjp(g: Tensor, out: Tensor, x: Tensor, *, axis: int) -> Tensor:
    return mul(out, sub(g, sum_(mul(g, out), axis=axis, keepdims=True)))


@composite(rule=rules.softmax, checked=True, vjp={"x": _softmax_vjp})
def softmax(x: Tensor, *, axis: int) -> Tensor:
    """e ** x / sum(e ** x) along the axis."""
    if rules.size(x._shape) == 0:
        return mul(x, 1.0)
    e = exp(sub(x, max_(x._detached(), axis=axis, keepdims=True)))
    return div(e, sum_(e, axis=axis, keepdims=True))


def _log_softmax_vjp(g: Tensor, out: Tensor, x: Tensor, *, axis: int) -> Tensor:
    return sub(g, mul(exp(out), sum_(g, axis=axis, keepdims=True)))


@composite(rule=rules.softmax, checked=True, vjp={"x": _log_softmax_vjp})
def log_softmax(x: Tensor, *, axis: int) -> Tensor:
    """x - log(sum(e ** x)) along the axis."""
    if rules.size(x._shape) == 0:
        return mul(x, 1.0)
    return sub(x, logsumexp(x, axis=axis, keepdims=True))


def _normalize_rule(x: Spec, mean: Spec, var: Spec, scale: Spec | None = None, shift: Spec | None = None, *, eps: float,
                    axis: int) -> None:  # fmt: skip
    at = rules.axis_name(axis, x.ndim)
    for name, a in (("mean", mean), ("var", var), ("scale", scale), ("shift", shift)):
        if a is not None and a.shape != (x.shape[at],):
            raise ShapeError(f"x has {x.shape[at]} channels (axis {at}), {name} has shape {a}; x {x}")


def _each(v: Tensor, x: Tensor, axis: int) -> Tensor:
    """One value per channel, shaped to broadcast over x."""
    return reshape(v, shape=tuple(s if a == axis % x.ndim else 1 for a, s in enumerate(x._shape)))


def _per_channel(v: Tensor, axis: int) -> Tensor:
    """The sum of each channel."""
    return sum_(v, axis=tuple(a for a in range(v.ndim) if a != axis % v.ndim))


def _scaled(g: Tensor, x: Tensor, var: Tensor, scale: Tensor | None, eps: float, axis: int) -> Tensor:
    """g * scale / sqrt(var + eps)."""
    factor = div(1.0, sqrt(add(var, eps)))
    return mul(g, _each(factor if scale is None else mul(factor, scale), x, axis))


def _batch_norm_dvar(g: Tensor, out: Tensor, x: Tensor, mean: Tensor, var: Tensor, scale: Tensor | None = None,
                     shift: Tensor | None = None, *, eps: float, axis: int = 1) -> Tensor:  # fmt: skip
    slope = _per_channel(mul(_scaled(g, x, var, scale, eps, axis), sub(x, _each(mean, x, axis))), axis)
    return mul(div(slope, add(var, eps)), -0.5)


def _batch_norm_dscale(g: Tensor, out: Tensor, x: Tensor, mean: Tensor, var: Tensor, scale: Tensor | None = None,
                       shift: Tensor | None = None, *, eps: float, axis: int = 1) -> Tensor:  # fmt: skip
    return _per_channel(mul(_scaled(g, x, var, None, eps, axis), sub(x, _each(mean, x, axis))), axis)


@composite(rule=_normalize_rule, checked=True, vjp={
    "x": lambda g, out, x, mean, var, scale=None, shift=None, *, eps, axis=1: _scaled(g, x, var, scale, eps, axis),
    "mean": lambda g, out, x, mean, var, scale=None, shift=None, *, eps, axis=1: neg(
        _per_channel(_scaled(g, x, var, scale, eps, axis), axis)),
    "var": _batch_norm_dvar,
    "scale": _batch_norm_dscale,
    "shift": lambda g, out, x, mean, var, scale=None, shift=None, *, eps, axis=1: _per_channel(g, axis)})  # fmt: skip
def batch_norm(x: Tensor, mean: Tensor, var: Tensor, scale: Tensor | None = None, shift: Tensor | None = None, *,
               eps: float, axis: int = 1) -> Tensor:  # fmt: skip
    """(x - mean) / sqrt(var + eps) * scale + shift with one value per channel (arXiv:1502.03167)."""
    out = div(sub(x, _each(mean, x, axis)), sqrt(add(_each(var, x, axis), eps)))
    if scale is not None:
        out = mul(out, _each(scale, x, axis))
    return out if shift is None else add(out, _each(shift, x, axis))


def batch_moments(x: Tensor, *, axis: int = 1) -> tuple[Tensor, Tensor]:
    """The mean and the biased variance of each channel."""
    others = tuple(a for a in range(x.ndim) if a != axis % x.ndim)
    center = mean(x, axis=others, keepdims=True)
    spread = mean(square(sub(x, center)), axis=others)
    return reshape(center, shape=(x._shape[axis],)), spread


def _layer_norm_rule(x: Spec, scale: Spec | None = None, shift: Spec | None = None, *, axes: int, eps: float) -> None:
    rules.floating("x", x)
    tail = x.shape[x.ndim - axes :] if axes <= x.ndim else None
    for name, a in (("scale", scale), ("shift", shift)):
        if a is not None and a.shape != tail:
            raise ShapeError(f"expected input whose last {axes} axes are {a} ({name}), got input {x}")


def _standardized(x: Tensor, axes: int, eps: float) -> tuple[Tensor, Tensor]:
    """(x - mean) / deviation over the last axes, and 1 / deviation."""
    last = tuple(range(x.ndim - axes, x.ndim))
    centered = sub(x, mean(x, axis=last, keepdims=True))
    inverse = div(1.0, sqrt(add(mean(square(centered), axis=last, keepdims=True), eps)))
    return mul(centered, inverse), inverse


def _layer_norm_dx(g: Tensor, out: Tensor, x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None, *,
                   axes: int, eps: float) -> Tensor:  # fmt: skip
    last = tuple(range(x.ndim - axes, x.ndim))
    standard, inverse = _standardized(x, axes, eps)
    d = g if scale is None else mul(g, scale)
    along = mul(standard, mean(mul(d, standard), axis=last, keepdims=True))
    return mul(inverse, sub(sub(d, mean(d, axis=last, keepdims=True)), along))


@composite(rule=_layer_norm_rule, checked=True, vjp={
    "x": _layer_norm_dx,
    "scale": lambda g, out, x, scale=None, shift=None, *, axes, eps: mul(g, _standardized(x, axes, eps)[0]),
    "shift": lambda g, out, x, scale=None, shift=None, *, axes, eps: g})  # fmt: skip
def layer_norm(x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None, *, axes: int, eps: float) -> Tensor:
    """(x - mean) / sqrt(var + eps) * scale + shift over the last `axes` axes (arXiv:1607.06450)."""
    last = tuple(range(x.ndim - axes, x.ndim))
    centered = sub(x, mean(x, axis=last, keepdims=True))
    out = div(centered, sqrt(add(mean(square(centered), axis=last, keepdims=True), eps)))
    if scale is not None:
        out = mul(out, scale)
    return out if shift is None else add(out, shift)


@composite()
def local_response_norm(x: Tensor, *, window: tuple[int, int], alpha: float, beta: float, k: float) -> Tensor:
    """x / (k + alpha * sum of x ** 2) ** beta over the channels from window[0] before to window[1] after each.

    x (N, C, *S); AlexNet's normalisation (Krizhevsky et al., NIPS 2012).
    """
    others = ((0, 0),) * (x.ndim - 2)
    squares = pad(square(x), pads=((0, 0), window, *others), value=0.0)
    total = narrow(squares, axis=1, start=0, length=x._shape[1])
    for start in range(1, sum(window) + 1):
        total = add(total, narrow(squares, axis=1, start=start, length=x._shape[1]))
    return div(x, pow_(add(mul(total, alpha), k), beta))
