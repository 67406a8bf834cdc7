"""Convolution functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.layers.pads import same_pads
from unified_nn.ops.conv import conv as op
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.rules import spread


def read_pads(padding: Any, rank: int) -> Any:
    """(lo, hi) per axis, or "same", from PyTorch's padding."""
    if padding == "same":
        return "same"
    if padding == "valid":
        return ((0, 0),) * rank
    if isinstance(padding, str):
        message = f"Invalid padding string {padding!r}, should be one of 'valid', 'same'"
        raise make(ArgumentError, message, ValueError)
    return tuple((p, p) for p in spread(padding, rank, "padding"))


def check_same(padding: Any, stride: tuple[int, ...]) -> None:
    if padding == "same" and any(s != 1 for s in stride):
        message = f"padding='same' is not supported for strided convolutions; got stride={stride}"
        raise make(ArgumentError, message, ValueError)


def batched(function: Callable[[Tensor], Any], x: Tensor, rank: int, name: str) -> Any:
    """The function on (N, C, *S), or on (C, *S) with a batch axis put on and taken off."""
    if x.ndim == rank + 2:
        return function(x)
    if x.ndim == rank + 1:
        return function(x.unsqueeze(0)).squeeze(0)
    expected = f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name}"
    message = f"{expected}, but got input of size: {list(x._shape)}"
    raise x._error(ShapeError, "", message)


def _convolution(rank: int) -> Any:
    name = f"conv{rank}d"

    def call(input: Tensor, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
             groups: int = 1) -> Tensor:  # fmt: skip
        w = tensor_argument(name, weight, 2, "weight")
        steps, spans = spread(stride, rank, "stride"), spread(dilation, rank, "dilation")
        check_same(padding, steps)
        pads = read_pads(padding, rank)

        def run(x: Tensor) -> Any:
            around = same_pads(x._shape[2:], w._shape[2:], steps, spans) if pads == "same" else pads
            return op(x, w, bias, stride=steps, pads=around, dilation=spans, groups=groups)

        return cast(Tensor, batched(run, input, rank, name))

    call.__name__, call.__doc__ = name, f"Convolution over the last {rank} axes."
    return define("ConvolutionBackward0", function=False, method=False)(call)


conv1d, conv2d, conv3d = (_convolution(rank) for rank in (1, 2, 3))
