"""Recurrent networks on torch tensors, by torch's own functions for one layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from unified_nn.backend import Function

Array = Any


def _run(
    function: Callable[..., Any], x: Array, state: Any, weights: Sequence[Array], biased: bool, reverse: bool
) -> Any:
    """All outputs and the last states, which torch keeps with a leading axis of layers and directions."""
    if not weights[0].is_floating_point():
        raise TypeError(f"the weights are {weights[0].dtype}, expected a floating dtype")
    training, dropped, bidirectional, batch_first = True, 0.0, False, False
    steps = x.flip(0) if reverse else x
    out, *last = function(steps, state, weights, biased, 1, dropped, training, bidirectional, batch_first)
    return (out.flip(0) if reverse else out, *(part[0] for part in last))


def _weights(w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None) -> tuple[list[Array], bool]:
    if b_ih is None and b_hh is None:
        return [w_ih, w_hh], False
    return [w_ih, w_hh, *(w_ih.new_zeros(w_ih.shape[0]) if b is None else b for b in (b_ih, b_hh))], True


def rnn(
    x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None, *,
    activation: str = "tanh", reverse: bool = False,
) -> Any:  # fmt: skip
    function = torch.rnn_relu if activation == "relu" else torch.rnn_tanh
    return _run(function, x, h[None], *_weights(w_ih, w_hh, b_ih, b_hh), reverse)


def lstm(
    x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None, *,
    reverse: bool = False,
) -> Any:  # fmt: skip
    return _run(torch.lstm, x, (h[None], c[None]), *_weights(w_ih, w_hh, b_ih, b_hh), reverse)


def gru(
    x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None, *,
    reverse: bool = False,
) -> Any:  # fmt: skip
    return _run(torch.gru, x, h[None], *_weights(w_ih, w_hh, b_ih, b_hh), reverse)


FUNCTIONS: dict[str, Function] = {"rnn": rnn, "lstm": lstm, "gru": gru}
