"""Recurrent layers and cells."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, cast

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, DTypeError, InputTypeError, ShapeError, make
from unified_nn.layers import rnn
from unified_nn.ops.shape import reshape
from unified_nn.torch import dtypes, graph
from unified_nn.torch.define import tensor_argument
from unified_nn.torch.nn.functions.dropout import dropout
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.nn.utils.rnn import PackedSequence, padded, rows_of
from unified_nn.torch.tensor import Tensor

_TO = {"in_features": "input_size", "features": "hidden_size"}
_LAYERS = {**_TO, "layers": "num_layers", "drop": "dropout"}
_ARGS = (
    "input_size, hidden_size, num_layers=1, {}bias=True, batch_first=False, dropout=0.0, bidirectional=False, "
    "proj_size=0, device=None, dtype=None"
)


class _Recurrent(Layer, canonical=rnn.Recurrent):
    """Layers over a sequence: (T, N, input_size) and the initial states if any -> all outputs, and the last states."""

    #: what the transposition back to the batch first is called
    turned: ClassVar[str] = "TransposeBackward1"

    def check(self, given: Mapping[str, Any]) -> None:
        _check_drop(given["dropout"])
        for name in ("hidden_size", "input_size", "num_layers"):
            if not isinstance(given[name], int):
                raise make(InputTypeError, f"{name} should be of type int, got: {type(given[name]).__name__}")
            if given[name] <= 0:
                raise make(ArgumentError, f"{name} must be greater than zero, got {given[name]}")
        self._check_projection(given["proj_size"], given["hidden_size"])
        if given["dropout"] > 0 and given["num_layers"] == 1:
            message = (
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={given['dropout']} and num_layers=1"
            )
            warnings.warn(message, UserWarning, stacklevel=4)

    def _check_projection(self, size: int, hidden: int) -> None:
        if size < 0:
            raise make(ArgumentError, f"proj_size should be a positive integer or zero, got {size}")
        if size:
            raise make(ArgumentError, f"proj_size={size} is only supported for LSTM, not RNN or GRU")

    # -- what it is --

    @property
    def mode(self) -> str:
        """PyTorch's name of the kind of cell."""
        return type(self).__name__

    @property
    def all_weights(self) -> list[list[Tensor]]:
        """The parameters of each layer and direction."""
        names = ["weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] if self.bias else [])]
        names += ["weight_hr"] if self.proj_size else []
        suffixes = [suffix for pair in self.layer.suffixes for suffix in pair]  # type: ignore[attr-defined]
        return [[self._parameters[name + suffix] for name in names] for suffix in suffixes]

    def flatten_parameters(self) -> None:
        """Nothing: it only moves the memory of weights on a GPU together."""

    def extra_repr(self) -> str:  # settings are shown only where they are not the default
        text = f"{self.input_size}, {self.hidden_size}"
        defaults = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
                    "bidirectional": False}  # fmt: skip
        shown = ((name, self.__dict__.get(name)) for name in defaults)
        return text + "".join(f", {name}={value}" for name, value in shown if value != defaults[name])

    # -- calling --

    def forward(self, input: Any, hx: Any = None) -> Any:
        """All outputs, and the last states: h, of an LSTM (h, c)."""
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        x = self._sequence(input)
        single = x.ndim == 2
        states = _states(self, hx, x.ndim, f"For {'unbatched 2-D' if single else 'batched 3-D'} input")
        if single:
            x = x.unsqueeze(0 if self.batch_first else 1)
            states = tuple(state.unsqueeze(1) for state in states)
        self._check_dtype(x)
        self._check_sizes_of(x, states)
        layer: Any = self.layer
        out, *last = layer.over(self, x, states, None, self._dropped)
        self._name(out, last, x)
        if single:
            out, last = out.squeeze(0 if self.batch_first else 1), [state.squeeze(1) for state in last]
            graph.label((out, *last), "SqueezeBackward1", graph.edges((x,)))
        return out, (tuple(last) if len(last) > 1 else last[0])

    def _packed(self, input: PackedSequence, hx: Any) -> Any:
        """The same of samples of unequal lengths, whose outputs are packed again."""
        x, lengths = padded(input)
        self._check_dtype(x)
        states = _states(self, hx, 3, "For batched 3-D input")
        if input.sorted_indices is not None:
            states = tuple(state.index_select(1, input.sorted_indices) for state in states)
        layer: Any = replace(cast(rnn.Recurrent, self.layer), batch_first=False)
        self._check_sizes_of(x.transpose(0, 1) if self.batch_first else x, states)
        out, *last = layer.over(self, x, states, lengths, self._dropped)
        into = graph.edges((input.data, *self._parameters.values()))
        data = graph.label(rows_of(out, input.batch_sizes), "CatBackward0", into)
        graph.label(last, "StackBackward0", into)
        if input.unsorted_indices is not None:
            last = [state.index_select(1, input.unsorted_indices) for state in last]
        packed = PackedSequence(data, input.batch_sizes, input.sorted_indices, input.unsorted_indices)
        return packed, (tuple(last) if len(last) > 1 else last[0])

    def _dropped(self, x: core.Tensor) -> core.Tensor:
        return dropout(cast(Tensor, x), float(self.dropout), self.training)

    def _sequence(self, input: Any) -> Tensor:
        name = type(self).__name__
        if not isinstance(input, core.Tensor):
            raise make(InputTypeError, f"{name}: expected a Tensor, got {type(input).__name__}", AttributeError)
        if input.ndim not in (2, 3):
            message = f"{name}: Expected input to be 2D or 3D, got {input.ndim}D tensor instead; {input._shape}"
            raise make(ShapeError, message, ValueError)
        return tensor_argument(name, input)

    def _check_dtype(self, x: Tensor) -> None:
        held = self["weight_ih_l0"]
        if x._dtype is not held._dtype:
            have, want = dtypes.OF_CANONICAL[x._dtype], dtypes.OF_CANONICAL[held._dtype]
            message = (
                f"RNN input dtype ({have}) does not match weight dtype ({want}). Convert input: input.to({want}), or "
                f"convert model: model.to({have})"
            )
            raise make(DTypeError, message, ValueError)

    def _check_sizes_of(self, x: Tensor, states: tuple[Tensor, ...]) -> None:
        if x._shape[-1] != self.input_size:
            message = (
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {x._shape[-1]}; "
                f"input {x._shape}"
            )
            raise x._error(ShapeError, "", message)
        shapes = cast(rnn.Recurrent, self.layer).state_shapes(x._shape[0 if self.batch_first else 1])
        for number, (state, expected) in enumerate(zip(states, shapes, strict=False)):
            if state._shape != expected:
                which = f"[{number}]" if len(states) > 1 else ""
                message = f"Expected hidden{which} size {expected}, got {list(state._shape)}"
                raise x._error(ShapeError, "", message)

    def _name(self, out: core.Tensor, last: list[core.Tensor], x: Tensor) -> None:
        """The results under PyTorch's names of what made them."""
        into = graph.edges((x, *self._parameters.values()))
        graph.label(last, "StackBackward0", into)
        if self.batch_first:
            name = self.turned
        elif self.bidirectional:
            name = "CatBackward0"
        else:
            name = self._kernel(x)
        graph.label(out, name, into)

    def _kernel(self, x: Tensor) -> str:
        return "StackBackward0"


