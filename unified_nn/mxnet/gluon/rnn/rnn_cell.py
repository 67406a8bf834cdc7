"""Cells of recurrent networks: one step, and `unroll` over a sequence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from unified_nn.errors import ArgumentError, NotOfferedError, ShapeError, make
from unified_nn.layers import rnn
from unified_nn.mxnet import ndarray as nd
from unified_nn.mxnet.base import failure, not_an_array
from unified_nn.mxnet.gluon.block import Block, indented
from unified_nn.mxnet.gluon.hybrid import HybridBlock, Layer
from unified_nn.mxnet.gluon.rnn.rnn_layer import begun
from unified_nn.mxnet.ndarray.ndarray import NDArray
from unified_nn.ops.shape import flatten
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.rules import deferred


class RecurrentCell(Block):
    """Base of the cells: cell(inputs, states) -> output, states."""

    def reset(self) -> None:
        """Forget what an earlier sequence left; cells here keep nothing, those made of others pass it on."""
        for cell in self._children.values():
            cell.reset()

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """The shape of each state."""
        raise NotImplementedError(f"{type(self).__name__} does not define state_info")

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = nd.zeros, **kwargs: Any) -> list[Any]:
        """Initial states made by func(shape=..., ...)."""
        return begun(self.state_info(batch_size), func, kwargs)

    def unroll(
        self, length: int, inputs: Any, begin_state: Any = None, layout: str = "NTC", merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:  # fmt: skip
        """The outputs of all steps and the last states.

        inputs         an array in the layout, or a list of steps
        merge_outputs  the outputs as one array in the layout; otherwise a list of steps
        valid_length   where each sample ends: its states are those of its last step, its outputs after it are 0
        """
        self.reset()
        axis = layout.find("T")
        steps = _steps(inputs, length, axis)
        states = self.begin_state(len(steps[0])) if begin_state is None else begin_state
        outputs: list[Any] = []
        history: list[Any] = []
        for step in steps:
            output, states = self(step, states)
            outputs.append(output)
            history.append(states)
        if valid_length is None:
            return (nd.stack(*outputs, axis=axis) if merge_outputs else outputs), states
        last = [
            nd.SequenceLast(nd.stack(*each, axis=0), sequence_length=valid_length, use_sequence_length=True)
            for each in zip(*history, strict=True)
        ]
        whole = nd.SequenceMask(
            nd.stack(*outputs, axis=axis), sequence_length=valid_length, use_sequence_length=True, axis=axis
        )
        return (_steps(whole, length, axis) if merge_outputs is False else whole), last


def _steps(inputs: Any, length: int, axis: int) -> list[Any]:
    """A sequence as a list of its steps."""
    if isinstance(inputs, NDArray):
        count = inputs.shape[axis]
        found = nd.split(inputs, num_outputs=count, axis=axis, squeeze_axis=True)
        steps = list(found) if isinstance(found, (list, tuple)) else [found]
    else:
        steps = list(inputs)
    if len(steps) != length:
        message = f"unroll: length={length}, but the inputs have {len(steps)} steps"
        raise make(ArgumentError, message, AssertionError)
    return steps


class HybridRecurrentCell(RecurrentCell, HybridBlock):
    """Base of cells that MXNet can compile."""


# ---- cells with weights --------------------------------------------------------------------------------------------

_ARGS = (
    "i2h_weight_initializer=None, h2h_weight_initializer=None, i2h_bias_initializer='zeros', "
    "h2h_bias_initializer='zeros', input_size=0"
)


class _Cell(Layer, HybridRecurrentCell, canonical=rnn.RecurrentCell):
    """(N, C) and the states -> the output, and the next states in a list."""

    to: ClassVar[Any] = {"in_features": deferred("input_size"), "features": "hidden_size"}
    params: ClassVar[Any] = {
        "weight_ih": "i2h_weight", "weight_hh": "h2h_weight", "bias_ih": "i2h_bias", "bias_hh": "h2h_bias"
    }  # fmt: skip
    inits: ClassVar[Any] = {
        "weight_ih": lambda a, layer: a["i2h_weight_initializer"],
        "weight_hh": lambda a, layer: a["h2h_weight_initializer"],
        "bias_ih": lambda a, layer: a["i2h_bias_initializer"],
        "bias_hh": lambda a, layer: a["h2h_bias_initializer"],
    }

    def _alias(self) -> str:
        return type(self).__name__.lower().removesuffix("cell")

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        info = {"shape": (batch_size, self.arguments["hidden_size"]), "__layout__": "NC"}
        return [dict(info) for _ in range(rnn.STATES[self.layer.cell])]  # type: ignore[attr-defined]

    def forward(self, inputs: Any, states: Any) -> Any:
        """The output and the next states; further axes of the inputs are joined to one, as FullyConnected does."""
        name = type(self).__name__
        if not isinstance(inputs, Tensor):
            raise not_an_array(name, "inputs", inputs)
        if inputs.ndim < 2:
            raise failure(ShapeError, name, f"inputs have shape {inputs._shape}, expected (N, C)")
        x = flatten(inputs) if inputs.ndim > 2 else inputs
        if self.layer.is_open:
            self._settle(x)
        last = self.layer.forward(self, x, *self._states(states))
        return last[0], list(last)

    def _states(self, states: Any) -> list[Tensor]:
        name, expected = type(self).__name__, rnn.STATES[self.layer.cell]  # type: ignore[attr-defined]
        if isinstance(states, Tensor):
            raise failure(ShapeError, name, f"states must be a list of {expected}, got an array {states._shape}")
        if len(states) != expected:
            message = f"got {len(states)} states, expected {expected}"
            raise failure(ArgumentError, name, message, IndexError if len(states) < expected else None)
        return list(states)

    def __repr__(self) -> str:
        rows, inputs = self.i2h_weight.shape
        return f"{type(self).__name__}({inputs or None} -> {rows}{self._said()})"

    def _said(self) -> str:
        return ""


class RNNCell(_Cell, cell="rnn"):
    """h' = tanh(W_i2h x + b_i2h + W_h2h h + b_h2h), or relu."""

    args = f"hidden_size, activation='tanh', {_ARGS}"
    differs = "activations other than tanh and relu are refused"

    def check(self, given: Mapping[str, Any]) -> None:
        if given["activation"] not in ("tanh", "relu"):
            raise make(NotOfferedError, f"activation={given['activation']!r} is not offered; 'tanh' and 'relu' are")

    def _said(self) -> str:
        return f", {self.arguments['activation']}"


