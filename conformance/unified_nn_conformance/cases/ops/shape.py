"""Moves of values against PyTorch."""

from __future__ import annotations

from unified_nn_conformance.case import op, register
from unified_nn_conformance.sample import f32

X = f32(2, 3, 4)

register(
    [
        op("reshape", "torch.reshape(x, (4, 6))", X, attrs={"shape": (4, 6)}),
        op("reshape", "torch.reshape(x, (2, -1))", X, attrs={"shape": (2, -1)}),
        op("reshape", "torch.reshape(x, ())", f32(1), attrs={"shape": ()}),
        op("transpose", "torch.permute(x, (2, 0, 1))", X, attrs={"axes": (2, 0, 1)}),
        op("expand", "torch.broadcast_to(x, (5, 3, 4))", f32(3, 1), attrs={"shape": (5, 3, 4)}),
        op("concat", "torch.cat((x, y), 1)", X, f32(2, 5, 4), attrs={"axis": 1}),
        op("concat", "torch.cat((x, y), -1)", X, f32(2, 3, 1), attrs={"axis": -1}),
        op("stack", "torch.stack((x, y), 2)", X, X, attrs={"axis": 2}),
        op("flip", "torch.flip(x, (0, 2))", X, attrs={"axes": (0, 2)}),
        op("pad", "F.pad(x, (1, 2, 0, 3))", X, attrs={"pads": ((0, 0), (0, 3), (1, 2))}),
        op("pad", "F.pad(x, (2, 0), value=1.5)", X, attrs={"pads": ((0, 0), (0, 0), (2, 0)), "value": 1.5}),
    ]
)
