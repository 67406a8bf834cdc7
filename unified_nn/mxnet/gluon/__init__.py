"""`mxnet.gluon`: networks as blocks."""

from __future__ import annotations

from unified_nn.mxnet.gluon import data, loss, nn, rnn, utils
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
    "data",
    "loss",
    "nn",
    "rnn",
    "utils",
]
_REFUSED = {
    "model_zoo": "define the network in Python and load its parameters",
    "contrib": "experimental layers are not there",
}
__getattr__ = refuse("mxnet.gluon", globals(), _REFUSED)
