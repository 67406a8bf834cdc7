"""How functions read their arguments: tensors, numbers, axes, dtypes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import numpy as np

from unified_nn import dtypes, memory
from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, DTypeError, IndexRangeError, InputTypeError, UnifiedError, make
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.ops.elementwise import as_dtype
from unified_nn.vocabulary.foreign import RAISED, explained

F = TypeVar("F", bound=Callable[..., Any])


def tensor(x: Any, where: str) -> Any:
    """x as MindSpore's tensor; anything else is a TypeError."""
    if isinstance(x, Tensor):
        return x
    if isinstance(x, core.Tensor):
        return x.as_face(Tensor)
    raise make(InputTypeError, f"the input must be a Tensor, but got {type(x)}", TypeError, f"mindspore.{where}")


def operand(x: Any, where: str) -> Any:
    """x as a tensor or a number; lists and tuples become tensors, NumPy arrays and others are refused."""
    if isinstance(x, core.Tensor):
        return tensor(x, where)
    if isinstance(x, (bool, int, float)):
        return x
    if isinstance(x, (list, tuple)):
        return Tensor(x)
    message = f"the operands must be Tensors or numbers, but got {type(x)}; make a Tensor of it first"
    raise make(InputTypeError, message, TypeError, f"mindspore.{where}")


def operands(x: Any, y: Any, where: str) -> tuple[Any, Any]:
    """Two operands of which at least one is a tensor, and whose dtypes go together in MindSpore."""
    a, b = operand(x, where), operand(y, where)
    if isinstance(a, core.Tensor) and isinstance(b, core.Tensor):
        check_promotion(a, b, where)
    elif not isinstance(a, core.Tensor) and not isinstance(b, core.Tensor):
        a = Tensor(a)
    return _counted_bool(a, b), _counted_bool(b, a)


def _counted_bool(x: Any, other: Any) -> Any:
    """True and False count as 1 and 0 beside a tensor of numbers."""
    if isinstance(x, bool) and isinstance(other, core.Tensor) and other._dtype is not dtypes.bool_:
        return int(x)
    return x


_WIDE = (dtypes.uint16, dtypes.uint32, dtypes.uint64)


def check_promotion(a: core.Tensor, b: core.Tensor, where: str) -> None:
    """MindSpore converts the wide unsigned integers to nothing else but bool to them."""
    first, second = a._dtype, b._dtype
    if first is second or dtypes.bool_ in (first, second) or (first not in _WIDE and second not in _WIDE):
        return
    message = f"implicit conversion between {first.name} and {second.name} is not supported; cast one of them"
    raise make(DTypeError, message, TypeError, f"mindspore.{where}")


def floating(x: Any, where: str) -> Any:
    """A tensor of a floating dtype."""
    found = tensor(x, where)
    if found._dtype.kind not in "fc":
        message = f"the input is {found._dtype.name}, expected a floating dtype; cast it first"
        raise make(DTypeError, message, TypeError, f"mindspore.{where}")
    return found


def widened(x: Any, where: str) -> Any:
    """A tensor whose integers have become float32."""
    found = tensor(x, where)
    return found if found._dtype.kind in "fc" else as_dtype(found, dtypes.float32)


def counted(x: Any, where: str) -> Any:
    """A tensor whose narrower integers and bools have become int64, as sums are."""
    found = tensor(x, where)
    return found if found._dtype.kind in "fc" else as_dtype(found, dtypes.int64)


def axes_of(x: core.Tensor, axis: Any, where: str) -> Any:
    """An axis, several, or None for all: MindSpore's () and None both mean all."""
    if axis is None or (isinstance(axis, (tuple, list)) and not axis):
        return None
    if isinstance(axis, (tuple, list)):
        return tuple(axis_of(x, a, where) for a in axis)
    return axis_of(x, axis, where)


def axis_of(x: core.Tensor, axis: Any, where: str, extra: int = 0) -> int:
    """An axis counted from the front."""
    if not isinstance(axis, int) or isinstance(axis, bool):
        raise make(ArgumentError, f"the axis must be int, but got {axis!r}", TypeError, f"mindspore.{where}")
    rank = x.ndim + extra
    if not -max(rank, 1) <= axis < max(rank, 1):
        message = f"the axis must be in [{-rank},{rank}), but got {axis}; x {x._shape}"
        raise make(IndexRangeError, message, ValueError, f"mindspore.{where}")
    return axis % max(rank, 1)


def shape_of(shape: Any, where: str) -> tuple[int, ...]:
    """A shape from an int, a tuple or list of ints, or a tensor of them."""
    if isinstance(shape, core.Tensor):
        shape = shape.numpy().tolist()
    parts = (shape,) if isinstance(shape, (int, np.integer)) else shape
    if isinstance(parts, Sequence) and all(isinstance(s, (int, np.integer, core.Tensor)) for s in parts):
        found = tuple(int(s) for s in parts)
        if any(s < -1 for s in found):
            raise make(ArgumentError, f"sizes must not be negative, but got {found}", ValueError, f"mindspore.{where}")
        memory.check(found, op=f"mindspore.{where}")
        return found
    raise make(
        ArgumentError, f"the shape must be int or tuple[int], but got {shape!r}", TypeError, f"mindspore.{where}"
    )


def sizes_of(args: tuple[Any, ...], where: str) -> tuple[int, ...]:
    """The shape in `f(2, 3)` and in `f((2, 3))`."""
    return shape_of(args[0] if len(args) == 1 else args, where)


def number(name: str, value: Any, where: str) -> float:
    """A number, or a tensor of one element."""
    if isinstance(value, core.Tensor):
        return float(value._item())
    if not isinstance(value, (int, float, np.number)):
        message = f"the '{name}' must be a number, but got {type(value).__name__} {value!r}"
        raise make(ArgumentError, message, TypeError, f"mindspore.{where}")
    return float(value)


def told(function: F) -> F:
    """The function; what Python or NumPy raise inside of it is said as an error about the call."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except UnifiedError:
            raise
        except RAISED as error:
            message = explained(function, args, kwargs, error)
            if message is None:
                raise
            base = TypeError if isinstance(error, (AttributeError, TypeError)) else ValueError
            raise make(ArgumentError, message, base, f"mindspore.ops.{function.__name__}") from error

    return cast(F, call)


def one_of(name: str, value: Any, options: Sequence[Any], where: str) -> Any:
    """The value, if it is an option."""
    if value not in options:
        message = f"{name}={value!r} is not one of {', '.join(map(repr, options))}"
        raise make(ArgumentError, message, ValueError, f"mindspore.{where}")
    return value


def words(text: str) -> list[str]:
    """The names in a table's line."""
    return text.split()
