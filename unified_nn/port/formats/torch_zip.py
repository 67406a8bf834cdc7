"""torch.save since 1.6: a zip archive ROOT/data.pkl, ROOT/byteorder, ROOT/data/KEY, ROOT/version."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from functools import partial
from typing import IO

from unified_nn.port.formats import limits, zip_archive
from unified_nn.port.formats.atomic import Target
from unified_nn.port.formats.dense import Sum
from unified_nn.port.formats.dtypes import DTYPES
from unified_nn.port.formats.errors import quoted
from unified_nn.port.formats.format import Format
from unified_nn.port.formats.pending import Pending, require_dtypes
from unified_nn.port.formats.source import Cursor, Source
from unified_nn.port.formats.torch_nodes import Storage
from unified_nn.port.formats.torch_objects import Storages, unpickle
from unified_nn.port.formats.torch_pickle import pickled, state_dict
from unified_nn.port.formats.torch_views import Opened, Region, contents
from unified_nn.port.formats.weight_file import Contents
from unified_nn.port.formats.zip_archive import Member


def recognises(source: Source, head: bytes) -> bool:
    """True for a zip archive with a pickle where torch puts it."""
    return head.startswith(b"PK\3\4") and any(n.endswith("/data.pkl") for n in zip_archive.read_directory(source))


def read(source: Source) -> Contents:
    """The tensors of a torch.save file; nested containers give dotted names."""
    return contents(source, opened(source))


def opened(source: Source) -> Opened:
    """The object in a torch.save file."""
    archive = _Archive(source)
    unchecked = "the file was written without checksums: damage to the weights cannot be seen"
    notes = () if archive.sums else (unchecked,)
    return Opened(archive.unpickle(), archive.region, archive.big_endian(), notes)


class _Archive:
    """The records of one archive, below its one root folder."""

    def __init__(self, source: Source) -> None:
        self.source = source
        members = zip_archive.read_directory(source)
        self.root = next(name for name in members if name.endswith("/data.pkl"))[: -len("data.pkl")]
        self.records = {name.removeprefix(self.root): member for name, member in members.items()}
        outside = next((name for name in members if not name.startswith(self.root)), None)
        if outside is not None:
            raise source.error(f"member {quoted(outside)} is outside the folder {quoted(self.root)}")
        if "constants.pkl" in self.records or any(name.startswith("code/") for name in self.records):
            raise source.error("a TorchScript program, not weights; save model.state_dict() instead")
        # torch.serialization.set_crc32_options(False) leaves every CRC 0; torch itself never checks them.
        self.sums = any(member.crc for member in members.values())
        self.storages = Storages()
        self.verified: set[str] = set()

    def record(self, name: str) -> Member:
        member = self.records.get(name)
        if member is None:
            raise self.source.error(f"record {quoted(self.root + name)} is missing")
        if member.method != zip_archive.STORED:
            raise self.source.error(f"record {quoted(self.root + name)} is compressed; torch stores its records plain")
        return member

    def verify(self, name: str) -> None:
        if name in self.verified or not self.sums:
            return
        for _ in zip_archive.chunks(self.source, self.record(name)):
            pass
        self.verified.add(name)

    def unpickle(self) -> object:
        member = self.record("data.pkl")
        if member.size > limits.HEADER_BYTES:
            raise self.source.error("data.pkl is too long", expected=f"at most {limits.HEADER_BYTES} bytes")
        self.verify("data.pkl")
        cursor = Cursor(self.source, member.offset, member.offset + member.size, "data.pkl")
        top = unpickle(cursor, self.storages)
        if cursor.left:
            raise cursor.error("bytes follow the pickle")
        return top

    def big_endian(self) -> bool:
        if "byteorder" not in self.records:
            return False
        self.verify("byteorder")
        member = self.record("byteorder")
        order = self.source.read(member.offset, min(member.size, 16), "byteorder")
        if order not in (b"little", b"big"):
            raise self.source.error("bad byteorder", expected="little or big", found=repr(order))
        return order == b"big"

    def region(self, storage: Storage) -> Region:
        name = f"data/{storage.key}"
        member = self.record(name)
        whole = self.storages.by_key[storage.key]
        expected = whole.count * (1 if whole.dtype is None else DTYPES[whole.dtype].itemsize)
        if member.size != expected:
            raise self.source.error(
                f"storage {quoted(storage.key)} has the wrong length",
                expected=f"{expected} bytes",
                found=f"{member.size} bytes",
            )
        return Region(member.offset, member.size, partial(self.verify, name), Sum(member.crc) if self.sums else None)


def write(target: Target, tensors: Sequence[Pending], metadata: Mapping[str, str]) -> list[str]:
    """Write a state dict as torch.save does; torch.load(weights_only=True) reads it."""
    write_object(target, state_dict(tensors), tensors)
    return []


def write_object(target: Target, top: object, storages: Sequence[Pending]) -> None:
    """Write an object of nodes and plain values, and the storages "0", "1", ... that its tensors name."""
    require_dtypes(target, storages, DTYPES, "torch")
    with zipfile.ZipFile(target, "w") as archive:
        _add(archive, "data.pkl", pickled(top))
        _add(archive, "byteorder", b"little")
        for key, storage in enumerate(storages):
            with _record(archive, f"data/{key}", storage.nbytes) as record:
                storage.write_to(record)
        _add(archive, "version", b"3\n")


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    with _record(archive, name, len(data)) as record:
        record.write(data)


def _record(archive: zipfile.ZipFile, name: str, size: int) -> IO[bytes]:
    # ZipInfo's fixed date makes equal weights equal files.
    return archive.open(zipfile.ZipInfo(f"archive/{name}"), "w", force_zip64=size >= limits.ZIP64_BYTES)


FORMAT = Format("torch", (".pt", ".pth", ".bin"), recognises, read, write)
