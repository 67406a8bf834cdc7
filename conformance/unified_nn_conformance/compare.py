"""The float64 rule: how far a result may be from the truth.

The truth is the NumPy engine in float64. A backend's float32 result may be at most MULTIPLE times further from it than
the real framework's own float32 result, plus a few units in the last place. The truth itself is checked by the real
framework being close to it: within GATE of the largest value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Tolerance:
    """How far a result may be from the truth: `multiple` times as far as the real one, plus `ulps` of the largest value.

    gate    how far the real framework may be from the truth before the case differs, relative to the largest value
    floor   what counts as the largest value where all are smaller
    """

    multiple: float = 4.0
    ulps: float = 16.0
    gate: Mapping[str, float] = field(default_factory=lambda: {"value": 1e-5, "gradient": 5e-5})
    floor: float = 0.0


TOLERANCE = Tolerance()
#: dtypes coarser than float32 are held to their own precision.
COARSE = {"float16": 2e-2, "bfloat16": 1e-1}


def _finite_scale(truth: Array) -> float:
    finite = np.abs(truth[np.isfinite(truth)])
    return float(finite.max()) if finite.size else 0.0


def distance(result: Array, truth: Array) -> float:
    """The largest difference; inf where NaN or infinity is in another place."""
    a, b = result.astype(np.float64), truth.astype(np.float64)
    special = ~np.isfinite(a) | ~np.isfinite(b)
    if special.any():
        same = (np.isnan(a) & np.isnan(b)) | (a == b)
        if not same[special].all():
            return float("inf")
        a, b = np.where(special, 0.0, a), np.where(special, 0.0, b)
    return float(np.abs(a - b).max()) if a.size else 0.0


def disagreement(
    what: str, kind: str, result: Array | None, oracle: Array | None, truth: Array | None,
    tolerance: Tolerance = TOLERANCE,
) -> str | None:  # fmt: skip
    """Why the result is not what the real framework computes, or None."""
    if result is None or oracle is None:
        if result is None and oracle is None:
            return None
        # A gradient of zeros and no gradient are told apart: users test for None.
        return f"{what}: ours is {_said(result)}, the real one {_said(oracle)}"
    if result.shape != oracle.shape:
        return f"{what}: shape {result.shape}, the real one {oracle.shape}"
    if result.dtype != oracle.dtype:
        return f"{what}: dtype {result.dtype}, the real one {oracle.dtype}"
    if oracle.dtype.kind not in "f" and oracle.dtype.name != "bfloat16":
        return None if np.array_equal(result, oracle) else f"{what}: {_first(result, oracle)}"
    reference = oracle if truth is None or truth.shape != oracle.shape else truth
    scale = max(_finite_scale(reference.astype(np.float64)), tolerance.floor)
    gate = COARSE.get(oracle.dtype.name, tolerance.gate[kind]) * max(scale, 1e-30)
    own = distance(oracle, reference)
    if own > gate:
        return (
            f"{what}: the real one is {own:.3g} from float64 (largest value {scale:.3g}): {_first(oracle, reference)}"
        )
    eps = COARSE.get(
        oracle.dtype.name, float(np.finfo(oracle.dtype).eps) if oracle.dtype.name in ("float32", "float64") else 0
    )
    allowed = tolerance.multiple * own + tolerance.ulps * eps * scale
    far = distance(result, reference)
    if far > allowed:
        return f"{what}: {far:.3g} from float64, the real one {own:.3g}, allowed {allowed:.3g}: {_first(result, reference)}"
    return None


def _said(array: Array | None) -> str:
    return "None" if array is None else f"an array {array.shape}"


def _first(result: Array, reference: Array) -> str:
    """The worst place, as code reads: out[0, 3] = 1.0, should be 2.0."""
    if not result.ndim:
        return f"it is {result[()]!s}, should be {reference[()]!s}"
    with np.errstate(invalid="ignore"):
        gap = np.abs(result.astype(np.float64) - reference.astype(np.float64))
    gap[np.isnan(gap)] = 0.0
    gap[np.isnan(result) != np.isnan(reference)] = np.inf
    place = np.unravel_index(int(np.argmax(gap)), result.shape)
    at = ", ".join(str(int(i)) for i in place)
    return f"at [{at}] it is {result[place]!s}, should be {reference[place]!s}"
