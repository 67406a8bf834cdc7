"""Picking and placing by index, on MXNet arrays.

MXNet clips indices that are out of range without a word, so that index arrays are checked, and combined into places of
the flattened array, on the host; the values themselves never leave MXNet.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from unified_nn.backend import ARRAY
from unified_nn.errors import DTypeError, IndexRangeError, make
from unified_nn_backends.mxnet.call import anchored, dtype_name, from_host, full, invoke, reshaped, size, to_host
from unified_nn_backends.mxnet.contraction import expanded
from unified_nn_backends.mxnet.elementwise import add, as_type, select, through

Array = Any
Index = tuple[Any, ...]
Host = np.ndarray[Any, Any]


def _check(i: Host, length: int, axis: int, lowest: int = 0) -> None:
    if i.size == 0:
        return
    low, high = int(i.min()), int(i.max())
    if low < lowest or high >= length:
        bad = low if low < lowest else high
        raise make(IndexRangeError, f"index {bad} is out of range for axis {axis} with size {length}")


def _host_index(i: Array) -> Host:
    values = to_host(i)
    if values.dtype.kind not in "iub":
        raise make(DTypeError, f"an index array must be integer or bool, got {values.dtype}")
    return values if values.dtype.kind == "b" else values.astype("int64", copy=False)


def _rows(x: Array, places: Host) -> Array:
    """x[places] along its first axis, for places that are known to be inside."""
    if places.size == 0 or size(x.shape) == 0:  # MXNet leaves the gradient of x unset then
        return anchored(full((*places.shape, *x.shape[1:]), 0, dtype_name(x)), x)
    return invoke("_npi_take", x, from_host(places), axis=0, mode="clip")


# ---- one axis ------------------------------------------------------------------------------------------------------


def take(x: Array, i: Array, *, axis: int) -> Array:
    at = axis % len(x.shape)
    places = _host_index(i)
    _check(places, x.shape[at], axis)
    return _taken(x, places, at)


def _taken(x: Array, places: Host, at: int) -> Array:
    before, length, after = x.shape[:at], x.shape[at], x.shape[at + 1 :]
    # MXNet is fast along the first axis only.
    starts = np.arange(size(before)).reshape((-1,) + (1,) * places.ndim) * length
    rows = reshaped(x, (size(before) * length, *after))
    return reshaped(_rows(rows, starts + places), (*before, *places.shape, *after))


def _flat_places(shape: tuple[int, ...], i: Host, axis: int) -> Host:
    """Where in the flattened array of that shape the elements (a, i[a, b, c], c) are."""
    if i.ndim != len(shape):
        raise ValueError(f"indices of shape {i.shape} need the rank of an array of shape {shape}")
    if not shape:
        return np.zeros((), "int64")
    at = operator.index(axis) % len(shape)
    if any(a != at and s > shape[a] for a, s in enumerate(i.shape)):
        raise ValueError(f"indices of shape {i.shape} are larger than an array of shape {shape} outside axis {axis}")
    _check(i, shape[at], axis)
    places = [np.arange(s).reshape((-1,) + (1,) * (i.ndim - a - 1)) for a, s in enumerate(i.shape)]
    places[at] = i
    strides = [size(shape[a + 1 :]) for a in range(len(shape))]
    total: Host = sum((p * s for p, s in zip(places, strides, strict=True)), np.zeros(i.shape, "int64"))
    return total


def gather(x: Array, i: Array, *, axis: int) -> Array:
    places = _flat_places(x.shape, _host_index(i), axis)
    return _rows(reshaped(x, (size(x.shape),)), places)


def scatter_add(x: Array, i: Array, y: Array, *, axis: int) -> Array:
    places = _flat_places(x.shape, _host_index(i), axis)
    if not places.size:
        return anchored(x, y)
    if y.shape != places.shape:
        y = invoke("_npi_slice", y, begin=(0,) * places.ndim, end=places.shape, step=(1,) * places.ndim)
    return _accumulated(x, places, reshaped(y, (places.size,)), (size(x.shape),))


def _accumulated(x: Array, places: Host, y: Array, shape: tuple[int, ...]) -> Array:
    """x plus y's rows added up at the places of the first axis of x seen in `shape`."""
    return _adding(x, y, places=places, shape=shape)


