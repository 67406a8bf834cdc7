"""MXNet's indices and reshape codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from unified_nn.dtypes import int64
from unified_nn.errors import ArgumentError, IndexRangeError, ShapeError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.scope import gated, is_recording
from unified_nn.ops import index as ops
from unified_nn.ops.elementwise import as_dtype
from unified_nn.ops.index import ARRAY
from unified_nn.ops.shape import expand, reshape
from unified_nn.tensor import Tensor, mark_view

if TYPE_CHECKING:
    from unified_nn.mxnet.ndarray.ndarray import NDArray

Key = tuple[Any, ...]


def parse(x: Tensor, key: Any) -> tuple[list[Tensor], Key]:
    """An index as (arrays of int32, index with ARRAY in their place); MXNet takes masks for integers."""
    arrays: list[Tensor] = []
    found: list[Any] = []
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, (list, np.ndarray)):
            part = Tensor.from_numpy(np.asarray(part).astype(np.int64), backend=x.backend, device=x._device)
        if isinstance(part, Tensor):
            arrays.append(as_dtype(part.as_face(Tensor), int64))
            found.append(ARRAY)
        elif part is None or part is Ellipsis:
            found.append(part)
        elif isinstance(part, slice):
            found.append(slice(*(None if b is None else b.__index__() for b in (part.start, part.stop, part.step))))
        elif isinstance(part, (bool, float, str, bytes)) or not hasattr(part, "__index__"):
            raise failure(ArgumentError, "getitem", f"{part!r} of type {type(part).__name__} is no index", ValueError)
        else:
            found.append(part.__index__())
    used = sum(part is not None and part is not Ellipsis for part in found)
    if used > x.ndim:
        raise failure(IndexRangeError, "getitem", f"too many indices ({used}) for an array of shape {x._shape}")
    return arrays, tuple(found)


def getitem(x: NDArray, key: Any) -> Tensor:
    """x[key]; a run of consecutive elements shares memory with x, one element has shape (1,)."""
    arrays, index = parse(x, key)
    made = gated(ops.getitem)(x, *arrays, index=index)
    shares = not arrays and not is_recording() and is_run(x._shape, index)
    if shares:
        mark_view(made._body, x._body, ops.getitem, {"index": index})
    if made._shape:
        return made
    one = gated(reshape)(made, shape=(1,))
    if shares:
        mark_view(one._body, made._body, reshape, {"shape": (1,)})
    return one


def setitem(x: NDArray, key: Any, value: Any) -> Tensor:
    """x with x[key] replaced, in the dtype of x."""
    arrays, index = parse(x, key)
    if isinstance(value, Tensor):
        values = as_dtype(value.as_face(type(x)._face), x._dtype)
    elif isinstance(value, (bool, int, float, np.generic)):
        values = type(x)._face.from_numpy(np.asarray(value).astype(x._dtype.numpy()), None, x.backend, x._device)
    elif isinstance(value, (list, tuple, np.ndarray)):
        values = type(x)._face.from_numpy(np.asarray(value), x._dtype, x.backend, x._device)
    else:
        raise failure(ArgumentError, "setitem", f"cannot assign {type(value).__name__} to elements", TypeError)
    shape = region_shape(x._shape, index) if not arrays else None
    if shape is not None:
        values = _fitted(values, shape)
    return ops.setitem(x, values, *arrays, index=index)


def _fitted(values: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The values without leading axes of size 1 that the region does not have; they must broadcast to it."""
    given = values._shape
    while len(given) > len(shape) and given[0] == 1:
        given = given[1:]
    if len(given) > len(shape) or any(a not in (1, b) for a, b in zip(given[::-1], shape[::-1], strict=False)):
        raise failure(ShapeError, "setitem", f"values of shape {values._shape} do not broadcast to {shape}")
    if given != values._shape:
        values = reshape(values, shape=given)
    if given != shape:
        values = expand(values, shape=shape)
    return values


def _axes(shape: tuple[int, ...], index: Key) -> list[Any]:
    """One part per axis: an int or a slice; raises for an int outside its axis."""
    parts = [part for part in index if part is not None]
    gap = len(shape) - sum(part is not Ellipsis for part in parts)
    full: list[Any] = []
    for part in parts:
        full += [slice(None)] * gap if part is Ellipsis else [part]
    full += [slice(None)] * (len(shape) - len(full))
    for axis, part in enumerate(full):
        if isinstance(part, int) and not -shape[axis] <= part < shape[axis]:
            message = f"index {part} is out of bounds for axis {axis} with size {shape[axis]}"
            raise failure(IndexRangeError, "getitem", message)
    return full


