"""`x[index]` and `x[index] = y`.

PyTorch's index differs from NumPy's: an integer selects (it does not count as an index array), so that
`x[0, :, [1, 2]]` keeps the order of its axes; steps are positive; and a value may have leading axes of size 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.autodiff import Label
from unified_nn.backend import ARRAY
from unified_nn.dtypes import bool_
from unified_nn.errors import ArgumentError, DTypeError, IndexRangeError, ShapeError, make
from unified_nn.ops import index
from unified_nn.ops import shape as shape_ops
from unified_nn.ops.elementwise import as_dtype
from unified_nn.torch import graph
from unified_nn.torch.creation import array_of, made
from unified_nn.torch.define import METHODS
from unified_nn.torch.operations.shaping import alias
from unified_nn.torch.tensor import Tensor

Basic = tuple[Any, ...]


# ---- Python's index ----


def _part(part: Any, x: Tensor) -> Any:
    """One part of an index: int, slice, None, Ellipsis or an index tensor."""
    if part is None or part is Ellipsis:
        return part
    if isinstance(part, slice):
        found = slice(*(None if b is None else int(b) for b in (part.start, part.stop, part.step)))
        if found.step is not None and found.step <= 0:
            raise make(ArgumentError, f"step must be greater than zero, got {found.step}; use torch.flip", ValueError)
        return found
    if isinstance(part, core.Tensor):
        if part._dtype.kind not in "biu":
            message = f"tensors used as indices must be long, int, byte or bool tensors, got {part._dtype.name}"
            raise x._error(IndexRangeError, "", message)
        if part._dtype.name == "uint8":
            part = as_dtype(part, bool_)
        return part.__index__() if part.ndim == 0 and part._dtype is not bool_ else part
    if isinstance(part, (bool, list, tuple, range, np.ndarray)):
        values = array_of(list(part) if isinstance(part, range) else part, None)
        return made(values.astype(np.int64) if values.size == 0 else values, None, None, False, x)
    try:
        return part.__index__()
    except AttributeError:
        message = (
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
            f"(got {type(part).__name__})"
        )
        raise make(IndexRangeError, message, TypeError if isinstance(part, str) else IndexError) from None


def _used(part: Any) -> int:
    """How many axes of the tensor a part takes."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, core.Tensor) and part._dtype is bool_ else 1


def parse(key: Any, x: Tensor) -> tuple[Basic, Basic, list[core.Tensor]]:
    """The index in two steps: a basic one (ints, slices, None), and one of arrays for its result."""
    given = key if isinstance(key, tuple) else (key,)
    parts = [_part(part, x) for part in given]
    used = sum(map(_used, parts))
    if used > x.ndim:
        raise x._error(IndexRangeError, "", f"too many indices for tensor of dimension {x.ndim}, got {used}")
    _check(parts, x, used)
    if not any(isinstance(part, core.Tensor) for part in parts):
        return tuple(parts), (), []
    basic: list[Any] = []
    second: list[Any] = []
    arrays: list[core.Tensor] = []
    for part in parts:
        if isinstance(part, core.Tensor):
            scalar = part.ndim == 0
            basic += [None] if scalar else [slice(None)] * _used(part)
            arrays.append(shape_ops.reshape(part, shape=(1,)) if scalar else part)
            second.append(ARRAY)
        else:
            basic.append(part)
            if not isinstance(part, int):
                second.append(part if part is Ellipsis else slice(None))
    plain = all(part is Ellipsis or part == slice(None) for part in basic)
    return () if plain else tuple(basic), tuple(second), [a.as_face(core.Tensor) for a in arrays]


def _check(parts: Sequence[Any], x: Tensor, used: int) -> None:
    """Integers in range, masks of fitting shape."""
    axis = 0
    for part in parts:
        if isinstance(part, int) and not -x._shape[axis] <= part < x._shape[axis]:
            message = f"index {part} is out of bounds for dimension {axis} with size {x._shape[axis]}"
            raise x._error(IndexRangeError, "", message)
        if isinstance(part, core.Tensor) and part._dtype is bool_ and part._shape != x._shape[axis : axis + part.ndim]:
            message = (
                f"The shape of the mask {list(part._shape)} at index 0 does not match the shape of the indexed tensor "
                f"{list(x._shape)} at index {axis}"
            )
            raise x._error(IndexRangeError, "", message)
        axis += x.ndim - used if part is Ellipsis else _used(part)


