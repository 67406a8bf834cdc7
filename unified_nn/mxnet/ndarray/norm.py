"""Normalisation functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import finalize, ref

from unified_nn.autodiff import Node, recording
from unified_nn.errors import ArgumentError, ShapeError
from unified_nn.mxnet import gradient, scope
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.gradient import Gradient
from unified_nn.mxnet.ndarray.function import define
from unified_nn.mxnet.ndarray.pending import settled
from unified_nn.ops import norm as ops
from unified_nn.ops.activation import relu
from unified_nn.ops.elementwise import add, mul, ones_like
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
    size = (data._shape[axis],)
    whole_gamma, whole_beta = settled(gamma, size), settled(beta, size)
    learned = (whole_beta,) if fix_gamma else (whole_gamma, whole_beta)
    gamma, beta = (_first(v, data, axis) for v in (whole_gamma, whole_beta))
    moving_mean, moving_var = (_first(settled(v, size), data, axis) for v in (moving_mean, moving_var))
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
    return [out, center, spread] if output_mean_var else out


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
) -> Tensor:
    """(x - mean) / sqrt(var + eps) * gamma + beta along one axis."""
    _no_moments("LayerNorm", output_mean_var)
    size = (data._shape[axis],)
    gamma, beta = settled(gamma, size), settled(beta, size)
    for name, array in (("gamma", gamma), ("beta", beta)):
        if array._shape != size:
            raise failure(
                ShapeError, "LayerNorm", f"{name} has shape {array._shape}, expected {size}; data {data._shape}"
            )
    if axis % data.ndim == data.ndim - 1:
        return ops.layer_norm(data, gamma, beta, axes=1, eps=eps)
    return swapaxes(ops.layer_norm(swapaxes(data, axis, -1), gamma, beta, axes=1, eps=eps), axis, -1)


@define("InstanceNorm")
def instance_norm(data: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-3) -> Tensor:
    """Normalise each channel of each sample of data (N, C, *S)."""
    size = (data._shape[1],)
    gamma, beta = settled(gamma, size), settled(beta, size)
    _require_size("InstanceNorm", data, gamma, beta, size)
    shape = (1, -1, *(1,) * (data.ndim - 2))
    out = normalized(data, tuple(range(2, data.ndim)), eps)
    return add(mul(out, reshape(gamma, shape=shape)), reshape(beta, shape=shape))


@define("GroupNorm")
def group_norm(
    data: Tensor, gamma: Tensor, beta: Tensor, num_groups: int = 1, eps: float = 1e-5, output_mean_var: bool = False
) -> Tensor:
    """Normalise each group of channels of each sample; gamma and beta have one value per group."""
    _no_moments("GroupNorm", output_mean_var)
    if data._shape[1] % num_groups:
        message = f"data {data._shape} has {data._shape[1]} channels, not divisible by num_groups={num_groups}"
        raise failure(ShapeError, "GroupNorm", message)
    size = (num_groups,)
    gamma, beta = settled(gamma, size), settled(beta, size)
    _require_size("GroupNorm", data, gamma, beta, size)
    grouped = reshape(data, shape=(data._shape[0], num_groups, -1))
    out = normalized(grouped, (2,), eps)
    out = add(mul(out, reshape(gamma, shape=(1, -1, 1))), reshape(beta, shape=(1, -1, 1)))
    return reshape(out, shape=data._shape)


def _require_size(title: str, data: Tensor, gamma: Tensor, beta: Tensor, size: tuple[int, ...]) -> None:
    for name, array in (("gamma", gamma), ("beta", beta)):
        if array._shape != size:
            raise failure(ShapeError, title, f"{name} has shape {array._shape}, expected {size}; data {data._shape}")


def normalized(x: Tensor, axes: tuple[int, ...], eps: float) -> Tensor:
    """(x - mean) / sqrt(var + eps) over the axes."""
    from unified_nn.ops.elementwise import div, sqrt, square, sub

    centered = sub(x, mean(x, axis=axes, keepdims=True))
    return div(centered, sqrt(add(mean(square(centered), axis=axes, keepdims=True), eps)))
