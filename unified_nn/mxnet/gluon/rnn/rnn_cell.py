"""Cells of recurrent networks: one step, and `unroll` over a sequence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.layers import rnn
from unified_nn.mxnet import ndarray as nd
from unified_nn.mxnet import symbol
from unified_nn.mxnet.base import failure, not_an_array
from unified_nn.mxnet.gluon.block import Block, indented
from unified_nn.mxnet.gluon.hybrid import HybridBlock, Layer, is_symbolic, refuse_empty
from unified_nn.mxnet.gluon.nn.activations import LeakyReLU
from unified_nn.mxnet.gluon.rnn.rnn_layer import begun
from unified_nn.mxnet.ndarray.ndarray import NDArray
from unified_nn.ops.shape import flatten
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.rules import deferred


class RecurrentCell(Block):
    """Base of the cells: cell(inputs, states) -> output, states."""

    def reset(self) -> None:
        """Forget what an earlier sequence left: the step that names in a graph count. Those made of others pass it on."""
        self.__dict__["_step"] = self.__dict__["_begun"] = -1
        for cell in self._children.values():
            cell.reset()

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """The shape of each state."""
        raise NotImplementedError(f"{type(self).__name__} does not define state_info")

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = nd.zeros, **kwargs: Any) -> list[Any]:
        """Initial states made by func(shape=..., ...)."""
        if func is not symbol.zeros:
            return begun(self.state_info(batch_size), func, kwargs)
        states = []
        for info in self.state_info(batch_size):
            name = f"{self.prefix}begin_state_{self._next('_begun')}"
            states.append(symbol.zeros(name=name, **{**info, **kwargs}))
        return states

    def _next(self, count: str) -> int:
        """The number of the next step, or state, of a graph."""
        own = self.__dict__
        own[count] = own.get(count, -1) + 1
        return own[count]  # type: ignore[no-any-return]

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
        F = symbol if isinstance(steps[0], symbol.Symbol) else nd  # noqa: N806
        states = _begun(self, steps) if begin_state is None else begin_state
        outputs: list[Any] = []
        history: list[Any] = []
        for step in steps:
            output, states = self(step, states)
            outputs.append(output)
            history.append(states)
        if valid_length is None:
            return (F.stack(*outputs, axis=axis) if merge_outputs else outputs), states
        last = [
            F.SequenceLast(F.stack(*each, axis=0), sequence_length=valid_length, use_sequence_length=True, axis=0)
            for each in zip(*history, strict=True)
        ]
        whole = F.SequenceMask(
            F.stack(*outputs, axis=axis), sequence_length=valid_length, use_sequence_length=True, axis=axis
        )
        return (_steps(whole, length, axis) if merge_outputs is False else whole), last


def _steps(inputs: Any, length: int, axis: int) -> list[Any]:
    """A sequence as a list of its steps."""
    if isinstance(inputs, symbol.Symbol):
        return list(symbol.split(inputs, axis=axis, num_outputs=length, squeeze_axis=1))
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


def _begun(cell: Any, steps: list[Any]) -> list[Any]:
    """A cell's initial states of zeros for these steps."""
    is_graph = isinstance(steps[0], symbol.Symbol)
    return cell.begin_state(0, func=symbol.zeros) if is_graph else cell.begin_state(len(steps[0]))  # type: ignore[no-any-return]


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
        if isinstance(inputs, symbol.Symbol):
            return self.trace(inputs, states)
        if not isinstance(inputs, Tensor):
            raise not_an_array(name, "inputs", inputs)
        if inputs.ndim < 2:
            raise failure(ShapeError, name, f"inputs have shape {inputs._shape}, expected (N, C)")
        x = flatten(inputs) if inputs.ndim > 2 else inputs
        refuse_empty((x,))
        states = self._states(states)
        if self.layer.is_open:
            self._settle(x)
        if self._is_canonical():
            last = self.layer.forward(self, x, *states)
            return last[0], list(last)
        held = {name: parameter.data() for name, parameter in self.__dict__["_reg_params"].items()}
        return self.express(nd, x, states, **held)

    def _is_canonical(self) -> bool:
        """Whether the canonical layer has the activations of this cell."""
        return True

    def _activated(self, F: Any, x: Any, activation: Any, name: str) -> Any:  # noqa: N803
        """The activation of that name, or that block."""
        if activation in ("tanh", "relu", "sigmoid", "softsign"):
            return getattr(F, activation)(x, name=name)
        if isinstance(activation, str):
            return F.Activation(x, act_type=activation, name=name)
        if isinstance(activation, LeakyReLU):
            return F.LeakyReLU(x, act_type="leaky", slope=activation.arguments["alpha"], name=name)
        return activation(x)

    def _products(self, F: Any, step: str, x: Any, h: Any, p: Mapping[str, Any]) -> tuple[Any, Any]:  # noqa: N803
        """What the input and the state before add to the gates."""
        rows = self.arguments["hidden_size"] * rnn.GATES[self.layer.cell]  # type: ignore[attr-defined]
        return tuple(
            F.FullyConnected(
                data=data, weight=p[f"{name}_weight"], bias=p[f"{name}_bias"], num_hidden=rows, name=f"{step}{name}"
            )
            for data, name in ((x, "i2h"), (h, "h2h"))
        )

    def _states(self, states: Any) -> list[Tensor]:
        name, expected = type(self).__name__, rnn.STATES[self.layer.cell]  # type: ignore[attr-defined]
        if isinstance(states, Tensor):
            raise failure(ShapeError, name, f"states must be a list of {expected}, got an array {states._shape}")
        if len(states) != expected:
            message = f"got {len(states)} states, expected {expected}"
            base = ValueError if self.layer.is_open else IndexError if len(states) < expected else None
            raise failure(ArgumentError, name, message, base)
        return list(states)

    def __repr__(self) -> str:
        rows, inputs = self.i2h_weight.shape
        return f"{type(self).__name__}({inputs or None} -> {rows}{self._said()})"

    def _said(self) -> str:
        return ""


