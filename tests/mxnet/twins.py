"""Runs one text in real MXNet and in the vocabulary, and compares what comes out."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

SETUP = """
a = nd.array([[1, 2, 3], [4, 5, 6]])
i = nd.array([1, 2, 3], dtype="int32")
l = nd.array([1, 2, 3], dtype="int64")
u = nd.array([1, 2, 3], dtype="uint8")
h = nd.array([1, 2, 3], dtype="float16")
d = nd.array([1, 2, 3], dtype="float64")
b = a > 2
"""
#: The classes that user code catches.
CAUGHT = (
    "MXNetError",
    "RuntimeError",
    "ValueError",
    "TypeError",
    "IndexError",
    "AssertionError",
    "AttributeError",
    "KeyError",
)
TOLERANCE = {"float16": (2e-3, 1e-4), "float32": (2e-5, 2e-6), "float64": (2e-5, 2e-6)}


def names(mx: ModuleType) -> dict[str, Any]:
    """What an expression sees."""

    def gradient_of(function: Any) -> list[Any]:
        x = mx.nd.array([[0.5, -1.0, 2.0], [0.0, 0.25, -0.5]])
        x.attach_grad()
        with mx.autograd.record():
            y = function(x)
        y.backward()
        return [y, x.grad]

    space = {"mx": mx, "nd": mx.nd, "autograd": mx.autograd, "gluon": mx.gluon, "nn": mx.gluon.nn, "np": np}
    space["gradient_of"] = gradient_of
    exec(SETUP, space)
    return space


def outcome(mx: ModuleType, text: str, space: dict[str, Any]) -> Any:
    """The value of an expression (or nothing, of a statement), or the class of the error."""
    try:
        try:
            code = compile(text, "<expression>", "eval")
        except SyntaxError:
            exec(text, space)
            value = None
        else:
            value = eval(code, space)
        mx.nd.waitall()
        return plain(value)
    except Exception as error:
        known = [c.__name__ for c in type(error).__mro__ if c.__name__ in CAUGHT]
        return ("raises", known[0] if known else type(error).__name__, str(error))


def plain(value: Any) -> Any:
    """A value without its framework."""
    if type(value).__name__ == "NDArray":
        return ("array", value.shape, np.dtype(value.dtype).name, value.asnumpy())
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [plain(part) for part in value])
    if isinstance(value, dict):
        return ("dict", list(value), [plain(part) for part in value.values()])
    return ("value", repr(value))


def assert_same(real: Any, ours: Any, factor: float = 1.0) -> None:
    """The two agree; `factor` widens the tolerance where a backend's own functions are that much less exact."""
    assert ours[0] == real[0], f"real {real}, ours {ours}"
    if real[0] == "array":
        assert ours[1:3] == real[1:3]
        rtol, atol = TOLERANCE.get(real[2], (0, 0))
        np.testing.assert_allclose(ours[3].astype("f8"), real[3].astype("f8"), rtol=factor * rtol, atol=factor * atol)
    elif real[0] in ("list", "tuple"):
        assert len(ours[1]) == len(real[1])
        for r, o in zip(real[1], ours[1], strict=True):
            assert_same(r, o, factor)
    elif real[0] == "dict":
        assert ours[1] == real[1]
        for r, o in zip(real[2], ours[2], strict=True):
            assert_same(r, o, factor)
    else:
        assert ours[1] == real[1], f"real {real}, ours {ours}"
