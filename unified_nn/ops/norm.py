"""Normalisation: softmax and its kin, batch and layer statistics."""

from __future__ import annotations

from unified_nn.errors import ShapeError
from unified_nn.op import Spec, composite
from unified_nn.ops import _rules as rules
from unified_nn.ops.elementwise import add, div, exp, mul, sqrt, square, sub
from unified_nn.ops.reduce import logsumexp, max_, mean, sum_
from unified_nn.ops.shape import reshape
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


@composite(rule=_normalize_rule, checked=True)
def batch_norm(x: Tensor, mean: Tensor, var: Tensor, scale: Tensor | None = None, shift: Tensor | None = None, *,
               eps: float, axis: int = 1) -> Tensor:  # fmt: skip
    """(x - mean) / sqrt(var + eps) * scale + shift with one value per channel (arXiv:1502.03167)."""
    shape = tuple(s if a == axis % x.ndim else 1 for a, s in enumerate(x._shape))
    out = div(sub(x, reshape(mean, shape=shape)), sqrt(add(reshape(var, shape=shape), eps)))
    if scale is not None:
        out = mul(out, reshape(scale, shape=shape))
    return out if shift is None else add(out, reshape(shift, shape=shape))


def batch_moments(x: Tensor, *, axis: int = 1) -> tuple[Tensor, Tensor]:
    """The mean and the biased variance of each channel."""
    others = tuple(a for a in range(x.ndim) if a != axis % x.ndim)
    center = mean(x, axis=others, keepdims=True)
    spread = mean(square(sub(x, center)), axis=others)
    return reshape(center, shape=(x._shape[axis],)), spread


def _layer_norm_rule(x: Spec, scale: Spec | None = None, shift: Spec | None = None, *, axes: int, eps: float) -> None:
    tail = x.shape[x.ndim - axes :] if axes <= x.ndim else None
    for name, a in (("scale", scale), ("shift", shift)):
        if a is not None and a.shape != tail:
            raise ShapeError(f"expected input whose last {axes} axes are {a} ({name}), got input {x}")


@composite(rule=_layer_norm_rule, checked=True)
def layer_norm(x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None, *, axes: int, eps: float) -> Tensor:
    """(x - mean) / sqrt(var + eps) * scale + shift over the last `axes` axes (arXiv:1607.06450)."""
    last = tuple(range(x.ndim - axes, x.ndim))
    centered = sub(x, mean(x, axis=last, keepdims=True))
    out = div(centered, sqrt(add(mean(square(centered), axis=last, keepdims=True), eps)))
    if scale is not None:
        out = mul(out, scale)
    return out if shift is None else add(out, shift)
