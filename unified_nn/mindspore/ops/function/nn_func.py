"""Activations, layers without parameters of their own, and losses."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import ArgumentError, DTypeError, NotOfferedError, ShapeError, make
from unified_nn.layers import conv, pool
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.layer.padding_mode import pad_mode as pads_of
from unified_nn.mindspore.ops.arguments import axis_of, floating, one_of, shape_of, tensor
from unified_nn.mindspore.ops.function.math_func import Function, _named, unary
from unified_nn.ops import activation, linalg, norm, reduce
from unified_nn.ops import elementwise as el
from unified_nn.ops import loss as losses
from unified_nn.ops import shape as moves
from unified_nn.random import default_generator
from unified_nn.vocabulary.rules import spread

# ---- activations ---------------------------------------------------------------------------------------------------

_made: dict[str, Function] = {
    name: unary(name, op, floating)
    for name, op in {
        "sigmoid": activation.sigmoid, "silu": activation.silu, "mish": activation.mish, "selu": activation.selu,
        "softsign": activation.softsign, "logsigmoid": activation.log_sigmoid, "tanhshrink": activation.tanh_shrink,
        "hardswish": activation.hard_swish, "hardsigmoid": activation.hard_sigmoid,
    }.items()
}  # fmt: skip
globals().update(_made)


def relu(input: Any, inplace: bool = False) -> Any:
    """max(input, 0)."""
    if inplace:
        raise make(NotOfferedError, "mindspore.ops.relu(inplace=True) is not offered; assign the result")
    return activation.relu(tensor(input, "ops.relu"))


def relu6(x: Any) -> Any:
    """x limited to [0, 6]; the gradient passes at the limits themselves."""
    return el.clip(tensor(x, "ops.relu6"), low=0, high=6)


def gelu(input: Any, approximate: str = "none") -> Any:
    """x * Phi(x); approximate "tanh" is the tanh form."""
    one_of("approximate", approximate, ("none", "tanh"), "ops.gelu")
    return activation.gelu(floating(input, "ops.gelu"), approximate=approximate == "tanh")


def _scaled(name: str, op: Any, parameter: str, argument: str, default: float, attribute: str) -> Function:
    """An activation with one number."""

    def function(x: Any, value: float = default) -> Any:
        return op(floating(x, f"ops.{name}"), **{attribute: float(value)})

    space: dict[str, Any] = {"function": function}
    exec(f"def {name}({parameter}, {argument}={default}): return function({parameter}, {argument})", space)
    return _named(space[name], name, op.__doc__)


leaky_relu = _scaled("leaky_relu", activation.leaky_relu, "input", "alpha", 0.2, "slope")
elu = _scaled("elu", activation.elu, "input_x", "alpha", 1.0, "alpha")
celu = _scaled("celu", activation.celu, "x", "alpha", 1.0, "alpha")
hardshrink = _scaled("hardshrink", activation.hard_shrink, "input", "lambd", 0.5, "lambd")
softshrink = _scaled("softshrink", activation.soft_shrink, "input", "lambd", 0.5, "lambd")
soft_shrink = softshrink


def softplus(input: Any, beta: float = 1, threshold: float = 20) -> Any:
    """log(1 + e ** (beta * x)) / beta, x itself above the threshold."""
    return activation.softplus(floating(input, "ops.softplus"), beta=float(beta), threshold=float(threshold))


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """input limited to [min_val, max_val]."""
    return activation.hard_tanh(floating(input, "ops.hardtanh"), low=float(min_val), high=float(max_val))


def threshold(input: Any, thr: float, value: float) -> Any:
    """input above thr, else value."""
    return activation.threshold(tensor(input, "ops.threshold"), limit=thr, value=value)


def prelu(input: Any, weight: Any) -> Any:
    """input where positive, else weight * input with one weight, or one per channel."""
    x, w = floating(input, "ops.prelu"), floating(weight, "ops.prelu")
    shape = (1, -1, *(1,) * (x.ndim - 2)) if x.ndim > 1 and w.size > 1 else (1,)
    return activation.prelu(x, moves.reshape(w, shape=shape))


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


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, pad_mode: str = "valid", padding: Any = 0,
    dilation: Any = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """The convolution of input (N, C, H, W) with weight (K, C / groups, h, w)."""
    x, w = tensor(input, "ops.conv2d"), tensor(weight, "ops.conv2d")
    sides = padding if not isinstance(padding, (tuple, list)) or len(padding) == 4 else (
        padding[0], padding[0], padding[1], padding[1],
    )  # fmt: skip
    layer = conv.Conv(
        None, w.shape[0], w.shape[2:], spread(stride, 2, "stride"),
        pads_of(2).read({"pad_mode": pad_mode, "padding": sides}), spread(dilation, 2, "dilation"), groups,
    )  # fmt: skip
    return layer.forward({"w": w, "b": None if bias is None else tensor(bias, "ops.conv2d")}, x)  # type: ignore[arg-type]


_NO_PARAMS: Any = {}


def max_pool2d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, return_indices: bool = False,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """The largest of each window; with return_indices also where it was."""
    kernel = spread(kernel_size, 2, "kernel_size")
    layer = pool.MaxPool(
        kernel, kernel if stride is None else spread(stride, 2, "stride"),
        tuple((p, p) for p in spread(padding, 2, "padding")), spread(dilation, 2, "dilation"),
        "ceil_inside" if ceil_mode else "floor", return_indices,
    )  # fmt: skip
    return layer.forward(_NO_PARAMS, tensor(x, "ops.max_pool2d"))


def avg_pool2d(
    input_x: Any, kernel_size: Any = 1, stride: Any = 1, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int = 0,
) -> Any:  # fmt: skip
    """The mean of each window."""
    layer = pool.AvgPool(
        spread(kernel_size, 2, "kernel_size"), spread(stride, 2, "stride"),
        tuple((p, p) for p in spread(padding, 2, "padding")), "ceil_inside" if ceil_mode else "floor",
        count_include_pad, divisor_override or None,
    )  # fmt: skip
    return layer.forward(_NO_PARAMS, tensor(input_x, "ops.avg_pool2d"))


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """The means of uneven bins that cover the image; None keeps an axis."""
    size = output_size if isinstance(output_size, tuple) else (output_size, output_size)
    return pool.AdaptiveAvgPool(size).forward(_NO_PARAMS, tensor(input, "ops.adaptive_avg_pool2d"))


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-05) -> Any:
    """(x - mean) / sqrt(var + eps) * weight + bias over the last axes."""
    x = floating(input, "ops.layer_norm")
    shape = shape_of(normalized_shape, "ops.layer_norm")
    if x.shape[x.ndim - len(shape) :] != shape:
        raise x._error(ShapeError, "mindspore.ops.layer_norm", f"x {x.shape} does not end in {shape}")
    return norm.layer_norm(x, weight, bias, axes=len(shape), eps=eps)


def batch_norm(
    input_x: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-05,
) -> Any:  # fmt: skip
    """(x - mean) / sqrt(var + eps) * weight + bias with the running statistics."""
    if training:
        raise make(NotOfferedError, "mindspore.ops.batch_norm(training=True) is not offered; use nn.BatchNorm2d")
    return norm.batch_norm(tensor(input_x, "ops.batch_norm"), running_mean, running_var, weight, bias, eps=eps)


def dropout(input: Any, p: float = 0.5, training: bool = True, seed: Any = None) -> Any:
    """Each value 0 with probability p, the rest divided by 1 - p."""
    x = floating(input, "ops.dropout")
    if seed is not None:
        raise make(NotOfferedError, "mindspore.ops.dropout: a seed of its own is not offered; use mindspore.set_seed")
    if not 0 <= p < 1:
        raise make(ArgumentError, f"the 'p' must be in range [0, 1), but got {p}", ValueError, "mindspore.ops.dropout")
    if not training or p == 0:
        return x
    keep = default_generator.bernoulli(x.shape, 1.0 - p)
    return el.mul(x, Tensor.from_numpy(keep / (1.0 - p), x._dtype, x.backend, x._device))


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


# ---- losses --------------------------------------------------------------------------------------------------------

REDUCTIONS = ("none", "mean", "sum")


def reduced(values: Any, reduction: str, where: str) -> Any:
    """All values, their mean, or their sum."""
    one_of("reduction", reduction, REDUCTIONS, where)
    if reduction == "none":
        return values
    return reduce.mean(values) if reduction == "mean" else reduce.sum_(values)


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """(input - target) ** 2."""
    x, y = tensor(input, "ops.mse_loss"), tensor(target, "ops.mse_loss")
    return reduced(losses.squared_error(x, y), reduction, "ops.mse_loss")


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """|input - target|."""
    x, y = tensor(input, "ops.l1_loss"), tensor(target, "ops.l1_loss")
    return reduced(losses.absolute_error(x, y), reduction, "ops.l1_loss")


def smooth_l1_loss(input: Any, target: Any, beta: float = 1.0, reduction: str = "none") -> Any:
    """d ** 2 / (2 * beta) where d = |input - target| < beta, else d - beta / 2."""
    x, y = tensor(input, "ops.smooth_l1_loss"), tensor(target, "ops.smooth_l1_loss")
    if beta <= 0:
        raise make(ArgumentError, f"the 'beta' must be > 0, but got {beta}", ValueError, "mindspore.ops.smooth_l1_loss")
    return reduced(el.mul(losses.huber(x, y, delta=beta), 1.0 / beta), reduction, "ops.smooth_l1_loss")


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """d ** 2 / 2 where d = |input - target| < delta, else delta * (d - delta / 2)."""
    x, y = tensor(input, "ops.huber_loss"), tensor(target, "ops.huber_loss")
    return reduced(losses.huber(x, y, delta=delta), reduction, "ops.huber_loss")


def binary_cross_entropy(logits: Any, labels: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """-labels * log(p) - (1 - labels) * log(1 - p) for probabilities p; the logarithms are cut off at p = 1e-12."""
    p, y = floating(logits, "ops.binary_cross_entropy"), floating(labels, "ops.binary_cross_entropy")
    _same_shape(p, y, "ops.binary_cross_entropy")
    tiny = 1e-12
    first = el.mul(y, el.log(el.add(p, tiny)))
    second = el.mul(el.sub(1.0, y), el.log(el.add(el.sub(1.0, p), tiny)))
    values = el.neg(el.add(first, second))
    return reduced(values if weight is None else el.mul(values, weight), reduction, "ops.binary_cross_entropy")


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "mean"
) -> Any:
    """The binary cross entropy of sigmoid(input)."""
    where = "ops.binary_cross_entropy_with_logits"
    x, y = floating(input, where), floating(target, where)
    _same_shape(x, y, where)
    if pos_weight is None:
        values = losses.binary_cross_entropy_logits(x, y)
    else:
        factor = el.add(el.mul(y, el.sub(pos_weight, 1.0)), 1.0)
        values = el.add(el.mul(el.sub(1.0, y), x), el.mul(factor, activation.softplus(el.neg(x))))
    return reduced(values if weight is None else el.mul(values, weight), reduction, where)


def _same_shape(x: Any, y: Any, where: str) -> None:
    if x._shape != y._shape:
        raise x._error(ShapeError, f"mindspore.{where}", f"the shapes must be equal, got {x.shape} and {y.shape}")


def kl_div(logits: Any, labels: Any, reduction: str = "mean") -> Any:
    """labels * (log(labels) - logits) for log-probabilities logits; "batchmean" divides the sum by the batch size."""
    x, y = floating(logits, "ops.kl_div"), floating(labels, "ops.kl_div")
    one_of("reduction", reduction, ("none", "mean", "sum", "batchmean"), "ops.kl_div")
    safe = el.where(el.equal(y, 0), 1.0, y)
    values = el.mul(y, el.sub(el.log(safe), x))
    if reduction == "batchmean":
        return el.div(reduce.sum_(values), float(x.shape[0]))
    return reduced(values, reduction, "ops.kl_div")


def nll_loss(
    inputs: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """-inputs[n, target[n]] for log-probabilities (N, C, *S); "mean" divides by the sum of the weights."""
    return _nll(
        floating(inputs, "ops.nll_loss"), target, weight, ignore_index, reduction, label_smoothing, "ops.nll_loss"
    )


def _nll(x: Any, target: Any, weight: Any, ignore: int, reduction: str, smoothing: float, where: str) -> Any:
    one_of("reduction", reduction, REDUCTIONS, where)
    labels = tensor(target, where)
    if labels._dtype.kind not in "iu":
        raise make(DTypeError, f"the labels should be Int32, but got {labels.dtype}", TypeError, f"mindspore.{where}")
    axis = 0 if x.ndim == 1 else 1
    kept = el.not_equal(labels, ignore)
    safe = el.where(kept, labels, 0)
    values = losses.nll(x, safe, axis=axis)
    factor = el.cast(kept, dtype=x._dtype)
    if weight is not None:
        w = tensor(weight, where)
        factor = el.mul(factor, el.as_dtype(w, x._dtype)[safe])
    values = el.mul(values, factor)
    if smoothing:
        classes = x.shape[axis]
        spread_ = x if weight is None else el.mul(x, moves.reshape(w, shape=_channels(x, axis)))
        even = el.neg(reduce.sum_(spread_, axis=axis))
        even = el.where(kept, even, 0.0)
        values = el.add(el.mul(values, 1.0 - smoothing), el.mul(even, smoothing / classes))
    if reduction == "mean":
        return el.div(reduce.sum_(values), reduce.sum_(factor))
    return reduced(values, reduction, where)


def _channels(x: Any, axis: int) -> tuple[int, ...]:
    return tuple(-1 if a == axis else 1 for a in range(x.ndim))


def cross_entropy(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """-log softmax(input)[n, target[n]] for logits (N, C, *S); target may hold probabilities of the same shape."""
    x, y = floating(input, "ops.cross_entropy"), tensor(target, "ops.cross_entropy")
    if not 0 <= label_smoothing <= 1:
        message = f"the 'label_smoothing' must be in [0, 1], but got {label_smoothing}"
        raise make(ArgumentError, message, ValueError, "mindspore.ops.cross_entropy")
    axis = 0 if x.ndim == 1 else 1
    logs = norm.log_softmax(x, axis=axis)
    if y._dtype.kind != "f":
        return _nll(logs, y, weight, ignore_index, reduction, label_smoothing, "ops.cross_entropy")
    _same_shape(x, y, "ops.cross_entropy")
    if label_smoothing:
        y = el.add(el.mul(y, 1.0 - label_smoothing), label_smoothing / x.shape[axis])
    if weight is not None:
        logs = el.mul(logs, moves.reshape(tensor(weight, "ops.cross_entropy"), shape=_channels(x, axis)))
    values = el.neg(reduce.sum_(el.mul(logs, y), axis=axis))
    if reduction == "mean":
        count = x.size // x.shape[axis]
        return el.div(reduce.sum_(values), float(max(count, 1)))
    return reduced(values, reduction, "ops.cross_entropy")


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-08) -> Any:
    """sum(x1 * x2) / (|x1| * |x2|) along the axis, with each norm at least eps."""
    x, y = floating(x1, "ops.cosine_similarity"), floating(x2, "ops.cosine_similarity")
    axis = axis_of(x, dim, "ops.cosine_similarity")
    sizes = [el.maximum(el.sqrt(reduce.sum_(el.square(v), axis=axis, keepdims=True)), eps) for v in (x, y)]
    return reduce.sum_(el.mul(el.div(x, sizes[0]), el.div(y, sizes[1])), axis=axis)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean") -> Any:
    """max(0, -target * (input1 - input2) + margin)."""
    where = "ops.margin_ranking_loss"
    x, y, t = (tensor(v, where) for v in (input1, input2, target))
    return reduced(el.maximum(el.add(el.neg(el.mul(t, el.sub(x, y))), margin), 0.0), reduction, where)


def soft_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """log(1 + e ** (-target * input))."""
    x, y = floating(input, "ops.soft_margin_loss"), floating(target, "ops.soft_margin_loss")
    return reduced(el.log(el.add(el.exp(el.neg(el.mul(x, y))), 1.0)), reduction, "ops.soft_margin_loss")


def hinge_embedding_loss(inputs: Any, targets: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """input where the target is 1, max(0, margin - input) where it is -1."""
    where = "ops.hinge_embedding_loss"
    x, y = floating(inputs, where), tensor(targets, where)
    near = el.where(el.equal(y, 1), x, 0.0)
    far = el.where(el.equal(y, -1), el.maximum(el.sub(margin, x), 0.0), 0.0)
    return reduced(el.add(near, far), reduction, where)


__all__ = sorted(
    {*_made}
    | {
        "adaptive_avg_pool2d", "avg_pool2d", "batch_norm", "bias_add", "binary_cross_entropy",
        "binary_cross_entropy_with_logits", "celu", "conv2d", "cosine_similarity", "cross_entropy", "dense", "dropout",
        "elu", "gelu", "glu", "hardshrink", "hardtanh", "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss",
        "layer_norm", "leaky_relu", "log_softmax", "margin_ranking_loss", "max_pool2d", "mse_loss", "nll_loss", "pad",
        "prelu", "relu", "relu6", "smooth_l1_loss", "soft_margin_loss", "soft_shrink", "softmax", "softmin", "softplus",
        "softshrink", "threshold",
    }
)  # fmt: skip
