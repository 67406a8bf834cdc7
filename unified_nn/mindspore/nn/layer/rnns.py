"""Recurrent layers over a sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from unified_nn.errors import ArgumentError, InputTypeError, NotOfferedError, ShapeError, make
from unified_nn.layers import rnn
from unified_nn.layers.base import Param
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.cell import Cell
from unified_nn.mindspore.nn.layer.basic import Dropout
from unified_nn.mindspore.nn.layer.layer import Layer, positive
from unified_nn.ops.elementwise import as_dtype
from unified_nn.random import RandomStream

_TO = {
    "in_features": "input_size", "features": "hidden_size", "layers": "num_layers", "bias": "has_bias",
    "drop": "dropout",
}  # fmt: skip
_ARGS = (
    "input_size, hidden_size, num_layers=1, has_bias=True, batch_first=False, dropout=0.0, bidirectional=False, "
    "dtype=mstype.float32"
)
_KINDS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
#: MindSpore lists all arrays of one kind before those of the next. Nobody trains a network of this depth.
_ORDER = tuple(f"{kind}_l{n}{way}" for kind in _KINDS for n in range(100) for way in ("", "_reverse"))
_FLOATS = (mstype.float32, mstype.float16)


class _Work(Cell):
    """What MindSpore lists as the child `rnn`; the layer does the work itself."""

    def construct(self, *args: Any, **kwargs: Any) -> Any:
        """Refused: call the layer."""
        raise make(NotOfferedError, f"{type(self).__name__} is not offered on its own; call the layer that it is in")


def _work(name: str) -> Cell:
    return type(name, (_Work,), {"__doc__": _Work.__doc__, "__module__": __name__})()  # type: ignore[no-any-return]


class _Recurrent(Layer, canonical=rnn.Recurrent):
    """(T, N, input_size), initial states if any, lengths of the samples if any -> all outputs, and the last states."""

    order = _ORDER
    #: the name of MindSpore's cell that does the work
    work: ClassVar[str] = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rnn = _work(self._work_name())
        self.dropout_op = Dropout(p=float(self.arguments["dropout"]))

    def _work_name(self) -> str:
        return self.work

    def check(self, given: Mapping[str, Any]) -> None:
        positive(type(self).__name__, **{name: given[name] for name in ("hidden_size", "input_size", "num_layers")})
        _require(given, "dropout", float)
        for name in ("has_bias", "batch_first", "bidirectional"):
            _require(given, name, bool)
        if not 0 <= given["dropout"] < 1:
            raise make(ArgumentError, f"the 'dropout' must be a number in range [0, 1), but got {given['dropout']}")

    def _ordered_params(self) -> Iterator[Param]:
        found = list(self.layer.params())
        for kind in _KINDS:
            yield from (param for param in found if param.name.startswith(kind))

    # -- calling --

    def construct(self, x: Any, hx: Any = None, seq_length: Any = None) -> Any:  # type: ignore[override]
        """All outputs and the last states: h, of an LSTM (h, c)."""
        name = type(self).__name__
        tensor(x, "x", name)
        states = () if hx is None else self._states(x, hx)
        if x.ndim != 3:
            message = f"x has rank {x.ndim}, expected 3; x {x.shape}"
            raise x._error(ShapeError, name, message)
        self._check_sizes(x, states, seq_length)
        params: Any = self if self["weight_ih_l0"]._dtype is x._dtype else _Cast(self, x)
        layer: Any = self.layer
        out, *last = layer.over(params, x, states, seq_length, self.dropout_op if self.dropout else _same)
        return out, (tuple(last) if len(last) > 1 else last[0])

    def _states(self, x: Tensor, hx: Any) -> tuple[Tensor, ...]:
        found = state_tuple(hx, self.layer.cell, type(self).__name__)  # type: ignore[attr-defined]
        for state in found:
            if state.dtype not in _FLOATS or state.dtype != x.dtype:
                message = (
                    f"x is {x.dtype} and hx {state.dtype}, expected both Float32 or both Float16 where hx is given"
                )
                raise make(ArgumentError, message, TypeError, type(self).__name__)
        return found

    def _check_sizes(self, x: Tensor, states: tuple[Tensor, ...], seq_length: Any) -> None:
        """Refuse what MindSpore refuses, as the class that it raises in each place."""
        name = type(self).__name__
        steps, batch = (x.shape[1], x.shape[0]) if self.batch_first else x.shape[:2]
        count = self.num_layers * (2 if self.bidirectional else 1)
        if any(state.ndim and state.shape[0] < count for state in states):
            message = f"hx has {states[0].shape[0]} states, expected {count}: one per layer and direction"
            raise make(ShapeError, message, IndexError, name)
        if seq_length is None:
            if name == "LSTM" and 0 in (steps, batch):
                message = f"MindSpore's LSTM does not compute without steps or samples; x {x.shape}"
                raise make(ShapeError, message, RuntimeError, name)
            return
        tensor(seq_length, "seq_length", name)
        if seq_length.dtype not in (mstype.int32, mstype.int64):
            message = f"the 'seq_length' should be one of Int32, Int64, but got {seq_length.dtype}"
            raise make(ArgumentError, message, TypeError, name)
        if seq_length.shape != (batch,):
            message = f"batch size of x and seq_length must be equal, but got {batch} of x and {seq_length.shape}"
            raise make(ShapeError, message, ValueError, name)
        if self.bidirectional:
            lengths = seq_length.numpy()
            if ((lengths < 0) | (lengths > steps)).any():
                message = f"seq_length {lengths.tolist()} has a length outside of 0 to {steps}; x {x.shape}"
                raise make(ArgumentError, message, RuntimeError, name)

    def extend_repr(self) -> str:
        return ""


def _require(given: Mapping[str, Any], name: str, kind: type) -> None:
    if not isinstance(given[name], kind):
        message = f"the type of '{name}' must be '{kind.__name__}', but got '{type(given[name]).__name__}'"
        raise make(ArgumentError, message, TypeError)


def _same(x: Tensor) -> Tensor:
    return x


class _Cast:
    """A layer's arrays in the dtype of its input, as MindSpore takes them."""

    def __init__(self, layer: Layer, x: Tensor) -> None:
        self._layer, self._dtype = layer, x._dtype

    @property
    def training(self) -> bool:
        return self._layer.training

    @property
    def stream(self) -> RandomStream:
        return self._layer.stream

    def __getitem__(self, name: str) -> Any:
        return as_dtype(self._layer[name], self._dtype)

    def get(self, name: str) -> Any:
        held = self._layer.get(name)
        return None if held is None else as_dtype(held, self._dtype)

    def update(self, name: str, value: Any) -> None:
        self._layer.update(name, value)