def _check_drop(drop: Any) -> None:
    try:
        number = float(drop)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(drop, bool) or not 0 <= number <= 1:
        message = f"dropout should be a number in range [0, 1], the probability of a value being zeroed, got {drop!r}"
        raise make(ArgumentError, message)


def _states(row: Layer, hx: Any, rank: int, where: str) -> tuple[Tensor, ...]:
    """The initial states as a tuple, empty for those of zeros; each of the given rank."""
    if hx is None:
        return ()
    name = type(row).__name__
    pair = name.startswith("LSTM")
    base: type[Exception]
    if not isinstance(hx, (tuple, list) if pair else core.Tensor):
        expected = "a pair (h, c) of tensors" if pair else "a tensor"
        base = AttributeError if not pair else TypeError if name.endswith("Cell") else RuntimeError
        raise make(InputTypeError, f"{name}: hx must be {expected}, got {type(hx).__name__}", base)
    found: tuple[Any, ...] = (hx,) if isinstance(hx, core.Tensor) else tuple(hx)
    if pair and len(found) != 2:
        base = IndexError if len(found) < 2 else RuntimeError
        raise make(ArgumentError, f"{name}: hx must be a pair (h, c), got {len(found)} tensors", base)
    if name.endswith("Cell") and any(state.ndim not in (1, 2) for state in found):
        message = f"{where}, hx must be 1-D or 2-D but got {', '.join(f'{state.ndim}-D' for state in found)}"
        raise make(ShapeError, message, ValueError)
    if any(state.ndim != rank for state in found):
        given = ", ".join(f"{state.ndim}-D" for state in found)
        raise found[0]._error(ShapeError, "", f"{where}, hx should also be {rank}-D but got {given}")
    return tuple(tensor_argument(name, state) for state in found)


