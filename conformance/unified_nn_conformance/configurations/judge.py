"""A drawn case asked of both sides and compared."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from unified_nn.backend import Backend
from unified_nn_conformance import shim
from unified_nn_conformance.answer import Answer
from unified_nn_conformance.case import Case
from unified_nn_conformance.checks import compare
from unified_nn_conformance.compare import Tolerance
from unified_nn_conformance.configurations.draw import line
from unified_nn_conformance.configurations.family import known
from unified_nn_conformance.oracle import Oracle
from unified_nn_conformance.runner import BACKENDS, open_backend, question
from unified_nn_conformance.truth import Truth

#: What float32 may lose where float64 agrees to a ten-millionth of the largest value.
ROUNDED = Tolerance(multiple=64.0, gate={"value": math.inf, "gradient": math.inf}, floor=1.0)
WIDE = Tolerance(ulps=2.0**16, floor=1e-3)  # for inputs that are float64 themselves
DOUBLE = Tolerance(ulps=2.0**29, floor=1e-3)
#: The backends that a draw may cross besides numpy.
OTHERS = BACKENDS[1:]


@dataclass
class Judge:
    """Judges the draws of one vocabulary and counts them."""

    vocabulary: str
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.oracle = Oracle(self.vocabulary)
        self.known = known(self.vocabulary)
        self.truth = Truth()
        self._backends: dict[str, Backend] = {}

    def disagreements(self, case: Case, other: str | None = None) -> list[str]:
        """What is wrong with ours on numpy, and on one other backend; empty where all is as in the real framework."""
        self.counts["draws"] += 1
        asked = question(case)
        real = self.oracle.ask(asked)
        if real.unavailable is not None:
            self.counts["oracle unavailable"] += 1
            return []
        self.counts["valid" if real.error is None else "invalid"] += 1
        truth = self.truth.of(asked, question(case, "float64")) if real.error is None else None
        found = []
        for backend in ("numpy", *([other] if other else [])):
            self.counts[backend] += 1
            ours = shim.run(asked, self._backend(backend))
            found += [f"on {backend}: {detail}" for detail in self._details(case, backend, ours, real, truth)]
        return found

    def _details(self, case: Case, backend: str, ours: Answer, real: Answer, truth: Answer | None) -> list[str]:
        if ours.unavailable:
            details = [f"not offered: {ours.unavailable}"]
        else:
            details = compare(case, ours, real, truth)
            if details and ours.error is None and real.error is None and self._rounds(case, backend, ours, real, truth):
                self.counts["judged in float64"] += 1
                return []
        if details:
            reason = next((k.reason for k in self.known if k.holds(case, backend, ours, real)), None)
            if reason is not None:
                self.counts[f"known: {reason}"] += 1
                return []
        return details

    def _rounds(self, case: Case, backend: str, ours: Answer, real: Answer, truth: Answer | None) -> bool:
        """Whether only float32 rounding is seen, as in the gradient of a norm over two values, which is nearly 0: in
        float64 both sides agree, and in float32 ours is not much further from the truth than the real one.
        """
        if case.program:
            return False
        if any(x.dtype == "float64" for x in case.inputs):
            return not compare(case, ours, real, None, WIDE)
        if truth is None or compare(case, ours, real, truth, ROUNDED):
            return False
        asked = question(case, "float64")
        theirs, own = self.oracle.ask(asked), shim.run(asked, self._backend(backend))
        if any(side.error or side.unavailable for side in (theirs, own)):
            return False
        return not compare(case, own, theirs, None, DOUBLE)

    def _backend(self, name: str) -> Backend:
        if name not in self._backends:
            self._backends[name] = open_backend(name)
        return self._backends[name]

    def report(self) -> str:
        """How many draws there were, and of which kinds."""
        return ", ".join(f"{name} {count}" for name, count in self.counts.items())

    def close(self) -> None:
        self.oracle.close()


def failure(case: Case, details: list[str]) -> str:
    """The message of a failing draw."""
    return "\n    ".join([f"{line(case)},", *details])
