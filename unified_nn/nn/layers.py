"""The neutral layers: the canonical settings are the arguments."""

from __future__ import annotations

from unified_nn.layers import activation, attention, conv, dropout, embedding, linear, norm, pool, rnn
from unified_nn.nn.module import Layer
from unified_nn.vocabulary.entry import axis_rule, pads_rule
from unified_nn.vocabulary.rules import attributes


class Linear(Layer, canonical=linear.Linear):
    args = "in_features, features, bias=True"
    shows = "{in_features} -> {features}, bias={bias}"


class Flatten(Layer, canonical=linear.Flatten):
    args = "start=1, end=-1"
    shows = "start={start}, end={end}"


class Identity(Layer, canonical=linear.Identity):
    pass


class _Conv(Layer, canonical=conv.Conv):
    args = "in_features, features, kernel, stride=1, pads=0, dilation=1, groups=1, bias=True"
    to = {"kernel": axis_rule("kernel"), "stride": axis_rule("stride"), "pads": pads_rule("pads"),
          "dilation": axis_rule("dilation")}  # fmt: skip
    shows = "{in_features} -> {features}, kernel={kernel}, stride={stride}, pads={pads}, dilation={dilation}, groups={groups}"


class Conv1d(_Conv, rank=1):
    pass


class Conv2d(_Conv, rank=2):
    pass


class Conv3d(_Conv, rank=3):
    pass


class _MaxPool(Layer, canonical=pool.MaxPool):
    args = "kernel, stride=1, pads=0, dilation=1, rounding='floor'"
    to = {"kernel": axis_rule("kernel"), "stride": axis_rule("stride"), "pads": pads_rule("pads"),
          "dilation": axis_rule("dilation")}  # fmt: skip
    shows = "kernel={kernel}, stride={stride}, pads={pads}"


class MaxPool1d(_MaxPool, rank=1):
    pass


class MaxPool2d(_MaxPool, rank=2):
    pass


class MaxPool3d(_MaxPool, rank=3):
    pass


class _AvgPool(Layer, canonical=pool.AvgPool):
    args = "kernel, stride=1, pads=0, rounding='floor', count_pad=True"
    to = {"kernel": axis_rule("kernel"), "stride": axis_rule("stride"), "pads": pads_rule("pads")}
    shows = "kernel={kernel}, stride={stride}, pads={pads}, count_pad={count_pad}"


class AvgPool1d(_AvgPool, rank=1):
    pass


class AvgPool2d(_AvgPool, rank=2):
    pass


class AvgPool3d(_AvgPool, rank=3):
    pass


class BatchNorm(Layer, canonical=norm.BatchNorm):
    args = "features, eps=1e-05, keep=0.9, scale=True, center=True, axis=1"
    shows = "{features}, eps={eps}, keep={keep}"


class LayerNorm(Layer, canonical=norm.LayerNorm):
    args = "shape, eps=1e-05, scale=True, center=True"
    shows = "{shape}, eps={eps}"


class Embedding(Layer, canonical=embedding.Embedding):
    args = "count, features, pad=None, max_norm=None, norm=2.0, by_frequency=False"
    shows = "{count}, {features}"


class Dropout(Layer, canonical=dropout.Dropout):
    args = "drop=0.5"
    shows = "{drop}"


class Softmax(Layer, canonical=activation.Softmax):
    args = "axis=-1, log=False"
    shows = "axis={axis}"


class _Activation(Layer, canonical=activation.Activation):
    pass


class ReLU(_Activation, op="relu"):
    pass


class Sigmoid(_Activation, op="sigmoid"):
    pass


class Tanh(_Activation, op="tanh"):
    pass


class SiLU(_Activation, op="silu"):
    pass


class GELU(_Activation, op="gelu"):
    args = "approximate=False"
    to = {"attrs": attributes(approximate="approximate")}
    shows = "approximate={approximate}"


class MultiheadAttention(Layer, canonical=attention.MultiheadAttention):
    """Called with q, or q, k, or q, k, v, and after these a mask: True where a place takes part, or numbers to add."""

    args = (
        "features, heads, drop=0.0, bias=True, learned_place=False, zero_place=False, key_features=None, "
        "value_features=None, batch_first=False"
    )
    parts = {"out_proj": Linear}
    shows = "{features}, heads={heads}"


class _Recurrent(Layer, canonical=rnn.Recurrent):
    """Called with x (T, N, in_features) and the initial states if any: all outputs, and the last states."""

    args = "in_features, features, layers=1, bias=True, batch_first=False, drop=0.0, bidirectional=False"
    shows = "{in_features} -> {features}, layers={layers}"


class RNN(_Recurrent, cell="rnn"):
    args = f"{_Recurrent.args}, activation='tanh'"


class LSTM(_Recurrent, cell="lstm"):
    pass


class GRU(_Recurrent, cell="gru"):
    pass


class _RecurrentCell(Layer, canonical=rnn.RecurrentCell):
    """Called with x (N, in_features) and the states if any: the next states, of which the first is the output."""

    args = "in_features, features, bias=True"
    shows = "{in_features} -> {features}"


class RNNCell(_RecurrentCell, cell="rnn"):
    args = f"{_RecurrentCell.args}, activation='tanh'"


class LSTMCell(_RecurrentCell, cell="lstm"):
    pass


class GRUCell(_RecurrentCell, cell="gru"):
    pass
