"""`mxnet.gluon.nn`: the layers."""

from __future__ import annotations

from unified_nn.mxnet.gluon.block import Block
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.mxnet.gluon.nn.activations import ELU, GELU, SELU, Activation, LeakyReLU, PReLU, Swish
from unified_nn.mxnet.gluon.nn.basic_layers import Dense, Dropout, Embedding, Flatten
from unified_nn.mxnet.gluon.nn.containers import HybridLambda, HybridSequential, Lambda, Sequential
from unified_nn.mxnet.gluon.nn.conv_layers import (
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
)
from unified_nn.mxnet.gluon.nn.norm_layers import BatchNorm, BatchNormReLU, GroupNorm, InstanceNorm, LayerNorm
from unified_nn.mxnet.gluon.nn.pool_layers import (
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    GlobalAvgPool1D,
    GlobalAvgPool2D,
    GlobalAvgPool3D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    GlobalMaxPool3D,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
)
from unified_nn.mxnet.gluon.symbol_block import SymbolBlock
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "ELU", "GELU", "SELU", "Activation", "AvgPool1D", "AvgPool2D", "AvgPool3D", "BatchNorm", "BatchNormReLU", "Block",
    "Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D", "Conv3DTranspose", "Dense", "Dropout",
    "Embedding", "Flatten", "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalAvgPool3D", "GlobalMaxPool1D",
    "GlobalMaxPool2D", "GlobalMaxPool3D", "GroupNorm", "HybridBlock", "HybridLambda", "HybridSequential",
    "InstanceNorm", "Lambda", "LayerNorm", "LeakyReLU", "MaxPool1D", "MaxPool2D", "MaxPool3D", "PReLU", "Sequential",
    "Swish", "SymbolBlock",
]  # fmt: skip
_REFUSED = {"ReflectionPad2D": "use nd.pad(mode='reflect') in a HybridLambda"}
__getattr__ = refuse("mxnet.gluon.nn", globals(), _REFUSED)
