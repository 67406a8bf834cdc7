"""Encoders and decoders made of attention (arXiv:1706.03762).

In inference without gradients PyTorch computes encoders another way, with results of its own: a mask of numbers hides
whatever is not 0, places that padding hides become 0 in a `TransformerEncoder`, and what is hidden whole is NaN. It is
so here too; `torch.backends.mha.set_fastpath_enabled(False)` turns that off in both.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.autodiff import grad_enabled
from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.ops.elementwise import equal, where
from unified_nn.ops.shape import expand, reshape, swapaxes, unsqueeze
from unified_nn.torch import dtypes
from unified_nn.torch.backends import mha
from unified_nn.torch.creation import made
from unified_nn.torch.nn import functional as F  # noqa: N812
from unified_nn.torch.nn.activation import GELU, ReLU
from unified_nn.torch.nn.attention import MultiheadAttention
from unified_nn.torch.nn.container import ModuleList
from unified_nn.torch.nn.dropout import Dropout
from unified_nn.torch.nn.functions.attention import additive
from unified_nn.torch.nn.init import xavier_uniform_
from unified_nn.torch.nn.linear import Linear
from unified_nn.torch.nn.module import Module
from unified_nn.torch.nn.normalization import LayerNorm
from unified_nn.torch.tensor import Tensor

Activation = str | Callable[[Any], Any]


def _activation(given: Activation) -> Any:
    if not isinstance(given, str):
        return given
    if given not in ("relu", "gelu"):
        raise make(ArgumentError, f"activation should be relu/gelu, not {given}", RuntimeError)
    return getattr(F, given)


class _Block(Module):
    """What the layers of encoders and decoders share: attention in turn, each beside a shortcut and normalised."""

    #: the children that attend, in turn; what follows is fed forward
    attends: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = F.relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place = {"device": device, "dtype": dtype}
        for name in self.attends:
            attention = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **place)
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias=bias, **place)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias=bias, **place)
        self.norm_first = norm_first
        steps = range(1, len(self.attends) + 2)
        for number in steps:
            setattr(self, f"norm{number}", LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **place))
        for number in steps:
            setattr(self, f"dropout{number}", Dropout(dropout))
        self.activation = _activation(activation)

    def _beside(self, x: Any, number: int, step: Callable[[Any], Any], turned: bool = False) -> Any:
        """x + step(x), normalised before the step or after the sum.

        `turned`: in PyTorch the step's result lies in memory with its first two axes exchanged, and dropout draws its
        mask in the order of the memory.
        """
        norm, dropout = getattr(self, f"norm{number}"), getattr(self, f"dropout{number}")

        def dropped(out: Any) -> Any:
            return swapaxes(dropout(swapaxes(out, 0, 1)), 0, 1) if turned and self.training else dropout(out)

        return x + dropped(step(norm(x))) if self.norm_first else norm(x + dropped(step(x)))

    def _attended(self, x: Any, number: int, memory: Any, mask: Any, padding: Any, is_causal: bool) -> Any:
        """The step of the child of that number; `memory` None attends to x itself."""

        attention = getattr(self, self.attends[number - 1])

        def step(x: Any) -> Any:
            seen = x if memory is None else memory
            return attention(
                x, seen, seen, attn_mask=mask, key_padding_mask=padding, need_weights=False, is_causal=is_causal
            )[0]

        return self._beside(x, number, step, turned=attention.batch_first and x.ndim == 3)

    def _fed(self, x: Any) -> Any:
        def step(x: Any) -> Any:
            return self.linear2(self.dropout(self.activation(self.linear1(x))))

        return self._beside(x, len(self.attends) + 1, step)


class TransformerEncoderLayer(_Block):
    """Self-attention and a feed forward network, each beside a shortcut and normalised."""

    attends = ("self_attn",)

    @property
    def activation_relu_or_gelu(self) -> int:
        """1 for ReLU, 2 for GELU, 0 for another activation."""
        if self.activation is F.relu or isinstance(self.activation, ReLU):
            return 1
        return 2 if self.activation is F.gelu or isinstance(self.activation, GELU) else 0

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        """src (length, N, d_model) -> the same shape."""
        padding = additive(src_key_padding_mask, "src_key_padding_mask", src._dtype, src_mask, "src_mask")
        mask = additive(src_mask, "src_mask", src._dtype)
        if self._is_fast(src):
            return self._fast(src, mask, padding)
        return self._fed(self._attended(src, 1, None, mask, padding, is_causal))

    def _is_fast(self, src: Tensor) -> bool:
        attention = self.self_attn
        return (
            mha.get_fastpath_enabled() and not self.training and src.ndim == 3 and attention.batch_first
            and attention.in_proj_bias is not None and attention._qkv_same_embed_dim
            and bool(self.activation_relu_or_gelu) and self.norm1.eps == self.norm2.eps
            and attention.num_heads % 2 == 0 and not _has_hooks(self) and not _records(src, self)
        )  # fmt: skip

    def _fast(self, src: Tensor, mask: Tensor | None, padding: Tensor | None) -> Any:
        """PyTorch's other way: masks of numbers hide what is not 0, and what is hidden whole becomes NaN."""
        hidden = self._hidden(src, mask, padding)

        def step(x: Any) -> Any:
            return self.self_attn(x, x, x, attn_mask=hidden)[0]

        return self._fed(self._beside(src, 1, step))

    def _hidden(self, src: Tensor, mask: Tensor | None, padding: Tensor | None) -> Tensor | None:
        """Both masks as one for each head, of 0 and minus infinity."""
        samples, length, size = src._shape
        heads = self.self_attn.num_heads
        if size != self.self_attn.embed_dim:
            raise src._error(ShapeError, "", f"src has {size} features, expected {self.self_attn.embed_dim}")
        both: Any = None
        if mask is not None:
            if mask._shape not in ((length, length), (samples * heads, length, length)):
                raise src._error(ShapeError, "", f"src_mask has shape {list(mask._shape)} for src {list(src._shape)}")
            both = reshape(mask, shape=(*((1, 1) if mask.ndim == 2 else (samples, heads)), length, length))
        if padding is not None:
            if padding._shape != (samples, length):
                message = f"src_key_padding_mask has shape {list(padding._shape)}, expected {[samples, length]}"
                raise src._error(ShapeError, "", message)
            apart = reshape(padding, shape=(samples, 1, 1, length))
            both = apart if both is None else both + apart
        if both is None:
            return None
        wide = expand(both, shape=(samples, heads, length, length))
        one = reshape(wide, shape=(samples * heads, length, length))
        return cast(Tensor, where(equal(one, 0), _zeros(one), -math.inf))


