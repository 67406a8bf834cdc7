"""Order against PyTorch."""

from __future__ import annotations

from unified_nn_conformance.case import op, register
from unified_nn_conformance.sample import f32

register([
    op("argsort", "torch.argsort(x, dim=1, stable=True)", f32(3, 5, kind="ties"), attrs={"axis": 1}, gradient=False),
    op("argsort", "torch.argsort(x, dim=0, stable=True)", f32(20, kind="special"), attrs={"axis": 0}, gradient=False),
    op("sort", "torch.sort(x, dim=1, stable=True)", f32(3, 5), attrs={"axis": 1}),
    op("sort", "torch.sort(x, dim=0, descending=True, stable=True)", f32(3, 5, kind="ties"),
       attrs={"axis": 0, "descending": True}),
    op("topk", "torch.topk(x, 2, 1)", f32(3, 5), attrs={"k": 2, "axis": 1}),
])  # fmt: skip