def _add_rows(x: Array, y: Array, *, places: Host, shape: tuple[int, ...]) -> Array:
    if places.size == 0 or size(x.shape) == 0:
        return anchored(x, y)
    rows = reshaped(y, (places.size, *shape[1:]))
    total = invoke("_backward_gather_nd", rows, from_host(places.reshape(1, -1)), shape=shape)
    return add(x, reshaped(total, x.shape))


_adding = through("int32", _add_rows, "int8", "uint8", "bool")  # MXNet's CPU kernel lacks them

# ---- Python's index ------------------------------------------------------------------------------------------------


def _host_arrays(arrays: tuple[Array, ...]) -> tuple[Host, ...]:
    return tuple(map(_host_index, arrays))


def _parts(index: Index, arrays: tuple[Host, ...], ndim: int) -> list[Any]:
    """The index with its arrays in their places and full slices in the place of the Ellipsis."""
    supply = iter(arrays)
    parts = [next(supply) if part is ARRAY else part for part in index]
    rest = ndim - sum(_axes_of(part) for part in parts)
    if rest < 0:
        raise make(IndexRangeError, f"too many indices: {ndim - rest} for an array of rank {ndim}")
    at = next((k for k, part in enumerate(parts) if part is Ellipsis), len(parts))
    return [*parts[:at], *[slice(None)] * rest, *parts[at + 1 :]]


