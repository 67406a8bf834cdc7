"""Parameters of a dictionary into a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from unified_nn.errors import ArgumentError, DTypeError, NotOfferedError, ShapeError, make
from unified_nn.mindspore.common.parameter import Parameter
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.cell import Cell

_WHERE: Final = "mindspore.load_param_into_net"
#: Kinds of dtypes between which values are converted unless `strict_load`.
_CONVERTED: Final = (
    {"float16", "float32", "float64", "bfloat16"},
    {"int8", "int16", "int32", "int64"},
)


def load_param_into_net(
    net: Cell, parameter_dict: Mapping[str, Any], strict_load: bool = False, remove_redundancy: bool = False
) -> tuple[list[str], list[str]]:
    """Give the parameters the values of the same names; the names that only the net, and only the dictionary, has.

    Unless `strict_load`, a prefix that the dictionary's names have more than the net's is passed over, and values of
    another precision are converted. As MindSpore does, names with such a prefix stay in the second list.
    """
    _check(net, parameter_dict, strict_load)
    if remove_redundancy:
        raise make(NotOfferedError, "remove_redundancy is for parallel training", TypeError, _WHERE)
    parameters = list(net.get_parameters())
    unused = list(parameter_dict)
    missing, found = [], []
    for p in parameters:
        value = parameter_dict.get(p.name)
        if value is None:
            missing.append(p.name)
        elif isinstance(value, Parameter):
            found.append((p, value))
            unused.remove(p.name)
    if not strict_load:
        found += _prefixed(parameters, parameter_dict, missing)
    for p, value in found:
        _require_fit(p, value, strict_load)
    for p, value in found:
        p.set_data(Tensor.from_numpy(value.numpy().reshape(p._shape), backend=p.backend))
    return missing, unused


def _check(net: Any, parameter_dict: Any, strict_load: Any) -> None:
    if not isinstance(net, Cell):
        raise make(ArgumentError, f"the argument 'net' should be a Cell, but got {type(net)}", TypeError, _WHERE)
    if not isinstance(parameter_dict, Mapping):
        message = f"the argument 'parameter_dict' should be a dict, but got {type(parameter_dict)}"
        raise make(ArgumentError, message, TypeError, _WHERE)
    for name, value in parameter_dict.items():
        if not isinstance(name, str) or not isinstance(value, (Parameter, str, list)):
            message = f"'parameter_dict' should hold str: Parameter, but got {type(name)}: {type(value)}"
            raise make(ArgumentError, message, TypeError, _WHERE)
    if not isinstance(strict_load, bool):
        raise make(ArgumentError, f"strict_load must be a bool, got {strict_load!r}", TypeError, _WHERE)


def _prefixed(
    parameters: list[Parameter], values: Mapping[str, Any], missing: list[str]
) -> list[tuple[Parameter, Parameter]]:
    """Those of the missing whose names with one more prefix are in the dictionary; taken off `missing`."""
    found: list[tuple[Parameter, Parameter]] = []
    tried: set[str] = set()
    while missing:
        prefixes = (
            name.removesuffix(own)
            for own in missing
            for name, value in values.items()
            if isinstance(value, Parameter) and name.endswith(own) and len(name) > len(own)
        )
        prefix = next((prefix for prefix in prefixes if prefix not in tried), None)
        if prefix is None:
            break
        tried.add(prefix)
        for p in parameters:
            if p.name in missing and isinstance(values.get(prefix + p.name), Parameter):
                found.append((p, values[prefix + p.name]))
                missing.remove(p.name)
    return found


def _require_fit(p: Parameter, value: Parameter, strict: bool) -> None:
    shape = value._shape
    # MindSpore takes off the ones that some of its devices put behind the shape.
    if shape != p._shape and (len(shape) <= p.ndim or shape != p._shape + (1,) * (len(shape) - p.ndim)):
        message = f"{p.name} should have the same shape in net and file, but got {p.shape} and {shape}"
        raise make(ShapeError, message, RuntimeError, _WHERE)
    kinds = {p._dtype.name, value._dtype.name}
    if len(kinds) > 1 and (strict or not any(kinds <= known for known in _CONVERTED)):
        message = f"{p.name} should have the same type in net and file, but got {p.dtype} and {value.dtype}"
        raise make(DTypeError, message, RuntimeError, _WHERE)
