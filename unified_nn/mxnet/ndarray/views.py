"""Arrays that share memory in MXNet: `a[0]`, `a[2:5]` and `a.reshape(...)` write through to `a`.

All of them are a run of consecutive elements of the array that they come from, with a shape of its own. Backends whose
arrays are values have no shared memory, so a write goes to the owner, and every live view takes its elements anew.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

from unified_nn.backend import Backend, Native
from unified_nn.tensor import Body, Tensor, mark_view


class Place(NamedTuple):
    """Which elements of the owner a view shows."""

    owner: Body
    start: int
    stop: int
    shape: tuple[int, ...]


_places: WeakKeyDictionary[Body, Place] = WeakKeyDictionary()


def share(view: Tensor, source: Tensor, start: int) -> None:
    """Remember that `view` shows the elements of `source` from `start` on."""
    count = 1
    for size in view._shape:
        count *= size
    outer = _places.get(source._body)
    if outer is not None:
        start += outer.start
    owner = source._body if outer is None else outer.owner
    mark_view(view._body, owner)
    _places[view._body] = Place(owner, start, start + count, view._shape)


def is_shared(body: Body) -> bool:
    """Whether another live array would have to see a change of this one."""
    return body in _places or bool(body.views)


def write(tensor: Tensor, native: Native) -> None:
    """Give the array new elements, seen by its owner and by every other view of that."""
    body, backend = tensor._body, tensor.backend
    place = _places.get(body)
    if place is None:
        owner, whole = body, native
    else:
        owner = place.owner
        flat = _reshaped(backend, owner.native, (-1,))
        put = backend.functions["setitem"]
        flat = put(flat, _reshaped(backend, native, (-1,)), index=(slice(place.start, place.stop),))
        whole = _reshaped(backend, flat, backend.shape(owner.native))
    for member in owner.group or (owner,):
        member.native = whole
    for view in owner.views or ():
        seen = _places[view]
        flat = _reshaped(backend, whole, (-1,))
        part = backend.functions["getitem"](flat, index=(slice(seen.start, seen.stop),))
        view.native = _reshaped(backend, part, seen.shape)


def _reshaped(backend: Backend, native: Native, shape: tuple[int, ...]) -> Native:
    return backend.functions["reshape"](native, shape=shape)
