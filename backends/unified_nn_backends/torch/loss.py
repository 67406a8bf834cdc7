"""Losses without reduction on torch tensors."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from unified_nn.backend import Function
from unified_nn_backends.torch.index import guarded

Array = Any

#: A label that cannot occur: torch leaves out label -100 silently, an op refuses it.
IGNORED = -(2**62)


def _by_label(function: Function) -> Function:
    def call(x: Array, i: Array, *, axis: int = 1) -> Array:
        labels = i.to(torch.int64)
        logits = x if x.ndim == 1 else x.movedim(axis, 1)
        return guarded(
            lambda: function(logits, labels, reduction="none", ignore_index=IGNORED), labels, x.shape[axis], axis
        )

    return call


def binary_cross_entropy_logits(x: Array, y: Array) -> Array:
    logits, targets = torch.broadcast_tensors(x, y)
    return F.binary_cross_entropy_with_logits(logits, targets, reduction="none")


FUNCTIONS: dict[str, Function] = {
    "nll": _by_label(F.nll_loss),
    "cross_entropy": _by_label(F.cross_entropy),
    "binary_cross_entropy_logits": binary_cross_entropy_logits,
}
