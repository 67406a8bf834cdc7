"""Normalisation functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import finalize, ref

from unified_nn.autodiff import Node, recording
from unified_nn.dtypes import float16, float32
from unified_nn.errors import ArgumentError, DTypeError, ShapeError
from unified_nn.mxnet import gradient, scope
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.gradient import Gradient
from unified_nn.mxnet.ndarray.function import define
from unified_nn.mxnet.ndarray.pending import settled
from unified_nn.ops import norm as ops
from unified_nn.ops.activation import relu
from unified_nn.ops.elementwise import add, as_dtype, cast, div, mul, ones_like, pow_, sqrt, square, sub
from unified_nn.ops.index import getitem
from unified_nn.ops.reduce import mean
from unified_nn.ops.shape import reshape, swapaxes
from unified_nn.tensor import Tensor, mark_view


@define("BatchNorm")
def batch_norm(
    data: Tensor, gamma: Tensor, beta: Tensor, moving_mean: Tensor, moving_var: Tensor, eps: float = 1e-3,
    momentum: float = 0.9, fix_gamma: bool = True, use_global_stats: bool = False, output_mean_var: bool = False,
    axis: int = 1, cudnn_off: bool = False,
) -> Any:  # fmt: skip
    """Normalise each channel: by the batch while training, else by the moving statistics.

    The moving statistics follow a batch when its gradients are computed, and not before; in a network of another
    vocabulary they follow at once, as they do in PyTorch and MindSpore.
    """
    size = (_channels("BatchNorm", data, axis),)
    whole_gamma, whole_beta = settled(gamma, size), settled(beta, size)
    learned = (whole_beta,) if fix_gamma else (whole_gamma, whole_beta)
    gamma, beta = (_first(v, data, axis) for v in (whole_gamma, whole_beta))
    moving_mean, moving_var = (_first(settled(v, size), data, axis) for v in (moving_mean, moving_var))
    given = data
    if data._dtype is float16 and gamma._dtype is float32:
        data = cast(data, dtype=float32)
    _require_dtype("BatchNorm", data, gamma, beta)
    scale = gamma
    if fix_gamma:
        with recording(False):
            scale = ones_like(gamma)
            gamma._assign(scale)  # MXNet writes the ones into the parameter
        if gamma.tracked:
            scale = add(mul(gamma, 0.0), 1.0)  # and gives it a gradient of 0
    if scope.is_training() and not use_global_stats:
        center, spread = ops.batch_moments(data, axis=axis)
        out = ops.batch_norm(data, center, spread, scale, beta, eps=eps, axis=axis)
        with recording(False):
            follow = _following(moving_mean, moving_var, center._detached(), spread._detached(), momentum)
        if scope.is_foreign():
            follow()
        elif out.tracked:
            _when_differentiated(out, learned, follow)
    else:
        center, spread = moving_mean._detached(), moving_var._detached()
        out = ops.batch_norm(data, center, spread, scale, beta, eps=eps, axis=axis)
    out = as_dtype(out, given._dtype)
    if not output_mean_var:
        return out
    return [out, center._detached(), pow_(add(spread._detached(), eps), -0.5)]  # not the variance, whatever its name


def _channels(title: str, data: Tensor, axis: int) -> int:
    """The size of the axis."""
    if not -data.ndim <= axis < data.ndim:
        raise failure(ShapeError, title, f"axis={axis} is not an axis of data with shape {data._shape}")
    return data._shape[axis]


def _require_dtype(title: str, data: Tensor, *arrays: Tensor) -> None:
    for array in arrays:
        if array._dtype is not data._dtype:
            message = f"data is {data._dtype.name}, but gamma or beta {array._dtype.name}; expected one dtype"
            raise failure(DTypeError, title, message)


def _first(values: Tensor, data: Tensor, axis: int) -> Tensor:
    """The values of data's channels: MXNet looks at no others, and beyond the end where there are too few."""
    channels = data._shape[axis]
    if values._shape[0] < channels:
        message = (
            f"data has {channels} channels (axis {axis}), expected at most {values._shape[0]}: MXNet would read "
            f"beyond the end of the statistics; data {data._shape}"
        )
        raise failure(ShapeError, "BatchNorm", message)
    if values._shape[0] == channels:
        return values
    first = getitem(values, index=(slice(0, channels),))
    mark_view(first._body, values._body, getitem, {"index": (slice(0, channels),)})
    return first


