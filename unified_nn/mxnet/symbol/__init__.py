"""`mxnet.sym`: networks as graphs that have not been computed.

The operators are the functions of `mxnet.nd`, by one table (`operators`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unified_nn.mxnet.ndarray.function import METHODS
from unified_nn.mxnet.symbol import contrib, creation, image, linalg, random
from unified_nn.mxnet.symbol.creation import arange, eye, full, linspace, ones, split_v2, zeros
from unified_nn.mxnet.symbol.operators import OPERATORS, Operator
from unified_nn.mxnet.symbol.reading import load, load_json
from unified_nn.mxnet.symbol.symbol import Group, Symbol, apply, internal, of_two, var
from unified_nn.vocabulary.missing import refuse

Variable = var


def _of_two(pair: str, with_number: str, number_first: str) -> Callable[[Any, Any], Any]:
    def call(left: Any, right: Any) -> Any:
        return of_two((pair, with_number, number_first), left, right)

    return call


maximum = _of_two("_Maximum", "_MaximumScalar", "_MaximumScalar")
minimum = _of_two("_Minimum", "_MinimumScalar", "_MinimumScalar")
hypot = _of_two("_Hypot", "_HypotScalar", "_HypotScalar")
power = pow = _of_two("_Power", "_PowerScalar", "_RPowerScalar")


def _function(name: str, operator: Operator) -> Callable[..., Symbol]:
    def call(*args: Any, **kwargs: Any) -> Symbol:
        return apply(operator, name.lower(), args, kwargs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = operator.function.__doc__
    return call


_functions = {name: _function(name, operator) for name, operator in OPERATORS.items() if not name.startswith("_")}
globals().update(_functions)
#: Methods of arrays that symbols have as well.
_METHODS = ("reshape", "broadcast_to", "broadcast_axes", "cast", *METHODS)
for _name in _METHODS:
    if _name in _functions:
        setattr(Symbol, _name, _functions[_name])
Symbol.astype = _functions["cast"]  # type: ignore[attr-defined]
Symbol.split_v2 = split_v2  # type: ignore[attr-defined]
Symbol.__abs__ = _functions["abs"]  # type: ignore[attr-defined]

__all__ = [
    "Group", "Symbol", "Variable", "arange", "contrib", "creation", "eye", "full", "hypot", "image", "internal", "linalg",
    "linspace", "load", "load_json", "maximum", "minimum", "ones", "pow", "power", "random", "split_v2", "var", "zeros",
    *_functions,
]  # fmt: skip
_REFUSED = {
    "Custom": "write the computation with operators",
    "sparse": "arrays are dense",
}
__getattr__ = refuse("mxnet.sym", globals(), _REFUSED)
