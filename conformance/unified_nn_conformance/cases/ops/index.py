"""Picking and placing by index against PyTorch."""

from __future__ import annotations

from unified_nn.backend import ARRAY
from unified_nn_conformance.case import op, register
from unified_nn_conformance.sample import f32, given, index

X = f32(3, 4, 5)
ALL = slice(None)

register([
    op("getitem", "x[1]", X, attrs={"index": (1,)}),
    op("getitem", "x[:, 1:3, ::2]", X, attrs={"index": (ALL, slice(1, 3), slice(None, None, 2))}),
    op("getitem", "x[..., -1]", X, attrs={"index": (Ellipsis, -1)}),
    op("getitem", "x[None, :, 2]", X, attrs={"index": (None, ALL, 2)}),
    op("getitem", "x[y]", X, index(4, high=3), attrs={"index": (ARRAY,)}),
    op("getitem", "x[:, y]", X, index(2, 3, high=4), attrs={"index": (ALL, ARRAY)}),
    op("getitem", "x[y, :, z]", X, index(4, high=3), index(4, high=5), attrs={"index": (ARRAY, ALL, ARRAY)}),
    op("getitem", "x[y]", f32(3, 4), given([[True, False, True, False]] * 3, "bool"), attrs={"index": (ARRAY,)},
       id="mask"),
    op("take", "x[:, y]", X, index(2, 2, high=4), attrs={"axis": 1}),
    op("take", "F.embedding(y, x)", f32(6, 3), index(2, 5, high=6), attrs={"axis": 0}),
    op("gather", "torch.gather(x, 1, y)", X, index(3, 2, 5, high=4), attrs={"axis": 1}),
    op("scatter_add", "torch.scatter_add(x, 1, y, z)", X, index(2, 3, 4, high=4), f32(3, 6, 5), attrs={"axis": 1},
       id="larger", gradient=False),
    op("scatter_add", "torch.scatter_add(x, 1, y, z)", X, index(3, 6, 5, high=4), f32(3, 6, 5), attrs={"axis": 1}),
])  # fmt: skip
