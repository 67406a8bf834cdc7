"""PyTorch's padding layers: values of their own, cropping by negative sizes."""

from __future__ import annotations

from unified_nn_conformance.case import layer, register
from unified_nn_conformance.sample import f32

X = {1: f32(2, 3, 5), 2: f32(2, 3, 5, 6), 3: f32(1, 2, 4, 5, 3)}
SIZES = {1: (1, 2), 2: (1, 2, 0, 3), 3: (1, 0, 2, 1, 1, 2)}

register(
    layer("torch", f"nn.{kind}Pad{rank}d({sizes})", X[rank])
    for kind in ("Reflection", "Replication", "Circular", "Zero")
    for rank in (1, 2, 3)
    for sizes in (1, SIZES[rank])
)
register(layer("torch", f"nn.ConstantPad{rank}d({SIZES[rank]}, 1.5)", X[rank]) for rank in (1, 2, 3))
register(
    [
        layer("torch", "nn.ZeroPad2d((-1, 2, 0, -2))", X[2]),
        layer("torch", "nn.ReflectionPad2d(5)", X[2], id="nn.ReflectionPad2d too much", expects="RuntimeError"),
    ]
)
