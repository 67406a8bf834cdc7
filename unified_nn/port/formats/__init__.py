"""Read and write weight files of every framework with NumPy alone: nothing is imported, nothing is executed.

    with read("model.ckpt") as weights:
        write("model.safetensors", weights)

A new format is one module with a `FORMAT` record and one line in `FORMATS`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from unified_nn.errors import nearest
from unified_nn.port.formats import (
    limits,
    mindspore,
    mxnet,
    npy,
    npz,
    safetensors,
    sharded,
    torch_legacy,
    torch_zip,
)
from unified_nn.port.formats.atomic import replacing
from unified_nn.port.formats.errors import WeightFileError, quoted, weight_file_error
from unified_nn.port.formats.format import Format
from unified_nn.port.formats.impostors import what_it_is
from unified_nn.port.formats.pending import Pending, Waiting, prepared
from unified_nn.port.formats.source import Source
from unified_nn.port.formats.weight_file import Array, Entry, WeightFile

__all__ = [
    "FORMATS",
    "Entry",
    "Format",
    "Pending",
    "Waiting",
    "WeightFile",
    "WeightFileError",
    "detect",
    "read",
    "write",
]

FORMATS: tuple[Format, ...] = (
    npz.FORMAT,
    torch_zip.FORMAT,
    torch_legacy.FORMAT,
    mxnet.FORMAT,
    npy.FORMAT,
    safetensors.FORMAT,
    sharded.FORMAT,
    mindspore.FORMAT,
)
_HEAD_BYTES = 512


def detect(path: str | os.PathLike[str]) -> str:
    """The name of the file's format, by content; WeightFileError if it is none of `FORMATS`."""
    source = Source(path)
    try:
        return _recognised(source).name
    finally:
        source.close()


def read(path: str | os.PathLike[str], *, max_expanded: int = limits.EXPANDED_BYTES) -> WeightFile:
    """Open a weight file as a lazy mapping name -> array; use it in a `with` block.

    `max_expanded` bounds the bytes that a tensor may take beyond those the file holds for it: compressed, repeated
    (strided) and sparse tensors can be far larger than the file.
    """
    source = Source(path)
    try:
        try:
            format = _recognised(source)
            contents = format.read(source)
        except MemoryError as cause:
            raise source.error("what it describes does not fit into memory") from cause
        try:
            return WeightFile(source, format.name, contents, max_expanded)
        except BaseException:
            for opened in contents.opened:
                opened.close()
            raise
    except BaseException:
        source.close()
        raise


def write(
    path: str | os.PathLike[str],
    tensors: Mapping[str, Array] | Iterable[tuple[str, Array]] | Waiting,
    format: str | None = None,
    *,
    metadata: Mapping[str, str] | None = None,
    shard_bytes: int | None = None,
) -> tuple[str, ...]:
    """Write a weight file; the old one is kept until the new one is complete. Returns what the user must be told.

    The format follows the extension unless it is named. Tensors are read one at a time, those of another weight file
    piece by piece; an iterable that is no mapping is put into a temporary file first. Only safetensors and MindSpore's
    checkpoints can hold metadata. A name that ends in .safetensors.index.json gives an index and files of at most
    `shard_bytes` (5 GB unless it is said) beside it.
    """
    target_path = Path(path)
    chosen = _chosen(target_path, format)
    if metadata and chosen not in (safetensors.FORMAT, sharded.FORMAT, mindspore.FORMAT):
        expected = "safetensors or mindspore"
        raise weight_file_error(path, f"the format {chosen.name!r} has no place for metadata", expected=expected)
    if shard_bytes is not None and (chosen is not sharded.FORMAT or shard_bytes < 1):
        raise weight_file_error(
            path, "only an index has shards, of at least a byte", expected=".safetensors.index.json"
        )
    with prepared(target_path, tensors) as waiting, replacing(target_path) as target:
        if shard_bytes is not None:
            return tuple(sharded.write(target, waiting, metadata or {}, shard_bytes))
        return tuple(chosen.write(target, waiting, metadata or {}))


def _recognised(source: Source) -> Format:
    head = source.read(0, min(source.size, _HEAD_BYTES), "beginning")
    found = next((format for format in FORMATS if format.recognises(source, head)), None)
    if found is None:
        raise source.error(what_it_is(source, head))
    return found


def _chosen(path: Path, name: str | None) -> Format:
    if name is not None:
        known = {format.name: format for format in FORMATS}
        if name not in known:
            hint = nearest(name, known)
            raise weight_file_error(path, f"no format {quoted(name)};{hint}", expected=f"one of {', '.join(known)}")
        return known[name]
    found = next((format for format in FORMATS if path.name.lower().endswith(format.extensions)), None)
    if found is None:
        extensions = ", ".join(extension for format in FORMATS for extension in format.extensions)
        raise weight_file_error(path, "the extension names no format; name one", expected=f"one of {extensions}")
    return found
