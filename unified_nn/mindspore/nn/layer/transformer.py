"""Encoders and decoders made of attention (arXiv:1706.03762)."""

from __future__ import annotations

from typing import Any, ClassVar

from unified_nn.errors import ArgumentError, DTypeError, ShapeError, make
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.initializer import initializer
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.cell import Cell
from unified_nn.mindspore.nn.layer.attention import MultiheadAttention
from unified_nn.mindspore.nn.layer.basic import Dense, Dropout
from unified_nn.mindspore.nn.layer.container import CellList
from unified_nn.mindspore.nn.layer.normalization import LayerNorm
from unified_nn.mindspore.ops.function import nn_func

_FUNCTIONS = {"relu": nn_func.relu, "gelu": nn_func.gelu}


def _activation(given: Any, where: str) -> Any:
    """The function of `activation`; MindSpore takes two names and two functions, and no cell."""
    if isinstance(given, str):
        if given not in _FUNCTIONS:
            raise make(ArgumentError, f"the 'activation' must be relu or gelu, but got {given!r}", ValueError, where)
        return _FUNCTIONS[given]
    if given not in _FUNCTIONS.values():
        message = f"the 'activation' must be 'relu', 'gelu', ops.relu or ops.gelu, but got {given!r}"
        raise make(ArgumentError, message, ValueError, where)
    return given


def _check_padding(mask: Any) -> None:
    if mask is not None and mask._dtype.kind not in "bf":
        message = f"only bool and floating types of src_key_padding_mask are supported, but got {mask.dtype}"
        raise make(DTypeError, message, AssertionError, "mindspore.nn.TransformerEncoder")


class _Block(Cell):
    """What the layers of encoders and decoders share: attention in turn, each beside a shortcut and normalised."""

    #: the children that attend, in turn; what follows is fed forward
    attends: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation: Any = "relu",
        layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
        dtype: Any = mstype.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        for name in self.attends:
            attention = MultiheadAttention(d_model, nhead, dropout=dropout, batch_first=batch_first, dtype=dtype)
            setattr(self, name, attention)
        self.dense1 = Dense(d_model, dim_feedforward, dtype=dtype)
        self.dropout = Dropout(p=dropout)
        self.dense2 = Dense(dim_feedforward, d_model, dtype=dtype)
        for number in range(1, len(self.attends) + 2):
            setattr(self, f"norm{number}", LayerNorm((d_model,), epsilon=layer_norm_eps, dtype=dtype))
        for number in range(1, len(self.attends) + 2):
            setattr(self, f"dropout{number}", Dropout(p=dropout))
        self.activation1 = activation
        self.activation = _activation(activation, f"mindspore.nn.{type(self).__name__}")
        self.d_model, self.nhead, self.dim_feedforward = d_model, nhead, dim_feedforward
        self.dropout_num, self.layernorm_eps = dropout, layer_norm_eps
        self.batch_first, self.norm_first, self.dtype = batch_first, norm_first, dtype

    def anew(self) -> _Block:
        """A layer of the same settings with values of its own."""
        return type(self)(
            self.d_model, self.nhead, self.dim_feedforward, self.dropout_num, self.activation1, self.layernorm_eps,
            self.batch_first, self.norm_first, dtype=self.dtype,
        )  # fmt: skip

    def _attended(self, x: Any, number: int, memory: Any, mask: Any, padding: Any) -> Any:
        """The step of the child of that number, with its shortcut; `memory` None attends to x itself."""

        def step(x: Any) -> Any:
            seen = x if memory is None else memory
            attention = getattr(self, self.attends[number - 1])
            return attention(x, seen, seen, attn_mask=mask, key_padding_mask=padding, need_weights=False)[0]

        return self._beside(x, number, step)

    def _fed(self, x: Any) -> Any:
        def step(x: Any) -> Any:
            return self.dense2(self.dropout(self.activation(self.dense1(x))))

        return self._beside(x, len(self.attends) + 1, step)

    def _beside(self, x: Any, number: int, step: Any) -> Any:
        norm, dropped = getattr(self, f"norm{number}"), getattr(self, f"dropout{number}")
        if self.norm_first:
            return x + dropped(step(norm(x)))
        return norm(x + dropped(step(x)))


