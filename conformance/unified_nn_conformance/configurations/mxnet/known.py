"""Where a draw of MXNet may differ, and why."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from unified_nn_conformance.answer import Answer
from unified_nn_conformance.case import Case
from unified_nn_conformance.checks import compare
from unified_nn_conformance.compare import Tolerance
from unified_nn_conformance.configurations.family import Known, computed

#: What MXNet says where its CPU build cannot compute something.
NO_KERNEL = (
    "could not create a", "IsDefaultData", "FP16 gemm", "not implemented", "No training support", "reorder primitive",
)  # fmt: skip

#: Below it is only the lowest number of a dtype, which windows of nothing but padding give.
LOWEST = -1e38
ROUNDED = Tolerance(multiple=64.0, ulps=128.0, gate={"value": math.inf, "gradient": math.inf}, floor=1.0)


def _no_kernel(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    return ours.error is None and real.error is not None and any(word in real.error[2] for word in NO_KERNEL)


def _lowest(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    """Windows of nothing but padding: float32's lowest number is not float64's."""
    if not computed(ours, real) or "MaxPool" not in case.text or "ceil_mode=True" not in case.text:
        return False
    return _agree_but(lambda out: out < LOWEST, lambda out: out < LOWEST, case, ours, real)


def _beyond(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    refused = ours.error is not None and "must be smaller than kernel" in ours.error[2]
    return refused and real.error is None


def _class_of_deferral(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    """Whether MXNet notices while it works shapes out (ValueError) or while it computes (MXNetError)."""
    if ours.error is None or real.error is None or "UnifiedError" not in ours.error[1]:
        return False
    late = "is not computed on the CPU" in ours.error[2] or "the output size" in ours.error[2]
    return late and {ours.error[1][3], real.error[0]} <= {"ValueError", "MXNetError"}


def _of_nothing(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    if not computed(ours, real) or "AvgPool" not in case.text:
        return False
    return _agree_but(lambda out: out == 0, np.isnan, case, ours, real)


def _agree_but(
    own: Callable[[Any], Any], theirs: Callable[[Any], Any], case: Case, ours: Answer, real: Answer
) -> bool:  # fmt: skip
    """Whether all is equal but for outputs that are such numbers on their side, wherever theirs are."""
    if [a.shape for a in ours.outs] != [b.shape for b in real.outs]:
        return False
    places = [theirs(b) for b in real.outs]
    if not all(bool(own(a)[at].all()) for a, at in zip(ours.outs, places, strict=True)):
        return False
    blank = [
        [np.where(at, np.zeros_like(x), x) for x, at in zip(side.outs, places, strict=True)] for side in (ours, real)
    ]
    return not compare(case, replace(ours, outs=blank[0]), replace(real, outs=blank[1]), None)


def _rounds(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    """Gradients that are nearly 0, of norms that MXNet has not in float64."""
    return computed(ours, real) and "Norm" in case.text and not compare(case, ours, real, None, ROUNDED)


def _negative(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    refused = ours.error is not None and "whole numbers of at least 1" in ours.error[2]
    return refused and real.error is None and "=-1" in case.text


def _whole_sigmoid(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    refused = ours.error is not None and "expected a floating dtype" in ours.error[2] and real.error is None
    return refused and "Swish" in case.text and not any(out.any() for out in real.outs)


KNOWN: tuple[Known, ...] = (
    Known("MXNet's CPU build has no kernel for it", _no_kernel),
    Known("MXNet sometimes pools float32 beyond the padding, which it mostly refuses", _beyond),
    Known("MXNet's sigmoid of integers is 0; ours refuses them", _whole_sigmoid),
    Known("MXNet notices some errors before it computes and others while it does", _class_of_deferral),
    Known("MXNet's mean of a window that has nothing in it is sometimes NaN", _of_nothing),
    Known("only float32 rounding, next to numbers of the size of 1", _rounds),
    Known("MXNet sometimes computes with windows of a negative size", _negative),
    Known("the lowest number of float32 is not that of float64", _lowest),
)
