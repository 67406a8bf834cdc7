"""Attention of several heads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from unified_nn import layers
from unified_nn.dtypes import bool_, promote
from unified_nn.errors import ArgumentError, DTypeError, InputTypeError, ShapeError, make
from unified_nn.layers import attention
from unified_nn.layers.attention import once
from unified_nn.layers.base import Param
from unified_nn.layers.dropout import Dropout
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.initializer import Initializer, XavierNormal, XavierUniform, Zero
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.layer.basic import Dense
from unified_nn.mindspore.nn.layer.layer import Drawn, Layer
from unified_nn.ops.elementwise import add, as_dtype, logical_or, where
from unified_nn.ops.reduce import mean
from unified_nn.ops.shape import reshape, squeeze, swapaxes, unsqueeze
from unified_nn.tensor import Tensor as Core
from unified_nn.vocabulary.entry import Row
from unified_nn.vocabulary.rules import unlike

_NAME = "MultiheadAttention"


class MultiheadAttention(Layer, canonical=attention.MultiheadAttention):
    """A row that the masks leave nothing is NaN; MindSpore 2.10's own CPU softmax leaves its result unwritten there."""

    args = (
        "embed_dim, num_heads, dropout=0.0, has_bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, "
        "vdim=None, batch_first=False, dtype=mstype.float32"
    )
    to = {
        "features": "embed_dim", "heads": "num_heads", "drop": "dropout", "bias": "has_bias",
        "learned_place": "add_bias_kv", "zero_place": "add_zero_attn", "key_features": unlike("kdim", "embed_dim"),
        "value_features": unlike("vdim", "embed_dim"),
    }  # fmt: skip
    params = {
        "q_w": "q_proj_weight", "k_w": "k_proj_weight", "v_w": "v_proj_weight", "in_w": "in_proj_weight",
        "in_b": "in_proj_bias", "k_place": "bias_k", "v_place": "bias_v",
    }  # fmt: skip
    parts = {"out_proj": Dense}

    def check(self, given: Mapping[str, Any]) -> None:
        size, heads = given["embed_dim"], given["num_heads"]
        if heads == 0:
            raise make(ArgumentError, "the 'num_heads' must be positive, but got 0", ZeroDivisionError)
        if size % heads:
            message = f"the 'embed_dim' must be divisible by 'num_heads', but got {size} and {heads}"
            raise make(ArgumentError, message, ValueError)
        if not isinstance(given["has_bias"], bool):
            raise make(ArgumentError, f"the 'has_bias' must be a bool, but got {given['has_bias']!r}", TypeError)

    def keep(self, name: str, value: Any) -> Any:
        return self.arguments["embed_dim"] if name in ("kdim", "vdim") and value is None else value

    def make_part(self, row: type[Row], part: layers.Layer) -> Row:
        return row(self.arguments["embed_dim"], self.arguments["embed_dim"], has_bias=self.arguments["has_bias"],
                   dtype=self.arguments["dtype"] or mstype.float32)  # fmt: skip

    def _initializer(self, param: Param, given: Mapping[str, Any]) -> Any:
        drawn: Initializer = XavierUniform()
        if param.name == "in_b":
            drawn = Zero()
        elif param.name.endswith("_place"):
            drawn = XavierNormal()
        return Drawn(drawn)

    @property
    def head_dim(self) -> int:
        size: int = self.embed_dim // self.num_heads
        return size

    def extend_repr(self) -> str:
        return ""

    # -- calling --

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) < 3:
            message = (
                f"query, key and value must be given by position, as MindSpore has it; got {len(args)} by position"
            )
            raise make(ArgumentError, message, IndexError, f"mindspore.nn.{_NAME}")
        return super().__call__(*args, **kwargs)

    def construct(  # type: ignore[override]
        self, query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
        attn_mask: Any = None, average_attn_weights: bool = True,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        """(result, weights), the weights of all heads or their average; (result,) without `need_weights`."""
        q, k, v = (_tensor(x, name) for x, name in ((query, "query"), (key, "key"), (value, "value")))
        if key_padding_mask is not None and key_padding_mask._dtype.kind not in "bf":
            raise _refused(DTypeError, f"key_padding_mask must be bool or floating, but got {key_padding_mask.dtype}")
        batched = _check_ranks(q, k, v, key_padding_mask, attn_mask, self.num_heads)
        turned = self.batch_first and batched
        change = partial(swapaxes, a=0, b=1) if turned else partial(unsqueeze, axis=1)
        if turned or not batched:
            q, k, v = once(change, q, k, v)  # type: ignore[assignment]
        self._check_sizes(q, k, v)
        mask = self._mask(q, k, attn_mask, key_padding_mask)
        drops = self.training and 0 < self.dropout <= 1
        if drops and self.dropout == 1:
            message = "with dropout=1 nothing is kept, which MindSpore refuses while training"
            raise make(ArgumentError, message, RuntimeError, f"mindspore.nn.{_NAME}")
        dropped = partial(Dropout(float(self.dropout)).forward, self) if drops else None
        out, weights = self.layer.over(self, q, k, v, mask, dropped=dropped)  # type: ignore[attr-defined]
        if average_attn_weights:
            weights = mean(weights, axis=1)
        if turned:
            out = swapaxes(out, 0, 1)
        elif not batched:
            out, weights = squeeze(out, axis=1), squeeze(weights, axis=0)
        return (out, weights) if need_weights else (out,)

    def _check_sizes(self, q: Tensor, k: Tensor, v: Tensor) -> None:
        if q.shape[2] != self.embed_dim:
            raise _refused(ShapeError, f"the 'embed_dim' should be {self.embed_dim}, but got {q.shape[2]}")
        compared = 3 if self.layer.is_packed else 2  # type: ignore[attr-defined]
        if k.shape[:compared] != v.shape[:compared]:
            raise _refused(ShapeError, f"the shape of 'key' {k.shape} does not match 'value' {v.shape}")
        for name, x, size in (("key", k, self.kdim), ("value", v, self.vdim)):
            if x.shape[2] != size:
                raise _refused(ShapeError, f"'{name}' has {x.shape[2]} features, expected {size}; {name} {x.shape}")
        if q.shape[1] != k.shape[1]:
            raise _refused(ShapeError, f"'query' has {q.shape[1]} samples and 'key' {k.shape[1]}, expected as many")

    def _mask(self, q: Tensor, k: Tensor, mask: Any, padding: Any) -> Core | None:
        """Both masks as numbers to add, put together as MindSpore does: bools beside numbers add 1."""
        samples, heads, length, places = q.shape[1], self.num_heads, q.shape[0], k.shape[0]
        joined: Core | None = None
        if mask is not None:
            if mask._dtype.name == "uint8":
                mask = as_dtype(mask, bool_)
            if mask._dtype.kind not in "bf":
                raise _refused(DTypeError, f"attn_mask must be float, uint8 or bool, but got {mask.dtype}")
            expected = (length, places) if mask.ndim == 2 else (samples * heads, length, places)
            if mask._shape != expected:
                raise _refused(ShapeError, f"the shape of 'attn_mask' should be {expected}, but got {mask._shape}")
            joined = reshape(mask, shape=(*((1, 1) if mask.ndim == 2 else (samples, heads)), length, places))
        if padding is not None:
            padding = unsqueeze(padding, axis=0) if padding.ndim == 1 else padding
            if padding._shape != (samples, places):
                message = f"the shape of 'key_padding_mask' should be {(samples, places)}, but got {padding._shape}"
                raise _refused(ShapeError, message)
            padding = reshape(padding, shape=(samples, 1, 1, places))
            if joined is None:
                joined = padding
            elif joined._dtype is bool_:
                joined = logical_or(joined, as_dtype(padding, bool_))
            else:
                joined = add(joined, as_dtype(padding, joined._dtype) if padding._dtype is bool_ else padding)
        if joined is None or joined._dtype is q._dtype:
            return joined
        if joined._dtype is bool_:
            return where(joined, -math.inf, as_dtype(joined, q._dtype) * 0.0)
        if promote(joined._dtype, q._dtype) is not q._dtype:
            raise make(DTypeError, f"the masks are {joined._dtype.name}, expected {q.dtype}", TypeError, _NAME)
        return as_dtype(joined, q._dtype)


def _refused(kind: Any, message: str) -> Exception:
    return make(kind, message, ValueError, f"mindspore.nn.{_NAME}")


def _tensor(value: Any, name: str) -> Tensor:
    if not isinstance(value, Tensor):
        message = f"the '{name}' must be a Tensor, but got {type(value).__name__}"
        raise make(InputTypeError, message, AttributeError, f"mindspore.nn.{_NAME}")
    return value


def _check_ranks(q: Tensor, k: Tensor, v: Tensor, padding: Any, mask: Any, heads: int) -> bool:
    """Whether there is a batch axis; raises where the ranks do not go together."""
    if q.ndim not in (2, 3):
        raise _refused(ShapeError, f"the 'query' should have rank 2 or 3, but got {q.ndim}; query {q.shape}")
    if k.ndim != q.ndim or v.ndim != q.ndim:
        raise _refused(ShapeError, f"'key' and 'value' must have rank {q.ndim}, but got {k.ndim} and {v.ndim}")
    if padding is not None and padding.ndim != q.ndim - 1:
        raise _refused(ShapeError, f"the 'key_padding_mask' must have rank {q.ndim - 1}, but got {padding.ndim}")
    if mask is not None and mask.ndim not in (2, 3):
        raise _refused(ShapeError, f"the 'attn_mask' must have rank 2 or 3, but got {mask.ndim}")
    if mask is not None and mask.ndim == 3 and q.ndim == 2 and mask._shape != (heads, q.shape[0], k.shape[0]):
        expected = (heads, q.shape[0], k.shape[0])
        raise _refused(ShapeError, f"the shape of 'attn_mask' must be {expected}, but got {mask._shape}")
    return q.ndim == 3


__all__ = ["MultiheadAttention"]
