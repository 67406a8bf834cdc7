"""`torch.nn.init`: first values in place, equal to PyTorch's for the same seed."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.torch.creation import made
from unified_nn.torch.random import default_generator
from unified_nn.torch.stream import TorchGenerator
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_",
    "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip

_GAINS: dict[str, float] = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}
_LINEAR = (
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid",
)  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much a layer's weights are to be larger for that activation."""
    if nonlinearity in _LINEAR:
        return 1
    if nonlinearity == "leaky_relu":
        if param is None:
            slope = 0.01
        elif isinstance(param, bool) or not isinstance(param, (int, float)):
            raise make(ArgumentError, f"negative_slope {param} not a valid number", ValueError)
        else:
            slope = param
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise make(ArgumentError, f"Unsupported nonlinearity {nonlinearity}", ValueError)
    return _GAINS[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs reach one output, and the reverse."""
    if tensor.ndim < 2:
        message = "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        raise make(ShapeError, f"{message}; got shape {list(tensor._shape)}", ValueError)
    field = math.prod(tensor._shape[2:])
    return tensor._shape[1] * field, tensor._shape[0] * field


def _put(tensor: Tensor, values: np.ndarray[Any, Any]) -> Tensor:
    """The tensor with those values, which are no part of the graph."""
    with recording(False):
        tensor._assign(made(values, tensor._dtype, None, False, tensor))
    return tensor


def _stream(generator: TorchGenerator | None) -> TorchGenerator:
    return default_generator if generator is None else generator


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: TorchGenerator | None = None) -> Tensor:
    """U(a, b)."""
    return _put(tensor, _stream(generator).uniform(tensor._shape, a, b, tensor._dtype))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: TorchGenerator | None = None) -> Tensor:
    """N(mean, std**2)."""
    return _put(tensor, _stream(generator).normal(tensor._shape, mean, std, tensor._dtype))


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
    generator: TorchGenerator | None = None,
) -> Tensor:  # fmt: skip
    """N(mean, std**2) without what falls outside [a, b]."""
    if mean < a - 2 * std or mean > b + 2 * std:
        message = "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution may be incorrect."
        warnings.warn(message, UserWarning, stacklevel=2)
    return _put(tensor, _stream(generator).trunc_normal(tensor._shape, mean, std, a, b, tensor._dtype))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """val everywhere."""
    return _put(tensor, np.full(tensor._shape, val))


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere."""
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix."""
    if tensor.ndim != 2:
        raise make(ShapeError, f"Only tensors with 2 dimensions are supported, got {list(tensor._shape)}", ValueError)
    return _put(tensor, np.eye(tensor._shape[0], tensor._shape[1]))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A convolution weight that hands its channels on."""
    if tensor.ndim not in (3, 4, 5):
        message = f"Only tensors with 3, 4, or 5 dimensions are supported, got {list(tensor._shape)}"
        raise make(ShapeError, message, ValueError)
    rows = tensor._shape[0]
    if rows % groups:
        raise make(ArgumentError, f"dim 0 ({rows}) must be divisible by groups ({groups})", ValueError)
    each = rows // groups
    values = np.zeros(tensor._shape)
    middle = tuple(size // 2 for size in tensor._shape[2:])
    for group in range(groups):
        for channel in range(min(each, tensor._shape[1])):
            values[(group * each + channel, channel, *middle)] = 1
    return _put(tensor, values)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: TorchGenerator | None = None) -> Tensor:
    """U(-b, b) with b = gain * sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010)."""
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / float(sum(_fans(tensor))))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: TorchGenerator | None = None) -> Tensor:
    """N(0, gain**2 * 2 / (fan_in + fan_out)) (Glorot and Bengio 2010)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / float(sum(_fans(tensor)))), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    chosen = str(mode).lower()
    if chosen not in ("fan_in", "fan_out"):
        message = f"Mode {chosen} not supported, please use one of ['fan_in', 'fan_out']"
        raise make(ArgumentError, message, ValueError)
    fan = _fans(tensor)[chosen == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _has_elements(tensor: Tensor) -> bool:
    if 0 not in tensor._shape:
        return True
    warnings.warn("Initializing zero-element tensors is a no-op", UserWarning, stacklevel=3)
    return False


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: TorchGenerator | None = None,
) -> Tensor:  # fmt: skip
    """U(-b, b) with b = gain * sqrt(3 / fan) (He et al. 2015); `a` is leaky ReLU's slope."""
    if not _has_elements(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: TorchGenerator | None = None,
) -> Tensor:  # fmt: skip
    """N(0, gain**2 / fan) (He et al. 2015); `a` is leaky ReLU's slope."""
    if not _has_elements(tensor):
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: TorchGenerator | None = None) -> Tensor:
    """Orthonormal rows or columns, times gain (arXiv:1312.6120); equal to PyTorch's up to rounding."""
    if tensor.ndim < 2:
        message = f"Only tensors with 2 or more dimensions are supported, got {list(tensor._shape)}"
        raise make(ShapeError, message, ValueError)
    if 0 in tensor._shape:
        return tensor
    rows, columns = tensor._shape[0], math.prod(tensor._shape[1:])
    drawn = _stream(generator).normal((rows, columns), 0.0, 1.0, tensor._dtype)
    q, r = np.linalg.qr(drawn.T if rows < columns else drawn)
    q = q * np.sign(np.diag(r))
    return _put(tensor, ((q.T if rows < columns else q) * gain).reshape(tensor._shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: TorchGenerator | None = None) -> Tensor:
    """N(0, std**2) with the fraction `sparsity` of each column 0 (Martens 2010)."""
    if tensor.ndim != 2:
        raise make(ShapeError, f"Only tensors with 2 dimensions are supported, got {list(tensor._shape)}", ValueError)
    rows, columns = tensor._shape
    stream = _stream(generator)
    values = np.array(stream.normal((rows, columns), 0.0, std, tensor._dtype))
    for column in range(columns):
        values[default_generator.permutation(rows)[: math.ceil(sparsity * rows)], column] = 0
    return _put(tensor, values)


__getattr__ = refuse(__name__, __all__)
