"""MXNet's error class, and which error of ours is raised as which class of MXNet's."""

from __future__ import annotations

from unified_nn.errors import (
    ArgumentError,
    DTypeError,
    GradientError,
    IndexRangeError,
    InPlaceError,
    InputTypeError,
    NativeError,
    ShapeError,
    TooLargeError,
    UnifiedError,
    make,
)


class MXNetError(RuntimeError):
    """Raised where MXNet's library refuses shapes, dtypes, arguments or gradients."""


_BASES: dict[type[UnifiedError], type[BaseException]] = {
    ArgumentError: MXNetError,
    DTypeError: MXNetError,
    GradientError: MXNetError,
    InPlaceError: MXNetError,
    NativeError: MXNetError,
    ShapeError: MXNetError,
    TooLargeError: MXNetError,
    IndexRangeError: MXNetError,
}
#: Operators whose Python front end checks before the library does.
_BY_OP: dict[tuple[str, type[UnifiedError]], type[BaseException]] = {
    ("getitem", IndexRangeError): IndexError,
    ("setitem", IndexRangeError): IndexError,
    ("setitem", ShapeError): ValueError,
}


def error_base(op: str, kind: type[UnifiedError]) -> type[BaseException]:
    """The class that MXNet raises for this kind of error in this operator."""
    return _BY_OP.get((op, kind)) or _BASES.get(kind, kind.neutral)


def failure(kind: type[UnifiedError], op: str, message: str, base: type[BaseException] | None = None) -> UnifiedError:
    """An error of the operator, as the class that MXNet raises there."""
    return make(kind, message, base or error_base(op, kind), op)


def not_an_array(op: str, argument: str, value: object) -> UnifiedError:
    """The error for something that is not an NDArray where MXNet asserts one."""
    message = f"{argument} must be an NDArray, got {type(value).__name__}; make one with mxnet.nd.array"
    return make(InputTypeError, message, MXNetError if value is None else AssertionError, op)
