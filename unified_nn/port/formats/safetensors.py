"""safetensors: u64 header length | JSON header | the tensors' bytes without holes."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence

from unified_nn.port.formats import limits
from unified_nn.port.formats.atomic import Target
from unified_nn.port.formats.dense import dense
from unified_nn.port.formats.errors import quoted, shown
from unified_nn.port.formats.format import Format
from unified_nn.port.formats.pending import Pending, require_dtypes
from unified_nn.port.formats.source import Source
from unified_nn.port.formats.strict_json import parse_object
from unified_nn.port.formats.weight_file import Contents, Stored, check_shape, check_sizes

_METADATA = "__metadata__"
_NAMES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu",
    "I16": "int16",
    "U16": "uint16",
    "F16": "float16",
    "BF16": "bfloat16",
    "I32": "int32",
    "U32": "uint32",
    "F32": "float32",
    "I64": "int64",
    "U64": "uint64",
    "F64": "float64",
    "C64": "complex64",
}
CODES = {name: code for code, name in _NAMES.items()}


def recognises(source: Source, head: bytes) -> bool:
    """True for a length that is not text, followed by an object."""
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 48


def read(source: Source) -> Contents:
    """The tensors and the `__metadata__` of one safetensors file."""
    length = int.from_bytes(source.read(0, 8, "header length"), "little")
    if length > limits.HEADER_BYTES:
        raise source.error("header too long", expected=f"at most {limits.HEADER_BYTES} bytes", found=length)
    header = parse_object(source, source.read(8, length, "header"), "header")
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise source.error(f"bad {_METADATA}", expected="strings by name")
    begin = 8 + length
    tensors = {name: _tensor(source, begin, name, entry) for name, entry in header.items()}
    _check_layout(source, begin, header)
    _check_sum(source, begin, metadata, header)
    in_order_of_data = [tensors[name] for _, _, name in _ranges(header)]
    return Contents(in_order_of_data, dict(metadata))


def _tensor(source: Source, begin: int, name: str, entry: object) -> Stored:
    what = f"tensor {quoted(name)}"
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise source.error(f"{what}: bad header entry", expected="dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _NAMES:
        raise source.error(f"{what}: unknown dtype", expected=f"one of {', '.join(_NAMES)}", found=shown(dtype))
    if not isinstance(shape, list) or not isinstance(offsets, list) or len(offsets) != 2:
        raise source.error(f"{what}: bad header entry", expected="shape and data_offsets to be lists")
    first, last = check_sizes(source, offsets, f"the data_offsets of {what}")
    if first > last:
        raise source.error(f"{what}: data_offsets run backwards", found=f"{first} to {last}")
    sizes = check_shape(source, shape, what)
    return dense(source, name, _NAMES[dtype], sizes, [(begin + first, last - first)])


def _ranges(header: Mapping[str, object]) -> list[tuple[int, int, str]]:
    return sorted((*entry["data_offsets"], name) for name, entry in header.items() if isinstance(entry, dict))


def _check_layout(source: Source, begin: int, header: Mapping[str, object]) -> None:
    position = 0
    for first, last, name in _ranges(header):
        if first != position:
            kind = "overlaps another one" if first < position else "is preceded by a hole"
            raise source.error(f"tensor {quoted(name)} {kind}", expected=f"offset {position}", found=f"offset {first}")
        position = last
    if begin + position != source.size:
        raise source.error(
            "the tensors do not end where the file ends", expected=f"{begin + position} bytes", found=source.size
        )


def _check_sum(source: Source, begin: int, metadata: Mapping[str, str], header: Mapping[str, object]) -> None:
    """MindSpore stores a CRC-32 over name and data of each tensor, by name."""
    expected = metadata.get("crc_num")
    if metadata.get("format") != "ms" or expected is None:
        return
    found = 0
    for name, (first, last) in sorted((name, (first, last)) for first, last, name in _ranges(header)):
        found = zlib.crc32(name.encode(), found)
        found = source.crc32(begin + first, last - first, f"tensor {quoted(name)}", found)
    if expected != str(found):
        raise source.error("the checksum is wrong: the file is damaged", expected=quoted(expected), found=found)


def write(target: Target, tensors: Sequence[Pending], metadata: Mapping[str, str]) -> list[str]:
    """Write one safetensors file, tensors in the given order."""
    require_dtypes(target, tensors, CODES, "safetensors")
    header: dict[str, object] = {_METADATA: dict(metadata)} if metadata else {}
    position = 0
    for tensor in tensors:
        if tensor.name == _METADATA:
            raise target.error(f"safetensors keeps the name {quoted(_METADATA)} for itself")
        end = position + tensor.nbytes
        header[tensor.name] = {
            "dtype": CODES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [position, end],
        }
        position = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > limits.HEADER_BYTES:
        raise target.error("header too long", expected=f"at most {limits.HEADER_BYTES} bytes", found=len(text))
    target.write(struct.pack("<Q", len(text)) + text)
    for tensor in tensors:
        tensor.write_to(target)
    return []


FORMAT = Format("safetensors", (".safetensors",), recognises, read, write)
