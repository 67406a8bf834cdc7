"""`mxnet.gluon`: networks as blocks."""

from __future__ import annotations

from unified_nn.mxnet.gluon import loss, nn
from unified_nn.mxnet.gluon.block import Block
from unified_nn.mxnet.gluon.hybrid import HybridBlock, SymbolBlock
from unified_nn.mxnet.gluon.parameter import Constant, DeferredInitializationError, Parameter
from unified_nn.mxnet.gluon.parameter_dict import ParameterDict
from unified_nn.mxnet.gluon.trainer import Trainer
