"""Where the elements of views lie in the memory of what they are views of, in frameworks whose users rely on it.

A layout is a NumPy array of that shape and those strides whose elements are never read. What is no view of another
tensor is taken to be in C order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from unified_nn.backend import Backend
from unified_nn.tensor import Body

Layout = np.ndarray[Any, Any]


def _reshaped(x: Layout, shape: tuple[int, ...]) -> Layout:
    seen = x.view()
    seen.shape = shape  # unlike reshape(), this never copies
    return seen


#: What the neutral ops that give views do to a layout.
_VIEWS: dict[str, Callable[..., Layout]] = {
    "reshape": _reshaped,
    "transpose": lambda x, axes: x.transpose(axes),
    "expand": lambda x, shape: np.broadcast_to(x, shape),
    "getitem": lambda x, index: x[index],
}


def is_contiguous(body: Body, backend: Backend) -> bool:
    """Whether the elements of a tensor follow each other in memory."""
    return body.derived is None or bool(_layout(body, backend).flags.c_contiguous)


def begins_storage(body: Body, backend: Backend) -> bool:
    """Whether the first element of a tensor is the first of the memory that it is a view of."""
    owner = seen = _layout(body, backend)
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    return bool(owner.ctypes.data == seen.ctypes.data)


def shares_memory(source: Body, backend: Backend, name: str, attrs: Mapping[str, Any]) -> bool:
    """Whether the view that an op gives has strides; a reshape without is a copy."""
    if name != "reshape" or source.derived is None:
        return True
    try:
        _reshaped(_layout(source, backend), **attrs)
    except AttributeError:  # NumPy's for a shape that no strides give
        return False
    return True


def _layout(body: Body, backend: Backend) -> Layout:
    if body.derived is None:
        return np.empty(backend.shape(body.native), np.bool_)
    source, op, attrs = body.derived
    return _VIEWS[op.name](_layout(source, backend), **attrs)
