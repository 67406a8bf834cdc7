"""`mxnet.gluon.nn`: the layers."""

from __future__ import annotations

from unified_nn.mxnet.gluon.block import Block
from unified_nn.mxnet.gluon.hybrid import HybridBlock, SymbolBlock
from unified_nn.mxnet.gluon.nn.activations import ELU, GELU, SELU, Activation, LeakyReLU, PReLU, Swish
from unified_nn.mxnet.gluon.nn.basic_layers import Dense, Dropout, Embedding, Flatten
from unified_nn.mxnet.gluon.nn.containers import HybridLambda, HybridSequential, Lambda, Sequential
from unified_nn.mxnet.gluon.nn.conv_layers import Conv1D, Conv1DTranspose, Conv2D, Conv2DTranspose, Conv3D, Conv3DTranspose
from unified_nn.mxnet.gluon.nn.norm_layers import BatchNorm, BatchNormReLU, GroupNorm, InstanceNorm, LayerNorm
from unified_nn.mxnet.gluon.nn.pool_layers import (
    AvgPool1D, AvgPool2D, AvgPool3D, GlobalAvgPool1D, GlobalAvgPool2D, GlobalAvgPool3D, GlobalMaxPool1D,
    GlobalMaxPool2D, GlobalMaxPool3D, MaxPool1D, MaxPool2D, MaxPool3D,
)  # fmt: skip
