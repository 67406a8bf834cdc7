"""Matrix products against PyTorch."""

from __future__ import annotations

from unified_nn_conformance.case import op, register
from unified_nn_conformance.sample import f32

register(
    op("matmul", "torch.matmul(x, y)", f32(*a), f32(*b), id=f"{a}-{b}".replace(" ", ""))
    for a, b in (((3, 4), (4, 5)), ((2, 1, 3, 4), (5, 4, 2)), ((4,), (4,)), ((4,), (4, 3)), ((3, 4), (4,)),
                 ((2, 3, 4), (4,)), ((4,), (2, 4, 3)), ((0, 4), (4, 5)), ((3, 0), (0, 5)), ((64, 100), (100, 80)))
)  # fmt: skip
register(
    op("linear", text, f32(*x), f32(5, 4), *bias, id=f"{text}-{x}".replace(" ", ""))
    for x in ((3, 4), (4,), (2, 3, 4), (0, 4))
    for text, bias in (("F.linear(x, y, z)", (f32(5),)), ("F.linear(x, y)", ()))
)
