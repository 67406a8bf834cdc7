"""Spatial axes with another size against PyTorch."""

from __future__ import annotations

from unified_nn_conformance.case import op, register
from unified_nn_conformance.sample import f32

#: input, size, mode
SIZES = (
    ((2, 3, 7), (5,), "linear"),
    ((2, 3, 4, 5), (7, 3), "bilinear"),
    ((2, 3, 4, 5), (1, 5), "bilinear"),
    ((1, 2, 3, 2, 4), (2, 5, 4), "trilinear"),
)

register([
    *(op("resize_linear", f"F.interpolate(x, size={size}, mode='{mode}', align_corners={corners})", f32(*shape),
         attrs={"size": size, "align_corners": corners}, id=f"{shape} to {size}, corners {corners}")
      for shape, size, mode in SIZES for corners in (False, True)),
    op("resize_linear", "F.interpolate(x, scale_factor=(1.3, 0.7), mode='bilinear')", f32(2, 3, 4, 5),
       attrs={"size": (5, 3), "scales": (1.3, 0.7)}),
    *(op("resize_nearest", f"F.interpolate(x, size={size})", f32(*shape), attrs={"size": size}, id=f"{shape} to {size}")
      for shape, size, _ in SIZES),
    op("resize_nearest", "F.interpolate(x, scale_factor=(1.3, 0.7))", f32(2, 3, 4, 5),
       attrs={"size": (5, 3), "scales": (1.3, 0.7)}),
])  # fmt: skip
