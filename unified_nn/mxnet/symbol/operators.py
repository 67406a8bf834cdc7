"""The operators of symbols: functions of `mxnet.nd`, with what a graph must know of them besides.

Names and defaults of attributes, and which arguments are arrays, are those of the functions' own signatures.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from unified_nn.errors import ArgumentError, nearest
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.function import FUNCTIONS
from unified_nn.mxnet.symbol.attributes import BadTextError, read

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Operator:
    """One operator: the name that files have, its function, and the roles of its arguments."""

    name: str
    function: Callable[..., Any]
    #: the arrays, in order; empty where any number may come
    arrays: tuple[str, ...]
    parameters: Mapping[str, inspect.Parameter]
    defaults: Mapping[str, Any]
    #: whether any number of arrays may come
    is_variadic: bool = False
    #: arrays that the operator changes: auxiliary states
    states: tuple[str, ...] = ()
    #: array -> whether a node with these settings has it
    optional: Mapping[str, Callable[[Settings], bool]] | None = None
    #: attributes that a graph must say although the function has a default, as optional arrays stand before them
    required: tuple[str, ...] = ()
    #: settings -> the names of the outputs that others may take
    outputs: Callable[[Settings], tuple[str, ...]] = lambda settings: ("output",)
    #: how many outputs the operator has, with those that nobody may take
    total: Callable[[Settings], int] = lambda settings: 1

    def takes(self, settings: Settings) -> tuple[str, ...]:
        """The arrays of a node with these settings."""
        if not self.optional:
            return self.arrays
        return tuple(a for a in self.arrays if a not in self.optional or self.optional[a](settings))

    def settings(self, attributes: Mapping[str, str]) -> dict[str, Any]:
        """The values of the attributes, with defaults where there are none; raises ArgumentError."""
        found = dict(self.defaults)
        for name, text in attributes.items():
            if name.startswith("__") and name.endswith("__"):
                continue
            parameter = self.parameters.get(name)
            if parameter is None:
                # MXNet looks at no attribute of an operator that has none.
                if name == self.count_name or not self.parameters:
                    continue
                message = f"there is no attribute {name}={text!r}; known: {', '.join(self.parameters)}"
                raise failure(ArgumentError, self.name, message + nearest(name, self.parameters))
            try:
                found[name] = read(text, parameter)
            except BadTextError as expected:
                message = f"attribute {name}={text[:80]!r}, expected {expected}"
                raise failure(ArgumentError, self.name, message) from None
        missing = [n for n in self.parameters if n not in found or (n in self.required and n not in attributes)]
        if missing:
            raise failure(ArgumentError, self.name, f"the required attribute {missing[0]} is missing")
        return found

    @property
    def count_name(self) -> str | None:
        """The attribute that says how many arrays there are."""
        return "num_args" if self.is_variadic else None

    def run(self, arrays: list[Any], settings: Settings) -> Any:
        """Call the function."""
        if self.is_variadic:
            return self.function(*arrays, **settings)
        return self.function(**dict(zip(self.takes(settings), arrays, strict=True)), **settings)


# ---- what signatures do not say ------------------------------------------------------------------------------------

#: Functions of nd that are no operators: they take or give no arrays, or call others by the kind of their arguments.
_NO_OPERATORS = frozenset((
    "array", "empty", "zeros", "ones", "full", "arange", "linspace", "eye", "from_numpy", "histogram", "waitall",
    "save", "load", "load_frombuffer",
    "moveaxis", "concatenate", "split_v2", "add", "subtract", "multiply", "divide", "true_divide",
    "modulo", "power", "maximum", "minimum", "hypot", "equal", "not_equal", "greater", "greater_equal", "lesser",
    "lesser_equal", "logical_and", "logical_or", "logical_xor",
))  # fmt: skip
#: name of the function -> name of the operator, where the function's own first name is another.
_NAMES = {
    "identity": "_copy", "stop_gradient": "BlockGrad", "cast": "Cast", "reshape": "Reshape", "flatten": "Flatten",
    "swapaxes": "SwapAxis", "concat": "Concat", "split": "SliceChannel", "flip": "reverse", "pad": "Pad",
    "cumsum": "_np_cumsum", "unravel_index": "_unravel_index", "ravel_multi_index": "_ravel_multi_index",
    "linalg_gemm2": "_linalg_gemm2", "linalg_gemm": "_linalg_gemm", "linalg_syrk": "_linalg_syrk",
    "uniform": "_random_uniform", "random_uniform": "_random_uniform",
    "normal": "_random_normal", "random_normal": "_random_normal",
    "random_exponential": "_random_exponential", "random_randint": "_random_randint",
    "sample_multinomial": "_sample_multinomial", "sample_uniform": "_sample_uniform",
    "sample_normal": "_sample_normal", "shuffle": "_shuffle",
}  # fmt: skip


def _unless(setting: str) -> Callable[[Settings], bool]:
    return lambda settings: not settings[setting]


def _when(setting: str, value: object = True) -> Callable[[Settings], bool]:
    return lambda settings: bool(settings[setting] == value)


_LENGTHS = {"sequence_length": _when("use_sequence_length")}
_OPTIONAL: dict[str, dict[str, Callable[[Settings], bool]]] = {
    "FullyConnected": {"bias": _unless("no_bias")},
    "Convolution": {"bias": _unless("no_bias")},
    "Deconvolution": {"bias": _unless("no_bias")},
    "LeakyReLU": {"gamma": _when("act_type", "prelu")},
    "_contrib_BilinearResize2D": {"like": _when("mode", "like")},
    "softmax": {"length": _when("use_length")},
    "SequenceMask": _LENGTHS,
    "SequenceLast": _LENGTHS,
    "SequenceReverse": _LENGTHS,
    "RNN": {"state_cell": _when("mode", "lstm"), **_LENGTHS},
}
_WINDOW = ("kernel", "num_filter")
_REQUIRED: dict[str, tuple[str, ...]] = {
    "_contrib_SyncBatchNorm": ("key",),
    "FullyConnected": ("num_hidden",), "Convolution": _WINDOW, "Deconvolution": _WINDOW,
    "RNN": ("state_size", "num_layers", "mode"),
}  # fmt: skip
#: (operator, array) -> how MXNet notes that the array begins, where the graph makes its variable.
INITIAL = {
    ("LeakyReLU", "gamma"): '["Constant", {"value": 0.25}]', ("BatchNorm", "moving_mean"): '["zero", {}]',
    ("BatchNorm", "moving_var"): '["one", {}]', ("_contrib_SyncBatchNorm", "moving_mean"): '["zero", {}]',
    ("_contrib_SyncBatchNorm", "moving_var"): '["one", {}]',
}  # fmt: skip
_MOVING = ("moving_mean", "moving_var")
_STATES = {"BatchNorm": _MOVING, "_contrib_BatchNormWithReLU": _MOVING, "_contrib_SyncBatchNorm": _MOVING}


def _moments(*names: str) -> Callable[[Settings], tuple[str, ...]]:
    return lambda settings: ("output", *names) if settings.get("output_mean_var") else ("output",)


def _numbered(count: Callable[[Settings], int]) -> Callable[[Settings], tuple[str, ...]]:
    """Outputs that are told apart by numbers."""
    return lambda settings: ("",) * count(settings) if count(settings) > 1 else ("output",)


def _rnn_outputs(settings: Settings) -> tuple[str, ...]:
    states = ("state", "state_cell") if settings["mode"] == "lstm" else ("state",)
    return ("output", *states) if settings["state_outputs"] else ("output",)


def _cuts(settings: Settings) -> int:
    return settings["sections"] or len(settings["indices"])


_OUTPUTS: dict[str, Callable[[Settings], tuple[str, ...]]] = {
    "BatchNorm": _moments("mean", "var"),
    "SliceChannel": _numbered(lambda s: int(s["num_outputs"])),
    "_split_v2": _numbered(_cuts),
    "topk": _numbered(lambda s: 2 if s["ret_typ"] == "both" else 1),
    "moments": _numbered(lambda s: 2),
    "_sample_multinomial": _numbered(lambda s: 2 if s["get_prob"] else 1),
    "amp_multicast": _numbered(lambda s: int(s["num_outputs"])),
    "RNN": _rnn_outputs,
}
#: Operators with outputs that only their gradients take: how many they have with those.
_HIDDEN: dict[str, int | Callable[[Settings], int]] = {
    "LeakyReLU": lambda s: 2 if s["act_type"] == "rrelu" else 1,
    # oneDNN, which needs a place to note where the maxima are, wants the channels in front
    "Pooling": lambda s: 2 if s["pool_type"] == "max" and str(s["layout"] or "NC").startswith("NC") else 1,
    "topk": lambda s: 2 if s["ret_typ"] in ("value", "both") else 1,
    "sort": 2, "ROIPooling": 2, "_contrib_box_nms": 2, "Dropout": 2, "LRN": 2, "L2Normalization": 2,
    "BatchNorm": 3, "_contrib_BatchNormWithReLU": 4, "_contrib_SyncBatchNorm": 3, "LayerNorm": 3, "GroupNorm": 3,
    "InstanceNorm": 3,
}  # fmt: skip


def _is_array(parameter: inspect.Parameter) -> bool:
    return "Tensor" in str(parameter.annotation)


def _operator(name: str, function: Callable[..., Any]) -> Operator:
    parameters = inspect.signature(function).parameters
    variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters.values())
    arrays = tuple(n for n, p in parameters.items() if not variadic and _is_array(p))
    settings = {
        n: p for n, p in parameters.items()
        if n not in arrays and n not in ("out", "num_args") and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    }  # fmt: skip
    defaults = {n: p.default for n, p in settings.items() if p.default is not p.empty}
    outputs = _OUTPUTS.get(name, Operator.outputs)
    hidden = _HIDDEN.get(name)

    def total(values: Settings) -> int:
        if callable(hidden):
            return hidden(values)
        return len(outputs(values)) if hidden is None else hidden

    return Operator(
        name, function, arrays, settings, defaults, variadic, _STATES.get(name, ()), _OPTIONAL.get(name),
        _REQUIRED.get(name, ()), outputs, total,
    )  # fmt: skip


def _table() -> dict[str, Operator]:
    """Every name that an operator has -> the operator."""
    known: dict[int, Operator] = {}
    found: dict[str, Operator] = {}
    for name, function in FUNCTIONS.items():
        if name in _NO_OPERATORS:
            continue
        operator = known.get(id(function))
        if operator is None:
            title = _NAMES.get(name, name)
            operator = known[id(function)] = found[title] = _operator(title, function)
        found[name] = operator
    return found


OPERATORS = _table()