class LSTMCell(_Cell, cell="lstm"):
    """One step of an LSTM."""

    args = f"hidden_size, {_ARGS}, activation='tanh', recurrent_activation='sigmoid'"
    differs = "activations other than the default ones are refused"

    def check(self, given: Mapping[str, Any]) -> None:
        for name, default in (("activation", "tanh"), ("recurrent_activation", "sigmoid")):
            if given[name] != default:
                raise make(NotOfferedError, f"{name}={given[name]!r} is not offered; the default {default!r} is")


class GRUCell(_Cell, cell="gru"):
    """One step of a GRU."""

    args = f"hidden_size, {_ARGS}"


class DropoutCell(HybridRecurrentCell):
    """Dropout at each step; it has no state."""

    def __init__(self, rate: float, axes: tuple[int, ...] = (), prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix, params)
        if not isinstance(rate, (int, float)):
            raise make(ArgumentError, f"DropoutCell: rate must be a number, got {rate!r}", AssertionError)
        self._rate, self._axes = rate, axes

    def _alias(self) -> str:
        return "dropout"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        return []

    def forward(self, inputs: Any, states: Any) -> Any:
        return (nd.Dropout(inputs, p=self._rate, axes=self._axes) if self._rate > 0 else inputs), states

    def __repr__(self) -> str:
        return f"DropoutCell(rate={self._rate}, axes={self._axes})"


# ---- cells in a row ------------------------------------------------------------------------------------------------


class _Row(RecurrentCell):
    """One cell after the other: the output of each is the input of the next, their states are one list."""

    def add(self, cell: Any) -> None:
        """Append a cell."""
        self.register_child(cell)

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        return [info for cell in self._children.values() for info in cell.state_info(batch_size)]

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = nd.zeros, **kwargs: Any) -> list[Any]:
        """The initial states of all cells."""
        cells = self._children.values()
        return [s for cell in cells for s in cell.begin_state(batch_size=batch_size, func=func, **kwargs)]

    def forward(self, inputs: Any, states: Any) -> Any:
        following: list[Any] = []
        for cell, own in self._shared(states):
            inputs, own = cell(inputs, own)
            following += own
        return inputs, following

    def unroll(
        self, length: int, inputs: Any, begin_state: Any = None, layout: str = "NTC", merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:  # fmt: skip
        """Each cell over all steps before the next one."""
        self.reset()
        if begin_state is None:
            begin_state = self.begin_state(len(_steps(inputs, length, layout.find("T"))[0]))
        following: list[Any] = []
        shared = self._shared(begin_state)
        for place, (cell, own) in enumerate(shared, 1):
            merge = merge_outputs if place == len(shared) else None
            inputs, own = cell.unroll(length, inputs, own, layout, merge, valid_length)
            following += own
        return inputs, following

    def _shared(self, states: Any) -> list[tuple[Any, list[Any]]]:
        """Each cell with its part of the states."""
        found, start = [], 0
        for cell in self._children.values():
            count = len(cell.state_info())
            found.append((cell, list(states[start : start + count])))
            start += count
        if start != len(states):
            raise failure(ArgumentError, type(self).__name__, f"got {len(states)} states, expected {start}")
        return found

    def __len__(self) -> int:
        return len(self._children)

    def __getitem__(self, place: int) -> Any:
        return self._children[str(place)]

    def __repr__(self) -> str:
        lines = "\n".join(f"({name}): {indented(cell)}" for name, cell in self._children.items())
        return f"{type(self).__name__}(\n{lines}\n)"


class SequentialRNNCell(_Row):
    """Cells of any kind, one after the other."""


class HybridSequentialRNNCell(_Row, HybridRecurrentCell):
    """Hybrid cells, one after the other."""
