"""`*.index.json`: which file of the same folder holds which tensor of a model too large for one file."""

from __future__ import annotations

from collections.abc import Mapping

from unified_nn.port.formats import limits, safetensors, torch_zip
from unified_nn.port.formats.errors import quoted, shown
from unified_nn.port.formats.format import Format
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
    weight_map, about = index.get("weight_map"), index.get("metadata", {})
    if not isinstance(weight_map, dict) or not isinstance(about, dict):
        raise source.error("bad index", expected="a weight_map and metadata by name")
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


FORMAT = Format("sharded", (".index.json",), recognises, read, None)