@define("_contrib_SyncBatchNorm")
def SyncBatchNorm(  # noqa: N802
    data: Tensor, gamma: Tensor, beta: Tensor, moving_mean: Tensor, moving_var: Tensor, key: str = "", eps: float = 1e-3,
    momentum: float = 0.9, fix_gamma: bool = True, use_global_stats: bool = False, output_mean_var: bool = False,
    ndev: int = 1,
) -> Any:  # fmt: skip
    """BatchNorm over the devices that share a key, of which there is one here."""
    if ndev != 1:
        raise failure(ArgumentError, "SyncBatchNorm", f"ndev={ndev} is not offered: a network lives on one device")
    _no_moments("SyncBatchNorm", output_mean_var)
    return batch_norm(data, gamma, beta, moving_mean, moving_var, eps, momentum, fix_gamma, use_global_stats)


@define("_contrib_BatchNormWithReLU")
def BatchNormWithReLU(  # noqa: N802
    data: Tensor, gamma: Tensor, beta: Tensor, moving_mean: Tensor, moving_var: Tensor, eps: float = 1e-3,
    momentum: float = 0.9, fix_gamma: bool = True, use_global_stats: bool = False, output_mean_var: bool = False,
    axis: int = 1, cudnn_off: bool = False,
) -> Any:  # fmt: skip
    """BatchNorm, then relu."""
    _no_moments("BatchNormWithReLU", output_mean_var)
    settings = {"fix_gamma": fix_gamma, "use_global_stats": use_global_stats, "axis": axis}
    return relu(batch_norm(data, gamma, beta, moving_mean, moving_var, eps, momentum, **settings))


def _following(
    moving_mean: Tensor, moving_var: Tensor, center: Tensor, spread: Tensor, momentum: float
) -> Callable[[], None]:
    """Moves the statistics towards the batch's: the variance is the biased one."""

    def follow() -> None:
        with recording(False):
            for moving, batch in ((moving_mean, center), (moving_var, spread)):
                moving._assign(add(mul(moving, momentum), mul(batch, 1.0 - momentum)).as_face(type(moving)._face))

    return follow


def _when_differentiated(out: Tensor, learned: tuple[Tensor, ...], follow: Callable[[], None]) -> None:
    """Call `follow` once when a backward pass reaches the op that made `out`.

    A pass of this vocabulary looks for the op. In a pass of another one over what `autograd.record()` recorded, the
    gradient that arrives at a learned parameter tells.
    """
    node = out._body.node
    assert isinstance(node, Node)
    leaf = next((t._body.node for t in learned if isinstance(t._body.node, Gradient)), None)
    graph = ref(node)

    def done() -> None:
        gradient.listeners.pop(id(done), None)
        if leaf is not None:
            leaf.hooks.pop(id(done), None)

    def reached(found: Node) -> None:
        if found is graph():
            done()
            follow()

    def arrived(g: Tensor) -> None:
        if not gradient.is_own_pass():
            done()
            follow()

    gradient.listeners[id(done)] = reached
    if leaf is not None:
        leaf.hooks[id(done)] = arrived
    finalize(node, done)


# ---- layer, instance and group norm --------------------------------------------------------------------------------


def _no_moments(title: str, output_mean_var: bool) -> None:
    if output_mean_var:
        raise failure(ArgumentError, title, "output_mean_var=True is not offered; compute them with nd.moments")


