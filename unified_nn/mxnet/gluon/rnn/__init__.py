"""`mxnet.gluon.rnn`: recurrent layers and cells."""

from __future__ import annotations

from unified_nn.mxnet.gluon.rnn.rnn_cell import (
    DropoutCell,
    GRUCell,
    HybridRecurrentCell,
    HybridSequentialRNNCell,
    LSTMCell,
    RecurrentCell,
    RNNCell,
    SequentialRNNCell,
)
from unified_nn.mxnet.gluon.rnn.rnn_layer import GRU, LSTM, RNN
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "DropoutCell",
    "GRUCell",
    "HybridRecurrentCell",
    "HybridSequentialRNNCell",
    "LSTMCell",
    "RNNCell",
    "RecurrentCell",
    "SequentialRNNCell",
]
_REFUSED = {
    "BidirectionalCell": "use a layer with bidirectional=True",
    "ResidualCell": "add the input to the outputs",
    "ZoneoutCell": "there is no counterpart",
    "ModifierCell": "there are no cells that change others",
}
__getattr__ = refuse("mxnet.gluon.rnn", globals(), _REFUSED)
