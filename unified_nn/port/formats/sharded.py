"""`*.index.json`: which file of the same folder holds which tensor of a model too large for one file.

Written as the index of safetensors files. The index is the last to be put in place, and the files that an old one names
are never written over: at every moment either the old index with its files is there or the new one with its own.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from unified_nn.port.formats import limits, safetensors, torch_zip
from unified_nn.port.formats.atomic import Target, replacing
from unified_nn.port.formats.errors import WeightFileError, quoted, shown
from unified_nn.port.formats.format import Format
from unified_nn.port.formats.pending import Pending, require_dtypes
from unified_nn.port.formats.source import Source
from unified_nn.port.formats.strict_json import parse_object
from unified_nn.port.formats.weight_file import Contents, Stored

_SHARDS = (safetensors, torch_zip)


def recognises(source: Source, head: bytes) -> bool:
    """True for JSON text that speaks of a weight map."""
    if not head.lstrip().startswith(b"{"):
        return False
    return b'"weight_map"' in source.read(0, min(source.size, limits.HEADER_BYTES), "index")


def read(source: Source) -> Contents:
    """The tensors of all files that the index names; every file must hold exactly what the index says."""
    if source.size > limits.HEADER_BYTES:
        raise source.error("index too long", expected=f"at most {limits.HEADER_BYTES} bytes", found=source.size)
    index = parse_object(source, source.read(0, source.size, "index"), "index")
    weight_map, about = _weight_map(source, index)
    contents = Contents([], dict(about))
    try:
        for file, names in _by_file(source, weight_map).items():
            _add_shard(source, contents, file, names)
    except BaseException:
        for opened in contents.opened:
            opened.close()
        raise
    place = {name: number for number, name in enumerate(weight_map)}
    contents.tensors.sort(key=lambda stored: place[stored.name])
    return contents


def _weight_map(source: Source, index: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    weight_map, about = index.get("weight_map"), index.get("metadata", {})
    if not isinstance(weight_map, dict) or not isinstance(about, dict):
        raise source.error("bad index", expected="a weight_map and metadata by name")
    return weight_map, about


def _by_file(source: Source, weight_map: Mapping[str, object]) -> dict[str, set[str]]:
    files: dict[str, set[str]] = {}
    for name, file in weight_map.items():
        # A file name from the index is followed only if it cannot lead out of the folder.
        if not isinstance(file, str) or file in ("", ".", "..") or set(file) & set("/\\:\0"):
            raise source.error(f"bad file for tensor {quoted(name)}", expected="a plain file name", found=shown(file))
        files.setdefault(file, set()).add(name)
    if len(files) > limits.SHARDS:
        raise source.error("too many files", expected=f"at most {limits.SHARDS}", found=len(files))
    return files


def _add_shard(source: Source, contents: Contents, file: str, names: set[str]) -> None:
    shard = Source(source.path.with_name(file))
    contents.opened.append(shard)
    head = shard.read(0, min(shard.size, 512), "beginning")
    reader = next((module for module in _SHARDS if module.recognises(shard, head)), None)
    if reader is None:
        raise shard.error("not a file that an index can name", expected="safetensors or a zip file of torch.save")
    found = reader.read(shard)
    held: dict[str, Stored] = {stored.name: stored for stored in found.tensors}
    if held.keys() != names:
        missing, extra = sorted(names - held.keys()), sorted(held.keys() - names)
        kind, name = ("misses", missing[0]) if missing else ("has beyond the index", extra[0])
        raise source.error(f"file {quoted(file)} {kind} tensor {quoted(name)}")
    contents.tensors += found.tensors
    contents.notes += [f"{file}: {note}" for note in found.notes]


SHARD_BYTES = 5_000_000_000
"""How large a file of several becomes unless it is said: as the usual writers do."""

_END = ".safetensors.index.json"


def write(
    target: Target, tensors: Sequence[Pending], metadata: Mapping[str, str], shard_bytes: int = SHARD_BYTES
) -> list[str]:
    """Write tensors into safetensors files of at most `shard_bytes` each, and the index; a larger tensor has its own."""
    if target.path.is_symlink():
        raise target.error("is a link, and the files would not be beside it; name the file that it points to")
    final = target.path.resolve()
    if not target.path.name.endswith(_END):
        raise target.error("only an index of safetensors files is written", expected=f"a name that ends in {_END}")
    require_dtypes(target, tensors, safetensors.CODES, "safetensors")
    stem = final.name.removesuffix(_END)
    shards = list(_shards(tensors, shard_bytes))
    names = _free_names(final.parent, stem, len(shards))
    target.outdated += _outdated(final, stem)
    for name, shard in zip(names, shards, strict=True):
        path = final.with_name(name)
        with replacing(path) as part:
            target.parts.append(path)
            safetensors.write(part, shard, metadata)
    weight_map = {tensor.name: name for name, shard in zip(names, shards, strict=True) for tensor in shard}
    index = {"metadata": {"total_size": sum(tensor.nbytes for tensor in tensors)}, "weight_map": weight_map}
    target.write(json.dumps(index, indent=2).encode() + b"\n")
    return [f"it needs its {len(names)} files beside it: {names[0]} ..."] if names else []


def _shards(tensors: Sequence[Pending], most: int) -> Iterator[list[Pending]]:
    """Neighbours together as long as they fit."""
    shard: list[Pending] = []
    for tensor in tensors:
        if shard and sum(other.nbytes for other in shard) + tensor.nbytes > most:
            yield shard
            shard = []
        shard.append(tensor)
    if shard:
        yield shard


def _free_names(folder: Path, stem: str, count: int) -> list[str]:
    """Names that no file has: those of the usual writers, or with something of their own in them."""
    middle = ""
    while True:
        names = [f"{stem}-{middle}{number:05}-of-{count:05}.safetensors" for number in range(1, count + 1)]
        if not any((folder / name).exists() or (folder / name).is_symlink() for name in names):
            return names
        middle = f"{secrets.token_hex(4)}-"


def _outdated(index: Path, stem: str) -> list[Path]:
    """The files of the index that is replaced, as far as they are named like its files; none if it is damaged."""
    own = re.compile(rf"{re.escape(stem)}-(?:[0-9a-f]{{8}}-)?\d{{5,}}-of-\d{{5,}}\.safetensors")
    try:
        source = Source(index)
    except WeightFileError:
        return []
    try:
        found = parse_object(source, source.read(0, min(source.size, limits.HEADER_BYTES), "index"), "index")
        files = _by_file(source, _weight_map(source, found)[0])
        return [index.with_name(name) for name in files if own.fullmatch(name)]
    except WeightFileError:
        return []
    finally:
        source.close()


FORMAT = Format("sharded", (".index.json",), recognises, read, write)
