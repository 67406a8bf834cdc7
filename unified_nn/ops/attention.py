"""Attention by scaled dot products (arXiv:1706.03762)."""

from __future__ import annotations

import math

import numpy as np

from unified_nn import dtypes
from unified_nn.errors import DTypeError, ShapeError
from unified_nn.op import Spec, composite
from unified_nn.ops import _rules as rules
from unified_nn.ops.elementwise import add, as_dtype, equal, mul, where
from unified_nn.ops.linalg import matmul
from unified_nn.ops.norm import softmax
from unified_nn.ops.reduce import max_
from unified_nn.ops.shape import expand, reshape, swapaxes, unsqueeze
from unified_nn.tensor import Tensor


def _weights_rule(q: Spec, k: Spec, mask: Spec | None = None, *, scale: float | None = None, causal: bool = False,
                  safe: bool = True) -> None:  # fmt: skip
    for name, x in (("q", q), ("k", k)):
        if x.ndim < 2:
            raise ShapeError(f"{name} has rank {x.ndim}, expected at least 2 (..., length, features); {name} {x}")
        rules.floating(name, x)
    rules.same_dtype(q=q, k=k)
    if q.shape[-1] != k.shape[-1]:
        raise ShapeError(f"q has {q.shape[-1]} features (last axis), k has {k.shape[-1]}, expected equal; q {q}, k {k}")
    rules.broadcast(Spec(q.shape[:-2], q.dtype), Spec(k.shape[:-2], k.dtype))
    if mask is None:
        return
    if mask.dtype is not dtypes.bool_ and mask.dtype is not q.dtype:
        raise DTypeError(f"mask is {mask.dtype.name}, expected bool or q's dtype {q.dtype.name}; mask {mask}, q {q}")
    scores = (*np.broadcast_shapes(q.shape[:-2], k.shape[:-2]), q.shape[-2], k.shape[-2])
    rules.broadcast(Spec(scores, q.dtype), mask)


def _attention_rule(q: Spec, k: Spec, v: Spec, mask: Spec | None = None, *, scale: float | None = None,
                    causal: bool = False, grouped: bool = False) -> None:  # fmt: skip
    if v.ndim < 2:
        raise ShapeError(f"v has rank {v.ndim}, expected at least 2 (..., length, features); v {v}")
    if grouped:
        k, v = (_repeated(name, q, x) for name, x in (("k", k), ("v", v)))
    _weights_rule(q, k, mask, scale=scale, causal=causal)
    rules.same_dtype(q=q, v=v)
    if k.shape[-2] != v.shape[-2]:
        raise ShapeError(f"k has length {k.shape[-2]} (axis -2), v has {v.shape[-2]}, expected equal; k {k}, v {v}")
    rules.broadcast(Spec(q.shape[:-2], q.dtype), Spec(k.shape[:-2], k.dtype), Spec(v.shape[:-2], v.dtype))


def _repeated(name: str, q: Spec, x: Spec) -> Spec:
    """What `each_group` makes of x; raises where the heads cannot be shared out."""
    if q.ndim < 3 or x.ndim < 3:
        raise ShapeError(f"grouped heads need at least rank 3 (..., heads, length, features); q {q}, {name} {x}")
    heads, own = q.shape[-3], x.shape[-3]
    if own == 0 or heads % own:
        raise ShapeError(f"q has {heads} heads (axis -3), not divisible by the {own} of {name}; q {q}, {name} {x}")
    return Spec((*x.shape[:-3], heads, *x.shape[-2:]), x.dtype)


def each_group(x: Tensor, heads: int) -> Tensor:
    """Every head of x as many times in a row as it takes to have `heads` of them."""
    lead, own, rest = x._shape[:-3], x._shape[-3], x._shape[-2:]
    if own == heads:
        return x
    wide = expand(unsqueeze(x, axis=x.ndim - 2), shape=(*lead, own, heads // own, *rest))
    return reshape(wide, shape=(*lead, heads, *rest))


def causal_mask(like: Tensor, rows: int, columns: int) -> Tensor:
    """(rows, columns) of bools: row i sees the columns 0 to i; in the place of `like`."""
    return Tensor.from_numpy(np.tri(rows, columns, dtype=bool), dtypes.bool_, like.backend, like._device)


@composite(rule=_weights_rule, checked=True)
def attention_weights(
    q: Tensor, k: Tensor, mask: Tensor | None = None, *, scale: float | None = None, causal: bool = False,
    safe: bool = True,
) -> Tensor:  # fmt: skip
    """softmax(q k^T * scale + mask) along the last axis; scale is 1 / sqrt(features) where it is None.

    q (..., L, E), k (..., S, E) -> (..., L, S). A mask of bools says which places take part, a floating one is added;
    `causal` lets row i see the places 0 to i. A row in which no place takes part is 0 where `safe`, else NaN.
    """
    factor = 1 / math.sqrt(q._shape[-1]) if scale is None and q._shape[-1] else 1.0 if scale is None else scale
    scores = matmul(mul(q, factor), swapaxes(k, -1, -2))
    hidden = -math.inf
    if causal:
        scores = where(causal_mask(q, *scores._shape[-2:]), scores, hidden)
    if mask is not None:
        scores = where(mask, scores, hidden) if mask._dtype is dtypes.bool_ else add(scores, mask)
    if not safe or (mask is None and not causal) or rules.size(scores._shape) == 0:
        return softmax(scores, axis=-1)
    alone = equal(max_(scores._detached(), axis=-1, keepdims=True), hidden)
    return where(alone, 0.0, softmax(where(alone, 0.0, scores), axis=-1))


@composite(rule=_attention_rule, checked=True)
def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, *, scale: float | None = None, causal: bool = False,
    grouped: bool = False,
) -> Tensor:  # fmt: skip
    """attention_weights(q, k, mask) v.

    q (..., L, E), k (..., S, E), v (..., S, D) -> (..., L, D). `grouped`: k and v may have fewer heads (axis -3), which
    several neighbouring heads of q share (arXiv:2305.13245). Computed in float32 where the arrays are narrower.
    """
    if grouped:
        k, v = each_group(k, q._shape[-3]), each_group(v, q._shape[-3])
    kept = q._dtype
    if kept.name in ("float16", "bfloat16"):
        q, k, v = (as_dtype(x, dtypes.float32) for x in (q, k, v))
        if mask is not None and mask._dtype is not dtypes.bool_:
            mask = as_dtype(mask, dtypes.float32)
    return as_dtype(matmul(attention_weights(q, k, mask, scale=scale, causal=causal), v), kept)


__all__ = ["attention_weights", "causal_mask", "each_group", "scaled_dot_product_attention"]