def _axes_of(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype.kind == "b" else 1


def _places(shape: tuple[int, ...], index: Index, arrays: tuple[Host, ...]) -> Host:
    """Where in the flattened array the elements of x[index] are: NumPy's own answer."""
    supply = iter(arrays)
    key = tuple(next(supply) if part is ARRAY else part for part in index)
    try:
        found: Host = np.asarray(np.arange(size(shape)).reshape(shape)[key])
    except IndexError as error:
        raise make(IndexRangeError, str(error)) from None
    return found


def getitem(x: Array, *arrays: Array, index: Index) -> Array:
    hosts = _host_arrays(arrays)
    parts = _parts(index, hosts, len(x.shape))
    if not hosts:
        return basic(x, parts)
    if len(hosts) == 1 and hosts[0].dtype.kind != "b" and not any(isinstance(part, int) for part in parts):
        return _one_array(x, parts, hosts[0])
    leading = _leading(x.shape, parts)
    if leading is not None:
        places, count = leading
        return _rows(reshaped(x, (size(x.shape[:count]), *x.shape[count:])), places)
    return _rows(reshaped(x, (size(x.shape),)), _places(x.shape, index, hosts))


def basic(x: Array, parts: list[Any]) -> Array:
    """x[parts] for integers, slices and None."""
    region, shape = _region(x.shape, [*parts, *[slice(None)] * (len(x.shape) - sum(map(_axes_of, parts)))])
    if not size(shape):
        return anchored(full(shape, 0, dtype_name(x)), x)
    return reshaped(_sliced(x, region), shape)


def _region(shape: tuple[int, ...], parts: list[Any]) -> tuple[list[range], tuple[int, ...]]:
    """The places that are picked on each axis, and the shape of the result."""
    region: list[range] = []
    result: list[int] = []
    for part in parts:
        if part is None:
            result.append(1)
            continue
        length = shape[len(region)]
        if isinstance(part, slice):
            region.append(range(*part.indices(length)))
            result.append(len(region[-1]))
        else:
            _check(np.asarray(part), length, len(region), -length)
            region.append(range(part % length, part % length + 1))
    return region, tuple(result)


def _sliced(x: Array, region: list[range]) -> Array:
    if all(len(places) == s and places.step == 1 for places, s in zip(region, x.shape, strict=True)):
        return x
    if len(region) > 5:  # more axes than MXNet's slice takes: those that stay whole are merged
        return _sliced_by_axis(x, region)
    return invoke("_npi_slice", x, **_bounds(region))


def _bounds(region: list[range]) -> dict[str, tuple[int | None, ...]]:
    stops = tuple(None if places.stop < 0 else places.stop for places in region)
    return {"begin": tuple(r.start for r in region), "end": stops, "step": tuple(r.step for r in region)}


def _sliced_by_axis(x: Array, region: list[range]) -> Array:
    for axis, places in enumerate(region):
        shape = x.shape
        if len(places) != shape[axis] or places.step != 1:
            around = reshaped(x, (size(shape[:axis]), shape[axis], size(shape[axis + 1 :])))
            cut = invoke("_npi_slice", around, **_bounds([range(around.shape[0]), places, range(around.shape[2])]))
            x = reshaped(cut, (*shape[:axis], len(places), *shape[axis + 1 :]))
    return x


def _one_array(x: Array, parts: list[Any], places: Host) -> Array:
    """x[parts] with one integer array among slices and None: its axes replace the axis that it picks from."""
    position = next(k for k, part in enumerate(parts) if isinstance(part, np.ndarray))
    axis = sum(map(_axes_of, parts[:position]))
    length = x.shape[axis]
    _check(places, length, axis, -length)
    whole = [*parts[:position], slice(None), *parts[position + 1 :]]
    found = _taken(basic(x, [p for p in whole if p is not None]), places % max(length, 1), axis)
    before = _region(x.shape, whole[:position])[1]
    after = found.shape[axis + places.ndim :]
    sizes = iter(after)
    tail = (1 if part is None else next(sizes) for part in whole[position + 1 :])
    return reshaped(found, (*before, *places.shape, *tail))


def _leading(shape: tuple[int, ...], parts: list[Any]) -> tuple[Host, int] | None:
    """Places in the merged first axes, and how many those are, where index arrays and integers pick from exactly them."""
    picks: list[Any] = []
    for part in parts:
        if isinstance(part, np.ndarray) and part.dtype.kind == "b":
            axis = len(picks)
            if part.ndim == 0 or part.shape != shape[axis : axis + part.ndim]:
                return None
            picks.extend(part.nonzero())
        elif isinstance(part, (int, np.ndarray)):
            picks.append(part)
        else:
            break
    if any(not isinstance(part, slice) or part != slice(None) for part in parts[_used(parts, len(picks)) :]):
        return None
    for axis, pick in enumerate(picks):
        _check(np.asarray(pick), shape[axis], axis, -shape[axis])
    lead = shape[: len(picks)]
    found = np.zeros((), "int64")
    for pick, length in zip(picks, lead, strict=True):
        found = found * length + np.asarray(pick, "int64") % max(length, 1)
    return found, len(picks)


def _used(parts: list[Any], axes: int) -> int:
    """How many of the parts pick from the first `axes` axes."""
    count = 0
    while axes > 0:
        axes -= _axes_of(parts[count])
        count += 1
    return count


def setitem(x: Array, y: Array, *arrays: Array, index: Index) -> Array:
    y = as_type(y, dtype_name(x))
    if arrays or len(x.shape) > 5:
        return setitem_by_places(x, y, *arrays, index=index)
    region, shape = _region(x.shape, _parts(index, (), len(x.shape)))
    if not size(shape):
        return _unchanged(x, y, shape)
    block = tuple(map(len, region))
    values = reshaped(expanded(y, shape), block)
    if not block:
        return values
    return _assigned(x, values, **_bounds(region))


def _assign(x: Array, values: Array, **bounds: Any) -> Array:
    return invoke("_npi_slice_assign", x, values, **bounds)


_assigned = through("uint8", _assign, "bool")  # MXNet's CPU kernel lacks it


def _unchanged(x: Array, y: Array, shape: tuple[int, ...]) -> Array:
    np.broadcast_shapes(y.shape, shape)
    return anchored(x, y)


def setitem_by_places(x: Array, y: Array, *arrays: Array, index: Index) -> Array:
    """setitem by one choice per element of x between x and y, which MXNet differentiates."""
    places = _places(x.shape, index, _host_arrays(arrays))
    if places.size == 0:
        return _unchanged(x, y, places.shape)
    y = as_type(y, dtype_name(x))
    y = expanded(y, places.shape)
    source = np.full(size(x.shape), -1)
    source[places.reshape(-1)] = np.arange(places.size)
    values = _rows(reshaped(y, (places.size,)), np.maximum(source, 0))
    out = select(from_host(source >= 0), values, reshaped(x, (source.size,)))
    return reshaped(out, x.shape)


def index_add(x: Array, y: Array, *arrays: Array, index: Index) -> Array:
    hosts = _host_arrays(arrays)
    leading = _leading(x.shape, _parts(index, hosts, len(x.shape))) if hosts else None
    if leading is None:
        places, shape = _places(x.shape, index, hosts), (size(x.shape),)
    else:
        places, count = leading
        shape = (size(x.shape[:count]), *x.shape[count:])
    rows = (*places.shape, *shape[1:])
    if not size(rows):
        return _unchanged(x, y, rows)
    y = expanded(as_type(y, dtype_name(x)), rows)
    return _accumulated(x, places, y, shape)


RECORDED = {"setitem": setitem_by_places}
