"""Order along an axis."""

from __future__ import annotations

from unified_nn.op import Spec, primitive
from unified_nn.ops import _rules as rules
from unified_nn.ops.index import gather
from unified_nn.ops.shape import flip, narrow
from unified_nn.tensor import Tensor


def _rule(x: Spec, *, axis: int, **attrs: object) -> None:
    rules.axis_name(axis, x.ndim)


@primitive(rule=_rule)
def argsort(x: Tensor, *, axis: int) -> Tensor:
    """The order that sorts x upwards along the axis, as int64; equal elements keep their order, NaN comes last."""
    ...


def sort(x: Tensor, *, axis: int, descending: bool = False) -> tuple[Tensor, Tensor]:
    """x sorted along the axis, and the order; equal elements keep their order both ways."""
    if descending:  # the flip before and after keeps equal elements in their order
        order = flip(argsort(flip(x, axes=(axis,)), axis=axis), axes=(axis,))
        order = _mirrored(order, x._shape[axis])
    else:
        order = argsort(x, axis=axis)
    return gather(x, order, axis=axis), order


def _mirrored(order: Tensor, length: int) -> Tensor:
    from unified_nn.ops.elementwise import sub

    return sub(length - 1, order)


def topk(x: Tensor, *, k: int, axis: int, largest: bool = True) -> tuple[Tensor, Tensor]:
    """The k largest (or smallest) along the axis, best first, and their places."""
    values, order = sort(x, axis=axis, descending=largest)
    return narrow(values, axis=axis, start=0, length=k), narrow(order, axis=axis, start=0, length=k)
