"""The neutral vocabulary: `Module`, `Cell` and `Block` are three names of one base class."""

from __future__ import annotations

from unified_nn.nn.container import Sequential
from unified_nn.nn.layers import (
    GELU,
    GRU,
    LSTM,
    RNN,
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    BatchNorm,
    Conv1d,
    Conv2d,
    Conv3d,
    Dropout,
    Embedding,
    Flatten,
    GRUCell,
    Identity,
    LayerNorm,
    Linear,
    LSTMCell,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
    MultiheadAttention,
    ReLU,
    RNNCell,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)  # fmt: skip
from unified_nn.nn.module import Block, Cell, Module, Parameter
from unified_nn.nn.optim import Optimizer

__all__ = [
    "GELU", "GRU", "LSTM", "RNN", "AvgPool1d", "AvgPool2d", "AvgPool3d", "BatchNorm", "Block", "Cell", "Conv1d",
    "Conv2d", "Conv3d", "Dropout", "Embedding", "Flatten", "GRUCell", "Identity", "LSTMCell", "LayerNorm", "Linear",
    "MaxPool1d", "MaxPool2d", "MaxPool3d", "Module", "MultiheadAttention", "Optimizer", "Parameter", "RNNCell",
    "ReLU", "Sequential", "SiLU", "Sigmoid", "Softmax", "Tanh",
]  # fmt: skip
