"""Pooling functions, each on its canonical layer."""

from __future__ import annotations

from typing import Any, cast

from unified_nn.errors import ArgumentError, make
from unified_nn.layers import pool
from unified_nn.layers.base import Params
from unified_nn.torch import graph
from unified_nn.torch.define import define
from unified_nn.torch.nn.functions.convolution import batched
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.rules import spread

_NO_PARAMS = cast(Params, None)


def strides(stride: Any, kernel: tuple[int, ...]) -> tuple[int, ...]:
    """The stride; the kernel's size where none is given."""
    return kernel if stride is None or stride in ([], ()) else spread(stride, len(kernel), "stride")


def pads_of(padding: Any, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """(lo, hi) per axis; PyTorch takes no more than half of the kernel."""
    sizes = spread(padding, len(kernel), "padding")
    if any(2 * p > (k - 1) * d + 1 or p < 0 for p, k, d in zip(sizes, kernel, dilation, strict=True)):
        message = (
            f"pad should be non-negative and at most half of effective kernel size, but got pad={list(sizes)}, "
            f"kernel_size={list(kernel)} and dilation={list(dilation)}"
        )
        raise make(ArgumentError, message, RuntimeError)
    return tuple((p, p) for p in sizes)


def max_grad_fn(out: Any, x: Any, rank: int) -> Any:
    """The result under PyTorch's name; in one dimension it pools in two and squeezes."""
    if rank == 1:
        return graph.label(out, "SqueezeBackward1", [graph.virtual("MaxPool2DWithIndicesBackward0", x)])
    return graph.label(out, f"MaxPool{rank}DWithIndicesBackward0", graph.edges((x,)))


def _max(rank: int) -> Any:
    name = f"max_pool{rank}d"

    def call(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
             ceil_mode: bool = False, return_indices: bool = False) -> Any:  # fmt: skip
        kernel, spans = spread(kernel_size, rank, "kernel_size"), spread(dilation, rank, "dilation")
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
        kernel = spread(kernel_size, rank, "kernel_size")
        pads = pads_of(padding, kernel, (1,) * rank)
        layer = pool.AvgPool(kernel, strides(stride, kernel), pads, "ceil_inside" if ceil_mode else "floor",
                             count_include_pad, divisor_override)  # fmt: skip
        return cast(Tensor, batched(lambda x: layer.forward(_NO_PARAMS, x), input, rank, name))

    call.__name__, call.__doc__ = name, f"The mean of each window over the last {rank} axes."
    return define(f"AvgPool{rank}DBackward0" if rank > 1 else "SqueezeBackward1", function=False, method=False)(call)


avg_pool1d, avg_pool2d, avg_pool3d = (_avg(rank) for rank in (1, 2, 3))
