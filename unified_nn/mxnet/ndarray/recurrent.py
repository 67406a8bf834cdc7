"""The operator behind recurrent layers: all weights in one array."""

from __future__ import annotations

import warnings
from typing import Any

from unified_nn.errors import ArgumentError, NotOfferedError, ShapeError, make
from unified_nn.layers import rnn
from unified_nn.layers.dropout import Dropout
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.function import FUNCTIONS, define
from unified_nn.mxnet.ndarray.layers import NO_PARAMETERS, TRAINING
from unified_nn.mxnet.ndarray.pending import settled
from unified_nn.mxnet.scope import is_training
from unified_nn.ops.index import getitem
from unified_nn.ops.shape import reshape
from unified_nn.tensor import Tensor

#: mode -> the cell and its activation.
_MODES: dict[str, tuple[rnn.Kind, str]] = {
    "rnn_relu": ("rnn", "relu"), "rnn_tanh": ("rnn", "tanh"), "lstm": ("lstm", "tanh"), "gru": ("gru", "tanh"),
}  # fmt: skip


class _Weights:
    """The arrays of the layers by their canonical names, cut out of one."""

    def __init__(self, whole: Tensor, layer: rnn.Recurrent) -> None:
        self.training, self.stream = is_training(), NO_PARAMETERS.stream
        self._arrays: dict[str, Tensor] = {}
        start = 0
        params = list(layer.params())
        for param in [p for p in params if len(p.shape) == 2] + [p for p in params if len(p.shape) == 1]:
            size = param.shape[0] * (param.shape[1] if len(param.shape) == 2 else 1)
            part = getitem(whole, index=(slice(start, start + size),))
            self._arrays[param.name] = reshape(part, shape=param.shape)
            start += size

    def __getitem__(self, name: str) -> Tensor:
        return self._arrays[name]

    def get(self, name: str) -> Tensor | None:
        return self._arrays.get(name)

    def update(self, name: str, value: Tensor) -> None:
        raise KeyError(name)


@define("RNN")
def recurrent(
    data: Tensor, parameters: Tensor, state: Tensor, state_cell: Tensor | None = None,
    sequence_length: Tensor | None = None, state_size: int = 0, num_layers: int = 0, bidirectional: bool = False,
    mode: str = "", p: float = 0.0, state_outputs: bool = False, projection_size: int | None = None,
    lstm_state_clip_min: float | None = None, lstm_state_clip_max: float | None = None,
    lstm_state_clip_nan: bool = False, use_sequence_length: bool = False,
) -> Any:  # fmt: skip
    """data (T, N, C) and the states (layers * directions, N, state_size) -> all outputs, and the last states.

    parameters are the weights of all layers (for each direction: i2h, then h2h), then all biases in the same order.
    """
    if mode not in _MODES:
        raise failure(ArgumentError, "RNN", f"mode={mode!r} is not one of {', '.join(_MODES)}")
    if projection_size is not None:
        raise make(NotOfferedError, f"projection_size={projection_size} is not offered", op="RNN")
    clips = (lstm_state_clip_min, lstm_state_clip_max)
    if any(value is not None for value in clips) or lstm_state_clip_nan or use_sequence_length:
        message = "RNN: lstm_state_clip_* and use_sequence_length do nothing: MXNet ignores them on the CPU"
        warnings.warn(message, stacklevel=3)
    cell, activation = _MODES[mode]
    layer = rnn.Recurrent(
        cell, data._shape[-1], state_size, num_layers, activation, bidirectional=bidirectional
    )  # fmt: skip
    expected = sum(p.shape[0] * (p.shape[1] if len(p.shape) == 2 else 1) for p in layer.params())
    parameters = settled(parameters, (expected,))
    if parameters._shape != (expected,):
        message = f"parameters have shape {parameters._shape}, expected {(expected,)}; data {data._shape}"
        raise failure(ShapeError, "RNN", message)
    count = num_layers * (2 if bidirectional else 1)
    given = (state,) if state_cell is None else (state, state_cell)
    states = tuple(settled(one, (count, data._shape[1], state_size)) for one in given)
    drops = p > 0 and is_training() and cell != "gru"  # MXNet's GRU drops nothing on the CPU
    out, *last = layer.over(
        _Weights(parameters, layer), data, states, None,
        (lambda x: Dropout(float(p)).forward(TRAINING, x)) if drops else (lambda x: x),
    )  # fmt: skip
    return [out, *last] if state_outputs else out


@define("_rnn_param_concat")
def _rnn_param_concat(*data: Any, dim: int = 1, num_args: int | None = None) -> Tensor:
    """Flat arrays one after the other."""
    return FUNCTIONS["concat"](*data, dim=dim)  # type: ignore[no-any-return]
