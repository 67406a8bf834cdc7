"""The neutral layers that take states: the canonical layer behind them is the one that PyTorch's rows mean."""

from __future__ import annotations

import numpy as np
import pytest

import unified_nn
from unified_nn import Tensor, nn, torch
from unified_nn.torch import nn as torch_nn

PAIRS = {
    "lstm": (lambda: nn.LSTM(3, 4, layers=2, bidirectional=True, batch_first=True),
             lambda: torch_nn.LSTM(3, 4, 2, bidirectional=True, batch_first=True), (2, 5, 3)),
    "gru": (lambda: nn.GRU(3, 4, bias=False), lambda: torch_nn.GRU(3, 4, bias=False), (5, 2, 3)),
    "rnn": (lambda: nn.RNN(3, 4, activation="relu"), lambda: torch_nn.RNN(3, 4, nonlinearity="relu"), (5, 2, 3)),
    "lstm-cell": (lambda: nn.LSTMCell(3, 4), lambda: torch_nn.LSTMCell(3, 4), (2, 3)),
    "gru-cell": (lambda: nn.GRUCell(3, 4), lambda: torch_nn.GRUCell(3, 4), (2, 3)),
    "rnn-cell": (lambda: nn.RNNCell(3, 4), lambda: torch_nn.RNNCell(3, 4), (2, 3)),
}  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS)
def test_recurrent_layers(pair: str, backend: unified_nn.Backend) -> None:
    neutral, framed, shape = PAIRS[pair]
    ours, theirs = neutral(), framed()
    theirs.load_state_dict(ours.state_dict(names="torch"))
    x = np.random.default_rng(0).standard_normal(shape).astype("float32")
    out, *states = ours(Tensor.from_numpy(x))
    expected = theirs(torch.tensor(x))
    first = expected[0] if isinstance(expected, tuple) else expected
    np.testing.assert_allclose(out.numpy(), first.detach().numpy(), rtol=1e-6, atol=1e-6)
    given = [Tensor.from_numpy(state.numpy() + 1) for state in (states if "cell" not in pair else (out, *states))]
    assert not np.allclose(ours(Tensor.from_numpy(x), *given)[0].numpy(), out.numpy())  # the states count