class TransformerEncoderLayer(_Block):
    """Self-attention and a feed forward network, each beside a shortcut and normalised."""

    attends = ("self_attn",)

    def construct(self, src: Tensor, src_mask: Any = None, src_key_padding_mask: Any = None) -> Any:
        """src (length, N, d_model) -> the same shape."""
        _check_padding(src_key_padding_mask)
        return self._fed(self._attended(src, 1, None, src_mask, src_key_padding_mask))


class TransformerDecoderLayer(_Block):
    """Self-attention, attention to the encoder's result, a feed forward network."""

    attends = ("self_attn", "multihead_attn")

    def construct(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Any = None, memory_mask: Any = None,
        tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
    ) -> Any:  # fmt: skip
        """tgt (length, N, d_model), memory (places, N, d_model) -> the shape of tgt."""
        x = self._attended(tgt, 1, None, tgt_mask, tgt_key_padding_mask)
        return self._fed(self._attended(x, 2, memory, memory_mask, memory_key_padding_mask))


class _Stack(Cell):
    """Layers of one kind in a row; each starts from the same values, which are not those of the given layer."""

    def __init__(self, layer: Any, num_layers: int, norm: Any = None) -> None:
        super().__init__()
        first = layer.anew()
        layers = [first.anew() for _ in range(num_layers)]
        for each in layers:
            for own, source in zip(each.get_parameters(), first.get_parameters(), strict=True):
                own.set_data(source)
        self.layers = CellList(layers)
        self.num_layers = num_layers
        self.norm = norm

    def _normed(self, x: Any) -> Any:
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(_Stack):
    """Encoder layers in a row, of the settings of the given one."""

    def __init__(self, encoder_layer: Any, num_layers: int, norm: Any = None) -> None:
        super().__init__(encoder_layer, num_layers, norm)

    def construct(self, src: Tensor, src_mask: Any = None, src_key_padding_mask: Any = None) -> Any:
        """src (length, N, d_model) -> the same shape."""
        _check_padding(src_key_padding_mask)
        for layer in self.layers:
            src = layer(src, src_mask=src_mask, src_key_padding_mask=src_key_padding_mask)
        return self._normed(src)


class TransformerDecoder(_Stack):
    """Decoder layers in a row, of the settings of the given one."""

    def __init__(self, decoder_layer: Any, num_layers: int, norm: Any = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def construct(self, tgt: Tensor, memory: Tensor, *masks: Any, **named: Any) -> Any:
        """tgt (length, N, d_model), memory (places, N, d_model) -> the shape of tgt; masks as its layers take them."""
        for layer in self.layers:
            tgt = layer(tgt, memory, *masks, **named)
        return self._normed(tgt)


class Transformer(Cell):
    """An encoder and a decoder."""

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6,
        dim_feedforward: int = 2048, dropout: float = 0.1, activation: Any = "relu", custom_encoder: Any = None,
        custom_decoder: Any = None, layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
        dtype: Any = mstype.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        settings = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first)

        def stacked(own: Any, stack: Any, layer: Any, count: int) -> Any:
            if own is not None:
                return own
            norm = LayerNorm((d_model,), epsilon=layer_norm_eps, dtype=dtype)
            return stack(layer(*settings, dtype=dtype), count, norm)

        self.encoder = stacked(custom_encoder, TransformerEncoder, TransformerEncoderLayer, num_encoder_layers)
        self.decoder = stacked(custom_decoder, TransformerDecoder, TransformerDecoderLayer, num_decoder_layers)
        for _, parameter in self.parameters_and_names():
            if parameter.ndim > 1:
                parameter.set_data(initializer("xavier_uniform", parameter.shape, parameter.dtype))
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def construct(
        self, src: Tensor, tgt: Tensor, src_mask: Any = None, tgt_mask: Any = None, memory_mask: Any = None,
        src_key_padding_mask: Any = None, tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
    ) -> Any:  # fmt: skip
        """src (places, N, d_model), tgt (length, N, d_model) -> the shape of tgt."""
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            message = (
                f"the features of 'src' and 'tgt' must be d_model={self.d_model}; src {src.shape}, tgt {tgt.shape}"
            )
            raise make(ShapeError, message, ValueError, "mindspore.nn.Transformer")
        memory = self.encoder(src, src_mask=src_mask, src_key_padding_mask=src_key_padding_mask)
        return self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
        )  # fmt: skip


__all__ = [
    "Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder", "TransformerEncoderLayer",
]  # fmt: skip
