"""The neutral vocabulary: `Module`, `Cell` and `Block` are three names of one base class."""

from __future__ import annotations

from unified_nn.nn.container import Sequential
from unified_nn.nn.layers import (
    GELU,
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
    Identity,
    LayerNorm,
    Linear,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
    MultiheadAttention,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)  # fmt: skip
from unified_nn.nn.module import Block, Cell, Module, Parameter
from unified_nn.nn.optim import Optimizer

__all__ = [
    "GELU", "AvgPool1d", "AvgPool2d", "AvgPool3d", "BatchNorm", "Block", "Cell", "Conv1d", "Conv2d", "Conv3d",
    "Dropout", "Embedding", "Flatten", "Identity", "LayerNorm", "Linear", "MaxPool1d", "MaxPool2d", "MaxPool3d",
    "Module", "MultiheadAttention", "Optimizer", "Parameter", "ReLU", "Sequential", "SiLU", "Sigmoid", "Softmax", "Tanh",
]  # fmt: skip
