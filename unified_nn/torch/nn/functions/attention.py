"""Scaled dot products, and attention of several heads with all its arrays given."""

from __future__ import annotations

import math
import warnings
from typing import Any, cast

from unified_nn import dtypes as canonical_dtypes
from unified_nn import tensor as core
from unified_nn.dtypes import DType, bool_
from unified_nn.errors import ArgumentError, DTypeError, NotOfferedError, ShapeError, make
from unified_nn.layers import attention
from unified_nn.layers.attention import once
from unified_nn.ops import attention as ops
from unified_nn.ops.elementwise import as_dtype, where
from unified_nn.ops.linalg import matmul
from unified_nn.ops.reduce import mean
from unified_nn.ops.shape import concat, reshape, squeeze, unsqueeze
from unified_nn.torch import dtypes, graph
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.nn.functions.bound import Bound
from unified_nn.torch.nn.functions.dropout import dropout
from unified_nn.torch.tensor import Tensor

_DOT = "scaled_dot_product_attention"
_HEADS = "multi_head_attention_forward"


# ---- scaled dot products -------------------------------------------------------------------------------------------


@define(function=False, method=False)
def scaled_dot_product_attention(
    query: Tensor, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False, *,
    scale: float | None = None, enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """softmax(query key^T * scale + mask) value; where the mask leaves a row nothing, it is 0.

    A mask of bools says what takes part. Values are dropped whatever the mode of a module is.
    """
    k, v = tensor_argument(_DOT, key, 2, "key"), tensor_argument(_DOT, value, 3, "value")
    mask = None if attn_mask is None else tensor_argument(_DOT, attn_mask, 4, "attn_mask")
    _check_dot(query, k, v, mask, is_causal)
    if not 0.0 <= dropout_p <= 1.0:
        message = f"dropout probability has to be between 0 and 1, but got {dropout_p}"
        raise query._error(ArgumentError, _DOT, message)
    settings: dict[str, Any] = {"scale": scale, "causal": bool(is_causal)}
    if dropout_p == 0.0:
        out = ops.scaled_dot_product_attention(query, k, v, mask, grouped=bool(enable_gqa), **settings)
    else:
        if enable_gqa:
            k, v = (_shared(query, x) for x in (k, v))
        out = _dropped_dot(query, k, v, mask, dropout_p, settings)
    return cast(Tensor, graph.label(out, _dot_name(query, k, v, mask, dropout_p), graph.edges((query, k, v))))


def _check_dot(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, is_causal: bool) -> None:
    if min(x.ndim for x in (q, k, v)) < 2:
        message = (
            "Expected query, key, and value to all be at least 2 dimensional, but got query.dim: "
            f"{q.ndim} key.dim: {k.ndim} and value.dim: {v.ndim} instead"
        )
        raise q._error(ShapeError, _DOT, message)
    if len({x._dtype for x in (q, k, v)}) > 1:
        given = ", ".join(
            f"{name}.dtype: {x.dtype!r}" for name, x in zip(("query", "key", "value"), (q, k, v), strict=True)
        )
        raise q._error(DTypeError, _DOT, f"Expected query, key, and value to have the same dtype, but got {given}")
    if mask is not None and is_causal:
        message = "Explicit attn_mask should not be set when is_causal=True"
        raise q._error(ArgumentError, _DOT, message)
    if mask is not None and mask._dtype is not bool_ and mask._dtype is not q._dtype:
        message = f"Expected attn_mask dtype to be bool or to match query dtype {q.dtype!r}, but got {mask.dtype!r}"
        raise q._error(DTypeError, _DOT, message)


def _shared(q: Tensor, x: Tensor) -> Tensor:
    """x with every head as often as it takes to have as many as q."""
    if q.ndim < 3 or x.ndim < 3 or not x._shape[-3] or q._shape[-3] % x._shape[-3]:
        message = f"Number of heads in key and value must divide the number of heads in query; {q._shape}, {x._shape}"
        raise q._error(ShapeError, _DOT, message)
    return cast(Tensor, ops.each_group(x, q._shape[-3]))


def _dropped_dot(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, p: float, settings: dict[str, Any]
) -> core.Tensor:
    """PyTorch drops in float32 where the arrays are narrower."""
    kept = q._dtype
    if kept.itemsize < 4:
        q, k, v = (cast(Tensor, as_dtype(x, canonical_dtypes.float32)) for x in (q, k, v))
        if mask is not None and mask._dtype is not bool_:
            mask = cast(Tensor, as_dtype(mask, canonical_dtypes.float32))
    weights = dropout(cast(Tensor, ops.attention_weights(q, k, mask, **settings)), p)
    return as_dtype(matmul(weights, v), kept)


def _dot_name(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, p: float) -> str:
    """What PyTorch's CPU records: its fused kernel where that takes the arrays, else the last product."""
    fits = q.ndim == k.ndim == v.ndim == 4 and q._shape[-1] == k._shape[-1] == v._shape[-1]
    fits = fits and q._shape[:2] == k._shape[:2] == v._shape[:2] and 0 not in (*q._shape, *k._shape, *v._shape)
    if fits and p == 0.0 and not (mask is not None and mask.requires_grad):
        return "ScaledDotProductFlashAttentionForCpuBackward0"
    return "MmBackward0" if q.ndim == k.ndim == v.ndim == 2 else "UnsafeViewBackward0"


# ---- masks ---------------------------------------------------------------------------------------------------------


def additive(mask: Any, name: str, dtype: DType, other: Any = None, other_name: str = "") -> Tensor | None:
    """The mask as numbers to add: minus infinity where a mask of bools says that something is left out."""
    if mask is None:
        return None
    mask = tensor_argument(_HEADS, mask, 1, name)
    if mask._dtype is not bool_ and mask._dtype.kind != "f":
        message = f"only bool and floating types of {name} are supported, got {dtypes.OF_CANONICAL[mask._dtype]}"
        raise make(DTypeError, message, AssertionError)
    if other is not None and mask._dtype is not other._dtype:
        message = f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead."
        warnings.warn(message, UserWarning, stacklevel=3)
    if mask._dtype is bool_:
        zeros = as_dtype(mask, dtype) * 0.0
        return cast(Tensor, where(mask, -math.inf, zeros))
    return cast(Tensor, mask)


def _check_ranks(q: Tensor, k: Tensor, v: Tensor, padding: Tensor | None, mask: Tensor | None, heads: int) -> bool:
    """Whether there is a batch axis; raises where the ranks do not go together."""
    if q.ndim not in (2, 3):
        raise _refused(f"query should be unbatched 2D or batched 3D tensor but received {q.ndim}-D query tensor")
    kind = "batched (3-D)" if q.ndim == 3 else "unbatched (2-D)"
    if k.ndim != q.ndim or v.ndim != q.ndim:
        message = (
            f"expected `key` and `value` to be {q.ndim}-D but found {k.ndim}-D and {v.ndim}-D tensors respectively"
        )
        raise _refused(f"For {kind} `query`, {message}")
    if padding is not None and padding.ndim != q.ndim - 1:
        message = (
            f"expected `key_padding_mask` to be `None` or {q.ndim - 1}-D but found {padding.ndim}-D tensor instead"
        )
        raise _refused(f"For {kind} `query`, {message}")
    if mask is not None and mask.ndim not in (2, 3):
        message = f"expected `attn_mask` to be `None`, 2-D or 3-D but found {mask.ndim}-D tensor instead"
        raise _refused(f"For {kind} `query`, {message}")
    if mask is not None and mask.ndim == 3 and q.ndim == 2:
        expected = (heads, q._shape[0], k._shape[0])
        if mask._shape != expected:
            raise _refused(f"Expected `attn_mask` shape to be {expected} but got {mask._shape}")
    return q.ndim == 3


def _refused(message: str) -> Exception:
    """PyTorch asserts what belongs together."""
    return make(ShapeError, message, AssertionError)


def _merged(mask: Tensor | None, padding: Tensor | None, samples: int, heads: int, length: int, places: int,
            extra: int) -> core.Tensor | None:  # fmt: skip
    """Both masks as one (N or 1, heads or 1, L or 1, S)."""
    found: core.Tensor | None = None
    if mask is not None:
        expected = (length, places) if mask.ndim == 2 else (samples * heads, length, places)
        if mask._shape != expected:
            message = f"The shape of the {mask.ndim}D attn_mask is {list(mask._shape)}, but should be {expected}."
            raise mask._error(ShapeError, _HEADS, message)
        lead = (1, 1) if mask.ndim == 2 else (samples, heads)
        found = reshape(mask, shape=(*lead, length, places))
    if padding is not None:
        for axis, expected_size in enumerate((samples, places)):
            if padding._shape[axis] != expected_size:
                message = f"{expected_size + axis * extra}, but got {padding._shape[axis] + axis * extra}"
                raise _refused(f"Expected key_padded_mask.shape[{axis}] to be {message}")
        apart = reshape(padding, shape=(samples, 1, 1, places))
        found = apart if found is None else cast(Tensor, found) + apart
    return found


# ---- several heads -------------------------------------------------------------------------------------------------


@define(function=False, method=False)
def multi_head_attention_forward(
    query: Tensor, key: Any, value: Any, embed_dim_to_check: int, num_heads: int, in_proj_weight: Any,
    in_proj_bias: Any, bias_k: Any, bias_v: Any, add_zero_attn: bool, dropout_p: float, out_proj_weight: Any,
    out_proj_bias: Any, training: bool = True, key_padding_mask: Any = None, need_weights: bool = True,
    attn_mask: Any = None, use_separate_proj_weight: bool = False, q_proj_weight: Any = None, k_proj_weight: Any = None,
    v_proj_weight: Any = None, static_k: Any = None, static_v: Any = None, average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """What `nn.MultiheadAttention` computes, for (length, N, features), with its arrays as arguments.

    Gives the result and, if `need_weights`, the weights of all heads or their average. Without them a row that the
    masks leave nothing is 0, with them NaN, as in PyTorch. `is_causal` says that `attn_mask` is the causal one.
    """
    if static_k is not None or static_v is not None:
        raise make(NotOfferedError, "static_k and static_v are not offered; leave them None", None, _HEADS)
    q, k, v = (tensor_argument(_HEADS, x, n, a) for n, (a, x) in enumerate(
        (("query", query), ("key", key), ("value", value)), 1))  # fmt: skip
    batched = _check_ranks(q, k, v, key_padding_mask, attn_mask, num_heads)
    if not batched:
        q, k, v = cast("list[Tensor]", once(_with_batch, q, k, v))
        key_padding_mask = None if key_padding_mask is None else _alone(key_padding_mask, 0)
    padding = additive(key_padding_mask, "key_padding_mask", q._dtype, attn_mask, "attn_mask")
    if is_causal and attn_mask is None:
        message = "Need attn_mask if specifying the is_causal hint."
        raise q._error(ArgumentError, _HEADS, message)
    hinted = is_causal and padding is None and not need_weights
    mask = None if hinted else additive(attn_mask, "attn_mask", q._dtype)
    held = {
        "in_w": in_proj_weight, "q_w": q_proj_weight, "k_w": k_proj_weight, "v_w": v_proj_weight, "in_b": in_proj_bias,
        "k_place": bias_k, "v_place": bias_v, "out_proj.w": out_proj_weight, "out_proj.b": out_proj_bias,
    }  # fmt: skip
    layer = _layer(q, k, v, embed_dim_to_check, num_heads, held, bool(use_separate_proj_weight), bool(add_zero_attn))
    extra = (bias_k is not None) + bool(add_zero_attn)
    merged = _merged(mask, padding, q._shape[1], num_heads, q._shape[0], k._shape[0], extra)
    if merged is not None and merged._dtype is not q._dtype:
        raise q._error(DTypeError, _HEADS, f"query is {q.dtype!r} and the masks together {merged._dtype.name}")
    drops = training and dropout_p > 0.0
    out, weights = layer.over(
        Bound(held, training), q, k, v, merged, dropped=(lambda w: dropout(cast(Tensor, w), dropout_p)) if drops else None,
        weighted=need_weights, causal=hinted, safe=not need_weights,
    )  # fmt: skip
    return _shown(out, weights, average_attn_weights, batched, [x for x in (q, k, v, *held.values()) if x is not None])


def _with_batch(x: core.Tensor) -> core.Tensor:
    return unsqueeze(x, axis=1)


def _alone(x: core.Tensor, axis: int) -> core.Tensor:
    return unsqueeze(x, axis=axis)


def _layer(
    q: Tensor, k: Tensor, v: Tensor, size: int, heads: int, held: dict[str, Any], separate: bool, zero: bool
) -> attention.MultiheadAttention:
    """The canonical layer of these arrays; makes the projections one array where all have one size."""
    if q._shape[2] != size:
        raise _refused(f"was expecting embedding dimension of {size}, but got {q._shape[2]}")
    if heads < 1 or size % heads:
        raise _refused(f"embed_dim {size} not divisible by num_heads {heads}")
    if k._shape[: 2 if separate else 3] != v._shape[: 2 if separate else 3]:
        raise _refused(f"key shape {list(k._shape)} does not match value shape {list(v._shape)}")
    if k._shape[1] != q._shape[1]:
        message = f"query has {q._shape[1]} samples, key {k._shape[1]}: {list(q._shape)} and {list(k._shape)}"
        raise q._error(ShapeError, _HEADS, message)
    for name, other in (("k_place", "v_place"), ("v_place", "k_place")):
        if held[name] is not None and held[other] is None:
            raise _refused(f"bias_{name[0]} is set but bias_{other[0]} is None")
    sizes = {"q_w": (size, size), "k_w": (size, k._shape[2]), "v_w": (size, v._shape[2])}
    for name in sizes if separate else ("in_w",):
        if held[name] is None:
            argument = "in_proj_weight" if name == "in_w" else f"{name[0]}_proj_weight"
            raise _refused(f"use_separate_proj_weight is {separate} but {argument} is None")
        if separate and held[name]._shape != sizes[name]:
            raise _refused(f"expecting {name[0]} weights shape of {sizes[name]}, but got {list(held[name]._shape)}")
    if not separate and held["in_w"]._shape != (3 * size, size):
        message = f"in_proj_weight has shape {list(held['in_w']._shape)}, expected {[3 * size, size]}"
        raise q._error(ShapeError, _HEADS, message)
    if separate and k._shape[2] == v._shape[2] == size:
        held["in_w"] = concat(held["q_w"], held["k_w"], held["v_w"], axis=0)
    return attention.MultiheadAttention(
        size, heads, bias=held["in_b"] is not None, learned_place=held["k_place"] is not None, zero_place=zero,
        key_features=k._shape[2], value_features=v._shape[2],
    )  # fmt: skip


def _shown(
    out: core.Tensor, weights: core.Tensor | None, average: bool, batched: bool, arrays: list[Any]
) -> tuple[Tensor, Tensor | None]:
    """The results under PyTorch's names, without the batch axis where there was none."""
    into = graph.edges(arrays)
    if weights is not None:
        weights = mean(weights, axis=1) if average else weights
        graph.label(weights, "MeanBackward1" if average else "ViewBackward0", into)
        if not batched:
            weights = graph.label(squeeze(weights, axis=0), "SqueezeBackward1", into)
    graph.label(out, "ViewBackward0", into)
    if not batched:
        out = graph.label(squeeze(out, axis=1), "SqueezeBackward1", into)
    return cast(Tensor, out), cast("Tensor | None", weights)
