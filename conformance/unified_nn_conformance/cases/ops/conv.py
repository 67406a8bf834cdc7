"""Convolutions over one, two and three axes against PyTorch."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, op, register
from unified_nn_conformance.sample import f32

#: x, w, stride, padding, dilation, groups
SETTINGS: tuple[tuple[Any, ...], ...] = (
    ((2, 3, 9), (4, 3, 3), (1,), (0,), (1,), 1),
    ((2, 4, 9), (6, 2, 2), (2,), (1,), (3,), 2),
    ((2, 3, 7, 6), (4, 3, 3, 2), (1, 1), (0, 0), (1, 1), 1),
    ((2, 4, 9, 8), (6, 2, 3, 3), (2, 3), (1, 2), (2, 1), 2),
    ((1, 4, 5, 5), (8, 1, 3, 3), (1, 1), (1, 1), (1, 1), 4),
    ((3, 8, 6, 6), (5, 8, 1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((0, 3, 5, 5), (4, 3, 3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((2, 2, 5, 4, 6), (3, 2, 2, 3, 2), (2, 1, 2), (1, 0, 1), (1, 1, 2), 1),
)


def _cases() -> list[Case]:
    found = []
    for x, w, stride, padding, dilation, groups in SETTINGS:
        n = len(stride)
        attrs = {"stride": stride, "pads": tuple((p, p) for p in padding), "dilation": dilation, "groups": groups}
        options = f"stride={stride}, padding={padding}, dilation={dilation}, groups={groups}"
        name = f"{x}-{w}-{options}".replace(" ", "")
        found.append(op("conv", f"F.conv{n}d(x, y, z, {options})", f32(*x), f32(*w), f32(w[0]), attrs=attrs, id=name))
        extra = tuple(min(s, d) - 1 if s > 1 else 0 for s, d in zip(stride, dilation, strict=True))
        extra = tuple(min(e, s - 1) for e, s in zip(extra, stride, strict=True))
        turned = (w[0], *w[1:])
        found.append(op(
            "conv_transpose", f"F.conv_transpose{n}d(x, y, z, {options}, output_padding={extra})",
            f32(x[0], w[0], *x[2:]), f32(*turned), f32(w[1] * groups), attrs={**attrs, "extra": extra}, id=name))  # fmt: skip
    return found


register(_cases())
register([
    op("conv", "F.conv2d(F.pad(x, (1, 2, 0, 3)), y, stride=2)", f32(2, 3, 6, 7), f32(4, 3, 3, 3), id="asymmetric",
       attrs={"stride": (2, 2), "pads": ((0, 3), (1, 2)), "dilation": (1, 1), "groups": 1}),
])  # fmt: skip
