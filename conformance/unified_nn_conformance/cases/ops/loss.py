"""Losses without reduction against PyTorch."""

from __future__ import annotations

from unified_nn_conformance.case import op, register
from unified_nn_conformance.sample import f32, index

X, Y = f32(4, 5), f32(4, 5)

register([
    op("squared_error", "F.mse_loss(x, y, reduction='none')", X, Y),
    op("absolute_error", "F.l1_loss(x, y, reduction='none')", X, Y),
    op("absolute_error", "F.l1_loss(x, y, reduction='none')", f32(4, 5, kind="ties"), f32(4, 5, kind="ties"), id="ties"),
    op("huber", "F.huber_loss(x, y, reduction='none', delta=0.7)", X, Y, attrs={"delta": 0.7}),
    op("nll", "F.nll_loss(x, y, reduction='none')", X, index(4, high=5)),
    op("nll", "F.nll_loss(x, y, reduction='none')", f32(2, 3, 4, 4), index(2, 4, 4, high=3), id="spatial"),
    op("cross_entropy", "F.cross_entropy(x, y, reduction='none')", X, index(4, high=5)),
    op("cross_entropy", "F.cross_entropy(x, y, reduction='none')", f32(2, 3, 4), index(2, 4, high=3), id="spatial"),
    op("soft_cross_entropy", "F.cross_entropy(x, y, reduction='none')", X, f32(4, 5, kind="unit")),
    op("binary_cross_entropy_logits", "F.binary_cross_entropy_with_logits(x, y, reduction='none')", X,
       f32(4, 5, kind="unit")),
])  # fmt: skip
