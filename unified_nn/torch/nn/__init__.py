"""PyTorch's layers, losses and containers."""

from __future__ import annotations

from unified_nn.torch.missing import missing
from unified_nn.torch.nn import functional, init, parameter, utils
from unified_nn.torch.nn.activation import LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from unified_nn.torch.nn.batchnorm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)  # fmt: skip
from unified_nn.torch.nn.container import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from unified_nn.torch.nn.conv import Conv1d, Conv2d, Conv3d
from unified_nn.torch.nn.distance import CosineSimilarity, PairwiseDistance
from unified_nn.torch.nn.dropout import (
    AlphaDropout,
    Dropout,
    Dropout1d,
    Dropout2d,
    Dropout3d,
    FeatureAlphaDropout,
)  # fmt: skip
from unified_nn.torch.nn.flatten import Flatten, Unflatten
from unified_nn.torch.nn.linear import Identity, Linear
from unified_nn.torch.nn.loss import CrossEntropyLoss, L1Loss, MSELoss, NLLLoss
from unified_nn.torch.nn.module import Module
from unified_nn.torch.nn.normalization import GroupNorm, LayerNorm, LocalResponseNorm, RMSNorm
from unified_nn.torch.nn.padding import (
    CircularPad1d,
    CircularPad2d,
    CircularPad3d,
    ConstantPad1d,
    ConstantPad2d,
    ConstantPad3d,
    ReflectionPad1d,
    ReflectionPad2d,
    ReflectionPad3d,
    ReplicationPad1d,
    ReplicationPad2d,
    ReplicationPad3d,
    ZeroPad1d,
    ZeroPad2d,
    ZeroPad3d,
)  # fmt: skip
from unified_nn.torch.nn.parameter import Buffer, Parameter
from unified_nn.torch.nn.pooling import AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d
from unified_nn.torch.nn.rnn import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from unified_nn.torch.nn.sparse import Embedding
from unified_nn.torch.nn.vision import ChannelShuffle, PixelShuffle, PixelUnshuffle, Upsample, UpsamplingNearest2d

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "AlphaDropout",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Buffer",
    "ChannelShuffle",
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "CosineSimilarity",
    "CrossEntropyLoss",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "Embedding",
    "FeatureAlphaDropout",
    "Flatten",
    "GRUCell",
    "GroupNorm",
    "Identity",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "L1Loss",
    "LSTMCell",
    "LayerNorm",
    "Linear",
    "LocalResponseNorm",
    "LogSoftmax",
    "MSELoss",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NLLLoss",
    "PairwiseDistance",
    "Parameter",
    "ParameterDict",
    "ParameterList",
    "PixelShuffle",
    "PixelUnshuffle",
    "RMSNorm",
    "RNNCell",
    "ReLU",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "Unflatten",
    "Upsample",
    "UpsamplingNearest2d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
    "functional",
    "init",
    "parameter",
    "utils",
]  # fmt: skip

__getattr__ = missing(__name__, lambda: __all__)
