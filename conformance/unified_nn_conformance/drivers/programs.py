"""Programs: statements of a framework's source text that run on both sides and show named results."""

from __future__ import annotations

import contextlib
import io
import linecache
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from unified_nn_conformance.answer import Answer, Array, Question, Raised, Shown
from unified_nn_conformance.drivers import NAMES

FILE = "<program>"
#: The values of a tensor and the name of its dtype, or None for what is no tensor.
Read = Callable[[Any], tuple[Array, str] | None]
Fill = Callable[[Any], None]


def run_program(question: Question, names: Mapping[str, Any], inputs: list[Any], read: Read, fill: Fill) -> Answer:
    """Run the statements; they see the inputs x, y, z, ... and

    show(name=value, ...)  results to compare: tensors, numbers, text, lists and dictionaries of them
    raised(function)       the error that function() raises, to be shown; None where it raises none
    filled(net)            net with the case's own values in every parameter, the same on both sides
    """
    answer = Answer()

    def show(**results: Any) -> None:
        for name, value in results.items():
            for label, part in _leaves(name, value, read):
                count = sum(known.partition(" #")[0] == label for known in answer.results)
                answer.results[f"{label} #{count + 1}" if count else label] = part

    def filled(net: Any) -> Any:
        fill(net)
        return net

    lines = question.text.splitlines(keepends=True)
    linecache.cache[FILE] = (len(question.text), None, lines, FILE)  # a traceback shows the line
    space = {**names, **dict(zip(NAMES, inputs, strict=False)), "show": show, "raised": _raised, "filled": filled}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(question.text, FILE, "exec"), {"__name__": "program", **space})
    if not answer.results and not printed.getvalue():
        raise LookupError("the program shows nothing: end it with show(name=value, ...)")
    answer.printed = printed.getvalue()
    return answer


def _raised(function: Callable[[], Any]) -> Raised | None:
    try:
        function()
    except Exception as error:  # which one is what the program asks
        return Raised.of(error)
    return None


def _leaves(name: str, value: Any, read: Read) -> list[tuple[str, Any]]:
    """The parts of a value that are compared, each with where it stands."""
    tensor = read(value)
    if tensor is not None:
        return [(name, Shown(*tensor))]
    if isinstance(value, float):
        return [(name, Shown(np.asarray(value, np.float32), "float"))]  # often the item of a float32 tensor
    if isinstance(value, (np.ndarray, np.generic)):
        return [(name, Shown(np.asarray(value), "array"))]
    if value is None or isinstance(value, (bool, int, str, Raised)):
        return [(name, value)]
    if isinstance(value, Mapping):
        return [(f"{name}: kind", "dict"), *(
            leaf for key, part in value.items() for leaf in _leaves(f"{name}[{key!r}]", part, read))]  # fmt: skip
    if isinstance(value, (tuple, list)):
        return [(f"{name}: kind", f"{'tuple' if isinstance(value, tuple) else 'list'} of {len(value)}"), *(
            leaf for i, part in enumerate(value) for leaf in _leaves(f"{name}[{i}]", part, read))]  # fmt: skip
    raise TypeError(f"show({name}=...): a {type(value).__name__} cannot be compared; show a tensor, a number or text")
