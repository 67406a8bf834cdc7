"""What the pickle inside a torch file may be made of, and the tensors found in it."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from unified_nn.port.formats import limits
from unified_nn.port.formats.dtypes import DTYPES
from unified_nn.port.formats.errors import quoted
from unified_nn.port.formats.pickle_machine import Global, Key, Rules, load
from unified_nn.port.formats.pickle_values import BUILTINS, MAKERS, filled
from unified_nn.port.formats.source import Cursor, Source
from unified_nn.port.formats.torch_nodes import Device, Leaf, Size, Storage, View

STORAGES = {
    "BoolStorage": "bool",
    "ByteStorage": "uint8",
    "CharStorage": "int8",
    "ShortStorage": "int16",
    "IntStorage": "int32",
    "LongStorage": "int64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
}
UNTYPED = Global("torch.storage", "UntypedStorage")
_ORDERED_DICT = Global("collections", "OrderedDict")
_COUNTER = Global("collections", "Counter")
_TENSOR_TYPES = (Global("torch", "Tensor"), Global("torch.nn.parameter", "Parameter"))
_ALLOWED = {
    _ORDERED_DICT,
    _COUNTER,
    UNTYPED,
    *_TENSOR_TYPES,
    *(Global("torch", name) for name in (*STORAGES, *DTYPES, "Size", "device", "strided", "contiguous_format")),
    Global("torch.serialization", "_get_layout"),
    *BUILTINS,
}
_REFUSED = {
    "_rebuild_qtensor": "quantized tensors cannot be read; call .dequantize() before saving",
    "_rebuild_sparse_tensor": "sparse tensors cannot be read; call .to_dense() before saving",
    "_rebuild_sparse_csr_tensor": "sparse tensors cannot be read; call .to_dense() before saving",
    "_rebuild_nested_tensor": "nested tensors cannot be read; save their parts",
    "_rebuild_meta_tensor_no_storage": "tensors on the meta device have no data to read",
    **dict.fromkeys(
        ("complex32", "float4_e2m1fn_x2", "bits8", "bits16", "bits1x8", "bits2x4", "bits4x2"),
        "tensors of this type cannot be read; convert them before saving: tensor.to(...)",
    ),
    **dict.fromkeys(
        ("QInt8Storage", "QUInt8Storage", "QInt32Storage", "QUInt4x2Storage", "QUInt2x4Storage"),
        "quantized tensors cannot be read; call .dequantize() before saving",
    ),
}


class Storages:
    """The storages that persistent ids named; one key keeps one class and one size."""

    def __init__(self) -> None:
        self.by_key: dict[str, Storage] = {}

    def find(self, identity: object) -> Storage:
        """The storage of `("storage", class, key, location, count[, view])`."""
        if not isinstance(identity, tuple) or len(identity) not in (5, 6) or identity[0] != "storage":
            raise ValueError("a persistent id that names no storage (a pickled module?)")
        _, kind, key, location, count, *view = identity
        if not isinstance(kind, Global) or not isinstance(key, str) or type(count) is not int or count < 0:
            raise ValueError("a persistent id with a bad storage")
        if not isinstance(location, str):
            raise ValueError("a storage whose location is no text")
        if kind != UNTYPED and (kind.module != "torch" or kind.name not in STORAGES):
            raise ValueError(f"{kind} is no storage")
        storage = Storage(key, STORAGES.get(kind.name), count, location=location)
        if self.by_key.setdefault(key, storage) != storage:
            raise ValueError(f"storage {key!r} is named with two types or sizes")
        return _part(storage, view[0]) if view and view[0] is not None else storage


def _part(storage: Storage, view: object) -> Storage:
    """Before 0.4 a storage could be a view of another one: (key of the view, offset, count)."""
    if not isinstance(view, tuple) or len(view) != 3:
        raise ValueError("a bad view of a storage")
    _, offset, count = view
    if type(offset) is not int or type(count) is not int or not 0 <= offset <= offset + count <= storage.count:
        raise ValueError("a view that reaches beyond its storage")
    return replace(storage, start=offset, count=count)


def _integers(values: object, what: str) -> tuple[int, ...]:
    if not isinstance(values, tuple) or any(type(value) is not int or value < 0 for value in values):
        raise ValueError(f"{what} not made of integers of zero or more")
    return tuple(value for value in values if isinstance(value, int))


def _view(
    storage: object, offset: object, size: object, stride: object, dtype: str | None, metadata: object = None,
    grad: object = False,
) -> View:  # fmt: skip
    if not isinstance(storage, Storage) or dtype is None:
        raise ValueError("a tensor without a typed storage")
    shape, steps = _integers(size, "a shape"), _integers(stride, "a stride")
    if len(shape) != len(steps):
        raise ValueError(f"a shape of {len(shape)} dimensions with a stride of {len(steps)}")
    (first,) = _integers((offset,), "a storage offset")
    flags = {} if metadata is None else metadata
    if not isinstance(flags, dict) or not flags.keys() <= {"conj", "neg"}:
        raise ValueError("a tensor with unknown metadata")
    conjugate, negative = flags.get("conj") is True, flags.get("neg") is True
    if (conjugate and not dtype.startswith("complex")) or (negative and not dtype.startswith(("complex", "float"))):
        raise ValueError(f"a conjugate or negative view of {dtype}")
    return View(storage, dtype, first, shape, steps, conjugate, negative, requires_grad=grad is True)


def _typed(storage: object) -> str | None:
    return storage.dtype if isinstance(storage, Storage) else None


def _rebuild_v1(storage: object, offset: object, size: object, stride: object) -> View:
    return _view(storage, offset, size, stride, _typed(storage))


def _rebuild_v2(
    storage: object, offset: object, size: object, stride: object, grad: object, hooks: object, metadata: object = None
) -> View:
    return _view(storage, offset, size, stride, _typed(storage), metadata, grad)


def _rebuild_v3(
    storage: object,
    offset: object,
    size: object,
    stride: object,
    grad: object,
    hooks: object,
    dtype: object,
    metadata: object = None,
) -> View:
    if _typed(storage) is not None or not isinstance(dtype, Global) or dtype.name not in DTYPES:
        raise ValueError("a tensor with a bad dtype")
    return _view(storage, offset, size, stride, dtype.name, metadata, grad)


def _parameter(tensor: object, *rest: object) -> View:
    if not isinstance(tensor, View) or not 2 <= len(rest) <= 3:
        raise ValueError("a parameter without a tensor")
    return replace(tensor, requires_grad=rest[0] is True, parameter=True)


def _from_type(function: object, kind: object, arguments: object, state: object) -> object:
    """A tensor with Python attributes; the attributes are no weights."""
    if not isinstance(function, Global) or function not in _REBUILD or kind not in _TENSOR_TYPES:
        raise ValueError("a tensor of a class that torch does not define")
    if not isinstance(arguments, tuple) or function.name == "_rebuild_from_type_v2":
        raise ValueError("a tensor with bad arguments")
    return _REBUILD[function](*arguments)


_REBUILD: dict[Global, Callable[..., object]] = {
    Global("torch._utils", "_rebuild_tensor"): _rebuild_v1,
    Global("torch._utils", "_rebuild_tensor_v2"): _rebuild_v2,
    Global("torch._utils", "_rebuild_tensor_v3"): _rebuild_v3,
    Global("torch._utils", "_rebuild_parameter"): _parameter,
    Global("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    Global("torch._tensor", "_rebuild_from_type_v2"): _from_type,
}


def _reduce(function: Global, arguments: tuple[object, ...]) -> object:
    if function in _REBUILD:
        try:
            return _REBUILD[function](*arguments)
        except TypeError as cause:
            raise ValueError(f"{function} with {len(arguments)} arguments") from cause
    if function in (_ORDERED_DICT, _COUNTER):
        items: dict[Any, Any] = OrderedDict() if function == _ORDERED_DICT else Counter()
        return filled(items, arguments)
    if function.name in STORAGES or function.name in DTYPES or function in (UNTYPED, *_TENSOR_TYPES):
        raise ValueError(f"{function} is called")
    maker = _MAKERS.get(function.name)
    return Leaf(str(function)) if maker is None else maker(arguments)


def _size(arguments: tuple[object, ...]) -> Size:
    return Size(_integers(arguments[0] if len(arguments) == 1 else (), "a torch.Size"))


def _device(arguments: tuple[object, ...]) -> Device:
    kind, *index = arguments or (None,)
    number = index[0] if index else None
    if not isinstance(kind, str) or len(index) > 1 or not (number is None or type(number) is int):
        raise ValueError("a torch.device made from something else than a type and a number")
    return Device(kind, number if isinstance(number, int) else None)


_MAKERS: dict[str, Callable[[tuple[object, ...]], object]] = {
    "Size": _size,
    "device": _device,
    **MAKERS,
}


def _refuse(found: Global) -> str:
    if found.module in ("torch", "torch._utils") and found.name in _REFUSED:
        return f"{found}: {_REFUSED[found.name]}"
    return (
        f"it holds a pickled {quoted(str(found))}, and unpickling that could run any code; nothing was run. "
        "Save only weights: torch.save(model.state_dict(), ...)"
    )


def unpickle(cursor: Cursor, storages: Storages, opcodes: int | None = None) -> object:
    """The object of a torch pickle, with View for tensors; nothing is imported and nothing called."""
    return load(cursor, Rules(_ALLOWED | _REBUILD.keys(), _refuse, _reduce, storages.find), opcodes)


def flatten(source: Source, top: object) -> Iterator[tuple[str, object]]:
    """All leaves with their dotted paths, in order; an object that is itself a leaf is named "tensor"."""
    if _items(top) is None:
        yield "tensor", top
        return
    # A stack of iterators: it stays as small as the nesting is deep, however often a container is repeated.
    waiting = [("", iter(_items(top) or ()))]
    steps = characters = 0
    while waiting:
        prefix, items = waiting[-1]
        for key, value in items:
            path = prefix + key
            steps, characters = steps + 1, characters + len(path)
            if steps > limits.LEAVES or characters > limits.NAMES_CHARACTERS or len(waiting) > limits.NESTING:
                raise source.error("containers are nested too deep or repeated too often", where=quoted(path))
            if len(path) > limits.NAME_BYTES:
                raise source.error("a name is too long", expected=f"at most {limits.NAME_BYTES}", found=len(path))
            inner = _items(value)
            if inner is not None:
                waiting.append((f"{path}.", iter(inner)))
                break
            yield path, value
        else:
            waiting.pop()


def _items(value: object) -> Iterator[tuple[str, object]] | None:
    if isinstance(value, dict):
        return ((str(key), item) for key, item in value.items())
    if isinstance(value, list) or (isinstance(value, tuple) and not isinstance(value, Global)):
        return ((str(number), item) for number, item in enumerate(value))
    return None


def plain(value: object) -> object:
    """A leaf that is no tensor, as metadata."""
    if isinstance(value, Leaf):
        return value.kind
    return value if isinstance(value, Key) else str(value)