def tensor(value: Any, argument: str, where: str) -> None:
    """Raise unless the argument is a tensor."""
    if not isinstance(value, Tensor):
        message = f"the '{argument}' must be a Tensor, but got {type(value).__name__}"
        raise make(InputTypeError, message, TypeError if hasattr(value, "dtype") else AttributeError, where)


def state_tuple(hx: Any, cell: str, where: str) -> tuple[Tensor, ...]:
    """The states that were given, as a tuple."""
    if cell == "lstm":
        if not isinstance(hx, tuple) or len(hx) != 2 or not all(isinstance(state, Tensor) for state in hx):
            given = [type(state).__name__ for state in hx] if isinstance(hx, (tuple, list)) else type(hx).__name__
            message = f"the 'hx' must be a tuple of two Tensors (h, c), but got {type(hx).__name__}: {given}"
            raise make(InputTypeError, message, TypeError, where)
        return hx
    if not isinstance(hx, Tensor):
        raise make(InputTypeError, f"the 'hx' must be a Tensor, but got {type(hx).__name__}", TypeError, where)
    return (hx,)


class RNN(_Recurrent, cell="rnn"):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu."""

    args = f"{_ARGS}, *, nonlinearity='tanh'"
    to: ClassVar[Any] = _TO | {"activation": "nonlinearity"}

    def check(self, given: Mapping[str, Any]) -> None:
        if given["nonlinearity"] not in ("tanh", "relu"):
            message = f"the 'nonlinearity' must be in ['tanh', 'relu'], but got {given['nonlinearity']}"
            raise make(ArgumentError, message, ValueError)
        super().check(given)

    def _work_name(self) -> str:
        return f"_DynamicRNN{self.nonlinearity.title()}"


class LSTM(_Recurrent, cell="lstm"):
    """Long short-term memory (Neural Computation 9(8), 1997), gates i, f, g, o."""

    args = _ARGS
    to = _TO
    work = "_DynamicLSTMCPUGPU"


class GRU(_Recurrent, cell="gru"):
    """Gated recurrent units (arXiv:1406.1078), gates r, z, n, with the reset gate after the product."""

    args = _ARGS
    to = _TO
    work = "_DynamicGRUCPUGPU"


__all__ = ["GRU", "LSTM", "RNN"]
