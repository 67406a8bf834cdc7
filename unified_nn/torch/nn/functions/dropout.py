"""Dropout: masks as PyTorch draws them, for the same seed the same.

The mask follows the order of the elements; for an input that is a transposed view PyTorch fills it in the order of the
memory, so the two agree on inputs that are contiguous in PyTorch.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, DTypeError, InputTypeError, ShapeError, make
from unified_nn.ops.elementwise import add, mul
from unified_nn.torch.creation import made
from unified_nn.torch.define import assigned, define
from unified_nn.torch.random import default_generator
from unified_nn.torch.stream import TorchGenerator
from unified_nn.torch.tensor import Tensor

Values = np.ndarray[Any, Any]

#: -scale * alpha of SELU (arXiv:1706.02515), where alpha dropout puts what it drops.
_ALPHA = 1.7580993408473766


def check_probability(p: Any) -> None:
    """Refuse what is no number in [0, 1]."""
    if not isinstance(p, (int, float)):
        raise make(InputTypeError, f"dropout probability has to be a number, but got {p!r}", TypeError)
    if p < 0.0 or p > 1.0:
        raise make(ArgumentError, f"dropout probability has to be between 0 and 1, but got {p}", ValueError)


def check_called(p: Any) -> None:
    """Refuse what is no number in [0, 1], and NaN, which PyTorch's constructors take."""
    check_probability(p)
    if p != p:
        raise make(ArgumentError, f"dropout probability has to be between 0 and 1, but got {p}", RuntimeError)


def _is_training(training: Any) -> bool:
    if not isinstance(training, bool):
        message = f"dropout(): argument 'train' (position 3) must be bool, not {type(training).__name__}"
        raise make(InputTypeError, message, TypeError)
    return training


def _noise_shape(input: Tensor, channels: bool) -> tuple[int, ...]:
    if not channels:
        return input._shape
    if input.ndim < 2:
        raise input._error(ShapeError, "dropout", "Feature dropout requires at least 2 dimensions in the input")
    return (*input._shape[:2], *(1,) * (input.ndim - 2))


def _floating(input: Tensor) -> None:
    if input._dtype.kind != "f":
        message = f"result type Float can't be cast to the desired output type {input.dtype!r}; give a floating tensor"
        raise input._error(DTypeError, "dropout", message)


def _tensor(values: Values, like: Tensor) -> core.Tensor:
    return made(values, like._dtype, None, False, like)


def _dropped(input: Tensor, p: float, training: bool, channels: bool, inplace: bool = False) -> Tensor:
    """The input times a mask of 0 and 1 / (1 - p); the input itself where nothing is to be dropped."""
    check_called(p)
    if p == 0 or not _is_training(training) or 0 in input._shape:
        return input
    if p == 1:
        out = mul(input, 0)
    else:
        _floating(input)
        stream = cast(TorchGenerator, default_generator)
        out = mul(input, _tensor(stream.dropout_mask(_noise_shape(input, channels), p, input._dtype), input))
    if not inplace:
        return cast(Tensor, out)
    input._refuse_leaf("dropout_")
    return assigned(input, out, "dropout_")


def _alpha_dropped(input: Tensor, p: float, training: bool, channels: bool, inplace: bool) -> Tensor:
    """SELU's dropout: what is dropped becomes the negative limit, and mean and variance are kept."""
    check_called(p)
    if p == 0 or not _is_training(training) or 0 in input._shape:
        return input
    if p == 1:
        out = mul(input, 0)
    else:
        _floating(input)
        kind = input._dtype.numpy()
        noise = default_generator.bernoulli(_noise_shape(input, channels), 1 - p, input._dtype)
        a = 1.0 / math.sqrt((_ALPHA * _ALPHA * p + 1) * (1 - p))
        wide = noise if noise.dtype in (np.float32, np.float64) else noise.astype(np.float32)
        shift = ((wide - wide.dtype.type(1)) * wide.dtype.type(_ALPHA * a)).astype(kind).astype(wide.dtype)
        shift = (shift + wide.dtype.type(_ALPHA * a * p)).astype(kind)
        scale = (wide * wide.dtype.type(a)).astype(kind)
        out = add(mul(input, _tensor(scale, input)), _tensor(shift, input))
    if not inplace:
        return cast(Tensor, out)
    input._refuse_leaf("alpha_dropout_")
    return assigned(input, out, "alpha_dropout_")


@define(function=False, method=False)
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each value 0 with probability p, the others divided by 1 - p."""
    return _dropped(input, p, training, False, inplace)


@define(function=False, method=False)
def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each channel of (N, C, L) or (C, L) as a whole 0 with probability p, the others divided by 1 - p."""
    check_probability(p)
    if input.ndim not in (2, 3):
        raise input._error(ShapeError, "dropout1d", f"Expected 2D or 3D input, but received a {input.ndim}D input")
    return _by_channel(input, p, training, inplace, alone=input.ndim == 2)


@define(function=False, method=False)
def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each channel of (N, C, H, W) as a whole 0 with probability p, the others divided by 1 - p.

    A (2 or) 3D input counts as (N, C, ...), as in PyTorch.
    """
    check_probability(p)
    if input.ndim not in (3, 4):
        _deprecated("dropout2d", input.ndim)
    elif input.ndim == 3:
        message = (
            "dropout2d: Received a 3D input to dropout2d assuming that channel-wise 1D dropout behavior is desired - "
            "input is interpreted as shape (N, C, L). Please use dropout1d for 1D dropout."
        )
        warnings.warn(message, UserWarning, stacklevel=3)
    return _dropped(input, p, training, True, inplace)


@define(function=False, method=False)
def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each channel of (N, C, D, H, W) or (C, D, H, W) as a whole 0 with probability p, the others divided by 1 - p."""
    check_probability(p)
    if input.ndim not in (4, 5):
        _deprecated("dropout3d", input.ndim)
    return _by_channel(input, p, training, inplace, alone=input.ndim != 5)


def _deprecated(name: str, rank: int) -> None:
    message = f"{name}: Received a {rank}-D input to {name}, which is deprecated; please use dropout instead."
    warnings.warn(message, UserWarning, stacklevel=3)


def _by_channel(input: Tensor, p: float, training: bool, inplace: bool, alone: bool) -> Tensor:
    """Channel dropout where an input without batch axis gets one for the while."""
    if not alone:
        return _dropped(input, p, training, True, inplace)
    out = _dropped(cast(Tensor, input.unsqueeze(0)), p, training, True).squeeze(0)
    if not inplace:
        return cast(Tensor, out)
    input._refuse_leaf("dropout_")
    return assigned(input, out, "dropout_")


@define(function=False, method=False)
def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Each value SELU's negative limit with probability p; mean and variance stay as they are (arXiv:1706.02515)."""
    return _alpha_dropped(input, p, training, False, inplace)


@define(function=False, method=False)
def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Each channel as a whole SELU's negative limit with probability p; mean and variance stay as they are."""
    return _alpha_dropped(input, p, training, True, inplace)
