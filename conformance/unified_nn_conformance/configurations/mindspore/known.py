"""Where a draw of MindSpore may differ, and why."""

from __future__ import annotations

import math

from unified_nn_conformance.answer import Answer
from unified_nn_conformance.case import Case
from unified_nn_conformance.checks import compare
from unified_nn_conformance.compare import Tolerance
from unified_nn_conformance.configurations.family import Known

#: What MindSpore says where its CPU build lacks a kernel, or has one that does not run.
NO_KERNEL = (
    "unregistered", "could not create a", "Launch kernel failed", "Resize failed", "Create kernelmod", "memcpy error",
    "BiasAddGrad", "Select CPU operator", "Unsupported op",
)  # fmt: skip
#: Its exp is off by 6e-6 and its tanh by 1e-4.
LOOSE = Tolerance(ulps=2.0**13, gate={"value": math.inf, "gradient": math.inf}, floor=1.0)


def _no_kernel(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    return ours.error is None and real.error is not None and any(word in real.error[2] for word in NO_KERNEL)


def _inexact(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    both = ours.error is None and real.error is None and ours.unavailable is None
    return both and not compare(case, ours, real, None, LOOSE)


def _empty(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    refused = ours.error is not None and "UnifiedError" in ours.error[1] and real.error is None
    return refused and any(0 in out.shape for out in real.outs) and not any(0 in s.shape for s in case.inputs)


def _in_float32(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    both = ours.error is None and real.error is None and ours.unavailable is None
    narrow = Tolerance(ulps=2.0**33, floor=1.0)
    return both and any(s.dtype == "float64" for s in case.inputs) and not compare(case, ours, real, None, narrow)


def _stale_count(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    return "BCEWithLogitsLoss" in case.text and real.error is None and "'sum'" not in case.text


def _spread_states(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    refused = ours.error is not None and "an initial state has shape" in ours.error[2]
    return refused and real.error is None and any(1 in s.shape for s in case.inputs)


def _divided(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    return "divisor_override" in case.text and "count_include_pad=False" in case.text and real.error is None


KNOWN: tuple[Known, ...] = (
    Known("MindSpore pools float64 in float32", _in_float32),
    Known("the gradient of MindSpore's BCEWithLogitsLoss divides by the count of an earlier call", _stale_count),
    Known("MindSpore's CPU build has no kernel for it", _no_kernel),
    Known("MindSpore's exp and tanh are inexact", _inexact),
    Known("MindSpore's GRU and RNN spread one sample, or one state, over several", _spread_states),
    Known("MindSpore returns an empty array where ours refuses", _empty),
    Known("MindSpore's gradient ignores divisor_override without count_include_pad", _divided),
)
