"""Normalisation functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from unified_nn.dtypes import float32
from unified_nn.errors import ArgumentError, DTypeError, InputTypeError, ShapeError, make
from unified_nn.layers import norm as layers
from unified_nn.ops import norm as ops
from unified_nn.ops.elementwise import as_dtype, div, maximum
from unified_nn.torch import graph
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.nn.functions.bound import Bound
from unified_nn.torch.tensor import Tensor


def check_dtypes(name: str, input: Tensor, *arrays: Any) -> None:
    """Refuse integers, and arrays of another dtype than the input's, but float32 with a half precision."""
    if input._dtype.kind != "f" and (name == "batch_norm" or not any(held is not None for held in arrays)):
        message = f"not implemented for {input.dtype!r}; convert it: x.float()"
        raise make(DTypeError, message, NotImplementedError, name)
    kinds = {held._dtype for held in arrays if held is not None}
    if kinds <= {input._dtype} or (kinds == {float32} and input._dtype.itemsize == 2):
        return
    names = ", ".join(sorted(kind.name for kind in kinds))
    message = f"mixed dtype: the input is {input.dtype!r}, arrays of the layer are {names}; expected one dtype"
    raise input._error(DTypeError, name, message)


def _optional(name: str, value: Any, position: int, argument: str) -> Tensor | None:
    return None if value is None else tensor_argument(name, value, position, argument)


def _tail(name: str, input: Tensor, normalized_shape: Sequence[int]) -> tuple[int, ...]:
    """The axes to normalise over; raises where the input does not end in them."""
    shape = tuple(int(size) for size in normalized_shape)
    if not shape:
        message = "Expected normalized_shape to be at least 1-dimensional, got an empty one"
        raise input._error(ShapeError, name, message)
    if input._shape[max(input.ndim - len(shape), 0) :] != shape:
        expected = ", ".join(["*", *map(str, shape)])
        message = (
            f"Given normalized_shape={list(shape)}, expected input with shape [{expected}], "
            f"but got input of size {input._shape}"
        )
        raise input._error(ShapeError, name, message)
    return shape


@define("NativeLayerNormBackward0", function=False, method=False)
def layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:  # fmt: skip
    """(x - mean) / sqrt(var + eps) * weight + bias over the last axes, of that shape."""
    shape = _tail("layer_norm", input, sizes_of("layer_norm", normalized_shape))
    if not isinstance(eps, (int, float)):
        message = f"argument 'eps' must be float, not {type(eps).__name__}"
        raise make(InputTypeError, message, TypeError, "layer_norm")
    scale, shift = _optional("layer_norm", weight, 3, "weight"), _optional("layer_norm", bias, 4, "bias")
    check_dtypes("layer_norm", input, scale, shift)
    if all(array is None or array._dtype is input._dtype for array in (scale, shift)):
        return cast(Tensor, ops.layer_norm(input, scale, shift, axes=len(shape), eps=eps))
    wide = ops.layer_norm(as_dtype(input, float32), scale, shift, axes=len(shape), eps=eps)
    return cast(Tensor, as_dtype(wide, input._dtype))


def sizes_of(where: str, shape: Any) -> tuple[int, ...]:
    """The shape as a tuple; raises TypeError where it is none of whole numbers."""
    if not isinstance(shape, Sequence) or not all(isinstance(size, int) for size in shape):
        message = f"argument 'normalized_shape' must be tuple of ints, not {shape!r}"
        raise make(InputTypeError, message, TypeError, where)
    return tuple(shape)


@define(function=False, method=False)
def rms_norm(input: Tensor, normalized_shape: Sequence[int], weight: Any = None, eps: float | None = None) -> Tensor:
    """x / sqrt(mean(x ** 2) + eps) * weight over the last axes (arXiv:1910.07467).

    The half precisions are computed in float32. Without eps it is the smallest step at 1 of the dtype computed in.
    """
    if input.ndim < len(normalized_shape):
        message = f"Input tensor must have at least {len(normalized_shape)} dimensions, but got {input.ndim}"
        raise make(ShapeError, message, ValueError, "rms_norm")
    shape = _tail("rms_norm", input, normalized_shape)
    check_dtypes("rms_norm", input)
    scale = _optional("rms_norm", weight, 3, "weight")
    if scale is not None and scale._shape != shape:
        message = f"Expected weight to be of same shape as normalized_shape {list(shape)}, but got {list(scale._shape)}"
        raise input._error(ShapeError, "rms_norm", message)
    layer = layers.RMSNorm(shape, eps)
    if input._dtype.itemsize > 2:
        into = graph.edges([input, scale])
        return cast(Tensor, graph.label(layer.forward(Bound({"gamma": scale}, False), input), "MulBackward0", into))
    wide = None if scale is None else as_dtype(scale, float32)
    out = as_dtype(layer.forward(Bound({"gamma": wide}, False), as_dtype(input, float32)), input._dtype)
    return cast(Tensor, graph.label(out, "ToCopyBackward0", graph.edges([input, scale])))


