"""Putting samples together to a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError, InputTypeError, make
from unified_nn.torch import creation, dtypes
from unified_nn.torch.operations import joining
from unified_nn.torch.tensor import Tensor


def default_convert(data: Any) -> Any:
    """NumPy arrays in (nested) data as tensors; everything else as it is."""
    if isinstance(data, Tensor):
        return data
    if isinstance(data, (np.ndarray, np.generic)) and data.dtype.kind not in "SUO":
        return creation.as_tensor(data)
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(value) for value in data))
    if isinstance(data, (tuple, list)):
        return [default_convert(value) for value in data]
    return data


def default_collate(batch: Any) -> Any:
    """Samples stacked along a new first axis: tensors, arrays, numbers, and mappings and sequences of those."""
    first = batch[0]
    if isinstance(first, Tensor):
        return joining.stack(list(batch), 0)
    if isinstance(first, (np.ndarray, np.generic)):
        if first.dtype.kind in "SUO":
            raise make(InputTypeError, _refusal(first.dtype))
        if isinstance(first, np.ndarray) and first.ndim:
            return joining.stack([creation.as_tensor(sample) for sample in batch], 0)
        return creation.as_tensor(np.asarray(batch))
    if isinstance(first, float):
        return creation.tensor(batch, dtype=dtypes.float64)
    if isinstance(first, int):
        return creation.tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(parts) for parts in zip(*batch, strict=True)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise make(ArgumentError, "each element in list of batch should be of equal size", RuntimeError)
        return [default_collate(parts) for parts in zip(*batch, strict=True)]
    raise make(InputTypeError, _refusal(type(first)))


def _refusal(found: Any) -> str:
    return f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {found}"
