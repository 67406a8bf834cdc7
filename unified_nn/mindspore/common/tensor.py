"""MindSpore's tensor; its operators and most methods are attached from tables in `unified_nn.mindspore.ops.methods`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from unified_nn import dtypes, registry
from unified_nn import tensor as core
from unified_nn.errors import (
    ArgumentError,
    DTypeError,
    GradientError,
    IndexRangeError,
    InputTypeError,
    NotOfferedError,
    ShapeError,
    UnifiedError,
    make,
)  # fmt: skip
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.printing import format_tensor, format_uninitialized

if TYPE_CHECKING:
    from unified_nn.mindspore.common.initializer import Initializer


class ValueOrRuntimeError(ValueError, RuntimeError):
    """MindSpore raises RuntimeError for the channels of a convolution and ValueError for its rank and sizes."""


#: (op, kind) -> the class that MindSpore raises there; a kind alone is the rule for all other ops.
_ERRORS: dict[tuple[str, type[UnifiedError]], type[BaseException]] = {
    ("conv", ShapeError): ValueOrRuntimeError,
    ("conv_transpose", ShapeError): ValueOrRuntimeError,
    ("matmul", ShapeError): RuntimeError,
    ("take", IndexRangeError): RuntimeError,
    ("gather", IndexRangeError): RuntimeError,
    ("scatter_add", IndexRangeError): RuntimeError,
    ("nll", IndexRangeError): RuntimeError,
    ("cross_entropy", IndexRangeError): RuntimeError,
    ("getitem", IndexRangeError): IndexError,
    ("setitem", IndexRangeError): IndexError,
}
_ERROR_KINDS: dict[type[UnifiedError], type[BaseException]] = {
    ShapeError: ValueError, DTypeError: TypeError, ArgumentError: ValueError, IndexRangeError: ValueError,
    GradientError: RuntimeError,
}  # fmt: skip


class Tensor(core.Tensor):
    """A tensor from numbers, (nested) lists, a NumPy array or another tensor."""

    _tracks_views = True
    _initializer: Initializer | None = None

    def __init__(
        self,
        input_data: Any = None,
        dtype: mstype.Type | None = None,
        shape: Any = None,
        init: Initializer | None = None,
        const_arg: bool = False,
        device: str | None = None,
    ) -> None:
        wanted = None if dtype is None else mstype.to_canonical(dtype, "Tensor: dtype")
        _check_device(device)
        if const_arg:
            raise make(NotOfferedError, "Tensor(const_arg=True) is for graph compilation, which unified_nn does not do")
        chosen = registry.current()
        if init is not None:
            if shape is None or wanted is None or input_data is not None:
                raise make(ArgumentError, "Tensor(init=...) needs 'shape' and 'dtype' and no 'input_data'")
            values = np.zeros(shape, wanted.numpy())
            self._initializer = init
        elif shape is not None:
            raise make(ArgumentError, "Tensor(shape=...) goes with 'init' only")
        elif isinstance(input_data, core.Tensor):
            self._share(input_data, wanted)
            return
        else:
            values = _host(input_data, wanted)
        self._body = core.Body(chosen.from_numpy(values))
        self.backend = chosen

    def _share(self, source: core.Tensor, wanted: dtypes.DType | None) -> None:
        """Take the values of another tensor, as another dtype where one is wanted."""
        from unified_nn.ops.elementwise import as_dtype

        self.backend = source.backend
        self._body = (source if wanted is None else as_dtype(source, wanted))._body

    # -- what it is --

    @property
    def dtype(self) -> mstype.Type:
        return mstype.of(self._dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def size(self) -> int:
        count = 1
        for s in self._shape:
            count *= s
        return count

    @property
    def itemsize(self) -> int:
        return self._dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        found: list[int] = []
        step = self.itemsize
        for s in reversed(self._shape):
            found.insert(0, step)
            step *= s
        return tuple(found)

    @property
    def device(self) -> str:
        return "CPU" if self._device == "cpu" else self._device.upper().replace("CUDA", "GPU")

    @property
    def data(self) -> Tensor:
        """The same values without a gradient history; an in-place change of one is seen by the other."""
        made: Any = self._detached()
        return made  # type: ignore[no-any-return]

    # -- first values --

    @property
    def has_init(self) -> bool:
        """Whether the values are still to be drawn by `init_data()`."""
        return self._initializer is not None

    @property
    def init(self) -> Initializer | None:
        return self._initializer

    def init_data(self, slice_index: None = None, shape: None = None, opt_shard_group: None = None) -> Tensor:
        """The tensor with the values that its initializer draws."""
        for name, value in (("slice_index", slice_index), ("shape", shape), ("opt_shard_group", opt_shard_group)):
            if value is not None:
                raise make(NotOfferedError, f"init_data({name}=...) is for parallel training, which is not offered")
        if self._initializer is None:
            raise make(ArgumentError, "init_data must be set Tensor.init, init can't be None", TypeError)
        from unified_nn.random import default_generator

        values = self._initializer.draw(self._shape, default_generator, self._dtype.name)
        return Tensor.from_numpy(values, self._dtype, self.backend)

    # -- conversion --

    def asnumpy(self) -> np.ndarray[Any, Any]:
        """The values as a NumPy array."""
        return self.numpy()

    def item(self) -> Any:
        """The value of a tensor with one element, as a Python number."""
        if self.size != 1:
            message = f"the tensor should have only one element, but got {self.size}; shape {self._shape}"
            raise self._error(ArgumentError, "item", message)
        return self._item()

    def tolist(self) -> Any:
        return self.numpy().tolist()

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __iter__(self) -> Iterator[Tensor]:
        if not self._shape:
            raise make(InputTypeError, "iteration over a 0-d tensor")
        return (self[i] for i in range(len(self)))

    def __str__(self) -> str:
        if self.has_init:
            return format_uninitialized(self._shape, dtype_name=self._dtype.name)[0]
        return format_tensor(self.numpy(), dtype_name=self._dtype.name)[0]

    def __repr__(self) -> str:
        if self.has_init:
            return format_uninitialized(self._shape, dtype_name=self._dtype.name)[1]
        return format_tensor(self.numpy(), dtype_name=self._dtype.name)[1]

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return Tensor.from_numpy(self.numpy(), backend=self.backend, device=self._device)

    def __reduce__(self) -> Any:
        return _restored, (type(self), self.numpy(), self._dtype.name)

    # -- errors --

    @classmethod
    def _error_base(cls, op: str, kind: type[UnifiedError]) -> type[BaseException]:
        return _ERRORS.get((op, kind)) or _ERROR_KINDS.get(kind, kind.neutral)


def _restored(kind: type[Tensor], values: np.ndarray[Any, Any], dtype: str) -> Tensor:
    return kind.from_numpy(values, dtype)


def _check_device(device: str | None) -> None:
    if device is not None and device.upper() != "CPU":
        raise make(NotOfferedError, f"device={device!r} is not offered here; tensors are made on 'CPU'")


def _host(data: Any, wanted: dtypes.DType | None) -> np.ndarray[Any, Any]:
    """The NumPy array of what a user gives; Python's floats are float32, its integers int64."""
    if not isinstance(data, (bool, int, float, complex, list, tuple, np.ndarray, np.generic)):
        message = (
            f"input_data should be a Tensor, a NumPy array, a number, or a list or tuple of them, got {type(data)}"
        )
        raise make(ArgumentError, message, TypeError, "Tensor")
    plain = not isinstance(data, (np.ndarray, np.generic))
    try:
        values = np.asarray(_without_tensors(data) if plain else data)
        dtypes.of_numpy(values.dtype)
    except (ValueError, DTypeError):
        message = f"the input_data is {data!r}, which contains elements that are not numbers or rows of unequal length"
        raise make(ArgumentError, message, TypeError, "Tensor") from None
    if plain and wanted is None and values.dtype == np.float64 and not _has_double(data):
        values = values.astype(np.float32)
    return values if wanted is None else values.astype(wanted.numpy())


def _without_tensors(data: Any) -> Any:
    if isinstance(data, core.Tensor):
        return data.numpy()
    return [_without_tensors(item) for item in data] if isinstance(data, (list, tuple)) else data


def _has_double(data: Any) -> bool:
    """Whether a nested list holds NumPy doubles, which keep their dtype."""
    if isinstance(data, (list, tuple)):
        return any(map(_has_double, data))
    if isinstance(data, core.Tensor):
        return data._dtype is dtypes.float64
    return isinstance(data, (np.ndarray, np.generic)) and data.dtype == np.float64


def tensor(input_data: Any = None, dtype: mstype.Type | None = None, shape: Any = None, init: Any = None) -> Tensor:
    """The same as `Tensor(...)`."""
    return Tensor(input_data, dtype, shape, init)


__all__ = ["Tensor", "tensor"]