@define("DivBackward0", function=False, method=False)
def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:  # fmt: skip
    """x / (k + alpha * mean of x ** 2 over `size` neighbouring channels) ** beta."""
    if input.ndim < 3:
        message = f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)"
        raise make(ShapeError, message, ValueError, "local_response_norm")
    if size < 1:
        raise make(ArgumentError, f"size must be at least 1, got {size}", RuntimeError, "local_response_norm")
    if 0 in input._shape:
        return input
    window = (size // 2, (size - 1) // 2)
    return cast(Tensor, ops.local_response_norm(input, window=window, alpha=alpha / size, beta=beta, k=k))


@define("DivBackward0", function=False, method=False)
def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Tensor:
    """x / max(norm of x along the axis, eps)."""
    length = cast(Tensor, input.norm(p, dim, keepdim=True))
    return cast(Tensor, div(input, maximum(length, eps)))


@define("NativeGroupNormBackward0", function=False, method=False)
def group_norm(input: Tensor, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Tensor:
    """(x - mean) / sqrt(var + eps) * weight + bias of each group of channels of each sample."""
    if input.ndim < 2:
        raise input._error(
            ShapeError, "group_norm", f"Expected at least 2 dimensions for input tensor but received {input.ndim}"
        )
    channels = input._shape[1]
    if not num_groups:
        raise make(ArgumentError, "num_groups must not be 0", ZeroDivisionError, "group_norm")
    if num_groups > 0 and (input._shape[0] * channels // num_groups) * _size(input._shape[2:]) == 1:
        message = f"Expected more than 1 value per channel when training, got input size {list(input._shape)}"
        raise make(ShapeError, message, ValueError, "group_norm")
    if num_groups < 1 or channels % num_groups:
        message = (
            f"Expected number of channels in input to be divisible by num_groups, but got {channels} and {num_groups}"
        )
        raise input._error(ShapeError, "group_norm", message)
    held = {"gamma": _optional("group_norm", weight, 3, "weight"), "beta": _optional("group_norm", bias, 4, "bias")}
    for name, value in held.items():
        if value is not None and value._shape != (channels,):
            message = f"Expected {name} to be a vector of size {channels}, got {list(value._shape)}"
            raise input._error(ShapeError, "group_norm", message)
    check_dtypes("group_norm", input, *held.values())
    return cast(Tensor, layers.GroupNorm(num_groups, channels, eps).forward(Bound(held, False), input))


@define("NativeBatchNormBackward0", function=False, method=False)
def batch_norm(
    input: Tensor, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """(x - mean) / sqrt(var + eps) * weight + bias of each channel; in training by the batch, which moves the running
    statistics by `momentum`.
    """
    if input.ndim < 2:
        raise input._error(ShapeError, "batch_norm", f"expected at least 2D input, got {input.ndim}D")
    if not training and (running_mean is None or running_var is None):
        raise make(
            ArgumentError, "Expected running_mean and running_var to be defined when training=False", RuntimeError
        )
    check_values_per_channel(input, training)
    check_dtypes("batch_norm", input, running_mean, running_var, weight, bias)
    held = {"gamma": weight, "beta": bias, "mean": running_mean, "var": running_var}
    layer = layers.BatchNorm(input._shape[1], eps, 1.0 - momentum, running=running_mean is not None)
    return cast(Tensor, layer.forward(Bound(held, training), input))


def check_values_per_channel(input: Tensor, training: bool) -> None:
    """Refuse a batch with one value per channel, which has no variance."""
    if training and input._shape[0] * _size(input._shape[2:]) == 1:
        message = f"Expected more than 1 value per channel when training, got input size {input.shape}"
        raise make(ShapeError, message, ValueError, "batch_norm")


@define(function=False, method=False)
def instance_norm(
    input: Tensor, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """(x - mean) / sqrt(var + eps) * weight + bias of each channel of each sample; with running statistics that move by
    `momentum`, and are used instead of the sample's where `use_input_stats` is False.
    """
    name = "instance_norm"
    if use_input_stats and _size(input._shape[2:]) == 1:
        message = f"Expected more than 1 spatial element when training, got input size {input.shape}"
        raise make(ShapeError, message, ValueError, name)
    if (running_mean is None) != (running_var is None):
        message = "running_mean and running_var must either both be None or neither be None"
        raise make(ArgumentError, message, ValueError, name)
    if not use_input_stats and running_mean is None:
        message = "Expected running_mean and running_var to be defined when use_input_stats is false"
        raise make(ArgumentError, message, RuntimeError, name)
    held = {"gamma": weight, "beta": bias, "mean": running_mean, "var": running_var}
    channels = input._shape[1]
    for title, value in held.items():
        if value is not None and value._shape != (channels,):
            message = f"{title} should contain {channels} elements, one per channel, but has {list(value._shape)}"
            raise input._error(ShapeError, name, message)
    check_dtypes(name, input, weight, bias)
    layer = layers.GroupNorm(channels, channels, eps, keep=1.0 - momentum, running=running_mean is not None)
    out = layer.forward(Bound(held, use_input_stats), input)
    return cast(Tensor, graph.label(out, "ViewBackward0", graph.edges([input, weight, bias])))


def _size(shape: tuple[int, ...]) -> int:
    count = 1
    for length in shape:
        count *= length
    return count
