"""What is compared between our answer and the real framework's: each check gives the disagreements it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from unified_nn_conformance.answer import Answer
from unified_nn_conformance.case import Case
from unified_nn_conformance.compare import Array, disagreement

Check = Callable[[Case, Answer, Answer, Answer | None], Iterator[str]]


def errors(case: Case, ours: Answer, real: Answer, truth: Answer | None) -> Iterator[str]:
    """The error's class is the real framework's, or there is none on both sides."""
    if real.error is not None and ours.error is not None:
        if real.error[0] not in ours.error[1]:
            yield f"error: ours is {ours.error[0]} ({', '.join(ours.error[1][:4])}), the real one {real.error[0]}"
        elif "UnifiedError" not in ours.error[1]:
            yield f"error: a foreign {ours.error[0]}: {_line(ours.error[2])}"
    elif ours.error is not None:
        yield f"error: {ours.error[0]}: {_line(ours.error[2])}; the real one computes"
    elif real.error is not None:
        yield f"error: ours computes, the real one raises {real.error[0]}: {_line(real.error[2])}"


def values(case: Case, ours: Answer, real: Answer, truth: Answer | None) -> Iterator[str]:
    """Values, shapes and dtypes of the outputs."""
    if len(ours.outs) != len(real.outs):
        yield f"outputs: {len(ours.outs)}, the real one {len(real.outs)}"
        return
    for i, (a, b) in enumerate(zip(ours.outs, real.outs, strict=True)):
        yield from _said(disagreement(f"out {i}", "value", a, b, _at(truth, "outs", i)))
    if ours.dtypes != real.dtypes:
        yield f"dtypes: {ours.dtypes}, the real one {real.dtypes}"


def gradients(case: Case, ours: Answer, real: Answer, truth: Answer | None) -> Iterator[str]:
    """Gradients of inputs and parameters."""
    for i, b in enumerate(real.input_grads):
        a = ours.input_grads[i] if i < len(ours.input_grads) else None
        yield from _said(disagreement(f"gradient of input {i}", "gradient", a, b, _at(truth, "input_grads", i)))
    if list(ours.parameter_grads) != list(real.parameter_grads):
        yield f"learned parameters: {list(ours.parameter_grads)}, the real one {list(real.parameter_grads)}"
        return
    for name, b in real.parameter_grads.items():
        t = None if truth is None else truth.parameter_grads.get(name)
        yield from _said(disagreement(f"gradient of {name}", "gradient", ours.parameter_grads[name], b, t))


def names(case: Case, ours: Answer, real: Answer, truth: Answer | None) -> Iterator[str]:
    """Names, order and shapes of parameters and buffers."""
    if list(zip(ours.names, ours.shapes, strict=True)) != list(zip(real.names, real.shapes, strict=True)):
        yield f"parameters: {dict(zip(ours.names, ours.shapes, strict=True))}, the real one " + str(
            dict(zip(real.names, real.shapes, strict=True))
        )


def state(case: Case, ours: Answer, real: Answer, truth: Answer | None) -> Iterator[str]:
    """What the call left behind: running statistics, counters."""
    for name, b in real.state.items():
        t = None if truth is None else truth.state.get(name)
        yield from _said(disagreement(f"state {name}", "value", ours.state.get(name), b, t))


def printed(case: Case, ours: Answer, real: Answer, truth: Answer | None) -> Iterator[str]:
    """The printed form, addresses masked."""
    a, b = (re.sub(r"0x[0-9a-f]+", "0x", side.printed) for side in (ours, real))
    if case.printed and a != b:
        yield f"printed: {a!r}, the real one {b!r}"


CHECKS: tuple[Check, ...] = (values, gradients, names, state, printed)


def compare(case: Case, ours: Answer, real: Answer, truth: Answer | None) -> list[str]:
    """All disagreements of one case on one backend."""
    if ours.error is not None or real.error is not None:
        return list(errors(case, ours, real, truth))
    if case.op is not None:  # a neutral op has its own dtype rule; the real framework is asked for values
        return [*values(case, ours, real, truth), *gradients(case, ours, real, truth)]
    return [text for check in CHECKS for text in check(case, ours, real, truth)]


def _said(text: str | None) -> Iterator[str]:
    if text is not None:
        yield text


def _at(truth: Answer | None, which: str, i: int) -> Array | None:
    found: list[Array | None] = [] if truth is None else getattr(truth, which)
    return found[i] if i < len(found) else None


def _line(text: str) -> str:
    return (text.strip() or "no message").splitlines()[0][:200]
