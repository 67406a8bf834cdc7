"""Cells of recurrent networks: one step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from unified_nn.errors import ArgumentError, make
from unified_nn.layers import rnn
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.layer.layer import Layer, positive
from unified_nn.mindspore.nn.layer.rnns import state_tuple, tensor
from unified_nn.ops.shape import expand

_TO = {"in_features": "input_size", "features": "hidden_size", "bias": "has_bias"}
_ARGS = "input_size, hidden_size, has_bias=True, {}dtype=mstype.float32"


class _Cell(Layer, canonical=rnn.RecurrentCell):
    """(N, input_size) and the states (N, hidden_size) -> the next states; one row goes with all of the other side."""

    def check(self, given: Mapping[str, Any]) -> None:
        if not isinstance(given["has_bias"], bool):
            message = f"the type of 'has_bias' should be 'bool', but got '{type(given['has_bias']).__name__}'"
            raise make(ArgumentError, message, TypeError)
        positive(type(self).__name__, hidden_size=given["hidden_size"], input_size=given["input_size"])

    def construct(self, x: Any, hx: Any) -> Any:  # type: ignore[override]
        """The next h, of an LSTM (h, c)."""
        name = type(self).__name__
        tensor(x, "x", name)
        states = state_tuple(hx, self.layer.cell, name)  # type: ignore[attr-defined]
        for argument, value in (("x", x), *(("hx", state) for state in states)):
            if value.dtype not in (mstype.float32, mstype.float16):
                message = f"the '{argument}' should be one of Float32, Float16, but got {value.dtype}"
                raise make(ArgumentError, message, TypeError, name)
        rows = max((value.shape[0] for value in (x, *states) if value.ndim == 2), default=1)
        last = self.layer.forward(self, *(_of_rows(value, rows) for value in (x, *states)))
        return last if len(last) > 1 else last[0]

    def extend_repr(self) -> str:
        return ""


def _of_rows(value: Tensor, rows: int) -> Any:
    return expand(value, shape=(rows, value.shape[1])) if value.ndim == 2 and value.shape[0] == 1 != rows else value


class RNNCell(_Cell, cell="rnn"):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu."""

    args = _ARGS.format("nonlinearity='tanh', ")
    to: ClassVar[Any] = _TO | {"activation": "nonlinearity"}

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        if not isinstance(given["nonlinearity"], str):
            message = f"the type of 'nonlinearity' should be 'str', but got {given['nonlinearity']!r}"
            raise make(ArgumentError, message, TypeError)
        if given["nonlinearity"] not in ("tanh", "relu"):
            message = f"the 'nonlinearity' must be in ['tanh', 'relu'], but got {given['nonlinearity']!r}"
            raise make(ArgumentError, message, ValueError)


class LSTMCell(_Cell, cell="lstm"):
    """One step of an LSTM."""

    args = _ARGS.format("")
    to = _TO

    @classmethod
    def _bind(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        if len(args) > 3 or {"batch_size", "dropout", "bidirectional"} & kwargs.keys():
            message = (
                "the arguments of LSTMCell from MindSpore before 1.6 are detected, where it was a whole layer; use "
                "nn.LSTM for that, and give dtype by name"
            )
            raise make(ArgumentError, message, ValueError, "mindspore.nn.LSTMCell")
        return super()._bind(args, kwargs)


class GRUCell(_Cell, cell="gru"):
    """One step of a GRU."""

    args = _ARGS.format("")
    to = _TO


__all__ = ["GRUCell", "LSTMCell", "RNNCell"]
