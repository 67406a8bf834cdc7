"""Pooling functions, each on its canonical layer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from unified_nn.errors import ArgumentError, DTypeError, InputTypeError, ShapeError, make
from unified_nn.layers import pool
from unified_nn.layers.base import Params
from unified_nn.torch import graph
from unified_nn.torch.define import define
from unified_nn.torch.nn.functions.convolution import batched
from unified_nn.torch.nn.functions.sizes import sizes
from unified_nn.torch.operations.pointwise import copied
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.rules import spread

_NO_PARAMS = cast(Params, None)


def strides(stride: Any, kernel: tuple[int, ...]) -> tuple[int, ...]:
    """The stride; the kernel's size where none is given."""
    return kernel if stride is None or stride in ([], ()) else sizes(stride, len(kernel), "stride")


def pads_of(padding: Any, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """(lo, hi) per axis; PyTorch takes no more than half of the kernel."""
    found = sizes(padding, len(kernel), "padding")
    if any(2 * p > (k - 1) * d + 1 or p < 0 for p, k, d in zip(found, kernel, dilation, strict=True)):
        message = (
            f"pad should be non-negative and at most half of effective kernel size, but got pad={list(found)}, "
            f"kernel_size={list(kernel)} and dilation={list(dilation)}"
        )
        raise make(ArgumentError, message, RuntimeError)
    return tuple((p, p) for p in found)


def check_windows(given: Mapping[str, Any], rank: int) -> None:
    """Refuse sizes that are not positive."""
    kernel = sizes(given["kernel_size"], rank, "kernel_size")
    found = {"stride": strides(given["stride"], kernel), "kernel_size": kernel}
    found["dilation"] = sizes(given.get("dilation", 1), rank, "dilation")
    for name, each in found.items():
        if min(each) < 1:
            raise make(ArgumentError, f"{name} must be greater than zero, but got {given[name]!r}", RuntimeError)
    if given.get("divisor_override") == 0:
        raise make(ArgumentError, "divisor must be not zero; got divisor_override=0", RuntimeError)


def check_input(kind: str, x: Tensor, rank: int, kernel: tuple[int, ...], index: bool = False) -> None:
    """Refuse another rank, axes without values, and integers where PyTorch has no kernel for them."""
    name = f"{kind}_pool{rank}d"
    if x.ndim not in (rank + 1, rank + 2):
        expected = f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input"
        message = f"{expected}, but got input of size: {list(x._shape)}"
        base = IndexError if kind == "avg" and rank == 2 and x.ndim < 3 else RuntimeError
        raise make(ShapeError, message, base, name)
    around = x._shape[x.ndim - rank - 1 :]
    if 0 in around:
        message = f"Expected non-batch dimensions to have positive length, but got {list(x._shape)}"
        raise make(ShapeError, message, RuntimeError, name)
    if kind == "avg" and rank == 3 and any(length < k for length, k in zip(around[1:], kernel, strict=True)):
        message = f"input image {around[1:]} smaller than kernel size {kernel}; padding does not count"
        raise make(ShapeError, message, RuntimeError, name)
    if kind == "max" and rank == 1 and not index and x._dtype.kind != "f":
        message = f"not implemented for {x.dtype!r}; convert it: x.float(), or ask for return_indices=True"
        raise make(DTypeError, message, NotImplementedError, name)


def max_grad_fn(out: Any, x: Any, rank: int) -> Any:
    """The result under PyTorch's name; in one dimension it pools in two and squeezes."""
    if rank == 1:
        return graph.label(out, "SqueezeBackward1", [graph.virtual("MaxPool2DWithIndicesBackward0", x)])
    return graph.label(out, f"MaxPool{rank}DWithIndicesBackward0", graph.edges((x,)))


def _max(rank: int) -> Any:
    name = f"max_pool{rank}d"

    def call(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
             ceil_mode: bool = False, return_indices: bool = False) -> Any:  # fmt: skip
        given = {"kernel_size": kernel_size, "stride": stride, "dilation": dilation}
        check_windows(given, rank)
        kernel, spans = sizes(kernel_size, rank, "kernel_size"), sizes(dilation, rank, "dilation")
        check_input("max", input, rank, kernel, return_indices)
        layer = pool.MaxPool(kernel, strides(stride, kernel), pads_of(padding, kernel, spans), spans,
                             "ceil_inside" if ceil_mode else "floor", return_indices)  # fmt: skip
        if return_indices and input.ndim == rank + 1:
            out, where = cast("tuple[Any, Any]", layer.forward(_NO_PARAMS, input.unsqueeze(0)))
            return max_grad_fn(out.squeeze(0), input, rank), where.squeeze(0)
        found = batched(lambda x: layer.forward(_NO_PARAMS, x), input, rank, name)
        if return_indices:
            return max_grad_fn(found[0], input, rank), found[1]
        return max_grad_fn(found, input, rank)

    call.__name__, call.__doc__ = name, f"The largest value of each window over the last {rank} axes."
    return define(function=False, method=False)(call)


max_pool1d, max_pool2d, max_pool3d = (_max(rank) for rank in (1, 2, 3))


def _avg(rank: int) -> Any:
    name = f"avg_pool{rank}d"

    def call(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
             count_include_pad: bool = True, divisor_override: int | None = None) -> Tensor:  # fmt: skip
        given = {"kernel_size": kernel_size, "stride": stride, "divisor_override": divisor_override}
        check_windows(given, rank)
        kernel = sizes(kernel_size, rank, "kernel_size")
        check_input("avg", input, rank, kernel)
        pads = pads_of(padding, kernel, (1,) * rank)
        layer = pool.AvgPool(kernel, strides(stride, kernel), pads, "ceil_inside" if ceil_mode else "floor",
                             count_include_pad, divisor_override)  # fmt: skip
        return cast(Tensor, batched(lambda x: layer.forward(_NO_PARAMS, x), input, rank, name))

    call.__name__, call.__doc__ = name, f"The mean of each window over the last {rank} axes."
    return define(f"AvgPool{rank}DBackward0" if rank > 1 else "SqueezeBackward1", function=False, method=False)(call)


_avg_pool1d, avg_pool2d, avg_pool3d = (_avg(rank) for rank in (1, 2, 3))


@define("SqueezeBackward1", function=False, method=False)
def avg_pool1d(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
               count_include_pad: bool = True) -> Tensor:  # fmt: skip
    """The mean of each window over the last axis."""
    return cast(Tensor, _avg_pool1d(input, kernel_size, stride, padding, ceil_mode, count_include_pad))


# ---- to a given size ----


def sizes_of(output_size: Any, rank: int, name: str) -> tuple[int | None, ...]:
    """One size per axis; None keeps an axis as it is, which PyTorch takes in two and three dimensions."""
    given = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * rank
    if len(given) != rank:
        raise make(ArgumentError, f"output_size must have {rank} entries, got {output_size!r}", RuntimeError, name)
    if output_size is None or any(size is None and rank == 1 for size in given):
        message = f"argument 'output_size' must be an int or a tuple of ints, not {output_size!r}"
        raise make(InputTypeError, message, TypeError, name)
    if any(size is not None and size < 0 for size in given):
        message = f"elements of output_size must be greater than or equal to 0, got {output_size!r}"
        raise make(ArgumentError, message, RuntimeError, name)
    return given


def adaptive(kind: str, input: Tensor, output_size: Any, rank: int, index: bool = False) -> Any:
    """The mean ("avg") or the largest ("max") of bins, as PyTorch records it."""
    name = f"adaptive_{kind}_pool{rank}d"
    if rank > 1 and isinstance(output_size, (tuple, list)) and input.ndim <= len(output_size):
        message = f"Input dimension should be at least {len(output_size) + 1}, got {list(input._shape)}"
        raise make(ShapeError, message, ValueError, name)
    size = sizes_of(output_size, rank, name)
    if input.ndim not in (rank + 1, rank + 2):
        message = f"Expected {rank + 1}D or {rank + 2}D tensor, but got {list(input._shape)}"
        raise input._error(ShapeError, name, message)
    channels = kind == "max" or (rank == 3 and any(count != 1 for count in size))
    if 0 in input._shape[-rank:] or (channels and 0 in input._shape[-rank - 1 :]):
        message = f"Expected input to have non-zero size for non-batch dimensions, but got {list(input._shape)}"
        raise input._error(ShapeError, name, message)
    if input._dtype.kind != "f" and (kind == "max" or rank == 3 or 0 not in size):
        message = f"not implemented for {input.dtype!r}; convert it: x.float()"
        raise make(DTypeError, message, NotImplementedError, name)
    alone = input.ndim == rank + 1
    x = cast(Tensor, input.unsqueeze(0)) if alone else input
    if 0 in size:
        out: Any = _empty(x, size, index)
    else:
        layer: Any = pool.AdaptiveAvgPool(size) if kind == "avg" else pool.AdaptiveMaxPool(size, index)
        out = layer.forward(_NO_PARAMS, x)
    if out is x:  # one bin per value
        out = copied(x)
    parts = [part.squeeze(0) if alone else part for part in (out if index else (out,))]
    parts[0] = _adaptive_named(parts[0], input, kind, rank, size)
    return tuple(parts) if index else parts[0]


def _empty(x: Tensor, size: tuple[int | None, ...], index: bool) -> Any:
    """No bins: each axis cut to its size, which is 0 for at least one of them."""
    for axis, count in enumerate(size, 2):
        if count is not None:
            x = x.narrow(axis, 0, 0) if count == 0 else x.narrow(axis, 0, 1).repeat_interleave(count, axis)
    return (x, x.detach().long()) if index else x


def _adaptive_named(out: Any, input: Tensor, kind: str, rank: int, size: tuple[int | None, ...]) -> Any:
    """The result under PyTorch's name: one bin is a mean, one dimension is pooled in two and squeezed."""
    one = kind == "avg" and all(count == 1 for count in size)
    inner = "MeanBackward1" if one else f"Adaptive{kind.capitalize()}Pool{max(rank, 2)}DBackward0"
    if rank == 1:
        return graph.label(out, "SqueezeBackward1", [graph.virtual(inner, input)])
    return graph.label(out, inner, graph.edges((input,)))


def _adaptive_avg(rank: int) -> Any:
    def call(input: Tensor, output_size: Any) -> Tensor:
        return cast(Tensor, adaptive("avg", input, output_size, rank))

    call.__name__, call.__doc__ = f"adaptive_avg_pool{rank}d", f"The means of bins that cover the last {rank} axes."
    return define(function=False, method=False)(call)


def _adaptive_max(rank: int) -> Any:
    def call(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
        return adaptive("max", input, output_size, rank, return_indices)

    call.__name__ = f"adaptive_max_pool{rank}d"
    call.__doc__ = f"The largest values of bins that cover the last {rank} axes."
    return define(function=False, method=False)(call)


adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = (_adaptive_avg(rank) for rank in (1, 2, 3))
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = (_adaptive_max(rank) for rank in (1, 2, 3))


# ---- norms ----


def _lp(rank: int) -> Any:
    largest, mean = (max_pool1d, max_pool2d, max_pool3d)[rank - 1], (avg_pool1d, avg_pool2d, avg_pool3d)[rank - 1]

    def call(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
        count = math.prod(spread(kernel_size, rank, "kernel_size")) if rank > 1 else kernel_size
        if norm_type in (math.inf, -math.inf):
            found = largest(input.abs() if norm_type > 0 else -input.abs(), kernel_size, stride, 0, 1, ceil_mode)
            return cast(Tensor, found if norm_type > 0 else -found)
        if not norm_type:
            raise make(ArgumentError, f"norm_type must not be {norm_type}", ZeroDivisionError, call.__name__)
        power = cast(Any, mean(input.pow(norm_type), kernel_size, stride, 0, ceil_mode))
        if not isinstance(count, int):
            message = f"argument 'kernel_size' must be a number, not {kernel_size!r}"
            raise make(InputTypeError, message, TypeError, call.__name__)
        return cast(Tensor, (power.sign() * power.abs().relu() * count).pow(1.0 / norm_type))

    call.__name__ = f"lp_pool{rank}d"
    call.__doc__ = f"(sum of x ** norm_type) ** (1 / norm_type) of each window over the last {rank} axes."
    return define(function=False, method=False)(call)


lp_pool1d, lp_pool2d, lp_pool3d = (_lp(rank) for rank in (1, 2, 3))
