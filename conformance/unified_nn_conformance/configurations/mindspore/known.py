"""Where a draw of MindSpore may differ, and why."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np

from unified_nn_conformance import shim
from unified_nn_conformance.answer import Answer
from unified_nn_conformance.case import Case
from unified_nn_conformance.checks import compare
from unified_nn_conformance.compare import Tolerance
from unified_nn_conformance.configurations.family import Known, computed
from unified_nn_conformance.runner import open_backend, question

#: What MindSpore says where its CPU build lacks a kernel, or has one that does not run.
NO_KERNEL = (
    "unregistered", "could not create a", "Launch kernel failed", "Resize failed", "Create kernelmod", "memcpy error",
    "BiasAddGrad", "Select CPU operator", "Unsupported op",
)  # fmt: skip
#: Gradients that are nearly 0 are differences of numbers of the size of 1, which a small variance enlarges.
ROUNDED = Tolerance(ulps=256.0, gate={"value": math.inf, "gradient": math.inf}, floor=1.0)
#: What float32 leaves of a float64.
NARROW = Tolerance(ulps=2.0**32, floor=1.0)
#: What MindSpore's exp of a float32 leaves of one: it is off by 6e-6.
INEXACT = Tolerance(ulps=2.0**36, floor=1.0)


def _no_kernel(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    return ours.error is None and real.error is not None and any(word in real.error[2] for word in NO_KERNEL)


def _no_float64(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    """Its primitives say which dtypes they have."""
    if ours.error is not None or real.error is None or not any(s.dtype == "float64" for s in case.inputs):
        return False
    offered = re.search(r"must be a type of {([^}]*)}", real.error[2])
    return offered is not None and "Float32" in offered[1] and "Float64" not in offered[1]


def _only_gradients(case: Case, ours: Answer, real: Answer) -> bool:
    return all(text.startswith("gradient of ") for text in compare(case, ours, real, None))


def _rounds(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    if not computed(ours, real) or not re.match(r"nn\.(\w*Norm|\w+Cell)", case.text):
        return False
    return _only_gradients(case, ours, real) and not compare(case, ours, real, None, ROUNDED)


def _empty(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    refused = ours.error is not None and "UnifiedError" in ours.error[1] and real.error is None
    return refused and any(0 in out.shape for out in real.outs) and not any(0 in s.shape for s in case.inputs)


def _in_float32(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    wide = re.search("Pool|pool|Mish|LeakyReLU|CELU|GELU", case.text) and any(s.dtype == "float64" for s in case.inputs)
    return bool(wide) and computed(ours, real) and not compare(case, ours, real, None, NARROW)


def _soft_float64(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    wide = "LogSoftmax" in case.text and any(s.dtype == "float64" for s in case.inputs)
    return wide and computed(ours, real) and not compare(case, ours, real, None, INEXACT)


def _stale_count(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    """Of the mean, the gradient of the logits, by a whole number instead of their count."""
    if "BCEWithLogitsLoss" not in case.text or not computed(ours, real):
        return False
    if re.search("reduction='(sum|none)'", case.text):
        return False
    own, theirs = ours.input_grads[0], real.input_grads[0]
    if own is None or theirs is None or own.shape != theirs.shape or not theirs.any():
        return False
    count = round(own.size * float(np.linalg.norm(own) / np.linalg.norm(theirs)))
    return _agrees_with(case, ours, real, own * (own.size / count)) if count else False


def _spread_states(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    refused = ours.error is not None and "an initial state has shape" in ours.error[2]
    return refused and real.error is None and any(1 in s.shape for s in case.inputs)


def _divided(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    """MindSpore's gradient divides by the count of each window and multiplies by the windows' size over the divisor."""
    said = re.search(r", divisor_override=(\d+)", case.text)
    if said is None or "count_include_pad=False" not in case.text or not computed(ours, real):
        return False
    asked = question(case)
    counted = shim.run(replace(asked, text=asked.text.replace(said[0], "")), open_backend("numpy")).input_grads[0]
    size = _window(case)
    return counted is not None and _agrees_with(case, ours, real, counted * (size / int(said[1])))


def _window(case: Case) -> int:
    """How many places a pool's window has."""
    sizes = re.search(r"kernel_size=(\d+|\([\d, ]+\))", case.text)
    rank = re.search(r"Pool(\d)d", case.text)
    if sizes is None or rank is None:
        return 1
    each = [int(size) for size in re.findall(r"\d+", sizes[1])]
    return math.prod(each * (int(rank[1]) if len(each) == 1 else 1))


def _agrees_with(case: Case, ours: Answer, real: Answer, gradient: Any) -> bool:
    """Whether ours, with this gradient of the first input in the place of its own, is as the real one."""
    as_theirs = replace(ours, input_grads=[gradient.astype(np.float32), *ours.input_grads[1:]])
    return not compare(case, as_theirs, real, None, ROUNDED)


KNOWN: tuple[Known, ...] = (
    Known("MindSpore computes pools and some activations of float64 in float32", _in_float32),
    Known("MindSpore's LogSoftmax takes a float64 in float32, and its exp is off by 6e-6", _soft_float64),
    Known("the gradient of MindSpore's BCEWithLogitsLoss divides by the count of an earlier call", _stale_count),
    Known("MindSpore's CPU build has no kernel for it", _no_kernel),
    Known("MindSpore's primitive has no float64", _no_float64),
    Known("only float32 rounding, next to numbers of the size of 1", _rounds),
    Known("MindSpore's GRU and RNN spread one sample, or one state, over several", _spread_states),
    Known("MindSpore returns an empty array where ours refuses", _empty),
    Known(
        "MindSpore's gradient with divisor_override and without count_include_pad divides by the count too", _divided
    ),
)
