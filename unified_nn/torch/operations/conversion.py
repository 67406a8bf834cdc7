"""Other dtypes, devices and classes."""

from __future__ import annotations

from typing import Any, cast

from unified_nn import tensor as core
from unified_nn.dtypes import DType
from unified_nn.errors import ArgumentError, InputTypeError, NotOfferedError, make
from unified_nn.ops.elementwise import as_dtype
from unified_nn.torch import dtypes, graph
from unified_nn.torch.define import define
from unified_nn.torch.devices import device as device_type
from unified_nn.torch.devices import name_of
from unified_nn.torch.operations.pointwise import copied
from unified_nn.torch.tensor import Tensor


def converted(x: Tensor, dtype: DType | None, device: str | None, copy: bool = False) -> Tensor:
    """x with the dtype and on the device; x itself where nothing changes and no copy is asked for."""
    out: core.Tensor = x
    if dtype is not None and dtype is not x._dtype:
        out = as_dtype(x, dtype)
    if device is not None and device != x._device:
        out = moved(cast(Tensor, out), device)
    if out is x:
        return cast(Tensor, copied(x)) if copy else x
    return cast(Tensor, graph.label(out, "ToCopyBackward0", graph.edges((x,))))


def moved(x: Tensor, device: str) -> core.Tensor:
    if x.requires_grad and not x.is_leaf:
        raise make(
            NotOfferedError, "moving a tensor with a gradient history to another device is not offered; detach() it"
        )
    made = Tensor._wrap(x.backend.to_device(x.native, device), x.backend)
    return made.requires_grad_() if x.requires_grad else made


def wanted(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, bool]:
    """dtype, device and copy from the arguments of `.to` in all their forms."""
    given = list(args)
    dtype, device, copy = kwargs.pop("dtype", None), kwargs.pop("device", None), kwargs.pop("copy", False)
    other = kwargs.pop("other", None)
    kwargs.pop("non_blocking", None)  # it says when a copy is done, not what is copied
    memory_format = kwargs.pop("memory_format", None)
    if memory_format is not None and str(memory_format) == "torch.sparse_coo":
        raise make(NotOfferedError, "Tensor.to: sparse layouts are not offered")
    if kwargs:
        raise TypeError(f"to() got an unexpected keyword argument {next(iter(kwargs))!r}")
    if given and isinstance(given[0], (bool, float)):  # to(other) of a number: its dtype
        dtype, device = type(given.pop(0)), "cpu"
        if not all(isinstance(value, bool) for value in given):
            raise make(InputTypeError, f"to() received an invalid combination of arguments: {args}")
    flags = [value for value in given if isinstance(value, bool)]  # non_blocking, copy
    copy = copy or flags[1:] == [True]
    for value in given:
        if isinstance(value, core.Tensor):
            other = value
        elif isinstance(value, dtypes.dtype) or (isinstance(value, type) and value in (bool, int, float, complex)):
            dtype = value
        elif isinstance(value, (str, device_type, int)) and not isinstance(value, bool):
            device = value
        elif value is not None and not isinstance(value, bool):
            raise make(
                InputTypeError, f"to() received an invalid argument: {value!r}; expected a dtype, device or tensor"
            )
    if other is not None:
        dtype, device = dtypes.OF_CANONICAL[other._dtype], other._device
    return dtype, device, copy


@define(function=False)
def to(self: Tensor, *args: Any, **kwargs: Any) -> core.Tensor:
    """This tensor with another dtype or on another device: to(dtype), to(device), to(device, dtype), to(other)."""
    dtype, device, copy = wanted(args, kwargs)
    chosen = None if dtype is None else dtypes.canonical(dtype)
    return converted(self, chosen, None if device is None else name_of(device), copy)


def _casting(name: str, dtype: dtypes.dtype) -> None:
    def call(self: Tensor) -> core.Tensor:
        return converted(self, dtype.canonical, None)

    call.__name__, call.__doc__ = name, f"This tensor as {dtype!r}."
    define(function=False, names=(name,))(call)


for _name in ("float", "double", "half", "bfloat16", "long", "int", "short", "bool", "cfloat", "cdouble"):
    _casting(_name, getattr(dtypes, _name))
_casting("byte", dtypes.uint8)
_casting("char", dtypes.int8)


@define(function=False)
def type_as(self: Tensor, other: Tensor) -> core.Tensor:
    """This tensor with other's dtype and device."""
    return converted(self, other._dtype, other._device)


@define(function=False)
def cpu(self: Tensor, memory_format: Any = None) -> core.Tensor:
    """This tensor on the host."""
    return converted(self, None, "cpu")


@define(function=False)
def cuda(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> core.Tensor:
    """This tensor on a GPU; raises where the backend has none."""
    return converted(self, None, name_of("cuda" if device is None else device))


_LEGACY = {
    "float32": "FloatTensor", "float64": "DoubleTensor", "float16": "HalfTensor", "bfloat16": "BFloat16Tensor",
    "int64": "LongTensor", "int32": "IntTensor", "int16": "ShortTensor", "int8": "CharTensor", "uint8": "ByteTensor",
    "bool": "BoolTensor",
}  # fmt: skip


@define(function=False, names=("type",))
def type_method(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """PyTorch's old name of dtype and device, such as "torch.FloatTensor"; with a dtype this tensor as that."""
    if dtype is None:
        place = "cuda." if self.is_cuda else ""
        return f"torch.{place}{_LEGACY.get(self._dtype.name, self._dtype.name)}"
    if isinstance(dtype, str):
        by_name = {f"torch.{old}": name for name, old in _LEGACY.items()}
        if dtype not in by_name:
            raise make(ArgumentError, f"invalid type: {dtype!r}; known: {', '.join(by_name)}", ValueError)
        dtype = dtypes.named(by_name[dtype])
    return converted(self, dtypes.canonical(getattr(dtype, "dtype", dtype)), None)


@define(function=False)
def element_size(self: Tensor) -> int:
    """The bytes of one element."""
    return self._dtype.itemsize


@define(function=False)
def get_device(self: Tensor) -> int:
    """The number of the GPU, -1 on the host."""
    return -1 if self._device == "cpu" else int(self._device.partition(":")[2] or 0)


@define(function=False)
def pin_memory(self: Tensor) -> core.Tensor:
    """Not offered: raises."""
    raise make(NotOfferedError, "Tensor.pin_memory is not offered; ordinary memory works everywhere")


@define(function=False, names=("is_pinned", "is_shared", "is_inference", "is_conj", "is_neg"))
def never(self: Tensor) -> bool:
    """False: such tensors do not exist here."""
    return False
