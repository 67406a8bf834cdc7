"""Reductions against PyTorch."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import op, register
from unified_nn_conformance.sample import f32

X = f32(2, 3, 4)
TABLE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("sum", "torch.sum(x)", {}),
    ("sum", "torch.sum(x, (0, 2), keepdim=True)", {"axis": (0, 2), "keepdims": True}),
    ("mean", "torch.mean(x)", {}),
    ("mean", "torch.mean(x, -1)", {"axis": -1}),
    ("prod", "torch.prod(x)", {}),
    ("prod", "torch.prod(x, 1)", {"axis": 1}),
    ("max", "torch.amax(x, 1)", {"axis": 1}),
    ("max", "torch.amax(x, (0, 2), keepdim=True)", {"axis": (0, 2), "keepdims": True}),
    ("min", "torch.amin(x, 0)", {"axis": 0}),
    ("argmax", "torch.argmax(x)", {}),
    ("argmax", "torch.argmax(x, 1, keepdim=True)", {"axis": 1, "keepdims": True}),
    ("argmin", "torch.argmin(x, 2)", {"axis": 2}),
    ("cumsum", "torch.cumsum(x, 1)", {"axis": 1}),
    ("var", "torch.var(x, 1, correction=0)", {"axis": 1}),
    ("var", "torch.var(x, (0, 1))", {"axis": (0, 1), "ddof": 1}),
    ("std", "torch.std(x, 2, keepdim=True)", {"axis": 2, "ddof": 1, "keepdims": True}),
    ("logsumexp", "torch.logsumexp(x, 1)", {"axis": 1}),
    ("logsumexp", "torch.logsumexp(x, (0, 2), keepdim=True)", {"axis": (0, 2), "keepdims": True}),
)

register(op(name, text, X, attrs=attrs) for name, text, attrs in TABLE)
register(
    op(name, text, f32(2, 3, 4, kind="ties"), attrs=attrs, id=f"{text}-ties")
    for name, text, attrs in TABLE if name in ("max", "min", "prod", "argmax", "argmin")
)  # fmt: skip
register(
    [
        op("any", "torch.any(x, 1)", f32(3, 4, kind="ties"), attrs={"axis": 1}),
        op("all", "torch.all(x)", f32(3, 4, kind="ties")),
        op("sum", "torch.sum(x, 1)", f32(2, 0), attrs={"axis": 1}, id="empty-axis"),
        op("mean", "torch.mean(x, 1)", f32(2, 0), attrs={"axis": 1}, id="empty-axis"),
        op("sum", "torch.sum(x)", f32(), id="0d"),
        op("var", "torch.var(x, correction=0)", f32(), id="0d"),
        op("sum", "torch.sum(x)", f32(1000), id="long"),
        op("max", "torch.amax(x, 0)", f32(40, kind="special"), attrs={"axis": 0}, id="special"),
    ]
)
