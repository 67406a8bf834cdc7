"""Recurrent layers over a sequence."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from unified_nn.errors import ArgumentError, NotOfferedError, ShapeError, make
from unified_nn.layers import rnn
from unified_nn.layers.base import Layer as Canonical
from unified_nn.layers.dropout import Dropout
from unified_nn.mxnet import ndarray as nd
from unified_nn.mxnet import scope, symbol
from unified_nn.mxnet.base import failure, not_an_array
from unified_nn.mxnet.gluon.exporting import Form
from unified_nn.mxnet.gluon.hybrid import Layer, refuse_empty
from unified_nn.mxnet.gluon.parameter import Parameter
from unified_nn.mxnet.ndarray.ndarray import NDArray
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.rules import computed, deferred, mapped


def _initializer(argument: str) -> Callable[[Mapping[str, Any], Any], Any]:
    return lambda a, layer: a[argument]


#: canonical name -> Gluon's, for as many layers as Gluon's own files have names for.
_NAMES = {
    f"{kind}_{end}_l{layer}{way}": f"{side}{layer}_{product}_{kind}"
    for layer in range(10)
    for way, side in (("", "l"), ("_reverse", "r"))
    for end, product in (("ih", "i2h"), ("hh", "h2h"))
    for kind in ("weight", "bias")
} | {
    f"weight_hr_l{layer}{way}": f"{side}{layer}_h2r_weight"
    for layer in range(10)
    for way, side in (("", "l"), ("_reverse", "r"))
}
_INITS = {canonical: _initializer(f"{name.partition('_')[2]}_initializer") for canonical, name in _NAMES.items()}
_REST = (
    "layout='TNC', dropout=0, bidirectional=False, {}i2h_weight_initializer=None, h2h_weight_initializer=None, "
    "i2h_bias_initializer='zeros', h2h_bias_initializer='zeros', {}dtype='float32', *, use_sequence_length=False"
)
_TO = {
    "in_features": deferred("input_size"), "features": "hidden_size", "layers": "num_layers", "drop": "dropout",
    "batch_first": mapped("layout", {"TNC": False, "NTC": True}),
}  # fmt: skip
#: What MXNet takes and, on the CPU, does not do.
_IGNORED = {"use_sequence_length": False, "state_clip_min": None, "state_clip_max": None, "state_clip_nan": False}


class _Recurrent(Layer, canonical=rnn.Recurrent):
    """(T, N, C), and the initial states if any -> all outputs, and with initial states the last ones in a list."""

    params = _NAMES
    inits = _INITS

    def check(self, given: Mapping[str, Any]) -> None:
        is_lstm = type(self).__name__ == "LSTM"
        for name, default in _IGNORED.items():
            if name not in given or given[name] in (default, 0):
                continue
            if not is_lstm:
                raise make(NotOfferedError, f"{name}={given[name]!r} is not offered; the default {default!r} is")
            message = f"{type(self).__name__}: {name} does nothing: MXNet ignores it on the CPU"
            warnings.warn(message, stacklevel=4)
        if given["num_layers"] < 1 or given["hidden_size"] == 0:
            sizes = f"num_layers={given['num_layers']}, hidden_size={given['hidden_size']}"
            raise failure(ArgumentError, type(self).__name__, f"{sizes}, expected at least 1")
        if given["num_layers"] > 10:
            raise make(ArgumentError, f"num_layers={given['num_layers']}, expected at most 10: files name no more")

    # -- names --

    @classmethod
    def file_names(cls, layer: Canonical) -> Mapping[str, str]:
        """Files name the arrays of each layer as those of a cell of its own."""
        assert isinstance(layer, rnn.Recurrent)
        return {
            canonical: f"_unfused.{name[1]}.{f'{name[0]}_cell.' if layer.bidirectional else ''}{name[3:]}"
            for canonical, name in _NAMES.items()
        }

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Parameter]:
        lead, titles = f"{prefix}." if prefix else "", self.file_names(self.layer)
        own = {name: canonical for canonical, name in _NAMES.items()}
        return {lead + titles[own[name]]: parameter for name, parameter in self.__dict__["_reg_params"].items()}

    def cast(self, dtype: Any) -> None:
        super().cast(dtype)
        self.arguments["dtype"] = dtype

    # -- states --

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """The shape of each state."""
        info = {"__layout__": "LNC", "dtype": self.arguments["dtype"]}
        return [{"shape": shape, **info} for shape in self.layer.state_shapes(batch_size)]  # type: ignore[attr-defined]

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = nd.zeros, **kwargs: Any) -> list[Any]:
        """Initial states made by func(shape=..., dtype=..., ...)."""
        return begun(self.state_info(batch_size), func, kwargs)

    # -- calling --

    def called_with(self, args: tuple[Any, ...]) -> Form:
        """Graphs of the layer alone take states also where the call gave none, but do not return them."""
        form = super().called_with(args)
        self.__dict__["_returns_states"] = len(form) > 1 and form[1] is not None
        count = rnn.STATES[self.layer.cell]  # type: ignore[attr-defined]
        return form if self.__dict__["_returns_states"] else [form[0], ["array"] * count, *form[2:]]

    def express(self, F: Any, x: Any, states: Any, lengths: Any = None, **weights: Any) -> Any:  # noqa: N803
        a, layer = self.arguments, self.layer
        assert isinstance(layer, rnn.Recurrent)
        if layer.batch_first:
            x = F.swapaxes(x, 0, 1)
        sides, layers = "lr"[: layer.directions], range(layer.layers)
        flat = [
            weights[f"{side}{number}_{product}_{kind}"].reshape(-1)
            for kind in ("weight", "bias") for number in layers for side in sides for product in ("i2h", "h2h")
        ]  # fmt: skip
        whole = symbol.internal("_rnn_param_concat", *flat, dim=0)
        given = [states] if isinstance(states, symbol.Symbol) else list(states)
        mode = f"rnn_{a['activation']}" if layer.cell == "rnn" else layer.cell
        given += [] if lengths is None else [lengths]
        found = F.RNN(
            x, whole, *given, use_sequence_length=bool(a["use_sequence_length"]), state_size=layer.features,
            num_layers=layer.layers, bidirectional=bool(layer.bidirectional), p=a["dropout"], state_outputs=True,
            mode=mode, projection_size=None, lstm_state_clip_min=a.get("state_clip_min"),
            lstm_state_clip_max=a.get("state_clip_max"), lstm_state_clip_nan=a.get("state_clip_nan", False),
        )  # fmt: skip
        out = F.swapaxes(found[0], 0, 1) if layer.batch_first else found[0]
        return (out, list(found)[1:]) if self.__dict__.get("_returns_states", True) else out

    def _graph(self, inputs: Any, states: Any, lengths: Any) -> Any:
        """The layer's part of a graph, for symbols."""
        own = self.__dict__
        before = own.get("_returns_states")
        own["_returns_states"] = states is not None
        if states is None:
            infos = self.state_info(0)
            states = [
                symbol.zeros(info["shape"], info["dtype"], name=f"{self.prefix}h0_{place}", __layout__="LNC")
                for place, info in enumerate(infos)
            ]  # fmt: skip
        try:
            return self.trace(inputs, states, lengths)
        finally:
            own["_returns_states"] = before

    def forward(self, inputs: Any, states: Any = None, sequence_length: Any = None) -> Any:
        """All outputs, and if states are given the last ones."""
        name = type(self).__name__
        if isinstance(inputs, symbol.Symbol):
            return self._graph(inputs, states, sequence_length)
        if sequence_length is not None:
            if name != "LSTM":
                message = "sequence_length is not offered. Mask the outputs with nd.SequenceMask"
                raise make(NotOfferedError, message, op=name)
            message = f"{name}: sequence_length does nothing: MXNet ignores it on the CPU; use nd.SequenceMask"
            warnings.warn(message, stacklevel=3)
        elif self.arguments["use_sequence_length"]:
            raise failure(ArgumentError, name, "use_sequence_length=True needs sequence_length, got None")
        if not isinstance(inputs, Tensor):
            raise not_an_array(name, "inputs", inputs)
        if inputs.ndim != 3:
            message = f"inputs have rank {inputs.ndim}, expected 3 ({self.arguments['layout']}); inputs {inputs._shape}"
            raise failure(ShapeError, name, message)
        if not 0 <= self.arguments["dropout"] <= 1:
            base = ValueError if self.layer.is_open else None
            raise failure(ArgumentError, name, f"dropout={self.arguments['dropout']}, expected 0 to 1", base)
        refuse_empty((inputs,))
        given = () if states is None else self._states(inputs, states)
        if self.layer.is_open:
            self._settle(inputs)
        out, *last = self.layer.over(self, inputs, given, None, self._dropped())  # type: ignore[attr-defined]
        return out if states is None else (out, list(last))

    def _dropped(self) -> Callable[[Tensor], Tensor]:
        return partial(Dropout(float(self.arguments["dropout"])).forward, self)

    def _states(self, inputs: Tensor, states: Any) -> tuple[Tensor, ...]:
        found = (states,) if isinstance(states, NDArray) else tuple(states)
        infos = self.state_info(inputs._shape[self.arguments["layout"].find("N")])
        for state, info in zip(found, infos, strict=False):
            if state._shape != info["shape"]:
                message = f"Invalid recurrent state shape. Expecting {info['shape']}, got {state._shape}."
                raise failure(ShapeError, type(self).__name__, message, ValueError)
        if len(found) != len(infos):
            message = f"got {len(found)} states, expected {len(infos)}"
            raise failure(ArgumentError, type(self).__name__, message, ValueError if len(found) > len(infos) else None)
        return found

    def __repr__(self) -> str:
        a = self.arguments
        rows, inputs = self.l0_i2h_weight.shape
        text = f"{inputs or None} -> {rows // rnn.GATES[self.layer.cell]}, {a['layout']}"  # type: ignore[attr-defined]
        if a["num_layers"] != 1:
            text += f", num_layers={a['num_layers']}"
        if a["dropout"] != 0:
            text += f", dropout={a['dropout']}"
        return f"{type(self).__name__}({text}{', bidirectional' if a['bidirectional'] else ''})"


