"""A zip archive of .npy files, as numpy.savez and savez_compressed write it (and MXNet 2, as .params)."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from functools import partial

from unified_nn.port.formats import limits, npy, zip_archive
from unified_nn.port.formats.atomic import Target
from unified_nn.port.formats.dense import Sum
from unified_nn.port.formats.errors import quoted
from unified_nn.port.formats.format import Format
from unified_nn.port.formats.pending import Pending, require_dtypes
from unified_nn.port.formats.source import Source
from unified_nn.port.formats.weight_file import Array, Contents, Stored
from unified_nn.port.formats.zip_archive import Member

_SUFFIX = ".npy"


def recognises(source: Source, head: bytes) -> bool:
    """True for a zip archive in which every member is a .npy file (an empty one has only its directory)."""
    return head.startswith((b"PK\3\4", b"PK\5\6")) and all(
        name.endswith(_SUFFIX) for name in zip_archive.read_directory(source)
    )


def read(source: Source) -> Contents:
    """The arrays by member name without .npy."""
    return Contents([_stored(source, member) for member in zip_archive.read_directory(source).values()])


def _stored(source: Source, member: Member) -> Stored:
    name = member.name.removesuffix(_SUFFIX)
    if is_path(name):
        raise source.error(f"array {quoted(name)} has a path as its name that leads out of the archive")
    what = f"array {quoted(name)}"
    header = npy.parse(source, partial(_beginning, source, member), member.size, what)
    if member.method == zip_archive.STORED:
        begun = zlib.crc32(source.read(member.offset, header.length, what))
        found = npy.plain(source, name, header, member.offset, Sum(member.crc, begun))
        if found is not None:
            return found
    load = partial(_load, source, name, member, header)
    return Stored(name, header.shape, header.dtype, member.stored, load)


def is_path(name: str) -> bool:
    """True for a name that unpacking the archive would put outside of it."""
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or (parts[0] == "" and len(parts) > 1) or parts[0].endswith(":")


def _beginning(source: Source, member: Member, count: int) -> bytes:
    found = b""
    for chunk in zip_archive.chunks(source, member):
        found += chunk[: count - len(found)]
        if len(found) == count:
            break
    return found


def _load(source: Source, name: str, member: Member, header: npy.Header) -> Array:
    def fill(buffer: memoryview) -> None:
        position = -header.length
        for chunk in zip_archive.chunks(source, member):
            data = chunk[max(0, -position) :]
            start = max(position, 0)
            buffer[start : start + len(data)] = data
            position += len(chunk)

    return npy.assemble(source, name, header, fill)


def write(target: Target, tensors: Sequence[Pending], metadata: Mapping[str, str]) -> list[str]:
    """Write an uncompressed archive, as numpy.savez does."""
    require_dtypes(target, tensors, npy.DESCRS, "npz")
    with zipfile.ZipFile(target, "w") as archive:
        for tensor in tensors:
            if is_path(tensor.name):
                raise target.error(f"npz cannot hold the name {quoted(tensor.name)}, a path out of the archive")
            large = tensor.nbytes >= limits.ZIP64_BYTES
            with archive.open(zipfile.ZipInfo(tensor.name + _SUFFIX), "w", force_zip64=large) as member:
                member.write(npy.encoded_header(tensor))
                tensor.write_to(member)
    return []


FORMAT = Format("npz", (".npz",), recognises, read, write)
