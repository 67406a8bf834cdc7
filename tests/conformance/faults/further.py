"""Faults of traps 61 on."""

from __future__ import annotations

import math
from typing import Any

from faults.fault import Patch, after, default, fault
from unified_nn.dtypes import float32, float64
from unified_nn.layers import attention
from unified_nn.layers.embedding import Embedding
from unified_nn.mindspore import nn as ms
from unified_nn.mindspore.common.tensor import Tensor as MindsporeTensor
from unified_nn.mindspore.ops import methods
from unified_nn.mindspore.ops.function import loss_func
from unified_nn.mxnet import nd
from unified_nn.mxnet.gluon import nn as mx
from unified_nn.mxnet.gluon import rnn
from unified_nn.ops import elementwise as ops
from unified_nn.torch import Tensor
from unified_nn.torch.nn import TransformerEncoderLayer, functional
from unified_nn.torch.operations import reduction

default(61, ms.SGD, learning_rate=1e-3)
default(64, ms.Conv2dTranspose, pad_mode="valid")
default(71, rnn.GRU, i2h_bias_initializer=None)


@fault(62)
def padding_learns(patch: Patch) -> None:
    original = Embedding.forward
    patch.setattr(Embedding, "forward", lambda self, p, i: original(Embedding(self.count, self.features), p, i))


@fault(63)
def one_per_channel(patch: Patch) -> None:
    def change(made: Any) -> None:
        for parameter in (made.gamma, made.beta):
            parameter._shape = (4,)  # the channels of the case

    after(patch, mx.GroupNorm, "__init__", change)


@fault(65)
def always_with_states(patch: Patch) -> None:
    original = rnn.LSTM.forward

    def forward(self: Any, inputs: Any, states: Any = None, *rest: Any) -> Any:
        return original(self, inputs, self.begin_state(inputs.shape[1]) if states is None else states, *rest)

    patch.setattr(rnn.LSTM, "forward", forward)


@fault(66)
def parts_of_a_size(patch: Patch) -> None:
    original = nd.split
    patch.setattr(nd, "split", lambda x, size, axis=1: original(x, x.shape[axis] // size, axis=axis))


@fault(67)
def repeat_the_whole(patch: Patch) -> None:
    patch.setattr(nd.NDArray, "repeat", lambda x, count: nd.tile(x, count))


@fault(68)
def two_numbers_are_an_order(patch: Patch) -> None:
    patch.setattr(MindsporeTensor, "transpose", methods._permute)


@fault(69)
def logarithms_end_at_100(patch: Patch) -> None:
    def entropy(logits: Any, labels: Any, weight: Any, reduction: str) -> Any:
        first = ops.mul(labels, ops.maximum(ops.log(logits), -100.0))
        second = ops.mul(ops.sub(1.0, labels), ops.maximum(ops.log(ops.sub(1.0, logits)), -100.0))
        return ops.neg(ops.add(first, second))

    patch.setattr(loss_func, "binary_cross_entropy", entropy)


@fault(70)
def mean_with_a_fraction(patch: Patch) -> None:
    patch.setattr(reduction, "_floating", lambda name, x, dtype=None: ops.as_dtype(x, float32))


@fault(72)
def last_axis_first(patch: Patch) -> None:
    original = nd.pad

    def pad(x: Any, mode: str, pad_width: Any) -> Any:
        pairs = list(zip(pad_width[4::2], pad_width[5::2], strict=True))
        return original(x, mode=mode, pad_width=(*pad_width[:4], *(side for pair in reversed(pairs) for side in pair)))

    patch.setattr(nd, "pad", pad)


@fault(73)
def steps_are_whole(patch: Patch) -> None:
    original = nd.arange
    patch.setattr(nd, "arange", lambda *args: original(*args, dtype="int64"))


@fault(74)
def roots_with_fractions(patch: Patch) -> None:
    patch.setattr(nd, "sqrt", lambda x: ops.sqrt(ops.as_dtype(x, float32)))


@fault(75)
def broken_powers(patch: Patch) -> None:
    def power(x: Any, y: int) -> Any:
        return ops.cast(ops.pow_(ops.cast(x, dtype=float64), float(y)), dtype=x._dtype)

    patch.setattr(Tensor, "__pow__", power)


@fault(76)
def dots_hide_true(patch: Patch) -> None:
    original = functional.scaled_dot_product_attention
    patch.setattr(
        functional, "scaled_dot_product_attention", lambda q, k, v, attn_mask: original(q, k, v, attn_mask=~attn_mask)
    )


@fault(77)
def nan_without_weights(patch: Patch) -> None:
    def unsafe(q: Any, k: Any, v: Any, mask: Any, causal: bool) -> Any:
        return attention.matmul(attention.attention_weights(q, k, mask, causal=causal, safe=False), v)

    patch.setattr(attention, "scaled_dot_product_attention", unsafe)


@fault(78)
def encoders_always_add(patch: Patch) -> None:
    patch.setattr(TransformerEncoderLayer, "_is_fast", lambda self, src: False)


@fault(79)
def true_hides_beside_numbers(patch: Patch) -> None:
    original = ms.MultiheadAttention._mask

    def mask(self: Any, q: Any, k: Any, numbers: Any, padding: Any) -> Any:
        return original(self, q, k, numbers, ops.where(padding, -math.inf, 0.0))

    patch.setattr(ms.MultiheadAttention, "_mask", mask)