class RNNCell(_Cell, cell="rnn"):
    """h' = tanh(W_i2h x + b_i2h + W_h2h h + b_h2h), or another activation, by name or as a block."""

    args = f"hidden_size, activation='tanh', {_ARGS}"

    def express(self, F: Any, x: Any, states: Any, **weights: Any) -> Any:  # noqa: N803
        step = f"t{self._next('_step')}_"
        i2h, h2h = self._products(F, step, x, states[0], weights)
        total = F.elemwise_add(i2h, h2h, name=f"{step}plus0")
        out = self._activated(F, total, self.arguments["activation"], f"{step}out")
        return out, [out]

    def _is_canonical(self) -> bool:
        return self.arguments["activation"] in ("tanh", "relu")

    def _said(self) -> str:
        return f", {self.arguments['activation']}"


class LSTMCell(_Cell, cell="lstm"):
    """One step of an LSTM; the activations by name or as blocks."""

    args = f"hidden_size, {_ARGS}, activation='tanh', recurrent_activation='sigmoid'"

    def express(self, F: Any, x: Any, states: Any, **weights: Any) -> Any:  # noqa: N803
        step = f"t{self._next('_step')}_"
        gates = F.elemwise_add(*self._products(F, step, x, states[0], weights), name=f"{step}plus0")
        parts = F.SliceChannel(gates, num_outputs=4, name=f"{step}slice")
        activation, gate = self.arguments["activation"], self.arguments["recurrent_activation"]
        kinds = (gate, gate, activation, gate)
        into, forget, new, through = (
            self._activated(F, part, kind, f"{step}{name}")
            for part, kind, name in zip(parts, kinds, "ifco", strict=True)
        )
        kept = F.elemwise_mul(forget, states[1], name=f"{step}mul0")
        added = F.elemwise_mul(into, new, name=f"{step}mul1")
        cell = F.elemwise_add(kept, added, name=f"{step}state")
        is_name = isinstance(activation, str)
        inner = f"{step}activation0"
        shown = F.Activation(cell, act_type=activation, name=inner) if is_name else activation(cell)
        out = F.elemwise_mul(through, shown, name=f"{step}out")
        return out, [out, cell]

    def _is_canonical(self) -> bool:
        return (self.arguments["activation"], self.arguments["recurrent_activation"]) == ("tanh", "sigmoid")


class GRUCell(_Cell, cell="gru"):
    """One step of a GRU."""

    args = f"hidden_size, {_ARGS}"

    def express(self, F: Any, x: Any, states: Any, **weights: Any) -> Any:  # noqa: N803
        step = f"t{self._next('_step')}_"
        i2h, h2h = self._products(F, step, x, states[0], weights)
        x_reset, x_update, x_new = F.SliceChannel(i2h, num_outputs=3, name=f"{step}i2h_slice")
        h_reset, h_update, h_new = F.SliceChannel(h2h, num_outputs=3, name=f"{step}h2h_slice")

        def gate(total: Any, act_type: str, name: str) -> Any:
            return F.Activation(total, act_type=act_type, name=f"{step}{name}_act")

        reset = gate(F.elemwise_add(x_reset, h_reset, name=f"{step}plus0"), "sigmoid", "r")
        update = gate(F.elemwise_add(x_update, h_update, name=f"{step}plus1"), "sigmoid", "z")
        through = F.elemwise_mul(reset, h_new, name=f"{step}mul0")
        new = gate(F.elemwise_add(x_new, through, name=f"{step}plus2"), "tanh", "h")
        rest = F.elemwise_sub(F.ones_like(update, name=f"{step}ones_like0"), update, name=f"{step}minus0")
        moved = F.elemwise_mul(rest, new, name=f"{step}mul1")
        out = F.elemwise_add(moved, F.elemwise_mul(update, states[0], name=f"{step}mul20"), name=f"{step}out")
        return out, [out]


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

    def express(self, F: Any, inputs: Any, states: Any) -> Any:  # noqa: N803
        self._next("_step")
        return self.hybrid_forward(F, inputs, states)

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> Any:  # noqa: N803
        if self._rate > 0:
            step = self.__dict__.get("_step", -1)
            inputs = F.Dropout(inputs, p=self._rate, axes=self._axes, name=f"t{step}_fwd")
        return inputs, states

    def unroll(
        self, length: int, inputs: Any, begin_state: Any = None, layout: str = "NTC", merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:  # fmt: skip
        """Dropout of the whole sequence where it is one array, or shall become one."""
        self.reset()
        F = symbol if is_symbolic([inputs]) else nd  # noqa: N806
        if isinstance(inputs, (list, tuple)) and merge_outputs:
            inputs = F.stack(*inputs, axis=layout.find("T"))
        if isinstance(inputs, (list, tuple)) or merge_outputs is False:
            return super().unroll(length, inputs, begin_state or [], layout, merge_outputs)
        found: tuple[Any, list[Any]] = self.hybrid_forward(F, inputs, begin_state or [])
        return found

    def forward(self, inputs: Any, states: Any) -> Any:
        if isinstance(inputs, symbol.Symbol):
            return self.trace(inputs, states)
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
            begin_state = _begun(self, _steps(inputs, length, layout.find("T")))
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