def region_shape(shape: tuple[int, ...], index: Key) -> tuple[int, ...]:
    """The shape of x[index] for an index without arrays; new axes count as 1 in front."""
    sizes = [len(range(*part.indices(length))) for part, length in zip(_axes(shape, index), shape, strict=True)
             if isinstance(part, slice)]  # fmt: skip
    return tuple(sizes) if None not in index else _with_new_axes(shape, index)


def _with_new_axes(shape: tuple[int, ...], index: Key) -> tuple[int, ...]:
    return np.broadcast_to(np.empty(()), shape)[index].shape


def is_run(shape: tuple[int, ...], index: Key) -> bool:
    """Whether the elements of x[index] follow one another in memory: MXNet shares those, and copies others."""
    inner = True
    for part, length in zip(_axes(shape, index)[::-1], shape[::-1], strict=True):
        lo, hi, step = (0, 1, 1) if isinstance(part, int) else part.indices(length)
        if step != 1 or hi <= lo or (not inner and hi - lo != 1):
            return False
        inner = inner and hi - lo == length
    return True


def reshape_codes(shape: tuple[int, ...], codes: Any, reverse: bool = False) -> tuple[int, ...]:
    """A shape from MXNet's codes.

    0 keeps the size, -1 is what remains, -2 copies all that is left, -3 joins two axes, -4 splits one into the next two
    numbers. `reverse` counts from the last axis.
    """
    given = tuple(int(code) for code in codes)
    if reverse:
        flipped = list(given[::-1])
        for at, code in enumerate(flipped):  # a -4 stands before its two numbers; reversed, it comes after them
            if code == -4 and at >= 2:
                flipped[at - 2 : at + 1] = [-4, flipped[at - 1], flipped[at - 2]]
        return _decoded(shape[::-1], tuple(flipped))[::-1]
    return _decoded(shape, given)


def _decoded(shape: tuple[int, ...], codes: tuple[int, ...]) -> tuple[int, ...]:
    out: list[int] = []
    source = at = 0
    while at < len(codes):
        code = codes[at]
        if code > 0 or code == -1:
            out.append(code)
            source += 1
        elif code == 0:
            out.append(_source(shape, source, codes))
            source += 1
        elif code == -2:
            out += shape[source:]
            source = len(shape)
        elif code == -3:
            out.append(_source(shape, source, codes) * _source(shape, source + 1, codes))
            source += 2
        elif code == -4:
            out += _split(_source(shape, source, codes), codes[at + 1 : at + 3], codes)
            source += 1
            at += 2
        else:
            raise failure(ShapeError, "reshape", f"{code} in shape {codes} has no meaning; codes are 0 and -1 to -4")
        at += 1
    return _inferred(shape, out, codes)


def _source(shape: tuple[int, ...], at: int, codes: tuple[int, ...]) -> int:
    if at >= len(shape):
        raise failure(ShapeError, "reshape", f"shape {codes} copies axis {at}, the array {shape} does not have it")
    return shape[at]


def _split(size: int, parts: tuple[int, ...], codes: tuple[int, ...]) -> list[int]:
    if len(parts) != 2 or parts == (-1, -1):
        raise failure(ShapeError, "reshape", f"-4 in shape {codes} needs two numbers, of which one may be -1")
    first, second = parts
    if first == -1:
        first = size // second if second else 0
    elif second == -1:
        second = size // first if first else 0
    if first * second != size:
        raise failure(ShapeError, "reshape", f"shape {codes} splits an axis of size {size} into {parts}")
    return [first, second]


def _inferred(shape: tuple[int, ...], out: list[int], codes: tuple[int, ...]) -> tuple[int, ...]:
    if out.count(-1) > 1:
        raise failure(ShapeError, "reshape", f"shape {codes} has more than one -1")
    total = known = 1
    for size in shape:
        total *= size
    for size in out:
        known *= size if size != -1 else 1
    return tuple(total // known if size == -1 and known else size for size in out)
