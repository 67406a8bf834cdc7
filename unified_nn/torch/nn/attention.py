"""Attention of several heads as a layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from unified_nn import layers
from unified_nn import tensor as core
from unified_nn.autodiff import grad_enabled
from unified_nn.errors import ArgumentError, InputTypeError, ShapeError, make
from unified_nn.layers import attention
from unified_nn.layers.attention import once
from unified_nn.ops.shape import swapaxes
from unified_nn.torch import graph
from unified_nn.torch.backends import mha
from unified_nn.torch.define import tensor_argument
from unified_nn.torch.nn.functions.attention import additive, multi_head_attention_forward
from unified_nn.torch.nn.initial import XAVIER_NORMAL, XAVIER_UNIFORM
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.nn.linear import NonDynamicallyQuantizableLinear
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.entry import Row
from unified_nn.vocabulary.rules import unlike


class MultiheadAttention(Layer, canonical=attention.MultiheadAttention):
    """In inference without gradients PyTorch computes self-attention another way, whose result for a sample that is
    masked whole is NaN; `torch.backends.mha.set_fastpath_enabled(False)` turns that off here too.
    """

    args = (
        "embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, "
        "batch_first=False, device=None, dtype=None"
    )
    to = {
        "features": "embed_dim", "heads": "num_heads", "drop": "dropout", "learned_place": "add_bias_kv",
        "zero_place": "add_zero_attn", "key_features": unlike("kdim", "embed_dim"), "value_features": unlike("vdim", "embed_dim"),
    }  # fmt: skip
    params = {
        "q_w": "q_proj_weight", "k_w": "k_proj_weight", "v_w": "v_proj_weight", "in_w": "in_proj_weight",
        "in_b": "in_proj_bias", "k_place": "bias_k", "v_place": "bias_v",
    }  # fmt: skip
    inits = {
        **dict.fromkeys(("q_w", "k_w", "v_w", "in_w"), lambda a, layer: XAVIER_UNIFORM),
        **dict.fromkeys(("k_place", "v_place"), lambda a, layer: XAVIER_NORMAL),
    }
    parts = {"out_proj": NonDynamicallyQuantizableLinear}

    def check(self, given: Mapping[str, Any]) -> None:
        size, heads = given["embed_dim"], given["num_heads"]
        if size <= 0 or heads <= 0:
            message = (
                f"embed_dim and num_heads must be greater than 0, got embed_dim={size} and num_heads={heads} instead"
            )
            raise make(ArgumentError, message, ValueError)
        if size % heads:
            message = f"embed_dim must be divisible by num_heads, got embed_dim={size} and num_heads={heads}"
            raise make(ArgumentError, message, AssertionError)

    def keep(self, name: str, value: Any) -> Any:
        return self.arguments["embed_dim"] if name in ("kdim", "vdim") and value is None else value

    def make_part(self, row: type[Row], part: layers.Layer) -> Row:
        place = {name: self.arguments[name] for name in ("device", "dtype")}
        return row(part.features, part.features, self.arguments["bias"], **place)  # type: ignore[attr-defined]

    def reset_parameters(self) -> None:
        """Draw the initial values anew; the biases become 0."""
        super().reset_parameters()
        if self.in_proj_bias is not None:
            self.out_proj.bias.data.zero_()

    _reset_parameters = reset_parameters

    @property
    def head_dim(self) -> int:
        size: int = self.embed_dim // self.num_heads
        return size

    @property
    def _qkv_same_embed_dim(self) -> bool:
        return bool(self.kdim == self.vdim == self.embed_dim)

    # -- calling --

    def forward(
        self, query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
        attn_mask: Any = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """The result, and the weights (the heads' average, or one for each) or None."""
        q, k, v = (_tensor(x, name) for x, name in ((query, "query"), (key, "key"), (value, "value")))
        fast = self._is_fast(q, k, v, key_padding_mask, attn_mask)
        padding = additive(key_padding_mask, "key_padding_mask", q._dtype, attn_mask, "attn_mask")
        mask = additive(attn_mask, "attn_mask", q._dtype)
        turned = self.batch_first and q.ndim == 3
        if fast:
            self._check_fast(q, padding)
        if turned:
            q, k, v = cast("list[Tensor]", once(_turned, q, k, v))
        own = self._parameters
        out, weights = multi_head_attention_forward(
            q, k, v, self.embed_dim, self.num_heads, own["in_proj_weight"], own["in_proj_bias"], own["bias_k"],
            own["bias_v"], self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias,
            training=self.training, key_padding_mask=padding, need_weights=need_weights or fast, attn_mask=mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim, q_proj_weight=own["q_proj_weight"],
            k_proj_weight=own["k_proj_weight"], v_proj_weight=own["v_proj_weight"],
            average_attn_weights=average_attn_weights, is_causal=is_causal and not fast,
        )  # fmt: skip
        if turned:
            out = graph.label(swapaxes(out, 0, 1), "TransposeBackward0", graph.edges((q, k, v, *own.values())))
        if fast and (not need_weights or 0 in q._shape):
            weights = None
        return out, weights

    def _is_fast(self, q: Tensor, k: Tensor, v: Tensor, *masks: Any) -> bool:
        """Whether PyTorch computes this call its other way."""
        own = (self.in_proj_weight, self.in_proj_bias, self.out_proj.weight, self.out_proj.bias)
        return (
            mha.get_fastpath_enabled() and not self.training and self.batch_first and q.ndim == 3 and q is k and k is v
            and self.num_heads % 2 == 0 and self.bias_k is None and not self.add_zero_attn and None not in own
            and all(q._dtype is array._dtype for array in own[:2])
            and not any(isinstance(m, core.Tensor) and m._dtype.kind == "f" for m in masks)
            and not (grad_enabled() and any(array.requires_grad for array in (q, *own)))
        )  # fmt: skip

    def _check_fast(self, q: Tensor, padding: Tensor | None) -> None:
        """What PyTorch's other way refuses as another class."""
        if q._shape[2] != self.embed_dim:
            message = f"passed-in embed_dim {self.embed_dim} didn't match last dim of query {q._shape[2]}"
            raise q._error(ShapeError, "", message)
        if padding is not None and padding._shape != q._shape[:2]:
            message = f"key_padding_mask has shape {list(padding._shape)}, expected {list(q._shape[:2])}"
            raise q._error(ShapeError, "", message)


def _tensor(value: Any, name: str) -> Tensor:
    if not isinstance(value, core.Tensor):
        message = f"MultiheadAttention: {name} must be a Tensor, got {type(value).__name__}"
        raise make(InputTypeError, message, AttributeError)
    return tensor_argument("MultiheadAttention", value)


def _turned(x: core.Tensor) -> core.Tensor:
    return swapaxes(x, 0, 1)