class RNN(_Recurrent, cell="rnn"):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu."""

    args = _ARGS.format("nonlinearity='tanh', ")
    to: ClassVar[Any] = _LAYERS | {"activation": "nonlinearity"}

    def check(self, given: Mapping[str, Any]) -> None:
        if given["nonlinearity"] not in ("tanh", "relu"):
            message = f"Unknown nonlinearity {given['nonlinearity']!r}. Select from 'tanh' or 'relu'."
            raise make(ArgumentError, message)
        super().check(given)

    @property
    def mode(self) -> str:
        return f"RNN_{self.nonlinearity.upper()}"


class LSTM(_Recurrent, cell="lstm"):
    """Long short-term memory (Neural Computation 9(8), 1997), gates i, f, g, o."""

    args = _ARGS.format("")
    to: ClassVar[Any] = _LAYERS | {"projection": "proj_size"}
    turned = "TransposeBackward0"

    def _check_projection(self, size: int, hidden: int) -> None:
        if size < 0:
            raise make(ArgumentError, f"proj_size should be a positive integer or zero, got {size}")
        if size >= hidden:
            raise make(ArgumentError, f"proj_size={size} has to be smaller than hidden_size={hidden}")

    def _kernel(self, x: Tensor) -> str:
        if self.proj_size:
            return "StackBackward0"
        return "StackBackward0" if x._dtype.name == "float64" or 0 in x._shape else "MkldnnRnnLayerBackward0"


class GRU(_Recurrent, cell="gru"):
    """Gated recurrent units (arXiv:1406.1078), gates r, z, n, with the reset gate after the product."""

    args = _ARGS.format("")
    to: ClassVar[Any] = _LAYERS


# ---- cells ---------------------------------------------------------------------------------------------------------


class _Cell(Layer, canonical=rnn.RecurrentCell):
    """One step: (N, input_size) and the states if any -> the next states."""

    args = "input_size, hidden_size, bias=True, device=None, dtype=None"
    to = _TO
    params: ClassVar[Mapping[str, str]] = {
        "weight_ih": "weight_ih", "weight_hh": "weight_hh", "bias_ih": "bias_ih", "bias_hh": "bias_hh"
    }  # fmt: skip
    made_by: ClassVar[tuple[str, ...]] = ()

    def extra_repr(self) -> str:  # settings are shown only where they are not the default
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.arguments["bias"] is True else f"{text}, bias={self.arguments['bias']}"

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The next h, of an LSTM (h, c)."""
        name = type(self).__name__
        if not isinstance(input, core.Tensor):
            raise make(InputTypeError, f"{name}: expected a Tensor, got {type(input).__name__}", AttributeError)
        if input.ndim not in (1, 2):
            message = f"{name}: Expected input to be 1D or 2D, got {input.ndim}D instead; {input._shape}"
            raise make(ShapeError, message, ValueError)
        x = tensor_argument(name, input)
        single = x.ndim == 1
        states = _states(self, hx, x.ndim, f"{name}: for {x.ndim}-D input")
        if single:
            x, states = x.unsqueeze(0), tuple(state.unsqueeze(0) for state in states)
        self._check_sizes_of(x, states)
        last = self.layer.forward(self, x, *states)
        into = graph.edges((x, *self._parameters.values()))
        if len({id(state._body.node) for state in last}) < len(last):  # one op made them, and each has its own name
            last = tuple(reshape(state, shape=state._shape) for state in last)
        for state, made_by in zip(last, self._made_by(), strict=True):
            graph.label(state, made_by, into)
        if single:
            last = tuple(state.squeeze(0) for state in last)
            graph.label(last, "SqueezeBackward1", into)
        return last if len(last) > 1 else last[0]

    def _check_sizes_of(self, x: Tensor, states: tuple[Tensor, ...]) -> None:
        if x._shape[1] != self.input_size:
            message = f"input has inconsistent input_size: got {x._shape[1]} expected {self.input_size}"
            raise x._error(ShapeError, "", message)
        for number, state in enumerate(states):
            if state._shape != (x._shape[0], self.hidden_size):
                message = f"hidden{number} has shape {list(state._shape)}, expected [{x._shape[0]}, {self.hidden_size}]"
                raise x._error(ShapeError, "", message)

    def _made_by(self) -> tuple[str, ...]:
        return self.made_by


class RNNCell(_Cell, cell="rnn"):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu."""

    args = "input_size, hidden_size, bias=True, nonlinearity='tanh', device=None, dtype=None"
    to: ClassVar[Any] = _TO | {"activation": "nonlinearity"}

    def extra_repr(self) -> str:
        text = super().extra_repr()
        return text if self.nonlinearity == "tanh" else f"{text}, nonlinearity={self.nonlinearity}"

    def _made_by(self) -> tuple[str, ...]:
        return ("TanhBackward0" if self.nonlinearity == "tanh" else "ReluBackward0",)


class LSTMCell(_Cell, cell="lstm"):
    """One step of an LSTM."""

    made_by = ("MulBackward0", "AddBackward0")


class GRUCell(_Cell, cell="gru"):
    """One step of a GRU."""

    made_by = ("AddBackward0",)
