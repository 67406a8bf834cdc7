"""Reductions of torch tensors. torch reads an empty tuple of axes as all of them; an op reads it as none."""

from __future__ import annotations

from typing import Any

import torch

from unified_nn.backend import Function

Array = Any
Axis = int | tuple[int, ...] | None


def over_axes(function: Function) -> Function:
    """The op from a function (x, axes, keepdims) that keeps x's values where there are no axes."""

    def call(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
        axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        return function(x, axes, keepdims) if axes else x.clone()

    return call


def of_truth(function: Function) -> Function:
    """The op from `any` or `all`, which answer uint8 with uint8 in torch."""
    reduced = over_axes(function)

    def call(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
        return reduced(x.to(torch.bool), axis=axis, keepdims=keepdims)

    return call


def logsumexp(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    if x.dtype in (torch.float16, torch.bfloat16):  # torch's gradient starts from the rounded result
        return torch.logsumexp(x.float(), axes, keepdims).to(x.dtype)
    return torch.logsumexp(x, axes, keepdims)


def prod(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    if axis is None:
        total = torch.prod(x, dtype=x.dtype)
        return total.reshape((1,) * x.ndim) if keepdims else total
    return torch.prod(x, axis, keepdims, dtype=x.dtype)


def argmax(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    return torch.argmax(_ordered(x), axis, keepdims)


def argmin(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    return torch.argmin(_ordered(x), axis, keepdims)


def _ordered(x: Array) -> Array:
    return x.to(torch.uint8) if x.dtype is torch.bool else x


def cumsum(x: Array, *, axis: int) -> Array:
    return torch.cumsum(x, axis, dtype=x.dtype)


FUNCTIONS: dict[str, Function] = {
    "sum": over_axes(lambda x, axes, keepdims: torch.sum(x, axes, keepdims, dtype=x.dtype)),
    "mean": over_axes(torch.mean),
    "logsumexp": over_axes(logsumexp),
    "max": over_axes(torch.amax),
    "min": over_axes(torch.amin),
    "any": of_truth(torch.any),
    "all": of_truth(torch.all),
    "prod": prod,
    "argmax": argmax,
    "argmin": argmin,
    "cumsum": cumsum,
}
