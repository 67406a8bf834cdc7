"""The last operators of symbolic networks: their gradient is that of a loss which they do not return.

What arrives from behind is ignored, as in MXNet: `out.backward()` starts at the loss.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from unified_nn.dtypes import int64
from unified_nn.errors import ArgumentError, ShapeError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.function import define
from unified_nn.mxnet.ndarray.own_gradient import with_gradient
from unified_nn.mxnet.ndarray.pending import settled
from unified_nn.ops import elementwise as ops
from unified_nn.ops.activation import sigmoid
from unified_nn.ops.index import one_hot
from unified_nn.ops.norm import softmax
from unified_nn.ops.shape import reshape, transpose
from unified_nn.tensor import Tensor

_NORMALIZATIONS = ("null", "batch", "valid")


def _require_normalization(title: str, normalization: str) -> None:
    if normalization not in _NORMALIZATIONS:
        message = f"normalization={normalization!r}, expected one of {', '.join(_NORMALIZATIONS)}"
        raise failure(ArgumentError, title, message)


@define("SoftmaxOutput", "Softmax")
def softmax_output(
    data: Tensor, label: Tensor, grad_scale: float = 1.0, ignore_label: float = -1.0, multi_output: bool = False,
    use_ignore: bool = False, preserve_shape: bool = False, normalization: str = "null", out_grad: bool = False,
    smooth_alpha: float = 0.0,
) -> Tensor:  # fmt: skip
    """softmax over axis 1 of (N, -1), over axis 1 (multi_output) or the last (preserve_shape).

    The gradient for data is softmax - one_hot(label), scaled; labels equal to ignore_label count nothing with
    use_ignore.
    """
    _require_normalization("SoftmaxOutput", normalization)
    if out_grad:
        message = "out_grad=True is not offered: MXNet multiplies the gradient by the output and not by what arrives"
        raise failure(ArgumentError, "SoftmaxOutput", message)
    x = data._detached()
    if multi_output:
        form: tuple[int, ...] = (x._shape[0], x._shape[1], -1)
        shares, axis = softmax(reshape(x, shape=form), axis=1), 1
    else:
        form = (-1, x._shape[-1]) if preserve_shape else (x._shape[0], -1)
        shares, axis = softmax(reshape(x, shape=form), axis=1), 1
    places = (*shares._shape[:1], *shares._shape[2:])
    label = settled(label, data._shape[:1] + data._shape[2:] if multi_output else data._shape[:-1])._detached()

    def gradient(g: Tensor) -> Tensor:
        if label._shape == data._shape:  # shares instead of classes
            found = ops.mul(ops.sub(shares, reshape(label, shape=shares._shape)), float(grad_scale))
        else:
            if int(np.prod(label._shape)) != int(np.prod(places)):
                message = f"label has shape {label._shape}, data {data._shape}; expected one label per softmax"
                raise failure(ShapeError, "SoftmaxOutput", message)
            found = _from_labels(shares, reshape(label, shape=places), axis, grad_scale, ignore_label if use_ignore
                                 else None, multi_output, normalization, smooth_alpha)  # fmt: skip
        return reshape(found, shape=data._shape)

    return with_gradient("SoftmaxOutput", data, reshape(shares, shape=data._shape), gradient)


def _from_labels(
    shares: Tensor, label: Tensor, axis: int, scale: float, ignored: float | None, multi_output: bool,
    normalization: str, smooth: float,
) -> Tensor:  # fmt: skip
    depth = shares._shape[axis]
    hot = one_hot(ops.as_dtype(label, int64), depth=depth, dtype=shares._dtype)
    if shares.ndim == 3:
        hot = transpose(hot, axes=(0, 2, 1))
    if smooth:
        other = smooth / (depth - 1)
        hot = ops.add(ops.mul(hot, 1.0 - smooth - other), other)
    found = ops.sub(shares, hot)
    count = float(label._shape[0]) if normalization == "batch" else 1.0
    if ignored is not None:
        counted = ops.not_equal(label, ignored)
        found = ops.mul(
            found, reshape(ops.cast(counted, dtype=shares._dtype), shape=(label._shape[0], 1, *label._shape[1:]))
        )
    if normalization == "valid":
        counts = label.numpy() != ignored if ignored is not None else np.ones(label._shape)
        count = max(float(np.sum(counts)), 1.0)
    if multi_output and normalization != "valid":
        count *= shares._shape[2]
    return ops.mul(found, scale / count)


def _define_regression(name: str, forward: Callable[[Tensor], Tensor], slope: Callable[[Tensor], Tensor]) -> None:
    def body(data: Tensor, label: Tensor, grad_scale: float = 1.0) -> Tensor:
        label = settled(label, data._shape)._detached()
        out = forward(data._detached())
        if int(np.prod(label._shape)) != int(np.prod(data._shape)):
            message = f"label has shape {label._shape}, data {data._shape}; expected as many elements"
            raise failure(ShapeError, name, message)
        each = int(np.prod(label._shape[1:], dtype=np.int64))

        def gradient(g: Tensor) -> Tensor:
            return ops.mul(slope(ops.sub(out, reshape(label, shape=data._shape))), grad_scale / each)

        return with_gradient(name, data, out, gradient)

    body.__doc__ = f"{name}: the gradient for data is that of the loss of each sample against label."
    define(name)(body)


def _side(d: Tensor) -> Tensor:
    """1 above 0, else -1: what MXNet takes for the sign."""
    return ops.sub(ops.mul(ops.cast(ops.greater(d, 0), dtype=d._dtype), 2), 1)


_define_regression("LinearRegressionOutput", lambda x: x.copy(), lambda d: d)  # type: ignore[attr-defined]
_define_regression("LogisticRegressionOutput", sigmoid, lambda d: d)
_define_regression("MAERegressionOutput", lambda x: x.copy(), _side)  # type: ignore[attr-defined]


@define("MakeLoss")
def make_loss_output(
    data: Tensor, grad_scale: float = 1.0, valid_thresh: float = 0.0, normalization: str = "null"
) -> Tensor:
    """data as the value of a loss: its gradient is grad_scale, over the batch's size or the elements > valid_thresh."""
    _require_normalization("MakeLoss", normalization)
    # What MXNet counts as the batch here is all axes but the last.
    count = float(np.prod(data._shape[:-1])) if normalization == "batch" else 1.0
    if normalization == "valid":
        count = max(float(np.sum(data.numpy() > valid_thresh)), 1.0)
    out: Tensor = data._detached().copy()  # type: ignore[attr-defined]
    return with_gradient("MakeLoss", data, out, lambda g: ops.full_like(data._detached(), value=grad_scale / count))


@define("make_loss")
def make_loss(data: Tensor) -> Tensor:
    """data as the value of a loss: its gradient is 1."""
    out: Tensor = data._detached().copy()  # type: ignore[attr-defined]
    return with_gradient("make_loss", data, out, lambda g: ops.ones_like(data._detached()))