def begun(infos: list[dict[str, Any]], func: Callable[..., Any], settings: Mapping[str, Any]) -> list[Any]:
    """A state of each description, which settings such as dtype and ctx change."""
    return [
        func(**{name: value for name, value in {**info, **settings}.items() if name != "__layout__"}) for info in infos
    ]


class RNN(_Recurrent, cell="rnn"):
    """h' = relu(W_i2h x + b_i2h + W_h2h h + b_h2h), or tanh."""

    args = "hidden_size, num_layers=1, activation='relu', " + _REST.format("", "input_size=0, ")
    to: ClassVar[Any] = _TO

    @classmethod
    def _bind(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        given = super()._bind(args, kwargs)
        if given["activation"] not in ("relu", "tanh"):
            message = f"activation={given['activation']!r} is not one of 'relu', 'tanh'"
            raise make(ArgumentError, message, KeyError, "mxnet.gluon.rnn.RNN")
        return given


class LSTM(_Recurrent, cell="lstm"):
    """Long short-term memory (Neural Computation 9(8), 1997), gates i, f, g, o."""

    args = "hidden_size, num_layers=1, " + _REST.format(
        "input_size=0, ",
        "projection_size=None, h2r_weight_initializer=None, state_clip_min=None, state_clip_max=None, "
        "state_clip_nan=False, ",
    )
    to: ClassVar[Any] = _TO | {
        "projection": computed(
            ("projection_size",), lambda size: size or 0, lambda size: {"projection_size": size or None}
        )
    }

    def express(self, F: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N803
        if self.arguments["projection_size"]:
            raise make(NotOfferedError, "LSTM(projection_size) is not offered in graphs")
        return super().express(F, *args, **kwargs)

    def forward(self, inputs: Any, states: Any = None, sequence_length: Any = None) -> Any:
        if self.arguments["projection_size"] and scope.is_recording():
            message = "there is no training with projection_size on the CPU, in MXNet and so here"
            raise failure(ArgumentError, "LSTM", message)
        return super().forward(inputs, states, sequence_length)


class GRU(_Recurrent, cell="gru"):
    """Gated recurrent units (arXiv:1406.1078), gates r, z, n, with the reset gate after the product.

    `dropout` does nothing, as in MXNet on the CPU.
    """

    args = "hidden_size, num_layers=1, " + _REST.format("input_size=0, ", "")
    to: ClassVar[Any] = _TO

    def _dropped(self) -> Callable[[Tensor], Tensor]:  # MXNet's GRU drops nothing on the CPU
        return lambda x: x
