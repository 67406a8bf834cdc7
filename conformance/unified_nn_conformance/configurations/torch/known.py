"""Disagreements with PyTorch in drawn cases that have a reason."""

from __future__ import annotations

import numpy as np

from unified_nn_conformance.answer import Answer
from unified_nn_conformance.case import Case
from unified_nn_conformance.configurations.family import Known


def _nothing(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    return real.error is None and ours.error is not None and 0 in case.inputs[0].shape


def _no_output(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    says = ours.error is not None and "the output size" in ours.error[2] and "is not positive" in ours.error[2]
    return "Transpose" in case.text.replace("_t", "T") and says and real.error is None and 0 in real.outs[0].shape


def _gradient_of_nothing(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    text = "" if real.error is None else real.error[2]
    return ours.error is None and "_backward(): Expected grad_output to have non-zero size" in text


def _wraps_crop(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    refused = ours.error is not None and "mode 'circular' pads by at most" in ours.error[2]
    return refused and "nn.CircularPad" in case.text and "-" in case.text and real.error is None


def _reflects_crop(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    return "nn.ReflectionPad" in case.text and "-" in case.text


def _batched_state(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    refused = ours.error is not None and "hx should also be 1-D but got 2-D" in ours.error[2]
    return refused and "Cell(" in case.text and real.error is None


def _sixth(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    if "ardsigmoid(" not in case.text or case.inputs[0].dtype != "float64" or real.error or ours.error:
        return False
    return all(np.allclose(a, b, 1e-14) for a, b in zip(ours.outs, real.outs, strict=True))


def _no_integer_kernel(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    of_integers = bool(case.inputs) and case.inputs[0].dtype.startswith(("int", "bool"))
    return backend.startswith("mxnet") and of_integers and ours.error is not None and "DTypeError" in ours.error[1]


def _past_the_input(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    outs = ours.outs if ours.error is None and real.error is None else []
    return "MaxPool" in case.text.replace("max_p", "MaxP") and len(outs) > 1 and bool((outs[1] < 0).any())


def _other_first(case: Case, backend: str, ours: Answer, real: Answer) -> bool:
    both = ours.error is not None and real.error is not None and "pad should be" in ours.error[2]
    return both and real.error is not None and real.error[0] == "IndexError" and "AvgPool2d(" in case.text


KNOWN = (
    Known("PyTorch gives a place outside of the input for a window that dilation leads past it; ours is -1", _past_the_input),
    Known("of a wrong rank and a wrong padding PyTorch's AvgPool2d names the other", _other_first),
    Known("PyTorch looks at little of an input without values; ours refuses it as any other", _nothing),
    Known("PyTorch returns a transposed convolution's empty result for some groups and batches and refuses it for others; "
          "ours refuses it always", _no_output),
    Known("PyTorch pools to nothing and refuses only its gradient; ours is a gradient of zeros", _gradient_of_nothing),
    Known("PyTorch wraps around values that it has not written yet where a crop leaves less than is wrapped; ours refuses",
          _wraps_crop),
    Known("PyTorch's reflection with a crop reads memory outside of the input (its gradients hold 1e10)", _reflects_crop),
    Known("PyTorch broadcasts a state with a batch axis against an input without one; ours refuses", _batched_state),
    Known("MXNet has no kernel for these integers; ours names the dtype", _no_integer_kernel),
    Known("PyTorch's gradient of hardsigmoid for float64 multiplies by 1/6 in float32", _sixth),
)  # fmt: skip
