"""`mxnet.gluon.nn`: the layers."""

from __future__ import annotations

from unified_nn.mxnet.gluon.block import Block
from unified_nn.mxnet.gluon.hybrid import HybridBlock, SymbolBlock
from unified_nn.mxnet.gluon.nn.activations import ELU, GELU, SELU, Activation, LeakyReLU, PReLU, Swish
from unified_nn.mxnet.gluon.nn.basic_layers import Dense, Dropout, Embedding, Flatten
from unified_nn.mxnet.gluon.nn.containers import HybridLambda, HybridSequential, Lambda, Sequential
