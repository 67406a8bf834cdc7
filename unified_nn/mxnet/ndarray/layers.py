"""Functions that the layers are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from unified_nn.dtypes import int64
from unified_nn.errors import ArgumentError, DTypeError, ShapeError
from unified_nn.layers.dropout import Dropout
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.function import define
from unified_nn.mxnet.ndarray.pending import settled
from unified_nn.mxnet.ndarray.reduce import drift
from unified_nn.mxnet.scope import is_training
from unified_nn.ops import activation, loss, norm
from unified_nn.ops import elementwise as ops
from unified_nn.ops.linalg import linear
from unified_nn.ops.reduce import sum_
from unified_nn.ops.shape import reshape, unsqueeze
from unified_nn.random import RandomStream, default_generator
from unified_nn.tensor import Tensor

Ints = tuple[int, ...]


def inputs(title: str, weight: object, bias: Tensor | None, no_bias: bool) -> Tensor | None:
    """The bias that is used; raises where it is missing."""
    if no_bias:
        return None
    if bias is None:
        raise failure(ArgumentError, title, "bias is missing; give one, or no_bias=True")
    return bias


@define("FullyConnected")
def fully_connected(
    data: Tensor, weight: Tensor, bias: Tensor | None = None, num_hidden: int = 0, no_bias: bool = False,
    flatten: bool = True,
) -> Tensor:  # fmt: skip
    """data (N, ...) as (N, k), or (..., k) with flatten=False, times weight (num_hidden, k) transposed + bias."""
    x = reshape(data, shape=(data._shape[0], _rest(data._shape))) if flatten and data.ndim != 2 else data
    shape = (num_hidden, x._shape[-1])
    weight, bias = settled(weight, shape), settled(bias, (num_hidden,))
    if weight._shape != shape:
        message = f"weight has shape {weight._shape}, expected {shape}: (num_hidden, inputs); data {data._shape}"
        raise failure(ShapeError, "FullyConnected", message)
    return linear(x, weight, inputs("FullyConnected", weight, bias, no_bias))


def _rest(shape: Ints) -> int:
    return int(np.prod(shape[1:], dtype=np.int64))


# ---- activations ---------------------------------------------------------------------------------------------------

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": activation.relu, "sigmoid": activation.sigmoid, "softrelu": activation.softplus,
    "softsign": activation.softsign, "tanh": ops.tanh,
}  # fmt: skip


@define("Activation")
def activation_(data: Tensor, act_type: str) -> Tensor:
    """The activation of that name: relu, sigmoid, softrelu, softsign or tanh."""
    refuse_whole(data, "Activation")
    if act_type not in ACTIVATIONS:
        message = f"act_type={act_type!r} is not one of {', '.join(ACTIVATIONS)}"
        raise failure(ArgumentError, "Activation", message)
    return ACTIVATIONS[act_type](data)


@define("LeakyReLU")
def leaky_relu(
    data: Tensor, gamma: Tensor | None = None, act_type: str = "leaky", slope: float = 0.25, lower_bound: float = 0.125,
    upper_bound: float = 0.334,
) -> Tensor:  # fmt: skip
    """x where x > 0, else: slope * x (leaky), gamma * x (prelu), slope * (e ** x - 1) (elu); also selu and gelu."""
    refuse_whole(data, "LeakyReLU")
    if act_type == "leaky":
        return activation.leaky_relu(data, slope=slope)
    if act_type == "elu":
        return activation.elu(data, alpha=slope)
    if act_type == "gelu":
        return activation.gelu(data)
    if act_type == "selu":
        return selu(data)
    if act_type == "prelu" and gamma is not None:
        gamma = settled(gamma, (data._shape[1] if data.ndim > 1 else 1,))
        assert gamma is not None
        return prelu(data, gamma)
    if act_type == "rrelu" and not is_training():
        return activation.leaky_relu(data, slope=(lower_bound + upper_bound) / 2)
    message = f"act_type={act_type!r} is not offered here; offered: leaky, prelu (with gamma), elu, selu, gelu"
    raise failure(ArgumentError, "LeakyReLU", message)


def refuse_whole(x: Tensor, where: str) -> None:
    """MXNet's activations take floats alone."""
    if x._dtype.kind != "f":
        raise failure(DTypeError, where, f"the data is {x._dtype.name}, expected a floating dtype; cast it first")


def prelu(x: Tensor, slopes: Tensor) -> Tensor:
    """x where x > 0, else slope * x, with one slope, or one for each channel (axis 1), or where their number fits only that,
    for each sample (axis 0).
    """
    if slopes._dtype is not x._dtype:
        message = f"the slopes are {slopes._dtype.name} and the data {x._dtype.name}, expected one dtype"
        raise failure(DTypeError, "LeakyReLU", message)
    count = slopes._shape[0] if slopes.ndim == 1 else 0
    axis = next((axis for axis in (1, 0) if axis < x.ndim and count in (1, x._shape[axis])), None)
    if axis is None or not count:
        message = f"slopes of shape {slopes._shape} fit neither axis 1 nor axis 0 of data of shape {x._shape}"
        raise failure(ShapeError, "LeakyReLU", message)
    return activation.prelu(x, reshape(slopes, shape=tuple(count if a == axis else 1 for a in range(x.ndim))))


def selu(x: Tensor) -> Tensor:
    """SELU with MXNet's gradient: below 0 it is scale * (alpha + out), and not the derivative scale * alpha + out."""
    if not x.tracked:
        return activation.selu(x)
    out = activation.selu(x._detached())
    below = ops.mul(ops.add(out, activation.SELU_ALPHA), activation.SELU_SCALE)
    slope = ops.where(ops.greater(x._detached(), 0), activation.SELU_SCALE, below)
    return ops.add(out, ops.mul(drift(x), slope))


