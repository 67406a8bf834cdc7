"""MindSpore's eager autograd, driven imperatively: the only place that knows its private names.

`mindspore.grad` differentiates a function; a backward pass after the fact goes through the C++ engine beneath it. Its
names are private and have moved between versions, so they are looked up when the backend is made, and a missing one
leaves the backend with the tape.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from mindspore import Tensor, ops

from unified_nn.backend import Function
from unified_nn.errors import GradientError, make
from unified_nn_backends.mindspore.kernels import reason

#: Where the executor lives, newest layout (2.10) first.
EXECUTORS = ("mindspore.graph.api", "mindspore.common.api")

#: Wrong numbers, not errors: a backward that reshapes (matmul, sum, concat, max) is left out of the second gradient.
#: MindSpore 2.10's own `mindspore.grad(mindspore.grad(...))` has the same fault.
SECOND = (
    "create_graph: MindSpore's own gradients of gradients are wrong for several ops (matmul, sum, concat), so backend "
    "'mindspore' does not offer them with autodiff='native'; use set_backend('mindspore', autodiff='tape')"
)


class MissingEngineError(Exception):
    """This MindSpore has no engine under the names known here; the text says which one is missing."""


class Engine:
    """Recording and reverse mode. Recording is on only during a recorded call: nothing else in the process records."""

    def __init__(self) -> None:
        self._run_backward = _found("mindspore._c_expression", "run_backward")
        self._executor = _executor()
        for name in ("grad_flag", "set_grad_flag"):
            if not hasattr(self._executor, name):
                raise MissingEngineError(f"its executor has no {name!r}")
        for name in ("requires_grad_", "_requires_grad", "_is_leaf"):
            if not hasattr(Tensor, name):
                raise MissingEngineError(f"its Tensor has no {name!r}")

    def variable(self, native: Any) -> Any:
        made = ops.stop_gradient(native)
        made.requires_grad_(True)
        return made

    def record(self, function: Function, natives: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
        """Call and record. Arrays without elements take no part: the engine's gradients through them are garbage."""
        arrays = [_cut_off(n) if isinstance(n, Tensor) else n for n in natives]
        before = self._executor.grad_flag()
        self._executor.set_grad_flag(True)
        try:
            out = function(*arrays, **attrs)
        finally:
            self._executor.set_grad_flag(before)
        return tuple(map(_cut_off, out)) if isinstance(out, tuple) else _cut_off(out)

    def gradient(
        self, outs: Sequence[Any], inputs: Sequence[Any], seeds: Sequence[Any], *, retain: bool, create: bool
    ) -> list[Any]:
        if create:
            raise make(GradientError, SECOND)
        heads = [(out, seed) for out, seed in zip(outs, seeds, strict=True) if out._requires_grad]
        groups = _together(inputs) if heads else []
        found: list[Any] = [None] * len(inputs)
        for number, places in enumerate(groups, 1):
            results = self._backward(heads, [inputs[at] for at in places], retain or number < len(groups))
            for at, g in zip(places, results, strict=True):
                found[at] = g
        return [ops.zeros_like(x) if g is None and 0 in x.shape else g for g, x in zip(found, inputs, strict=True)]

    def _backward(self, heads: Sequence[tuple[Any, Any]], inputs: Sequence[Any], retain: bool) -> Any:
        outs, seeds = zip(*heads, strict=True)
        try:
            return self._run_backward(outs, seeds, retain, False, tuple(inputs), True, accumulate_grad=False)
        except (TypeError, ValueError, RuntimeError) as cause:
            message = f"backward: MindSpore's engine failed: {reason(cause)}; autodiff='tape' may do it"
            raise make(GradientError, message) from cause


def _cut_off(native: Any) -> Any:
    return ops.stop_gradient(native) if 0 in native.shape else native


def _together(inputs: Sequence[Any]) -> list[list[int]]:
    """Which inputs go into one pass: all leaves, but each result alone, since a pass does not go on behind a result."""
    recorded = [at for at, native in enumerate(inputs) if native._requires_grad]
    leaves = [at for at in recorded if inputs[at]._is_leaf]
    return ([leaves] if leaves else []) + [[at] for at in recorded if not inputs[at]._is_leaf]


def _found(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise MissingEngineError(f"{module}.{name} is gone") from None


def _executor() -> Any:
    for module in EXECUTORS:
        try:
            return _found(module, "_pynative_executor")
        except MissingEngineError:
            continue
    raise MissingEngineError(f"_pynative_executor is in none of {', '.join(EXECUTORS)}")
