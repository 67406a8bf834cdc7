"""What a case's result really is: the NumPy engine in float64."""

from __future__ import annotations

import unified_nn
from unified_nn_conformance import shim
from unified_nn_conformance.answer import Answer, Question
from unified_nn_conformance.wide import WideNumpy


class Truth:
    """Answers float32 questions in float64."""

    def __init__(self) -> None:
        self.numpy, self.wide = unified_nn.backend("numpy"), WideNumpy()

    def of(self, asked: Question, in_float64: Question) -> Answer | None:
        """The truth; None where the question is not of float32, or where ours does not compute it."""
        if any(a.dtype.kind == "f" and a.dtype.name != "float32" for a in asked.inputs):
            return None
        # A program makes tensors of its own and MindSpore's parameters keep their dtype, so dtypes cannot be changed from
        # outside; the backend's can.
        of_wide = asked.program or asked.vocabulary == "mindspore"
        answer = shim.run(asked, self.wide) if of_wide else shim.run(in_float64, self.numpy)
        return None if answer.error or answer.unavailable else answer
