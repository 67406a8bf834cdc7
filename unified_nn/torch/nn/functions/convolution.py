"""Convolution functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from unified_nn.errors import ArgumentError, InputTypeError, ShapeError, make
from unified_nn.layers.pads import same_pads
from unified_nn.ops.conv import conv as op
from unified_nn.ops.conv import conv_transpose
from unified_nn.torch import graph
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.nn.functions.sizes import sizes
from unified_nn.torch.tensor import Tensor


def read_pads(padding: Any, rank: int) -> Any:
    """(lo, hi) per axis, or "same", from PyTorch's padding."""
    if padding == "same":
        return "same"
    if padding == "valid":
        return ((0, 0),) * rank
    if isinstance(padding, str):
        message = f"Invalid padding string {padding!r}, should be one of 'valid', 'same'"
        raise make(ArgumentError, message, ValueError)
    return tuple((p, p) for p in sizes(padding, rank, "padding"))


def check_same(padding: Any, stride: tuple[int, ...]) -> None:
    if padding == "same" and any(s != 1 for s in stride):
        message = f"padding='same' is not supported for strided convolutions; got stride={stride}"
        raise make(ArgumentError, message, ValueError)


def check_steps(pads: Any, stride: Sequence[int], dilation: Sequence[int]) -> None:
    """Refuse negative padding, and strides and dilations that are not positive."""
    if pads != "same" and any(lo < 0 for lo, _ in pads):
        raise make(ArgumentError, f"negative padding is not supported; got {[lo for lo, _ in pads]}", RuntimeError)
    for what, found in (("stride", stride), ("dilation", dilation)):
        if min(found) < 1:
            raise make(ArgumentError, f"non-positive {what} is not supported; got {list(found)}", RuntimeError)


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
        if w.ndim != rank + 2:
            message = f"expected a weight with {rank + 2} axes, but got size {list(w._shape)}"
            raise w._error(ShapeError, name, message)
        steps, spans = sizes(stride, rank, "stride"), sizes(dilation, rank, "dilation")
        try:
            check_same(padding, steps)
            pads = read_pads(padding, rank)
        except ArgumentError as error:  # the layers raise ValueError here
            raise make(ArgumentError, error.message, RuntimeError, name) from None
        check_steps(pads, steps, spans)

        def run(x: Tensor) -> Any:
            around = same_pads(x._shape[2:], w._shape[2:], steps, spans) if pads == "same" else pads
            return _labelled(op(x, w, bias, stride=steps, pads=around, dilation=spans, groups=groups), x, w, bias)

        return cast(Tensor, batched(run, input, rank, name))

    call.__name__, call.__doc__ = name, f"Convolution over the last {rank} axes."
    return define(function=False, method=False)(call)


def _labelled(out: Any, *into: Any) -> Any:
    return graph.label(out, "ConvolutionBackward0", graph.edges(into))


conv1d, conv2d, conv3d = (_convolution(rank) for rank in (1, 2, 3))


# ---- transposed ----


def transposed_pads(padding: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """(lo, hi) per axis; a transposed convolution takes numbers only."""
    if isinstance(padding, str):
        message = f"argument 'padding' must be a number or a tuple of ints, not str {padding!r}"
        raise make(InputTypeError, message, TypeError)
    return tuple((p, p) for p in sizes(padding, rank, "padding"))


def check_transposed(
    pads: Sequence[tuple[int, int]], extra: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> None:  # fmt: skip
    """Refuse what PyTorch refuses when it is called."""
    for what, found, least in (("padding", [lo for lo, _ in pads], 0), ("output_padding", extra, 0),
                               ("stride", stride, 1), ("dilation", dilation, 1)):  # fmt: skip
        if min(found) < least:
            raise make(ArgumentError, f"{what} must be at least {least}; got {tuple(found)}", RuntimeError)
    if any(e >= s and e >= d for e, s, d in zip(extra, stride, dilation, strict=True)):
        message = (
            "output padding must be smaller than either stride or dilation, but got "
            f"output_padding={tuple(extra)}, stride={tuple(stride)} and dilation={tuple(dilation)}"
        )
        raise make(ArgumentError, message, RuntimeError)


def _check_arrays(name: str, w: Tensor, bias: Tensor | None, groups: int, rank: int) -> None:
    if w.ndim != rank + 2:
        raise w._error(ShapeError, name, f"expected a weight with {rank + 2} axes, got size {list(w._shape)}")
    if groups < 1 or w._shape[0] % groups:
        message = f"groups={groups} must be positive and divide axis 0 of the weight of size {list(w._shape)}"
        raise w._error(ArgumentError, name, message)
    if bias is not None and bias._shape != (w._shape[1] * groups,):
        message = (
            f"with a weight of size {list(w._shape)} and groups={groups}, expected a bias of size "
            f"[{w._shape[1] * groups}], but got {list(bias._shape)}"
        )
        raise w._error(ShapeError, name, message)


def _transposed(rank: int) -> Any:
    name = f"conv_transpose{rank}d"

    def call(input: Tensor, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
             groups: int = 1, dilation: Any = 1) -> Tensor:  # fmt: skip
        w = tensor_argument(name, weight, 2, "weight")
        b = None if bias is None else tensor_argument(name, bias, 3, "bias")
        given = (stride, "stride"), (output_padding, "output_padding"), (dilation, "dilation")
        steps, extra, spans = (sizes(value, rank, what) for value, what in given)
        pads = transposed_pads(padding, rank)
        check_transposed(pads, extra, steps, spans)
        _check_arrays(name, w, b, groups, rank)

        def run(x: Tensor) -> Any:
            out = conv_transpose(x, w, b, stride=steps, pads=pads, extra=extra, dilation=spans, groups=groups)
            return _labelled(out, x, w, b)

        return cast(Tensor, batched(run, input, rank, name))

    call.__name__, call.__doc__ = name, f"The transpose of convolution over the last {rank} axes."
    return define(function=False, method=False)(call)


conv_transpose1d, conv_transpose2d, conv_transpose3d = (_transposed(rank) for rank in (1, 2, 3))
