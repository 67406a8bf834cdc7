"""Every op's gradient, first and second order, against central differences in one random direction, in float64."""

from __future__ import annotations

import numpy as np
import pytest
from unified_nn_conformance.case import Case, load
from unified_nn_conformance.shim import function

from unified_nn.autodiff import Leaf, gradients
from unified_nn.ops.elementwise import zeros_like
from unified_nn.tensor import Tensor

STEP = 1e-6
KINKED = {"special", "ties", "value"}  # no derivative in every direction there

CASES = [
    case
    for case in load().values()
    if case.op
    and case.gradient
    and case.inputs[0].is_float
    and not any(s.kind in KINKED or 0 in s.shape for s in case.inputs)
]


def arrays(case: Case) -> list[np.ndarray]:
    found = [sample.array(f"{case.id}{i}") for i, sample in enumerate(case.inputs)]
    return [a.astype(np.float64) if a.dtype.kind == "f" else a for a in found]


def moved(values: list[np.ndarray], directions: list[np.ndarray], by: float) -> list[np.ndarray]:
    return [v + by * d if v.dtype.kind == "f" else v for v, d in zip(values, directions, strict=True)]


def run(case: Case, values: list[np.ndarray]) -> tuple[list[Tensor], list[Tensor]]:
    inputs = [Tensor.from_numpy(v, backend="numpy") for v in values]
    for x in inputs:
        if x._dtype.is_floating:
            x._body.node = Leaf(x.backend)
    out = function(case.op)(*inputs, **case.attrs)
    outs = list(out) if isinstance(out, (tuple, list)) else [out]
    return [x for x in inputs if x.tracked], [o for o in outs if o.tracked]


def along(values: list[Tensor | None], directions: list[np.ndarray]) -> float:
    return sum(float((v.numpy() * d).sum()) for v, d in zip(values, directions, strict=True) if v is not None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_order_1_and_2(case: Case) -> None:
    draw = np.random.default_rng(5)
    values = arrays(case)
    directions = [draw.standard_normal(v.shape) for v in values]
    floating = [d for d, v in zip(directions, values, strict=True) if v.dtype.kind == "f"]
    inputs, outs = run(case, values)
    if not outs:
        pytest.skip("the op has no gradient")
    seeds = [draw.standard_normal(o._shape) for o in outs]

    def value(by: float) -> float:
        return along(run(case, moved(values, directions, by))[1], seeds)

    def slope(by: float) -> float:
        xs, ys = run(case, moved(values, directions, by))
        return along(gradients(ys, [Tensor.from_numpy(s) for s in seeds], xs), floating)

    first = gradients(outs, [Tensor.from_numpy(s) for s in seeds], inputs, create_graph=True)
    expected = (value(STEP) - value(-STEP)) / (2 * STEP)
    assert along(first, floating) == pytest.approx(expected, rel=1e-5, abs=1e-6, nan_ok=True)

    again = [(g, d) for g, d in zip(first, floating, strict=True) if g is not None and g.tracked]
    second = 0.0
    if again:
        found = gradients([g for g, _ in again], [Tensor.from_numpy(d) for _, d in again], inputs)
        second = along([zeros_like(x) if h is None else h for x, h in zip(inputs, found, strict=True)], floating)
    expected = (slope(STEP) - slope(-STEP)) / (2 * STEP)
    assert second == pytest.approx(expected, rel=1e-4, abs=1e-5, nan_ok=True)