@define("LayerNorm")
def layer_norm(
    data: Tensor, gamma: Tensor, beta: Tensor, axis: int = -1, eps: float = 1e-5, output_mean_var: bool = False
) -> Any:
    """(x - mean) / sqrt(var + eps) * gamma + beta along one axis; also the mean and the deviation if asked for."""
    size = (_channels("LayerNorm", data, axis),)
    gamma, beta = settled(gamma, size), settled(beta, size)
    for name, array in (("gamma", gamma), ("beta", beta)):
        if array._shape != size:
            raise failure(
                ShapeError, "LayerNorm", f"{name} has shape {array._shape}, expected {size}; data {data._shape}"
            )
    _require_dtype("LayerNorm", data, gamma, beta)
    if axis % data.ndim == data.ndim - 1:
        out = ops.layer_norm(data, gamma, beta, axes=1, eps=eps)
    else:
        out = swapaxes(ops.layer_norm(swapaxes(data, axis, -1), gamma, beta, axes=1, eps=eps), axis, -1)
    return [out, *_moments(data, axis, eps, keepdims=True)] if output_mean_var else out


def _moments(data: Tensor, axis: int, eps: float, *, keepdims: bool) -> tuple[Tensor, Tensor]:
    """The mean and sqrt(var + eps) along the axis; no gradient goes through them."""
    x = data._detached()
    center = mean(x, axis=axis, keepdims=True)
    spread = sqrt(add(mean(square(sub(x, center)), axis=axis, keepdims=keepdims), eps))
    return (center if keepdims else mean(x, axis=axis)), spread


@define("InstanceNorm")
def instance_norm(data: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-3) -> Tensor:
    """Normalise each channel of each sample of data (N, C, *S)."""
    size = (_channels("InstanceNorm", data, 1),)
    _require_space("InstanceNorm", data)
    gamma, beta = settled(gamma, size), settled(beta, size)
    _require_size("InstanceNorm", data, gamma, beta, size)
    _require_dtype("InstanceNorm", data, gamma, beta)
    shape = (1, -1, *(1,) * (data.ndim - 2))
    out = normalized(data, tuple(range(2, data.ndim)), eps)
    return add(mul(out, reshape(gamma, shape=shape)), reshape(beta, shape=shape))


@define("GroupNorm")
def group_norm(
    data: Tensor, gamma: Tensor, beta: Tensor, num_groups: int = 1, eps: float = 1e-5, output_mean_var: bool = False
) -> Any:
    """Normalise each group of channels of each sample; gamma and beta have one value per group.

    Also the mean and the deviation of each group if asked for.
    """
    _require_space("GroupNorm", data)
    if num_groups < 1:
        raise failure(ArgumentError, "GroupNorm", f"num_groups={num_groups}, expected at least 1")
    if data._shape[1] % num_groups:
        message = f"data {data._shape} has {data._shape[1]} channels, not divisible by num_groups={num_groups}"
        raise failure(ShapeError, "GroupNorm", message)
    size = (num_groups,)
    gamma, beta = settled(gamma, size), settled(beta, size)
    _require_size("GroupNorm", data, gamma, beta, size)
    _require_dtype("GroupNorm", data, gamma, beta)
    grouped = reshape(data, shape=(data._shape[0], num_groups, -1))
    out = normalized(grouped, (2,), eps)
    out = add(mul(out, reshape(gamma, shape=(1, -1, 1))), reshape(beta, shape=(1, -1, 1)))
    out = reshape(out, shape=data._shape)
    return [out, *_moments(grouped, 2, eps, keepdims=False)] if output_mean_var else out


def _require_space(title: str, data: Tensor) -> None:
    if data.ndim < 3:  # found while computing, not while working shapes out
        raise failure(ArgumentError, title, f"data has shape {data._shape}, expected (batch, channels, space...)")


def _require_size(title: str, data: Tensor, gamma: Tensor, beta: Tensor, size: tuple[int, ...]) -> None:
    for name, array in (("gamma", gamma), ("beta", beta)):
        if array._shape != size:
            raise failure(ShapeError, title, f"{name} has shape {array._shape}, expected {size}; data {data._shape}")


def normalized(x: Tensor, axes: tuple[int, ...], eps: float) -> Tensor:
    """(x - mean) / sqrt(var + eps) over the axes."""
    centered = sub(x, mean(x, axis=axes, keepdims=True))
    return div(centered, sqrt(add(mean(square(centered), axis=axes, keepdims=True), eps)))
