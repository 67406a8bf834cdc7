"""Gluon-style cases."""

from __future__ import annotations

import importlib
from contextlib import suppress
from types import ModuleType
from typing import Any

import numpy as np

from unified_nn_conformance.answer import Answer, Question, seed, weights
from unified_nn_conformance.drivers import NAMES, applied
from unified_nn_conformance.drivers.programs import run_program


def space(framework: ModuleType) -> dict[str, Any]:
    """The names that a case's text may use."""
    name = framework.__name__
    return {"mx": framework, "nd": framework.nd, "gluon": framework.gluon,
            "nn": importlib.import_module(f"{name}.gluon.nn"),
            "rnn": getattr(framework.gluon, "rnn", None),
            "loss": importlib.import_module(f"{name}.gluon.loss")}  # fmt: skip


def _flat(out: Any) -> list[Any]:
    if isinstance(out, (tuple, list)):
        return [part for item in out for part in _flat(item)]
    return [] if out is None else [out]


def _structural(net: Any) -> dict[str, Any]:
    """The parameters by attribute path, as save_parameters names them."""
    found: dict[str, Any] = net._collect_params_with_prefix()
    return found


def _fill(mx: Any, net: Any, question: Question) -> None:
    """The case's values into every parameter; their sizes must be known by now."""
    for name, parameter in _structural(net).items():
        values = weights(question.salt, name, parameter.shape, question.dtype)
        parameter.set_data(mx.nd.array(values, dtype=question.dtype))


def _program(mx: Any, question: Question, names: dict[str, Any]) -> Answer:
    def read(value: Any) -> Any:
        return (value.asnumpy().copy(), np.dtype(value.dtype).name) if isinstance(value, mx.nd.NDArray) else None

    mx.random.seed(1)
    inputs = [mx.nd.array(array, dtype=array.dtype.name) for array in question.inputs]
    return run_program(question, names, inputs, read, lambda net: _fill(mx, net, question))


def run(framework: ModuleType, question: Question) -> Answer:
    """The answer; what an operator still has to raise does not reach the next question."""
    try:
        return _answer(framework, question)
    except Exception:
        with suppress(Exception):
            framework.nd.waitall()
        raise


def _answer(framework: ModuleType, question: Question) -> Answer:
    mx: Any = framework
    answer = Answer()
    names = space(framework)
    if question.program:
        return _program(mx, question, names)
    wants = question.gradient
    inputs = []
    for array in question.inputs:
        values = question.cast(array)
        x = mx.nd.array(values, dtype=values.dtype.name)
        if wants and array.dtype.kind == "f":
            x.attach_grad()
        inputs.append(x)
    parameters: dict[str, Any] = {}
    if question.call:
        code = compile(question.text, "<case>", "eval")
        compute: Any = lambda *xs: eval(code, {**names, **dict(zip(NAMES, xs, strict=False))})  # noqa: E731
    else:
        net = eval(question.text, names)
        compute = applied(net, question)
        net.initialize()
        if question.dtype == "float64":
            net.cast("float64")
        compute(*inputs)  # works the open sizes out
        answer.printed = repr(net)
        parameters = _structural(net)
        _fill(mx, net, question)
        answer.names = list(parameters)
        answer.shapes = [tuple(p.shape) for p in parameters.values()]
    if not wants:
        return _finish(mx, answer, compute(*inputs), parameters)
    with mx.autograd.record(train_mode=question.training):
        outs = _flat(compute(*inputs))
        heads = [
            (o * mx.nd.array(seed(question.salt, i, o.shape, np.dtype(o.dtype).name), dtype=np.dtype(o.dtype).name))
            .sum() for i, o in enumerate(outs) if np.dtype(o.dtype).kind == "f"
        ]  # fmt: skip
        total = heads[0]
        for head in heads[1:]:
            total = total + head
    total.backward(train_mode=question.training)
    answer.input_grads = [None if x.grad is None else x.grad.asnumpy().copy() for x in inputs]
    answer.parameter_grads = {n: p.grad().asnumpy().copy() for n, p in parameters.items() if p.grad_req != "null"}
    return _finish(mx, answer, outs, parameters)


def _finish(mx: Any, answer: Answer, out: Any, parameters: dict[str, Any]) -> Answer:
    outs = _flat(out)
    answer.outs = [o.asnumpy().copy() for o in outs]
    answer.dtypes = [np.dtype(o.dtype).name for o in outs]
    answer.state = {name: p.data().asnumpy().copy() for name, p in parameters.items()}
    mx.nd.waitall()
    return answer
