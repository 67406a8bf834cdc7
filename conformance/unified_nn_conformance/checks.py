"""What is compared between our answer and the real framework's: each check gives the disagreements it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from unified_nn_conformance.answer import Answer, Raised, Shown
from unified_nn_conformance.case import Case
from unified_nn_conformance.compare import TOLERANCE, Array, Tolerance, disagreement

Check = Callable[[Case, Answer, Answer, Answer | None, Tolerance], Iterator[str]]

#: What Python itself says of a call that does not fit a signature, or of an object that cannot do something.
_PYTHON = {
    "TypeError": re.compile(
        r"unexpected keyword argument|positional argument|required keyword|multiple values|missing a req"
        r"|is not (iterable|callable|subscriptable)|unsupported operand type"
    ),
    "AttributeError": re.compile(r"^'\w+' object has no attribute '\w+'$"),
    "IndexError": re.compile(r"^list index out of range$"),
}
_NOTHING = re.compile(r"(?!)")


def errors(case: Case, ours: Answer, real: Answer, truth: Answer | None) -> Iterator[str]:
    """The error's class is the real framework's and it says the facts, or there is none on both sides."""
    if real.error is not None and ours.error is not None:
        yield from _said(
            _classes("error", *(Raised(name, tuple(bases), text) for name, bases, text in (ours.error, real.error)))
        )
        for fact in case.facts:
            if fact not in ours.error[2]:
                yield f"error: the message does not say {fact!r}: {_line(ours.error[2])}"
    elif ours.error is not None:
        yield f"error: {ours.error[0]}: {_line(ours.error[2])}; the real one computes"
    elif real.error is not None:
        yield f"error: ours computes, the real one raises {real.error[0]}: {_line(real.error[2])}"


def values(case: Case, ours: Answer, real: Answer, truth: Answer | None, allowed: Tolerance) -> Iterator[str]:
    """Values, shapes and dtypes of the outputs."""
    if len(ours.outs) != len(real.outs):
        yield f"outputs: {len(ours.outs)}, the real one {len(real.outs)}"
        return
    for i, (a, b) in enumerate(zip(ours.outs, real.outs, strict=True)):
        yield from _said(disagreement(f"out {i}", "value", a, b, _at(truth, "outs", i), allowed))
    if ours.dtypes != real.dtypes:
        yield f"dtypes: {ours.dtypes}, the real one {real.dtypes}"


def gradients(case: Case, ours: Answer, real: Answer, truth: Answer | None, allowed: Tolerance) -> Iterator[str]:
    """Gradients of inputs and parameters."""
    for i, b in enumerate(real.input_grads):
        a = ours.input_grads[i] if i < len(ours.input_grads) else None
        t = _at(truth, "input_grads", i)
        yield from _said(disagreement(f"gradient of input {i}", "gradient", a, b, t, allowed))
    if list(ours.parameter_grads) != list(real.parameter_grads):
        yield f"learned parameters: {list(ours.parameter_grads)}, the real one {list(real.parameter_grads)}"
        return
    for name, b in real.parameter_grads.items():
        t = None if truth is None else truth.parameter_grads.get(name)
        a = ours.parameter_grads[name]
        yield from _said(disagreement(f"gradient of {name}", "gradient", a, b, t, allowed))


def names(case: Case, ours: Answer, real: Answer, truth: Answer | None, allowed: Tolerance) -> Iterator[str]:
    """Names, order and shapes of parameters and buffers."""
    if list(zip(ours.names, ours.shapes, strict=True)) != list(zip(real.names, real.shapes, strict=True)):
        yield f"parameters: {dict(zip(ours.names, ours.shapes, strict=True))}, the real one " + str(
            dict(zip(real.names, real.shapes, strict=True))
        )


def state(case: Case, ours: Answer, real: Answer, truth: Answer | None, allowed: Tolerance) -> Iterator[str]:
    """What the call left behind: running statistics, counters."""
    for name, b in real.state.items():
        t = None if truth is None else truth.state.get(name)
        yield from _said(disagreement(f"state {name}", "value", ours.state.get(name), b, t, allowed))


def printed(case: Case, ours: Answer, real: Answer, truth: Answer | None, allowed: Tolerance) -> Iterator[str]:
    """The printed form, addresses masked."""
    a, b = (re.sub(r"0x[0-9a-f]+", "0x", side.printed) for side in (ours, real))
    if case.printed and a != b:
        yield f"printed: {a!r}, the real one {b!r}"


def results(case: Case, ours: Answer, real: Answer, truth: Answer | None, allowed: Tolerance) -> Iterator[str]:
    """What a program showed: floats by the float64 rule, errors by their class, everything else exactly."""
    if list(ours.results) != list(real.results):
        yield f"results: {list(ours.results)}, the real one {list(real.results)}"
        return
    for name, b in real.results.items():
        a, t = ours.results[name], None if truth is None else truth.results.get(name)
        if isinstance(a, Shown) and isinstance(b, Shown):
            if a.kind != b.kind:
                yield f"{name}: {a.kind} {a.values.shape}, the real one {b.kind} {b.values.shape}"
            else:
                values = t.values if isinstance(t, Shown) else None
                yield from _said(disagreement(name, "gradient", a.values, b.values, values, allowed))
        elif isinstance(a, Raised) and isinstance(b, Raised):
            yield from _said(_classes(name, a, b))
        elif type(a) is not type(b) or a != b:
            yield f"{name}: {_brief(a)}, the real one {_brief(b)}"


CHECKS: tuple[Check, ...] = (values, gradients, names, state, printed, results)


def compare(
    case: Case, ours: Answer, real: Answer, truth: Answer | None, allowed: Tolerance = TOLERANCE
) -> list[str]:  # fmt: skip
    """All disagreements of one case on one backend."""
    if ours.error is not None or real.error is not None:
        return list(errors(case, ours, real, truth))
    # A neutral op has its own dtype rule; the real framework is asked for values.
    checks = CHECKS if case.op is None else (values, gradients)
    return [text for check in checks for text in check(case, ours, real, truth, allowed)]


def _classes(what: str, ours: Raised, real: Raised) -> str | None:
    """Why our error is not the one that the real framework raises, or None."""
    if real.name not in ours.bases:
        return f"{what}: ours is {ours.name} ({', '.join(ours.bases[:4])}), the real one {real.name}"
    if "UnifiedError" not in ours.bases and not _PYTHON.get(ours.name, _NOTHING).search(ours.message):
        return f"{what}: a foreign {ours.name}: {_line(ours.message)}"
    return None


def _brief(value: Any) -> str:
    if isinstance(value, Raised):
        return f"raises {value.name}: {_line(value.message)}"
    return f"{value.kind} {value.values.shape}" if isinstance(value, Shown) else repr(value)


def _said(text: str | None) -> Iterator[str]:
    if text is not None:
        yield text


def _at(truth: Answer | None, which: str, i: int) -> Array | None:
    found: list[Array | None] = [] if truth is None else getattr(truth, which)
    return found[i] if i < len(found) else None


def _line(text: str) -> str:
    return (text.strip() or "no message").splitlines()[0][:200]
