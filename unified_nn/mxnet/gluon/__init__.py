"""`mxnet.gluon`: networks as blocks."""

from __future__ import annotations

from unified_nn.mxnet.gluon import contrib, data, loss, model_zoo, nn, rnn, utils
from unified_nn.mxnet.gluon.block import Block
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.mxnet.gluon.parameter import Constant, DeferredInitializationError, Parameter
from unified_nn.mxnet.gluon.parameter_dict import ParameterDict
from unified_nn.mxnet.gluon.symbol_block import SymbolBlock
from unified_nn.mxnet.gluon.trainer import Trainer
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "Block",
    "Constant",
    "DeferredInitializationError",
    "HybridBlock",
    "Parameter",
    "ParameterDict",
    "SymbolBlock",
    "Trainer",
    "contrib",
    "data",
    "loss",
    "model_zoo",
    "nn",
    "rnn",
    "utils",
]
__getattr__ = refuse("mxnet.gluon", globals())
