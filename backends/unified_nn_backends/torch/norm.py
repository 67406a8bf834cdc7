"""Softmax and normalisation on torch tensors."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from unified_nn.backend import Function

Array = Any


def softmax(x: Array, *, axis: int) -> Array:
    return torch.softmax(x, axis)


def log_softmax(x: Array, *, axis: int) -> Array:
    return torch.log_softmax(x, axis)


def batch_norm(
    x: Array, mean: Array, var: Array, scale: Array | None = None, shift: Array | None = None, *, eps: float,
    axis: int = 1,
) -> Array:  # fmt: skip
    if mean.requires_grad or var.requires_grad or x.ndim < 2:  # torch's own gives mean and var no gradient
        shape = [1] * x.ndim
        shape[axis] = -1
        scaled = (x - mean.reshape(shape)) / torch.sqrt(var.reshape(shape) + eps)
        if scale is not None:
            scaled = scaled * scale.reshape(shape)
        return scaled if shift is None else scaled + shift.reshape(shape)
    moved = x if axis % x.ndim == 1 else x.movedim(axis, 1)
    out = F.batch_norm(moved, mean, var, scale, shift, training=False, eps=eps)
    return out if moved is x else out.movedim(1, axis)


def layer_norm(
    x: Array, scale: Array | None = None, shift: Array | None = None, *, axes: int, eps: float
) -> Array:  # fmt: skip
    tail = x.shape[x.ndim - axes :]
    if scale is None and shift is not None:  # torch 2.13 has no second gradient for it
        return F.layer_norm(x, tail, eps=eps) + shift
    return F.layer_norm(x, tail, scale, shift, eps)


FUNCTIONS: dict[str, Function] = {
    "softmax": softmax,
    "log_softmax": log_softmax,
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
}