def _scaled(data: Tensor, temperature: float | None) -> Tensor:
    return data if temperature in (None, 1.0) else ops.div(data, float(temperature))


def _softmax(title: str, data: Tensor, axis: int, temperature: float | None, dtype: object, log: bool) -> Tensor:
    if dtype is not None:
        data = data.astype(dtype)  # type: ignore[attr-defined]
    op = norm.log_softmax if log else norm.softmax
    return op(_scaled(data, temperature), axis=axis)


@define("softmax", method=True)
def softmax(
    data: Tensor, length: Tensor | None = None, axis: int = -1, temperature: float | None = None, dtype: object = None,
    use_length: bool = False,
) -> Tensor:  # fmt: skip
    """e ** (x / temperature) over its sum along the axis.

    With use_length, `length` says how many values of each row count (in the shape of data without the axis); the
    results behind them are 0.
    """
    if use_length != (length is not None):
        message = f"use_length={use_length} and length={'None' if length is None else length._shape} do not go together"
        raise failure(ArgumentError, "softmax", message)
    if length is None:
        return _softmax("softmax", data, axis, temperature, dtype, log=False)
    counts = _counted(data, length, axis)
    low = float(np.finfo(data._dtype.numpy()).min)
    return ops.where(
        counts, _softmax("softmax", ops.where(counts, data, low), axis, temperature, dtype, log=False), 0.0
    )


def _counted(data: Tensor, length: Tensor, axis: int) -> Tensor:
    """Which values of data lie before the end of their row."""
    at = axis % data.ndim
    expected = data._shape[:at] + data._shape[at + 1 :]
    if length._shape != expected:
        message = f"length has shape {length._shape}, expected {expected}: data {data._shape} without axis {axis}"
        raise failure(ShapeError, "softmax", message)
    places = np.arange(data._shape[at]).reshape([-1 if a == at else 1 for a in range(data.ndim)])
    made = Tensor.from_numpy(places, "int64", data.backend, data._device)
    return ops.less(made, unsqueeze(ops.cast(length, dtype=int64), axis=at))


@define("log_softmax", method=True)
def log_softmax(
    data: Tensor, axis: int = -1, temperature: float | None = None, dtype: object = None, use_length: bool = False
) -> Tensor:
    """The logarithm of softmax."""
    _refuse_length("log_softmax", None, use_length)
    return _softmax("log_softmax", data, axis, temperature, dtype, log=True)


@define("softmin", method=True)
def softmin(
    data: Tensor, axis: int = -1, temperature: float | None = None, dtype: object = None, use_length: bool = False
) -> Tensor:
    """softmax of -x."""
    _refuse_length("softmin", None, use_length)
    return _softmax("softmin", ops.neg(data), axis, temperature, dtype, log=False)


def _refuse_length(title: str, length: object, use_length: bool) -> None:
    if use_length or length is not None:
        message = "use_length=True is not offered; set what is behind the end to -inf with SequenceMask"
        raise failure(ArgumentError, title, message)


@define("SoftmaxActivation")
def softmax_activation(data: Tensor, mode: str = "instance") -> Tensor:
    """softmax over the last axis ("instance"), or over axis 1 ("channel")."""
    if mode not in ("instance", "channel"):
        raise failure(ArgumentError, "SoftmaxActivation", f"mode={mode!r}, expected instance or channel")
    return norm.softmax(data, axis=1 if mode == "channel" else -1)


@define("softmax_cross_entropy")
def softmax_cross_entropy(data: Tensor, label: Tensor) -> Tensor:
    """The sum over the batch of -log softmax(data)[n, label[n]]."""
    from unified_nn.mxnet.ndarray.select import whole

    places = whole(label, data._shape[1], "clip", "softmax_cross_entropy")
    return reshape(sum_(loss.cross_entropy(data, places)), shape=(1,))


# ---- the rest ------------------------------------------------------------------------------------------------------


class _NoParameters:
    training = False
    stream: RandomStream = default_generator

    def __getitem__(self, name: str) -> Tensor:
        raise KeyError(name)

    def get(self, name: str) -> Tensor | None:
        return None

    def update(self, name: str, value: Tensor) -> None:
        raise KeyError(name)


NO_PARAMETERS = _NoParameters()


class _Training(_NoParameters):
    training = True


#: Parameters of a layer that has none, while training.
TRAINING = _Training()


@define("Dropout")
def dropout(data: Tensor, p: float = 0.5, mode: str = "training", axes: Any = (), cudnn_off: bool = False) -> Any:
    """While training (or with mode="always"), values are 0 with probability p, the others grow by 1 / (1 - p)."""
    if not 0 <= p <= 1:
        raise failure(ArgumentError, "Dropout", f"p={p}, expected 0 <= p <= 1")
    if mode not in ("training", "always"):
        raise failure(ArgumentError, "Dropout", f"mode={mode!r}, expected training or always")
    if p == 0 or not (is_training() or mode == "always"):
        return data.copy()  # type: ignore[attr-defined]
    return none_kept(data) if p == 1 else Dropout(float(p), tuple(axes)).forward(TRAINING, data)


def none_kept(x: Tensor) -> Tensor:
    """NaN everywhere: where nothing is kept MXNet divides 0 by 0."""
    return ops.mul(x, math.nan)


@define("LRN")
def lrn(data: Tensor, nsize: int, alpha: float = 1e-4, beta: float = 0.75, knorm: float = 2.0) -> Tensor:
    """data / (knorm + alpha / nsize * sum of squares over nsize neighbouring channels) ** beta."""
    window = (nsize // 2, nsize // 2)
    return norm.local_response_norm(data, window=window, alpha=alpha / nsize, beta=beta, k=knorm)