def _zeros(like: core.Tensor) -> core.Tensor:
    return made(np.zeros(like._shape, like._dtype.numpy()), like._dtype, None, False, like)


class TransformerDecoderLayer(_Block):
    """Self-attention, attention to the encoder's result, a feed forward network."""

    attends = ("self_attn", "multihead_attn")

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None, tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None, tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """tgt (length, N, d_model), memory (places, N, d_model) -> the shape of tgt."""
        x = self._attended(tgt, 1, None, tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        return self._fed(self._attended(x, 2, memory, memory_mask, memory_key_padding_mask, memory_is_causal))


def _records(src: Tensor, layer: Module) -> bool:
    """Whether a gradient could be asked of the layer's result."""
    return grad_enabled() and (src.requires_grad or any(p.requires_grad for p in layer.parameters()))


def _has_hooks(module: Module) -> bool:
    return any(part._hooks or part._pre_hooks for part in module.modules())


def _clones(layer: Module, count: int) -> ModuleList:
    return ModuleList([copy.deepcopy(layer) for _ in range(count)])


class TransformerEncoder(Module):
    """Copies of an encoder layer in a row."""

    def __init__(
        self, encoder_layer: Any, num_layers: int, norm: Any = None, enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.layers = _clones(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = self.use_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check
        reason = _why_not_nested(encoder_layer)
        if enable_nested_tensor and reason:
            message = f"enable_nested_tensor is True, but self.use_nested_tensor is False because {reason}"
            warnings.warn(message, UserWarning, stacklevel=2)
            self.use_nested_tensor = False

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Any:
        """src (length, N, d_model) -> the same shape."""
        padding = additive(src_key_padding_mask, "src_key_padding_mask", src._dtype, mask, "mask")
        mask = additive(mask, "mask", src._dtype)
        first = self.layers[0]
        hidden = self._nested(src, mask, padding)
        causal = _is_causal(mask, is_causal, src, first.self_attn.batch_first)
        x = src
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=causal, src_key_padding_mask=padding if hidden is None else hidden)
        if hidden is not None:
            x = cast(Tensor, where(expand(unsqueeze(hidden, axis=-1), shape=x._shape), 0.0, x))
        return x if self.norm is None else self.norm(x)

    def _nested(self, src: Tensor, mask: Tensor | None, padding: Tensor | None) -> Tensor | None:
        """The places that PyTorch leaves out of its nested tensors, or None where it makes none."""
        first = self.layers[0]
        if (
            not mha.get_fastpath_enabled() or not self.use_nested_tensor or first.training or src.ndim != 3
            or padding is None or mask is not None or _records(src, first)
        ):  # fmt: skip
            return None
        if padding._shape != src._shape[:2]:
            message = f"Mask size should match input size: {list(padding._shape)} for src {list(src._shape)}"
            raise src._error(ShapeError, "", message)
        kept = padding._values() == 0
        lengths = kept.sum(1, keepdims=True)
        hidden = np.arange(kept.shape[1]) >= lengths
        if self.mask_check and (hidden == kept).any():
            return None
        if not lengths.any():
            message = "at least one sample must have a place that src_key_padding_mask does not hide"
            raise src._error(ArgumentError, "", message)
        return made(hidden, dtypes.bool.canonical, None, False, src)


def _why_not_nested(layer: Any) -> str:
    """Why PyTorch would not use nested tensors for the layers; empty where it would."""
    if not isinstance(layer, TransformerEncoderLayer):
        return "encoder_layer was not TransformerEncoderLayer"
    attention = layer.self_attn
    reasons = {
        "encoder_layer.norm_first was True": layer.norm_first,
        "encoder_layer.self_attn.batch_first was not True(use batch_first for better inference performance)":
            not attention.batch_first,
        "encoder_layer.self_attn.in_proj_bias is None": attention.in_proj_bias is None,
        "encoder_layer.activation_relu_or_gelu was not True": not layer.activation_relu_or_gelu,
        "encoder_layer.norm1.eps was not equal to encoder_layer.norm2.eps": layer.norm1.eps != layer.norm2.eps,
        "encoder_layer.self_attn.num_heads is odd": attention.num_heads % 2 == 1,
    }  # fmt: skip
    return next((reason for reason, holds in reasons.items() if holds), "")


class TransformerDecoder(Module):
    """Copies of a decoder layer in a row."""

    def __init__(self, decoder_layer: Any, num_layers: int, norm: Any = None) -> None:
        super().__init__()
        self.layers = _clones(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None, tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None, tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """tgt (length, N, d_model), memory (places, N, d_model) -> the shape of tgt."""
        causal = _is_causal(tgt_mask, tgt_is_causal, tgt, self.layers[0].self_attn.batch_first)
        for layer in self.layers:
            tgt = layer(
                tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )  # fmt: skip
        return tgt if self.norm is None else self.norm(tgt)


def _is_causal(mask: Any, said: bool | None, x: Tensor, batch_first: bool) -> bool:
    """Whether the mask is the causal one: as the caller says, or else by its values."""
    if said is not None or mask is None:
        return said is True
    length = x._shape[1 if batch_first and x.ndim == 3 else 0]
    causal = np.triu(np.full((length, length), -math.inf), 1).astype(mask._dtype.numpy())
    return mask._shape == causal.shape and bool((mask._values() == causal).all())


class Transformer(Module):
    """An encoder and a decoder."""

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6,
        dim_feedforward: int = 2048, dropout: float = 0.1, activation: Activation = F.relu, custom_encoder: Any = None,
        custom_decoder: Any = None, layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        settings = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
        place = {"device": device, "dtype": dtype}

        def stacked(own: Any, stack: Any, layer: Any, count: int) -> Any:
            if own is not None:
                return own
            first = layer(*settings, **place)
            return stack(first, count, LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **place))

        self.encoder = stacked(custom_encoder, TransformerEncoder, TransformerEncoderLayer, num_encoder_layers)
        self.decoder = stacked(custom_decoder, TransformerDecoder, TransformerDecoderLayer, num_decoder_layers)
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def _reset_parameters(self) -> None:
        """Draw the matrices anew."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                xavier_uniform_(parameter)

    def forward(
        self, src: Any, tgt: Any, src_mask: Any = None, tgt_mask: Any = None, memory_mask: Any = None,
        src_key_padding_mask: Any = None, tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None, tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """src (places, N, d_model), tgt (length, N, d_model) -> the shape of tgt."""
        batch = 0 if self.batch_first else 1
        shapes = f"src {list(src._shape)}, tgt {list(tgt._shape)}"
        if src.ndim == 3 and src._shape[batch] != tgt._shape[batch]:
            raise src._error(ShapeError, "Transformer", f"the batch number of src and tgt must be equal; {shapes}")
        if src._shape[-1] != self.d_model or tgt._shape[-1] != self.d_model:
            message = f"the feature number of src and tgt must be equal to d_model={self.d_model}; {shapes}"
            raise src._error(ShapeError, "Transformer", message)
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """(sz, sz): 0 on and below the diagonal, minus infinity above."""
        kind = dtypes.default() if dtype is None else dtypes.canonical(dtype)
        values = np.triu(np.full((sz, sz), -math.inf), 1).astype(kind.numpy())
        return made(values, kind, device)
