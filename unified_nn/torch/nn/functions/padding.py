"""Padding by a number or by the input's own values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

from unified_nn.errors import ArgumentError, DTypeError, ShapeError, make
from unified_nn.layers.base import Params
from unified_nn.layers.pads import PadLayer
from unified_nn.torch import graph
from unified_nn.torch.define import define
from unified_nn.torch.tensor import Tensor

#: PyTorch's mode -> what its result's grad_fn is called, by the number of padded axes.
_NAMES = {
    "constant": "ConstantPadNdBackward0", "reflect": "ReflectionPad{}DBackward0",
    "replicate": "ReplicationPad{}DBackward0", "circular": "torch::autograd::CopySlices",
}  # fmt: skip


def _check(input: Tensor, sizes: tuple[int, ...], mode: str, value: float | None) -> None:
    if len(sizes) % 2 or len(sizes) > 2 * input.ndim:
        message = f"Padding length must be even and at most {2 * input.ndim} for {input.ndim}D input; got {sizes}"
        raise input._error(ArgumentError, "pad", message)
    if mode == "constant":
        return
    if value:
        raise input._error(ArgumentError, "pad", f"mode {mode!r} doesn't take in value argument; got {value}")
    if mode not in _NAMES:
        message = f"Unrecognised padding mode {mode!r}; expected one of {', '.join(map(repr, _NAMES))}"
        raise make(ArgumentError, message, NotImplementedError, "pad")
    axes = len(sizes) // 2
    if axes not in (1, 2, 3) or input.ndim not in (axes + 1, axes + 2):
        message = (
            f"Padding size {len(sizes)} is not supported for {input.ndim}D input with mode {mode!r}: 2 sizes take 2D or "
            "3D input, 4 sizes 3D or 4D, 6 sizes 4D or 5D"
        )
        raise make(ShapeError, message, NotImplementedError, "pad")
    if input._dtype.kind == "b" and mode != "circular":
        raise make(DTypeError, f"mode {mode!r} is not implemented for bool", NotImplementedError, "pad")


@define(function=False, method=False)
def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """The input with values around its last axes: (left, right, top, bottom, ...), from the last axis backwards.

    A negative size crops. The modes reflect, replicate and circular pad one to three axes after batch and channels.
    """
    sizes = tuple(int(size) for size in pad)
    _check(input, sizes, mode, value)
    pairs = tuple(zip(sizes[::2], sizes[1::2], strict=True))[::-1]
    if mode == "constant":
        layer = PadLayer(pairs, "zeros", _number(input, 0.0 if value is None else value))
    else:
        layer = PadLayer(pairs, cast(Any, mode))
    out = layer.forward(cast(Params, None), input)
    return cast(Tensor, graph.label(out, _NAMES[mode].format(len(pairs)), graph.edges((input,))))


def _number(input: Tensor, value: float) -> Any:
    """The value as the input's dtype holds it: integers drop the fraction."""
    if input._dtype.kind in "fc":
        return value
    return bool(value) if input._dtype.kind == "b" else math.trunc(value)
