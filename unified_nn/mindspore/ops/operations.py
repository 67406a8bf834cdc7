"""The primitives: `ops.MatMul()(x, y)` and its kin, as classes whose arguments are those of the constructor."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from unified_nn.errors import ArgumentError, make
from unified_nn.layers import pool
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.layer.padding_mode import pad_mode as pads_of
from unified_nn.mindspore.ops.arguments import one_of, tensor
from unified_nn.mindspore.ops.function import (
    array_func,
    creation_func,
    loss_func,
    math_func,
    nn_func,
    reduce_func,
    window_func,
)
from unified_nn.ops import elementwise as el
from unified_nn.ops import index, linalg, norm, reduce
from unified_nn.ops import shape as moves
from unified_nn.vocabulary.entry import parse_signature
from unified_nn.vocabulary.missing import refuse
from unified_nn.vocabulary.rules import spread
from unified_nn.vocabulary.signatures import bound


class Primitive:
    """Base of the primitives."""

    arguments: ClassVar[inspect.Signature]
    compute: ClassVar[Callable[..., Any]]
    #: the arguments as they were given
    init_attrs: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.init_attrs = bound(f"{type(self).__name__}.__init__", self.arguments, args, kwargs)
        self.name = type(self).__name__

    def __call__(self, *xs: Any) -> Any:
        return type(self).compute(*xs, **self.init_attrs)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self.init_attrs.items())
        return f"Prim[{self.name}]<{shown}>" if shown else f"Prim[{self.name}]"


def primitive(name: str, compute: Callable[..., Any], args: str = "") -> type[Primitive]:
    """A primitive: compute(*inputs, **arguments of the constructor)."""
    members = {
        "compute": staticmethod(compute), "arguments": parse_signature(args, {"mstype": mstype}),
        "__doc__": compute.__doc__, "__module__": __name__,
    }  # fmt: skip
    return type(name, (Primitive,), members)


no_arrays: Any = {}  # pooling layers keep none
_math: dict[str, Any] = vars(math_func)
_array: dict[str, Any] = {**vars(array_func), **vars(creation_func)}
_nn: dict[str, Any] = vars(nn_func)


def _transposed(x: Any, flag: bool) -> Any:
    return moves.swapaxes(x, -2, -1) if flag else x


def _matmul(x: Any, y: Any, *, transpose_a: bool, transpose_b: bool) -> Any:
    """The product of two matrices, or of two batches."""
    a, b = tensor(x, "ops.MatMul"), tensor(y, "ops.MatMul")
    return linalg.matmul(_transposed(a, transpose_a), _transposed(b, transpose_b))


def _reduced(op: str) -> Callable[..., Any]:
    def compute(x: Any, axis: Any = (), *, keep_dims: bool, skip_mode: bool = False) -> Any:
        found = tensor(x, f"ops.Reduce{op}")
        if skip_mode and axis == ():
            return found
        if op == "Sum":  # unlike ops.sum, a primitive keeps the dtype
            where = tuple(range(found.ndim)) if axis in ((), None) else axis
            return reduce.sum_(found, axis=where, keepdims=keep_dims)
        functions: dict[str, Any] = {
            "Mean": reduce_func.mean,
            "Max": reduce_func.amax,
            "Min": reduce_func.amin,
            "Prod": reduce_func.prod,
        }
        functions |= {"All": reduce_func.all, "Any": reduce_func.any}
        return functions[op](found, axis, keep_dims)

    return compute


def _argmax_with_value(place: Any) -> Callable[..., Any]:
    def compute(x: Any, *, axis: int, keep_dims: bool) -> Any:
        values, places = reduce_func.at_place(place, tensor(x, "ops.ArgMaxWithValue"), axis, keep_dims)
        return places, values

    return compute


def _argmax(op: Any) -> Callable[..., Any]:
    def compute(x: Any, *, axis: int, output_type: mstype.Type) -> Any:
        return el.as_dtype(op(tensor(x, "ops.Argmax"), axis=axis), mstype.to_canonical(output_type))

    return compute


def _conv2d(
    x: Any, w: Any, *, out_channel: int, kernel_size: Any, mode: int, pad_mode: str, pad: Any, stride: Any,
    dilation: Any, group: int, data_format: str,
) -> Any:  # fmt: skip
    """The convolution of x (N, C, H, W) with w (K, C / group, h, w)."""
    weight = tensor(w, "ops.Conv2D")
    kernel = spread(kernel_size, 2, "kernel_size")
    one_of("mode", mode, (1,), "ops.Conv2D")
    one_of("data_format", data_format, ("NCHW",), "ops.Conv2D")
    if weight.shape[0] != out_channel or weight.shape[2:] != kernel:
        message = f"w has shape {weight.shape}, expected {out_channel} channels and the kernel {kernel}"
        raise make(ArgumentError, message, ValueError, "mindspore.ops.Conv2D")
    return window_func.convolved(2, x, weight, None, stride, pad_mode, pad, dilation, group, "ops.Conv2D")


def _pool(layer: Any, name: str) -> Callable[..., Any]:
    def compute(x: Any, *, kernel_size: Any, strides: Any, pad_mode: str, data_format: str) -> Any:
        one_of("data_format", data_format, ("NCHW",), f"ops.{name}")
        one_of("pad_mode", pad_mode.lower(), ("same", "valid"), f"ops.{name}")
        kernel, stride = spread(kernel_size, 2, "kernel_size"), spread(strides, 2, "strides")
        pads = pads_of(2).read({"pad_mode": pad_mode, "padding": 0})
        made = layer(kernel, stride, pads, (1, 1)) if layer is pool.MaxPool else layer(
            kernel, stride, pads, count_pad=pads != "same"
        )  # fmt: skip
        return made.forward(no_arrays, tensor(x, f"ops.{name}"))

    return compute


def _batch_norm(x: Any, scale: Any, bias: Any, mean: Any, variance: Any, *, is_training: bool, epsilon: float,
                momentum: float, data_format: str) -> Any:  # fmt: skip
    """Normalised with the given statistics; the result is the first of five."""
    one_of("is_training", is_training, (False,), "ops.BatchNorm")
    one_of("data_format", data_format, ("NCHW",), "ops.BatchNorm")
    out = norm.batch_norm(tensor(x, "ops.BatchNorm"), mean, variance, scale, bias, eps=epsilon)
    return out, mean, variance, mean, variance


def _layer_norm(x: Any, gamma: Any, beta: Any, *, begin_norm_axis: int, begin_params_axis: int, epsilon: float) -> Any:
    """(normalised, mean, variance) over the axes from begin_norm_axis on."""
    found = tensor(x, "ops.LayerNorm")
    axes = found.ndim - begin_norm_axis % found.ndim
    one_of("begin_params_axis", begin_params_axis % found.ndim, (begin_norm_axis % found.ndim,), "ops.LayerNorm")
    last = tuple(range(found.ndim - axes, found.ndim))
    out = norm.layer_norm(found, gamma, beta, axes=axes, eps=epsilon)
    return out, reduce.mean(found, axis=last, keepdims=True), reduce.var(found, axis=last, keepdims=True)


def _slice(x: Any, begin: Any, size: Any) -> Any:
    """The part of x that starts at `begin` and has the size `size`; -1 means to the end."""
    found = tensor(x, "ops.Slice")
    parts = tuple(
        slice(b, found.shape[a] if s == -1 else b + s) for a, (b, s) in enumerate(zip(begin, size, strict=True))
    )
    return index.getitem(found, index=parts)


def _strided_slice(x: Any, begin: Any, end: Any, strides: Any, **masks: int) -> Any:
    """x[begin:end:strides] on each axis."""
    for name, value in masks.items():
        one_of(name, value, (0,), "ops.StridedSlice")
    parts = tuple(slice(b, e, s) for b, e, s in zip(begin, end, strides, strict=True))
    return index.getitem(tensor(x, "ops.StridedSlice"), index=parts)


def _split(x: Any, *, axis: int, output_num: int) -> Any:
    """Equal parts along an axis, as a tuple."""
    found = tensor(x, "ops.Split")
    if found.shape[axis] % output_num:
        message = f"axis {axis} of x {found.shape} does not split into {output_num} equal parts"
        raise make(ArgumentError, message, ValueError, "mindspore.ops.Split")
    return array_func.split(found, found.shape[axis] // output_num, axis)


def _softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    """(loss of each sample, its gradient for the logits), labels being probabilities."""
    where = "ops.SoftmaxCrossEntropyWithLogits"
    x, y = tensor(logits, where), tensor(labels, where)
    return loss_func.softmax_cross_entropy(x, y), el.sub(norm.softmax(x, axis=-1), y)


def _pad(x: Any, *, paddings: Any) -> Any:
    """Zeros around x, (lo, hi) per axis."""
    return moves.pad(tensor(x, "ops.Pad"), pads=tuple((int(lo), int(hi)) for lo, hi in paddings))


def _print(*args: Any) -> None:
    """Print tensors and other values."""
    for arg in args:
        print(repr(arg) if isinstance(arg, Tensor) else arg)


_REDUCTIONS = {
    f"Reduce{op}": primitive(
        f"Reduce{op}", _reduced(op), "keep_dims=False" + (", skip_mode=False" if op == "Sum" else "")
    )
    for op in ("Sum", "Mean", "Max", "Min", "Prod", "All", "Any")
}
_POOL = "kernel_size=1, strides=1, pad_mode='{}', data_format='NCHW'"
#: name -> the function that it is
_FUNCTIONS: dict[str, Any] = {
    **{name: _math[function] for name, function in {
        "Abs": "abs", "Add": "add", "TensorAdd": "add", "AddN": "addn", "Ceil": "ceil", "Cos": "cos", "Sin": "sin",
        "Tan": "tan", "Div": "true_divide", "RealDiv": "true_divide", "Equal": "equal", "NotEqual": "not_equal",
        "Erf": "erf", "Exp": "exp", "Expm1": "expm1", "Floor": "floor", "FloorDiv": "floor_div",
        "FloorMod": "floor_mod", "Mod": "fmod", "Greater": "greater", "GreaterEqual": "greater_equal", "Less": "less",
        "LessEqual": "less_equal", "Log": "log", "Log1p": "log1p", "LogicalAnd": "logical_and",
        "LogicalNot": "logical_not", "LogicalOr": "logical_or", "Maximum": "maximum", "Minimum": "minimum",
        "Mul": "mul", "Neg": "neg", "Pow": "pow", "Reciprocal": "reciprocal", "Rsqrt": "rsqrt", "Sign": "sign",
        "Sqrt": "sqrt", "Square": "square", "Sub": "sub", "Tanh": "tanh", "IsNan": "isnan", "IsInf": "isinf",
        "IsFinite": "isfinite", "Asin": "asin", "ACos": "acos", "Atan": "atan", "Atan2": "atan2", "Sinh": "sinh",
        "Cosh": "cosh", "Round": "round",
    }.items()},
    **{name: _array[function] for name, function in {
        "Assign": "assign", "AssignAdd": "assign_add", "AssignSub": "assign_sub", "Cast": "cast",
        "ExpandDims": "expand_dims", "Eye": "eye", "Fill": "fill", "GatherD": "gather_d", "Identity": "identity",
        "Ones": "ones", "OnesLike": "ones_like", "Zeros": "zeros", "ZerosLike": "zeros_like", "Rank": "rank",
        "Reshape": "reshape", "Select": "select", "Shape": "shape", "Size": "size", "StopGradient": "stop_gradient",
        "Tile": "tile", "Transpose": "transpose", "MaskedFill": "masked_fill", "MaskedSelect": "masked_select",
    }.items()},
    **{name: _nn[function] for name, function in {
        "ReLU": "relu", "ReLU6": "relu6", "Sigmoid": "sigmoid", "Softplus": "softplus", "Softsign": "softsign",
        "Mish": "mish", "SeLU": "selu", "HSigmoid": "hardsigmoid", "HSwish": "hardswish", "PReLU": "prelu",
    }.items()},
}  # fmt: skip
_OWN: dict[str, type[Primitive]] = {
    **_REDUCTIONS,
    "MatMul": primitive("MatMul", _matmul, "transpose_a=False, transpose_b=False"),
    "BatchMatMul": primitive("BatchMatMul", _matmul, "transpose_a=False, transpose_b=False"),
    "Softmax": primitive("Softmax", nn_func.softmax, "axis=-1"),
    "LogSoftmax": primitive("LogSoftmax", nn_func.log_softmax, "axis=-1"),
    "Elu": primitive("Elu", nn_func.elu, "alpha=1.0"),
    "GeLU": primitive("GeLU", lambda x: nn_func.gelu(x, "tanh")),
    "Flatten": primitive("Flatten", lambda x: array_func.flatten(x)),
    "Squeeze": primitive("Squeeze", array_func.squeeze, "axis=()"),
    "Concat": primitive("Concat", array_func.concat, "axis=0"),
    "Stack": primitive("Stack", array_func.stack, "axis=0"),
    "Unstack": primitive("Unstack", lambda x, *, axis, num: array_func.unstack(x, axis), "axis=0, num=None"),
    "Split": primitive("Split", _split, "axis=0, output_num=1"),
    "BroadcastTo": primitive("BroadcastTo", array_func.broadcast_to, "shape"),
    "OneHot": primitive("OneHot", array_func.one_hot, "axis=-1"),
    "Gather": primitive("Gather", array_func.gather, "batch_dims=0"),
    "Argmax": primitive("Argmax", _argmax(reduce.argmax), "axis=-1, output_type=mstype.int32"),
    "Argmin": primitive("Argmin", _argmax(reduce.argmin), "axis=-1, output_type=mstype.int32"),
    "ArgMaxWithValue": primitive(
        "ArgMaxWithValue", _argmax_with_value(reduce.argmax), "axis=0, keep_dims=False"
    ),
    "ArgMinWithValue": primitive(
        "ArgMinWithValue", _argmax_with_value(reduce.argmin), "axis=0, keep_dims=False"
    ),
    "BiasAdd": primitive("BiasAdd", lambda x, b, *, data_format: nn_func.bias_add(x, b), "data_format='NCHW'"),
    "Conv2D": primitive(
        "Conv2D", _conv2d,
        "out_channel, kernel_size, mode=1, pad_mode='valid', pad=0, stride=1, dilation=1, group=1, data_format='NCHW'",
    ),
    "MaxPool": primitive("MaxPool", _pool(pool.MaxPool, "MaxPool"), _POOL.format("valid")),
    "AvgPool": primitive("AvgPool", _pool(pool.AvgPool, "AvgPool"), _POOL.format("VALID")),
    "BatchNorm": primitive(
        "BatchNorm", _batch_norm, "is_training=False, epsilon=1e-05, momentum=0.1, data_format='NCHW'"
    ),
    "LayerNorm": primitive("LayerNorm", _layer_norm, "begin_norm_axis=1, begin_params_axis=1, epsilon=1e-07"),
    "DType": primitive("DType", lambda x: tensor(x, "ops.DType").dtype),
    "CumSum": primitive(
        "CumSum",
        lambda x, axis, *, exclusive, reverse: reduce_func.cumsum(one_of_default(x, exclusive, reverse), axis),
        "exclusive=False, reverse=False",
    ),
    "TopK": primitive("TopK", lambda x, k, *, sorted: math_func.topk(x, k), "sorted=True"),
    "Slice": primitive("Slice", _slice),
    "StridedSlice": primitive(
        "StridedSlice", _strided_slice,
        "begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0",
    ),
    "SoftmaxCrossEntropyWithLogits": primitive("SoftmaxCrossEntropyWithLogits", _softmax_cross_entropy),
    "Pad": primitive("Pad", _pad, "paddings"),
    "Print": primitive("Print", _print),
    "SquaredDifference": primitive("SquaredDifference", lambda x, y: math_func.__dict__["square"](math_func.sub(x, y))),
    "ScalarToTensor": primitive("ScalarToTensor", lambda x, dtype=mstype.float32: Tensor(x, dtype)),
}  # fmt: skip


def one_of_default(x: Any, exclusive: bool, reverse: bool) -> Any:
    """x, where neither option of CumSum is asked for."""
    one_of("exclusive", exclusive, (False,), "ops.CumSum")
    one_of("reverse", reverse, (False,), "ops.CumSum")
    return x


_made = {name: primitive(name, function) for name, function in _FUNCTIONS.items()} | _OWN
globals().update(_made)
__all__ = sorted(_made)
__getattr__ = refuse(__name__, __all__)
