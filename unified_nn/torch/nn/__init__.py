"""PyTorch's layers, losses and containers."""

from __future__ import annotations

from unified_nn.torch.missing import missing
from unified_nn.torch.nn import functional, parameter
from unified_nn.torch.nn.activation import LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from unified_nn.torch.nn.batchnorm import (
    BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d,
)  # fmt: skip
from unified_nn.torch.nn.container import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from unified_nn.torch.nn.conv import Conv1d, Conv2d, Conv3d
from unified_nn.torch.nn.flatten import Flatten, Unflatten
from unified_nn.torch.nn.linear import Identity, Linear
from unified_nn.torch.nn.loss import CrossEntropyLoss, L1Loss, MSELoss, NLLLoss
from unified_nn.torch.nn.module import Module
from unified_nn.torch.nn.parameter import Buffer, Parameter
from unified_nn.torch.nn.pooling import AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d

__all__ = [
    "AvgPool1d", "AvgPool2d", "AvgPool3d", "Buffer", "Conv1d", "Conv2d", "Conv3d", "CrossEntropyLoss", "Flatten",
    "Identity", "L1Loss", "Linear", "LogSoftmax", "MSELoss", "MaxPool1d", "MaxPool2d", "MaxPool3d", "Module",
    "ModuleDict", "ModuleList", "NLLLoss", "Parameter", "ParameterDict", "ParameterList", "ReLU", "Sequential",
    "Sigmoid", "Softmax", "Tanh", "Unflatten", "functional", "parameter",
]  # fmt: skip

__getattr__ = missing(__name__, lambda: __all__)
