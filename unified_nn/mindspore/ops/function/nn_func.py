"""Activations, layers without parameters of their own, and losses."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import ArgumentError, NotOfferedError, ShapeError, make
from unified_nn.layers import norm as layers
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.ops.arguments import axis_of, floating, number, one_of, shape_of, tensor, told
from unified_nn.mindspore.ops.function.math_func import Function, _named, taking, unary
from unified_nn.ops import activation, linalg, norm
from unified_nn.ops import elementwise as el
from unified_nn.ops import shape as moves
from unified_nn.random import default_generator

# ---- activations ---------------------------------------------------------------------------------------------------

_made: dict[str, Function] = {
    name: unary(name, op, floating)
    for name, op in {
        "sigmoid": activation.sigmoid, "silu": activation.silu, "mish": activation.mish, "selu": activation.selu,
        "softsign": activation.softsign, "logsigmoid": activation.log_sigmoid, "tanhshrink": activation.tanh_shrink,
        "hardswish": activation.hard_swish, "hardsigmoid": activation.hard_sigmoid,
    }.items()
}  # fmt: skip
for _name, _argument in {"mish": "x", "logsigmoid": "x", "softsign": "x", "selu": "input_x"}.items():
    _made[_name] = taking(_made[_name], _argument)
globals().update(_made)


def relu(input: Any, inplace: bool = False) -> Any:
    """max(input, 0)."""
    if inplace:
        raise make(NotOfferedError, "mindspore.ops.relu(inplace=True) is not offered; assign the result")
    return activation.relu(tensor(input, "ops.relu"))


def relu6(x: Any) -> Any:
    """x limited to [0, 6]; the gradient passes at 6 and not at 0."""
    return activation.relu6(tensor(x, "ops.relu6"))


def gelu(input: Any, approximate: str = "none") -> Any:
    """x * Phi(x); approximate "tanh" is the tanh form."""
    one_of("approximate", approximate, ("none", "tanh"), "ops.gelu")
    return activation.gelu(floating(input, "ops.gelu"), approximate=approximate == "tanh")


def _scaled(name: str, op: Any, parameter: str, argument: str, default: float, attribute: str) -> Function:
    """An activation with one number."""

    def function(x: Any, value: float = default) -> Any:
        return op(floating(x, f"ops.{name}"), **{attribute: number(argument, value, f"ops.{name}")})

    space: dict[str, Any] = {"function": function}
    exec(f"def {name}({parameter}, {argument}={default}): return function({parameter}, {argument})", space)
    return _named(space[name], name, op.__doc__)


leaky_relu = _scaled("leaky_relu", activation.leaky_max, "input", "alpha", 0.2, "slope")
elu = _scaled("elu", activation.elu, "input_x", "alpha", 1.0, "alpha")
celu = _scaled("celu", activation.celu, "x", "alpha", 1.0, "alpha")
hardshrink = _scaled("hardshrink", activation.hard_shrink, "input", "lambd", 0.5, "lambd")
softshrink = _scaled("softshrink", activation.soft_shrink, "input", "lambd", 0.5, "lambd")
soft_shrink = softshrink


def softplus(input: Any, beta: float = 1, threshold: float = 20) -> Any:
    """log(1 + e ** (beta * x)) / beta, x itself above the threshold."""
    return activation.softplus(
        floating(input, "ops.softplus"),
        beta=number("beta", beta, "ops.softplus"),
        threshold=number("threshold", threshold, "ops.softplus"),
    )


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """input limited to [min_val, max_val]."""
    return activation.clip_even(
        floating(input, "ops.hardtanh"),
        low=number("min_val", min_val, "ops.hardtanh"),
        high=number("max_val", max_val, "ops.hardtanh"),
    )


def threshold(input: Any, thr: float, value: float) -> Any:
    """input above thr, else value."""
    return activation.threshold(tensor(input, "ops.threshold"), limit=thr, value=value)


def prelu(input: Any, weight: Any) -> Any:
    """input where positive, else weight * input with one weight, or one per channel."""
    x, w = floating(input, "ops.prelu"), floating(weight, "ops.prelu")
    shape = (1, -1, *(1,) * (x.ndim - 2)) if x.ndim > 1 and w.size > 1 else (1,)
    return activation.prelu(x, moves.reshape(w, shape=shape))


@told
def glu(x: Any, axis: int = -1) -> Any:
    """The first half times the sigmoid of the second."""
    found = floating(x, "ops.glu")
    at = axis_of(found, axis, "ops.glu")
    if found.shape[at] % 2:
        raise found._error(ShapeError, "mindspore.ops.glu", f"axis {at} of x {found.shape} does not have an even size")
    half = found.shape[at] // 2
    first, second = moves.split(found, sizes=(half, half), axis=at)
    return el.mul(first, activation.sigmoid(second))


def _softmax(name: str, op: Any, x: Any, axis: int, dtype: Any) -> Any:
    found = tensor(x, name)
    found = floating(found, name) if dtype is None else el.as_dtype(found, mstype.to_canonical(dtype, f"{name}: dtype"))
    return op(found, axis=axis_of(found, axis, name))


def softmax(input: Any, axis: int = -1, *, dtype: Any = None) -> Any:
    """e ** x / sum(e ** x) along the axis."""
    return _softmax("ops.softmax", norm.softmax, input, axis, dtype)


def log_softmax(logits: Any, axis: int = -1) -> Any:
    """x - log(sum(e ** x)) along the axis."""
    return _softmax("ops.log_softmax", norm.log_softmax, logits, axis, None)


def softmin(x: Any, axis: int = -1, *, dtype: Any = None) -> Any:
    """softmax(-x)."""
    return softmax(el.neg(tensor(x, "ops.softmin")), axis, dtype=dtype)


# ---- layers --------------------------------------------------------------------------------------------------------


def dense(input: Any, weight: Any, bias: Any = None) -> Any:
    """input @ weight transposed + bias."""
    return linalg.linear(
        tensor(input, "ops.dense"), tensor(weight, "ops.dense"), None if bias is None else tensor(bias, "ops.dense")
    )


def bias_add(input_x: Any, bias: Any) -> Any:
    """input_x + bias, one value for each channel (axis 1)."""
    x, b = tensor(input_x, "ops.bias_add"), tensor(bias, "ops.bias_add")
    if b._shape != x._shape[1:2]:
        raise x._error(
            ShapeError, "mindspore.ops.bias_add", f"x {x.shape} needs a bias of shape {x.shape[1:2]}, got {b.shape}"
        )
    return el.add(x, moves.reshape(b, shape=(1, -1, *(1,) * (x.ndim - 2))))


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-05) -> Any:
    """(x - mean) / sqrt(var + eps) * weight + bias over the last axes."""
    x = floating(input, "ops.layer_norm")
    shape = shape_of(normalized_shape, "ops.layer_norm")
    if x.shape[x.ndim - len(shape) :] != shape:
        raise x._error(ShapeError, "mindspore.ops.layer_norm", f"x {x.shape} does not end in {shape}")
    return norm.layer_norm(x, weight, bias, axes=len(shape), eps=eps)


@told
def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-05) -> Any:
    """Each group of channels of each sample of input (N, C, *S) normalised, times weight plus bias per channel."""
    x = floating(input, "ops.group_norm")
    channels = x.shape[1] if x.ndim > 1 else 0
    if num_groups < 1 or channels % num_groups:
        message = f"the 'num_channels' must be divided by 'num_groups'={num_groups}, but got {channels}; x {x.shape}"
        raise make(ArgumentError, message, ValueError, "mindspore.ops.group_norm")
    given = {"gamma": weight, "beta": bias}
    scaled: Any = {name: tensor(a, "ops.group_norm") for name, a in given.items() if a is not None}
    layer = layers.GroupNorm(num_groups, channels, eps, weight is not None, bias is not None)
    return layer.forward(scaled, x)


def batch_norm(
    input_x: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-05,
) -> Any:  # fmt: skip
    """(x - mean) / sqrt(var + eps) * weight + bias with the running statistics, or while training with the batch's.

    Training moves the running statistics by `momentum` towards the batch's, of which the variance divides by n - 1.
    """
    x = tensor(input_x, "ops.batch_norm")
    held = {"mean": running_mean, "var": running_var, "gamma": weight, "beta": bias}
    layer = layers.BatchNorm(x.shape[1] if x.ndim > 1 else 0, eps, 1.0 - momentum)
    return layer.forward(Arrays(held, training), x)


class Arrays:
    """The arrays of a function that a canonical layer computes."""

    stream = default_generator

    def __init__(self, held: dict[str, Any], training: bool = False) -> None:
        self._held, self.training = held, training

    def __getitem__(self, name: str) -> Any:
        held = self._held[name]
        return held._detached() if name in ("mean", "var") else held

    def get(self, name: str) -> Any:
        return self[name] if self._held.get(name) is not None else None

    def update(self, name: str, value: Any) -> None:
        self._held[name]._assign(value.as_face(Tensor))


@told
def pad(input_x: Any, padding: Any, mode: str = "constant", value: Any = None) -> Any:
    """x with values around it: (lo, hi) pairs from the last axis to the first, or one pair per axis."""
    x = tensor(input_x, "ops.pad")
    one_of("mode", mode, ("constant", "reflect", "replicate", "circular"), "ops.pad")
    flat = [int(p) for p in padding]
    if len(flat) % 2 or len(flat) > 2 * x.ndim:
        raise x._error(ArgumentError, "mindspore.ops.pad", f"padding={tuple(flat)} does not fit x {x.shape}")
    pairs = [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)][::-1]
    if any(p < 0 for p in flat):
        raise make(NotOfferedError, f"mindspore.ops.pad: negative padding {tuple(flat)} is not offered; use a slice")
    if mode == "constant":
        lead = ((0, 0),) * (x.ndim - len(pairs))
        return moves.pad(x, pads=(*lead, *pairs), value=0.0 if value is None else float(value))
    if value is not None:
        raise make(ArgumentError, f"mode={mode!r} takes no value", ValueError, "mindspore.ops.pad")
    from unified_nn.layers.pads import pad_around

    return pad_around(x, tuple(pairs), mode)


__all__ = sorted({*_made} | {
    "batch_norm", "bias_add", "celu", "dense", "elu", "gelu", "glu", "group_norm", "hardshrink",
    "hardtanh", "layer_norm", "leaky_relu", "log_softmax", "pad",
    "prelu", "relu", "relu6", "soft_shrink", "softmax", "softmin", "softplus", "softshrink", "threshold",
})  # fmt: skip
