"""Write the pickle of a state dict: an OrderedDict of tensors, each the whole of its own storage."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence

from unified_nn.port.formats.pending import Pending
from unified_nn.port.formats.torch_objects import STORAGES

_PROTOCOL = b"\x80\x02"
_CLASSES = {dtype: name for name, dtype in STORAGES.items()}
_EMPTY_ORDERED_DICT = b"ccollections\nOrderedDict\n)R"


def pickled(value: bool | int | str | Sequence[object] | dict[str, object]) -> bytes:
    """A plain value as one whole pickle."""
    return _PROTOCOL + _value(value) + b"."


def state_dict_pickle(tensors: Iterable[Pending], legacy: bool = False) -> bytes:
    """The pickle of name -> tensor, storage keys being "0", "1", ... in order."""
    items = b"".join(_text(t.name) + _tensor(str(key), t, legacy) for key, t in enumerate(tensors))
    return _PROTOCOL + _EMPTY_ORDERED_DICT + b"(" + items + b"u."


def _tensor(key: str, tensor: Pending, legacy: bool) -> bytes:
    kind = _CLASSES.get(tensor.dtype)
    if kind is None:
        storage, count = b"ctorch.storage\nUntypedStorage\n", tensor.nbytes
        function, dtype = "_rebuild_tensor_v3", f"ctorch\n{tensor.dtype}\n"
    else:
        storage, count = f"ctorch\n{kind}\n".encode(), math.prod(tensor.shape)
        function, dtype = "_rebuild_tensor_v2", ""
    identity = _text("storage") + storage + _text(key) + _text("cpu") + _value(count) + b"N" * legacy
    view = _value(0) + _value(tensor.shape) + _value(_strides(tensor.shape)) + b"\x89" + _EMPTY_ORDERED_DICT
    return f"ctorch._utils\n{function}\n".encode() + b"((" + identity + b"tQ" + view + dtype.encode() + b"tR"


def _strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(max(size, 1) for size in shape[axis + 1 :]) for axis in range(len(shape)))


def _value(value: object) -> bytes:
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple):
        return b"(" + b"".join(_value(item) for item in value) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(_value(item) for item in value) + b"e"
    if isinstance(value, dict):
        return b"}(" + b"".join(_value(part) for item in value.items() for part in item) + b"u"
    raise TypeError(f"no pickle for {type(value)}")


def _integer(value: int) -> bytes:
    if 0 <= value < 256:
        return b"K" + struct.pack("<B", value)
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + struct.pack("<B", len(data)) + data


def _text(text: str) -> bytes:
    data = text.encode()
    return b"X" + struct.pack("<I", len(data)) + data
