"""Comparison, logic and bits; and choosing by a condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.errors import DTypeError
from unified_nn.ops import elementwise as ops
from unified_nn.ops.elementwise import as_dtype
from unified_nn.torch.creation import made
from unified_nn.torch.define import define
from unified_nn.torch.promotion import common, promoted
from unified_nn.torch.tensor import Tensor

_COMPARING: dict[str, tuple[Any, tuple[str, ...]]] = {
    "eq": (ops.equal, ()), "ne": (ops.not_equal, ("not_equal",)), "lt": (ops.less, ("less",)),
    "le": (ops.less_equal, ("less_equal",)), "gt": (ops.greater, ("greater",)),
    "ge": (ops.greater_equal, ("greater_equal",)), "logical_and": (ops.logical_and, ()),
    "logical_or": (ops.logical_or, ()), "logical_xor": (ops.logical_xor, ()),
}  # fmt: skip
_BITS: dict[str, Any] = {
    "bitwise_and": ops.bitwise_and, "bitwise_or": ops.bitwise_or, "bitwise_xor": ops.bitwise_xor,
}  # fmt: skip


def _two(op: Callable[[Any, Any], core.Tensor], name: str, doc: str | None) -> Any:
    def call(input: Any, other: Any) -> core.Tensor:
        return op(*_comparable(input, other))

    call.__name__, call.__doc__ = name, doc
    return call


def _comparable(input: Any, other: Any) -> tuple[Any, Any]:
    """Promoted; an integer tensor beside a Python float becomes floating first, as 2.5 must not become 2."""
    x, y = promoted(input, other)
    return x, y


for _name, (_op, _names) in _COMPARING.items():
    define(inplace=True, names=_names)(_two(_op, _name, _op.__doc__))


def _bitwise(op: Callable[[Any, Any], core.Tensor], name: str, doc: str | None) -> Any:
    def call(input: Any, other: Any) -> core.Tensor:
        chosen = common(input, other)
        if chosen.kind not in "biu":
            raise Tensor._error(DTypeError, name, f"not implemented for {chosen.name}; expected integers or bools")
        return op(*promoted(input, other))

    call.__name__, call.__doc__ = name, doc
    return call


for _name, _op in _BITS.items():
    define(inplace=True)(_bitwise(_op, _name, _op.__doc__))


@define(inplace=True)
def bitwise_not(input: Tensor) -> core.Tensor:
    """Every bit, or the bool, inverted."""
    if input._dtype.kind not in "biu":
        raise input._error(
            DTypeError, "bitwise_not", f"not implemented for {input._dtype.name}; expected integers or bools"
        )
    return ops.bitwise_not(input)


@define(inplace=True)
def logical_not(input: Tensor) -> core.Tensor:
    """Whether it is zero."""
    return ops.logical_not(input)


def _unary(name: str, op: Callable[[Any], core.Tensor], of_integers: bool) -> None:
    def call(input: Tensor) -> core.Tensor:
        if input._dtype.kind in "biu":
            return made(np.full(input._shape, of_integers), None, None, False, input)
        return op(input)

    call.__name__, call.__doc__ = name, op.__doc__
    define()(call)


_unary("isnan", ops.isnan, False)
_unary("isinf", ops.isinf, False)
_unary("isfinite", ops.isfinite, True)


@define()
def isposinf(input: Tensor) -> core.Tensor:
    """Whether it is plus infinity."""
    return ops.equal(input, float("inf"))


@define()
def isneginf(input: Tensor) -> core.Tensor:
    """Whether it is minus infinity."""
    return ops.equal(input, float("-inf"))


@define()
def signbit(input: Tensor) -> core.Tensor:
    """Whether the sign is minus, of -0.0 too."""
    return made(
        np.signbit(input._values()) if input._dtype.kind == "f" else input._values() < 0, None, None, False, input
    )


@define()
def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> core.Tensor:
    """|input - other| <= atol + rtol * |other|."""
    if input._dtype is not other._dtype:
        raise input._error(DTypeError, "isclose", f"{input.dtype!r} did not match {other.dtype!r}")
    a, b = input._values().astype(np.float64), other._values().astype(np.float64)
    with np.errstate(all="ignore"):
        found = np.isclose(a, b, rtol, atol, equal_nan)
    return made(np.asarray(found), None, None, False, input)


@define()
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all are close."""
    return bool(cast(Tensor, isclose(input, other, rtol, atol, equal_nan))._values().all())


@define()
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether shape and all elements are equal."""
    if input._shape != other._shape:
        return False
    x, y = promoted(input, other)
    return bool((x.backend.to_numpy(x.native) == y.backend.to_numpy(y.native)).all())


@define(takes="any")
def isin(elements: Any, test_elements: Any, *, invert: bool = False) -> core.Tensor:
    """Whether each element is among `test_elements`."""
    like = elements if isinstance(elements, core.Tensor) else test_elements
    a, b = (
        v.backend.to_numpy(v.native) if isinstance(v, core.Tensor) else np.asarray(v) for v in (elements, test_elements)
    )
    return made(np.isin(a, b, invert=invert), None, None, False, like)


@define("WhereBackward0", method=False, takes="any")
def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """input where condition holds, else other; only the condition: the places where it holds, one tensor per axis."""
    from unified_nn.torch.operations.placing import nonzero

    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if condition._dtype.kind != "b":
        message = (
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition._dtype.name}"
        )
        raise Tensor._error(DTypeError, "where", message)
    chosen = common(input, other)
    x, y = (_constant(v, chosen, condition) for v in (input, other))
    return cast(Tensor, ops.select(condition, x, y))


def _constant(value: Any, chosen: Any, like: core.Tensor) -> core.Tensor:
    if isinstance(value, core.Tensor):
        return as_dtype(value, chosen)
    return made(np.asarray(value), chosen, None, False, like)


@define(function=False, names=("where",))
def where_method(self: Tensor, condition: Tensor, other: Any) -> core.Tensor:
    """self where condition holds, else other."""
    return cast(Tensor, where(condition, self, other))


@define()
def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is not zero."""
    return bool(input)


@define()
def is_floating_point(input: Tensor) -> bool:
    """Whether its dtype is a floating one."""
    return input._dtype.kind == "f"


@define()
def is_complex(input: Tensor) -> bool:
    """Whether its dtype is a complex one."""
    return input._dtype.kind == "c"


@define()
def is_signed(input: Tensor) -> bool:
    """Whether its dtype has negative numbers."""
    return input._dtype.kind in "ifc"


@define()
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether both have one shape."""
    return input._shape == other._shape