def _trail(basic: Basic, x: Tensor) -> Any:
    """The edge that the basic part shows: PyTorch takes one step per integer, slice and None."""
    steps = [
        "SelectBackward0" if isinstance(part, int) else "UnsqueezeBackward0" if part is None else "SliceBackward0"
        for part in basic
        if part is not Ellipsis and (not isinstance(part, slice) or part != slice(None) or len(basic) == 1)
    ]
    return steps or ["AliasBackward0"]


def _label_basic(out: Tensor, basic: Basic, x: Tensor) -> core.Tensor:
    if out._body.node is None:
        return out
    into: Any = graph.edge(x)
    *before, last = _trail(basic, x)
    for name in before:
        into = (Label(name, [into]), 0)
    return cast(Tensor, graph.label(out, last, [into]))


def getitem(self: Tensor, key: Any) -> core.Tensor:
    """x[key]."""
    basic, second, arrays = parse(key, self)
    out: core.Tensor = self
    if basic or not second:
        out = _label_basic(cast(Tensor, index.getitem(self, index=basic) if basic else alias(self)), basic, self)
    if second:
        out = _label_index(cast(Tensor, index.getitem(out, *arrays, index=second)), cast(Tensor, out))
    return out


def _label_index(out: Tensor, x: Tensor) -> core.Tensor:
    return cast(Tensor, graph.label(out, "IndexBackward0", [graph.edge(x)])) if out._body.node is not None else out


def setitem(self: Tensor, key: Any, value: Any) -> None:
    """x[key] = value, in place."""
    self._refuse_leaf("")
    basic, second, arrays = parse(key, self)
    given = value_of(value, self)
    if not second:
        whole = index.setitem(self, _fitted(given, _region(self._shape, basic)), index=basic or (Ellipsis,))
    elif not basic:
        whole = placed(self, given, second, arrays)
    else:
        part = index.getitem(self, index=basic)
        whole = index.setitem(self, placed(cast(Tensor, part), given, second, arrays), index=basic)
    name = "IndexPutBackward0" if second and not basic else "CopySlices"
    if whole._body.node is not None:
        graph.label(whole, name, [graph.edge(self), graph.edge(value)])
    self._assign(whole)


def placed(x: Tensor, value: core.Tensor, second: Basic, arrays: list[core.Tensor]) -> core.Tensor:
    return cast(Tensor, index.setitem(x, value, *arrays, index=second))


def value_of(value: Any, x: Tensor) -> core.Tensor:
    """The value as a tensor of x's dtype."""
    if isinstance(value, core.Tensor):
        return as_dtype(value, x._dtype)
    if isinstance(value, (bool, int, float, complex, np.ndarray, np.generic)):
        return made(np.asarray(value), x._dtype, None, False, x)
    message = f"can't assign a {type(value).__name__} to a {x.dtype!r} tensor; expected a tensor or a number"
    raise make(DTypeError, message, TypeError)


def _region(shape: tuple[int, ...], basic: Basic) -> tuple[int, ...]:
    return np.broadcast_to(np.empty(()), shape)[basic or Ellipsis].shape


def _fitted(value: core.Tensor, region: tuple[int, ...]) -> core.Tensor:
    """The value without leading axes of size 1 that the region does not have."""
    extra = value.ndim - len(region)
    if extra > 0 and all(s == 1 for s in value._shape[:extra]):
        return shape_ops.reshape(value, shape=value._shape[extra:])
    try:
        np.broadcast_shapes(value._shape, region)
        fits = len(value._shape) <= len(region) and all(
            a in (1, b) for a, b in zip(value._shape[::-1], region[::-1], strict=False)
        )
    except ValueError:
        fits = False
    if not fits:
        message = f"shape mismatch: value tensor of shape {list(value._shape)} cannot be broadcast to {list(region)}"
        raise Tensor._error(ShapeError, "", message)
    return value


METHODS["__getitem__"], METHODS["__setitem__"] = getitem, setitem
