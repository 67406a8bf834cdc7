"""Ops that pick and place by index.

`getitem` takes Python's index as an attribute; integer and bool arrays in it are passed as arrays, and `ARRAY` stands
in their place, so that `x[:, i]` is `getitem(x, i, index=(slice(None), ARRAY))`. Meaning and shapes are NumPy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn.backend import ARRAY as ARRAY
from unified_nn.dtypes import DType
from unified_nn.errors import DTypeError, IndexRangeError, ShapeError
from unified_nn.op import Spec, primitive
from unified_nn.ops import _rules as rules
from unified_nn.ops.elementwise import cast, equal, full_like
from unified_nn.ops.shape import reshape, unsqueeze
from unified_nn.tensor import Tensor

Index = tuple[Any, ...]  # of int, slice, None, Ellipsis, ARRAY


def _index_rule(x: Spec, *arrays: Spec, index: Index) -> None:
    used = sum(1 for part in index if part is not None and part is not Ellipsis and part is not ARRAY)
    parts = iter(arrays)
    for part in index:
        if part is ARRAY:
            a = next(parts)
            if a.dtype.kind not in "iub":
                raise DTypeError(f"an index array must be integer or bool, got {a.dtype.name}")
            used += a.ndim if a.dtype.kind == "b" else 1
    if used > x.ndim:
        raise IndexRangeError(f"too many indices: {used} for x of rank {x.ndim}; x {x}")
    axis = 0
    for part in index:
        if part is Ellipsis:
            return
        if isinstance(part, int) and not -x.shape[axis] <= part < x.shape[axis]:
            raise IndexRangeError(f"index {part} is out of bounds for axis {axis} with size {x.shape[axis]}; x {x}")
        axis += part is not None


def _getitem_vjp(g: Tensor, out: Tensor, x: Tensor, *arrays: Tensor, index: Index) -> Tensor:
    zeros = full_like(x, value=0)
    return index_add(zeros, g, *arrays, index=index) if arrays else setitem(zeros, g, index=index)


@primitive(view=True, rule=_index_rule, vjp={"x": _getitem_vjp},
           written=lambda x, new, *, index: setitem(x, new, index=index))  # fmt: skip
def getitem(x: Tensor, *arrays: Tensor, index: Index) -> Tensor:
    """x[index]."""
    ...


def _set_dx(g: Tensor, out: Tensor, x: Tensor, y: Tensor, *arrays: Tensor, index: Index) -> Tensor:
    region = getitem(g._detached(), *arrays, index=index)
    return setitem(g, full_like(region, value=0), *arrays, index=index)


def _set_rule(x: Spec, y: Any, *arrays: Spec, index: Index) -> None:
    _index_rule(x, *arrays, index=index)
    if not isinstance(y, Spec) or any(
        a.dtype.kind == "b" for a in arrays
    ):  # how many places a mask has is in its values
        return
    parts = iter(arrays)
    filled = tuple(np.zeros(next(parts).shape, int) if part is ARRAY else part for part in index)
    region = np.broadcast_to(np.empty(()), x.shape)[filled].shape
    if not _fits(y.shape, region):
        raise ShapeError(f"a value of shape {y} does not fit the places, of shape {region}; x {x}")


def _fits(shape: tuple[int, ...], region: tuple[int, ...]) -> bool:
    """Whether an array broadcasts to the region; leading axes of size 1 are dropped, as NumPy does."""
    while len(shape) > len(region) and shape[0] == 1:
        shape = shape[1:]
    return len(shape) <= len(region) and all(a in (1, b) for a, b in zip(shape[::-1], region[::-1], strict=False))


@primitive(
    rule=_set_rule, vjp={"x": _set_dx, "y": lambda g, out, x, y, *arrays, index: getitem(g, *arrays, index=index)}
)
def setitem(x: Tensor, y: Tensor, *arrays: Tensor, index: Index) -> Tensor:
    """A copy of x in which x[index] is y (broadcast); x itself stays as it is."""
    ...


@primitive(rule=_set_rule, vjp={"x": lambda g, out, x, y, *arrays, index: g,
                "y": lambda g, out, x, y, *arrays, index: getitem(g, *arrays, index=index)})  # fmt: skip
def index_add(x: Tensor, y: Tensor, *arrays: Tensor, index: Index) -> Tensor:
    """A copy of x with y added at x[index]; places that occur several times receive every addend."""
    ...


def _take_rule(x: Spec, i: Spec, *, axis: int) -> None:
    rules.axis_name(axis, x.ndim)
    if i.dtype.kind not in "iu":
        raise DTypeError(f"indices are {i.dtype.name}, expected an integer dtype")


def _take_vjp(g: Tensor, out: Tensor, x: Tensor, i: Tensor, *, axis: int) -> Tensor:
    lead = (slice(None),) * (axis % x.ndim)
    return index_add(full_like(x, value=0), g, i, index=(*lead, ARRAY))


@primitive(rule=_take_rule, checked=True, vjp={"x": _take_vjp})
def take(x: Tensor, i: Tensor, *, axis: int) -> Tensor:
    """The slices of x at the places i along one axis: x[..., i, ...]. Indices outside raise."""
    ...


def _gather_rule(x: Spec, i: Spec, *, axis: int) -> None:
    at = rules.axis_name(axis, x.ndim)
    if i.dtype.kind not in "iu":
        raise DTypeError(f"indices are {i.dtype.name}, expected an integer dtype")
    if i.ndim != x.ndim or any(a != at and s > x.shape[a] for a, s in enumerate(i.shape)):
        raise ShapeError(f"indices {i} must have x's rank and be no larger than x {x} except at axis {at}")


@primitive(rule=_gather_rule, checked=True, vjp={
    "x": lambda g, out, x, i, *, axis: scatter_add(full_like(x, value=0), i, g, axis=axis)})  # fmt: skip
def gather(x: Tensor, i: Tensor, *, axis: int) -> Tensor:
    """out[a, b, c] = x[a, i[a, b, c], c] for axis 1, and so on; out has i's shape. Indices outside raise."""
    ...


def _scatter_dy(g: Tensor, out: Tensor, x: Tensor, i: Tensor, y: Tensor, *, axis: int) -> Tensor:
    picked = gather(g, i, axis=axis)
    if i._shape == y._shape:
        return picked
    return setitem(full_like(y, value=0), picked, index=tuple(slice(0, size) for size in i._shape))


@primitive(vjp={"x": lambda g, out, x, i, y, *, axis: g, "y": _scatter_dy})
def scatter_add(x: Tensor, i: Tensor, y: Tensor, *, axis: int) -> Tensor:
    """A copy of x with y[a, b, c] added at x[a, i[a, b, c], c] for axis 1, and so on; y may be larger than i."""
    ...


def one_hot(i: Tensor, *, depth: int, dtype: DType) -> Tensor:
    """1 at the place i of a new last axis, 0 elsewhere; all 0 where i is outside [0, depth)."""
    import numpy as np

    places = type(i)._face.from_numpy(np.arange(depth), i._dtype.name, i.backend, i._device)
    return cast(equal(unsqueeze(i, axis=-1), reshape(places, shape=(1,) * i.ndim + (depth,))), dtype=dtype)
