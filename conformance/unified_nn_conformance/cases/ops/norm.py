"""Softmax and normalisation against PyTorch."""

from __future__ import annotations

from unified_nn_conformance.case import op, register
from unified_nn_conformance.sample import f32, given

register(
    op(name, f"F.{name}(x, {axis})", f32(2, 3, 4), attrs={"axis": axis})
    for name in ("softmax", "log_softmax")
    for axis in (0, 1, -1)
)
register([
    op("softmax", "F.softmax(x, 0)", given([1e4, -1e4, 0.0]), attrs={"axis": 0}, id="large"),
    op("log_softmax", "F.log_softmax(x, 0)", given([1e4, -1e4, 0.0]), attrs={"axis": 0}, id="large"),
    op("softmax", "F.softmax(x, 1)", f32(0, 3), attrs={"axis": 1}, id="empty"),
    op("batch_norm", "F.batch_norm(x, y, z, u, v, eps=1e-3)", f32(2, 3, 4, 5), f32(3), f32(3, kind="positive"), f32(3),
       f32(3), attrs={"eps": 1e-3}, gradient=False),
    op("batch_norm", "(x - y.view(-1, 1, 1)) / (z.view(-1, 1, 1) + 1e-3).sqrt() * u.view(-1, 1, 1) + v.view(-1, 1, 1)",
       f32(2, 3, 4, 5), f32(3), f32(3, kind="positive"), f32(3), f32(3), attrs={"eps": 1e-3}, id="formula"),
    op("layer_norm", "F.layer_norm(x, (4, 5), y, z)", f32(2, 3, 4, 5), f32(4, 5), f32(4, 5),
       attrs={"axes": 2, "eps": 1e-5}),
    *(op("local_response_norm", f"F.local_response_norm(x, {size}, 0.5, 0.6, 1.5)", f32(2, 5, 3), id=f"size {size}",
         attrs={"window": (size // 2, (size - 1) // 2), "alpha": 0.5 / size, "beta": 0.6, "k": 1.5}) for size in (1, 2, 3)),
    op("layer_norm", "F.layer_norm(x, (5,))", f32(2, 5), attrs={"axes": 1, "eps": 1e-5}, id="bare"),
])  # fmt: skip
