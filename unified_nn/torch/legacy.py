"""PyTorch's old constructors: `torch.Tensor(2, 3)`, `torch.FloatTensor([1, 2])`, `isinstance(x, torch.LongTensor)`."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn import tensor as core
from unified_nn.dtypes import DType
from unified_nn.torch import dtypes
from unified_nn.torch.creation import array_of, made, sizes_of
from unified_nn.torch.tensor import Tensor


def make_tensor(cls: type[Tensor], *args: Any, dtype: DType | None = None, device: Any = None) -> Tensor:
    """Sizes give a tensor of that shape (of zeros, as PyTorch leaves any values), data give its copy."""
    chosen = dtypes.default() if dtype is None else dtype
    if len(args) == 1 and not isinstance(args[0], (int, np.integer)):
        data = args[0]
        if isinstance(data, core.Tensor):
            shown = made(data.backend.to_numpy(data.native), chosen if dtype else data._dtype, device, False, data)
        elif type(data).__name__ == "Size":
            shown = made(np.zeros(tuple(data)), chosen, device)
        else:
            shown = made(array_of(data, chosen), chosen, device)
    else:
        shape = sizes_of("Tensor", args) if args else (0,)
        shown = made(np.zeros(shape), chosen, device)
    return shown if cls is Tensor else cls._wrap(shown.native, shown.backend)


class _Typed(type):
    """The class of classes such as `torch.FloatTensor`: their instances are tensors with that dtype."""

    dtype: dtypes.dtype

    def __call__(cls, *args: Any) -> Any:
        return make_tensor(Tensor, *args, dtype=cls.dtype.canonical)

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, core.Tensor) and value._dtype is cls.dtype.canonical and value._device == "cpu"


_OLD = {
    "FloatTensor": "float32", "DoubleTensor": "float64", "HalfTensor": "float16", "BFloat16Tensor": "bfloat16",
    "LongTensor": "int64", "IntTensor": "int32", "ShortTensor": "int16", "CharTensor": "int8", "ByteTensor": "uint8",
    "BoolTensor": "bool",
}  # fmt: skip
TYPED = {old: _Typed(old, (), {"dtype": dtypes.named(name)}) for old, name in _OLD.items()}
