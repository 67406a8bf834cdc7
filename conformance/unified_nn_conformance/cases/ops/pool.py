"""Pooling against PyTorch."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, op, register
from unified_nn_conformance.sample import f32

#: x, kernel, stride, padding, dilation
SETTINGS: tuple[tuple[Any, ...], ...] = (
    ((2, 3, 9), (2,), (2,), (0,), (1,)),
    ((2, 3, 7, 6), (2, 2), (2, 2), (0, 0), (1, 1)),
    ((2, 3, 7, 6), (3, 2), (1, 2), (1, 1), (1, 1)),
    ((1, 2, 9, 8), (3, 3), (2, 1), (1, 0), (2, 1)),
    ((0, 2, 4, 4), (2, 2), (2, 2), (0, 0), (1, 1)),
    ((2, 2, 5, 4, 6), (2, 2, 3), (2, 1, 2), (1, 0, 1), (1, 1, 1)),
)


def _cases(kind: str) -> list[Case]:
    found = []
    for x, kernel, stride, padding, dilation in SETTINGS:
        n, pads = len(kernel), tuple((p, p) for p in padding)
        attrs = {"kernel": kernel, "stride": stride, "pads": pads, "dilation": dilation}
        name = f"{x}-{kernel}-{stride}-{padding}-{dilation}-{kind}".replace(" ", "")
        inputs = f32(*x, kind=kind)  # type: ignore[arg-type]
        options = f"{kernel}, {stride}, {padding}"
        found.append(op("max_pool", f"F.max_pool{n}d(x, {options}, {dilation})", inputs, attrs=attrs, id=name))
        found.append(op("max_pool_index", f"F.max_pool{n}d(x, {options}, {dilation}, return_indices=True)[1]", inputs,
                        attrs=attrs, id=name, gradient=False))  # fmt: skip
        if set(dilation) == {1}:
            plain = {key: value for key, value in attrs.items() if key != "dilation"}
            none = ((0, 0),) * n
            found.append(op("avg_pool", f"F.avg_pool{n}d(x, {options})", inputs, attrs={**plain, "count_pad": pads},
                            id=name))  # fmt: skip
            found.append(op("avg_pool", f"F.avg_pool{n}d(x, {options}, count_include_pad=False)", inputs,
                            attrs={**plain, "count_pad": none}, id=f"{name}-inside"))  # fmt: skip
    return found


register([*_cases("normal"), *_cases("ties")])
register([
    op("avg_pool", "F.avg_pool2d(x, 2, 2, 0, divisor_override=3)", f32(1, 2, 4, 5), id="divisor",
       attrs={"kernel": (2, 2), "stride": (2, 2), "pads": ((0, 0),) * 2, "count_pad": ((0, 0),) * 2, "divisor": 3}),
    op("max_pool", "F.max_pool1d(x, 3)", f32(1, 2, 30, kind="special"), id="special",
       attrs={"kernel": (3,), "stride": (3,), "pads": ((0, 0),), "dilation": (1,)}),
    *(op("adaptive_avg_pool", f"F.adaptive_avg_pool2d(x, {size})", f32(2, 3, 7, 5), attrs={"size": size})
      for size in ((1, 1), (3, 2), (7, 5), (9, 6), (2, 5))),
])  # fmt: skip
