"""Parameters whose shape is not known yet: the function that uses one works its shape out.

A block with `in_units=0` or with shapes that hold 0 learns them from its first input. The arrays that such a block
hands to `hybrid_forward` are placeholders until a function such as `FullyConnected` says what shape they must have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unified_nn.backend import Backend
from unified_nn.errors import ShapeError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.ndarray import NDArray
from unified_nn.tensor import Body


class Pending(NDArray, face=NDArray):
    """The place of a parameter; `settle` is told its shape and gives its array."""

    settle: Callable[[tuple[int, ...]], NDArray]
    error: Callable[[], Exception]

    def __new__(cls, settle: Callable[[tuple[int, ...]], NDArray], error: Callable[[], Exception]) -> Pending:
        made = object.__new__(cls)
        made.settle, made.error = settle, error
        return made

    @property
    def _body(self) -> Body:  # type: ignore[override]  # whoever asks for values asks too early
        raise self.error()

    @property
    def backend(self) -> Backend:  # type: ignore[override]
        raise self.error()

    def __repr__(self) -> str:
        return "<an array whose shape is not known yet>"


class OpenRows(Pending, face=NDArray):
    """Zeros, or what was computed from zeros row by row, for a batch whose size is only known where they meet another
    array: the states that a recurrent network in a graph begins with.

    `rows` gives the array for a number of rows; None where another axis than the first is open.
    """

    rows: Callable[[int], NDArray] | None

    @classmethod
    def made(cls, settle: Callable[[tuple[int, ...]], NDArray], rows: Callable[[int], NDArray] | None) -> OpenRows:
        """The place of such an array."""
        new = cls(settle, _unknown_batch)
        new.rows = rows
        return new


def _unknown_batch() -> Exception:
    message = "the size of the batch is not known where these zeros are used; give the network its first states"
    return failure(ShapeError, "zeros", message)


def settled(array: Any, shape: tuple[int, ...]) -> Any:
    """The array itself, or the parameter's array once it is told its shape."""
    return array.settle(shape) if isinstance(array, Pending) else array
