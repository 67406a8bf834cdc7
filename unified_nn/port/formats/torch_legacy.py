"""torch.save before 1.6: five pickles one after another, then the storages: i64 count and raw bytes each."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from unified_nn.port.formats.atomic import Target
from unified_nn.port.formats.dtypes import DTYPES
from unified_nn.port.formats.errors import quoted
from unified_nn.port.formats.format import Format
from unified_nn.port.formats.pending import Pending, require_dtypes
from unified_nn.port.formats.source import Cursor, Source
from unified_nn.port.formats.torch_nodes import Storage
from unified_nn.port.formats.torch_objects import STORAGES, Storages, unpickle
from unified_nn.port.formats.torch_pickle import pickled, state_dict
from unified_nn.port.formats.torch_views import Opened, Region, contents
from unified_nn.port.formats.weight_file import Contents

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL_VERSION = 1001
_FEW = 1000  # opcodes of the pickles before the object
_MAGIC = pickled(_MAGIC_NUMBER)
_SYSTEM: dict[str, object] = {
    "protocol_version": _PROTOCOL_VERSION,
    "little_endian": True,
    "type_sizes": {"short": 2, "int": 4, "long": 4},
}


def recognises(source: Source, head: bytes) -> bool:
    """True for the pickled magic number, in any pickle protocol (4 and 5 put a frame before it)."""
    return head[:1] == _MAGIC[:1] and _MAGIC[2:-1] in head[:24]


def read(source: Source) -> Contents:
    """The tensors of an old torch.save file."""
    return contents(source, opened(source))


def opened(source: Source) -> Opened:
    """The object in an old torch.save file."""
    cursor = Cursor(source, 0, source.size, "legacy torch file")
    magic, version, system = (unpickle(cursor, Storages(), _FEW) for _ in range(3))
    if magic != _MAGIC_NUMBER or version != _PROTOCOL_VERSION:
        raise cursor.error("unknown version", expected=_PROTOCOL_VERSION)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise cursor.error("written on a big-endian machine: such files of this old form are not read")
    storages = Storages()
    top = unpickle(cursor, storages)
    regions = _regions(cursor, storages, unpickle(cursor, Storages()))
    return Opened(top, lambda storage: regions[storage.key])


def _regions(cursor: Cursor, storages: Storages, keys: object) -> dict[str, Region]:
    known = storages.by_key
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise cursor.error("bad list of storages")
    if len(keys) != len(known) or set(keys) != known.keys():
        raise cursor.error("the list of storages does not name those of the tensors, each once")
    regions = {key: _region(cursor, known[key]) for key in keys}
    if cursor.left:
        raise cursor.error(f"{cursor.left} bytes follow the last storage")
    return regions


def _region(cursor: Cursor, storage: Storage) -> Region:
    what = f"storage {quoted(storage.key)}"
    count = cursor.number("q", what)
    if storage.dtype is None:
        raise cursor.error(f"{what} has no type; torch cannot load such a file either")
    if count != storage.count:
        raise cursor.error(f"{what} has the wrong length", expected=f"{storage.count} elements", found=count)
    length = count * DTYPES[storage.dtype].itemsize
    return Region(cursor.skip(length, what), length, lambda: None)


def write(target: Target, tensors: Sequence[Pending], metadata: Mapping[str, str]) -> list[str]:
    """Write a state dict as torch.save(_use_new_zipfile_serialization=False) does."""
    write_object(target, state_dict(tensors), tensors)
    return []


def write_object(target: Target, top: object, storages: Sequence[Pending]) -> None:
    """Write an object of nodes and plain values, and the storages "0", "1", ... that its tensors name."""
    require_dtypes(target, storages, STORAGES.values(), "the legacy torch form")
    keys = [str(key) for key in range(len(storages))]
    target.write(_MAGIC + pickled(_PROTOCOL_VERSION) + pickled(_SYSTEM))
    target.write(pickled(top, legacy=True) + pickled(keys))
    for storage in storages:
        target.write(struct.pack("<q", storage.nbytes // DTYPES[storage.dtype].itemsize))
        storage.write_to(target)


FORMAT = Format("torch-legacy", (), recognises, read, write)
