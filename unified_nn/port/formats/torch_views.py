"""Turn what a torch pickle describes into tensors that can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from unified_nn.port.formats import limits
from unified_nn.port.formats.dense import Dense, Sum, from_bytes
from unified_nn.port.formats.dtypes import DTYPES
from unified_nn.port.formats.errors import quoted
from unified_nn.port.formats.source import Source
from unified_nn.port.formats.torch_nodes import Storage, View
from unified_nn.port.formats.torch_objects import flatten, plain
from unified_nn.port.formats.weight_file import Array, Contents, Stored, check_shape

_LISTED = 5


@dataclass(frozen=True)
class Region:
    """Where one storage's bytes lie; `verify` checks them once, before a part is used; `sum` is that of the whole."""

    offset: int
    length: int
    verify: Callable[[], None]
    sum: Sum | None = None


@dataclass(frozen=True)
class Opened:
    """A torch file: the object that was saved, with View for tensors, and where the bytes of each storage lie."""

    top: object
    region: Callable[[Storage], Region]
    big_endian: bool = False
    notes: tuple[str, ...] = ()


def contents(source: Source, opened: Opened) -> Contents:
    """The tensors among the leaves of an unpickled object; what is no tensor becomes metadata and a note."""
    top = opened.top
    is_flat = isinstance(top, dict) and all(isinstance(value, View) for value in top.values())
    found = Contents([], notes=list(opened.notes), is_flat=is_flat)
    users: dict[str, list[str]] = {}
    values = bare = 0
    first_bare = ""
    for path, leaf in flatten(source, top):
        if isinstance(leaf, View):
            found.tensors.append(stored(source, path, leaf, opened))
            users.setdefault(leaf.storage.key, []).append(path)
        elif isinstance(leaf, Storage):
            bare += 1
            first_bare = first_bare or quoted(path)
        elif (values := values + 1) <= limits.METADATA_VALUES:
            found.metadata[path] = plain(leaf)
        if len(found.tensors) > limits.MEMBERS:
            raise source.error("too many tensors", expected=f"at most {limits.MEMBERS}")
    if bare:
        found.notes.append(f"{bare} bare storages are no tensors and left out, the first is {first_bare}")
    if values:
        names = list(found.metadata)
        found.notes.append(f"values that are no tensors are in the metadata only: {_list(names, values)}")
    if values > limits.METADATA_VALUES:
        found.notes.append(f"the metadata has only the first {limits.METADATA_VALUES} of {values} values")
    found.notes += [
        f"tensors that share one storage are given as separate arrays: {_list(names, len(names))}"
        for names in users.values()
        if len(names) > 1
    ]
    return found


def _list(names: list[str], count: int) -> str:
    more = f" and {count - _LISTED} more" if count > _LISTED else ""
    return ", ".join(quoted(name) for name in names[:_LISTED]) + more


def stored(source: Source, name: str, view: View, opened: Opened) -> Stored:
    """One tensor, checked to lie inside its storage."""
    region, big_endian = opened.region(view.storage), opened.big_endian
    what = f"tensor {quoted(name)}"
    shape = check_shape(source, view.shape, what)
    itemsize = DTYPES[view.dtype].itemsize
    start = view.storage.start * (1 if view.storage.dtype is None else itemsize) + view.offset * itemsize
    reach = sum((size - 1) * step for size, step in zip(shape, view.stride, strict=True)) + 1
    length = reach * itemsize if 0 not in shape else 0
    if start + length > region.length:
        raise source.error(
            f"{what} reaches beyond its storage", expected=f"{start + length} bytes", found=f"{region.length} bytes"
        )
    if big_endian and view.storage.dtype is None and itemsize > 1:
        raise source.error(f"{what}: the byte order of an untyped storage in a big-endian file is not known")
    if _is_contiguous(view) and not (view.conjugate or view.negative):
        whole = Dense(source, name, view.dtype, shape, [(region.offset + start, length)], big_endian)
        if length == region.length:
            return replace(whole, sum=region.sum).stored()
        return replace(whole.stored(), load=partial(_verified, region, whole), pieces=partial(_pieces, region, whole))
    return Stored(
        name, shape, view.dtype, length, partial(_load, source, name, view, region, start, length, big_endian)
    )


def _is_contiguous(view: View) -> bool:
    step = 1
    for size, stride in zip(reversed(view.shape), reversed(view.stride), strict=True):
        # The stride of a dimension of one element says nothing and may be anything.
        if size > 1 and stride != step:
            return 0 in view.shape
        step *= size
    return True


def _verified(region: Region, tensor: Dense) -> Array:
    region.verify()
    return tensor.load()


def _pieces(region: Region, tensor: Dense) -> Iterator[Array]:
    region.verify()
    yield from tensor.pieces()


def _load(source: Source, name: str, view: View, region: Region, start: int, length: int, big_endian: bool) -> Array:
    region.verify()
    buffer = np.empty(length, np.uint8)
    source.read_into(region.offset + start, buffer.data, f"tensor {quoted(name)}")
    flat = from_bytes(source, name, view.dtype, buffer, big_endian)
    strides = [step * flat.itemsize if size > 1 else 0 for size, step in zip(view.shape, view.stride, strict=True)]
    array: Array = np.asarray(np.ndarray(view.shape, flat.dtype, buffer, strides=strides), order="C")
    if view.conjugate:
        np.conjugate(array, out=array)
    if view.negative:
        np.negative(array, out=array)
    return array
