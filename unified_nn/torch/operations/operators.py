"""Python's operators on PyTorch's tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from unified_nn import tensor as core
from unified_nn.errors import InputTypeError
from unified_nn.torch.define import FUNCTIONS, METHODS
from unified_nn.torch.tensor import Tensor

#: The operator -> the function that does it.
_BINARY = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floor_divide", "mod": "remainder",
    "pow": "pow", "matmul": "matmul", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
}  # fmt: skip
_COMPARISON = ("eq", "ne", "lt", "le", "gt", "ge")
_UNARY = {"neg": "neg", "abs": "abs", "invert": "bitwise_not", "pos": "positive"}

_OPERANDS = (core.Tensor, bool, int, float, complex)


def _body(name: str) -> Callable[..., Any]:
    """The function without the check that its first argument is a tensor: reflected operators start with numbers."""
    found: Callable[..., Any] = FUNCTIONS[name].__wrapped__  # type: ignore[attr-defined]
    return found


def _plain(value: Any) -> Any:
    """NumPy's scalars as Python's numbers."""
    return value.item() if isinstance(value, np.generic) else value


def _forward(call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        other = _plain(other)
        return call(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    return method


def _reflected(call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        other = _plain(other)
        return call(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    return method


def _in_place(name: str) -> Callable[[Any, Any], Any]:
    call = METHODS[f"{name}_"]

    def method(self: Any, other: Any) -> Any:
        other = _plain(other)
        return call(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    return method


def _equality(call: Callable[[Any, Any], Any], default: bool) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        other = _plain(other)
        return call(self, other) if isinstance(other, _OPERANDS) else default

    return method


def _compared(call: Callable[[Any, Any], Any], name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        other = _plain(other)
        if not isinstance(other, _OPERANDS):
            message = f"argument 'other' (position 1) must be Tensor or Number, not {type(other).__name__}"
            raise Tensor._error(InputTypeError, f"{name}()", message)
        return call(self, other)

    return method


def attach() -> None:
    """Give the tensor its methods and operators."""
    for name, method in METHODS.items():
        setattr(Tensor, name, method)
    for operator, name in _BINARY.items():
        setattr(Tensor, f"__{operator}__", _forward(_body(name)))
        # PyTorch records number - tensor under a name of its own.
        reflected = _forward(METHODS["rsub"]) if name == "sub" else _reflected(_body(name))
        setattr(Tensor, f"__r{operator}__", reflected)
        if f"{name}_" in METHODS:
            setattr(Tensor, f"__i{operator}__", _in_place(name))
    for name in _COMPARISON:
        call = _body(name)
        compared = _equality(call, name == "ne") if name in ("eq", "ne") else _compared(call, name)
        setattr(Tensor, f"__{name}__", compared)
    for operator, name in _UNARY.items():
        setattr(Tensor, f"__{operator}__", METHODS[name])
