"""Python's operators on the neutral tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unified_nn.errors import IndexRangeError
from unified_nn.ops import elementwise, index, linalg
from unified_nn.ops.index import ARRAY
from unified_nn.tensor import Tensor

BINARY: dict[str, Callable[[Any, Any], Tensor]] = {
    "add": elementwise.add, "sub": elementwise.sub, "mul": elementwise.mul, "truediv": elementwise.div,
    "floordiv": elementwise.floor_div, "mod": elementwise.mod, "pow": elementwise.pow_, "matmul": linalg.matmul,
    "and": elementwise.bitwise_and, "or": elementwise.bitwise_or, "xor": elementwise.bitwise_xor,
}  # fmt: skip
COMPARISON: dict[str, Callable[[Any, Any], Tensor]] = {
    "eq": elementwise.equal, "ne": elementwise.not_equal, "lt": elementwise.less, "le": elementwise.less_equal,
    "gt": elementwise.greater, "ge": elementwise.greater_equal,
}  # fmt: skip
UNARY: dict[str, Callable[[Any], Tensor]] = {
    "neg": elementwise.neg, "abs": elementwise.abs_, "invert": elementwise.bitwise_not,
}  # fmt: skip


def forward(op: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The method `self op other`; leaves unknown operands to the other side."""

    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, (Tensor, bool, int, float)):
            return NotImplemented
        return op(self, other)

    return method


def reflected(op: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The method `other op self`."""

    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, (Tensor, bool, int, float)):
            return NotImplemented
        return op(other, self)

    return method


def parse_index(key: Any, like: Tensor) -> tuple[list[Tensor], tuple[Any, ...]]:
    """A Python index as (arrays, index with ARRAY in their place); lists become index arrays."""
    import numpy as np

    parts = key if isinstance(key, tuple) else (key,)
    arrays: list[Tensor] = []
    found: list[Any] = []
    for part in parts:
        if isinstance(part, (list, np.ndarray)):
            values = np.asarray(part)
            part = Tensor.from_numpy(values if values.size else values.astype("int64"), backend=like.backend)
        if isinstance(part, bool):
            part = Tensor.from_numpy(part, backend=like.backend)
        if isinstance(part, Tensor):
            arrays.append(part.as_face(Tensor))
            found.append(ARRAY)
        elif part is None or part is Ellipsis or isinstance(part, slice):
            found.append(_plain(part))
        elif hasattr(part, "__index__"):
            found.append(part.__index__())
        else:
            message = f"an index is an integer, a slice, None, ... or an array of integers or bools, not {part!r}"
            raise like._error(IndexRangeError, "getitem", message)
    return arrays, tuple(found)


def _plain(part: Any) -> Any:
    """A slice with plain integers."""
    if not isinstance(part, slice):
        return part
    return slice(*(None if b is None else b.__index__() for b in (part.start, part.stop, part.step)))


def getitem(self: Tensor, key: Any) -> Tensor:
    arrays, found = parse_index(key, self)
    return index.getitem(self, *arrays, index=found)


OTHER: dict[str, Callable[..., Any]] = {"getitem": getitem}


def attach() -> None:
    """Give the neutral tensor its operators."""
    for name, op in BINARY.items():
        setattr(Tensor, f"__{name}__", forward(op))
        setattr(Tensor, f"__r{name}__", reflected(op))
    for name, op in COMPARISON.items():
        setattr(Tensor, f"__{name}__", forward(op))
    for name, unary in UNARY.items():
        setattr(Tensor, f"__{name}__", lambda self, unary=unary: unary(self))
    for name, method in OTHER.items():
        setattr(Tensor, f"__{name}__", method)


attach()
