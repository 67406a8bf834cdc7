"""MindSpore-style cases."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from unified_nn_conformance.answer import Answer, Question, seed, weights
from unified_nn_conformance.drivers import NAMES, applied
from unified_nn_conformance.drivers.programs import run_program


def space(framework: ModuleType) -> dict[str, Any]:
    """The names that a case's text may use."""
    name = framework.__name__
    return {"ms": framework, "mindspore": framework, "Tensor": framework.Tensor,
            "nn": importlib.import_module(f"{name}.nn"), "ops": importlib.import_module(f"{name}.ops"),
            "initializer": importlib.import_module(f"{name}.common.initializer")}  # fmt: skip


def _flat(out: Any) -> list[Any]:
    if isinstance(out, (tuple, list)):
        return [part for item in out for part in _flat(item)]
    return [] if out is None else [out]


def _name(dtype: Any) -> str:
    return str(dtype).lower()


def _fill(ms: Any, net: Any, question: Question) -> None:
    """The case's values into every floating parameter."""
    for name, parameter in net.parameters_and_names():
        if "float" in _name(parameter.dtype):
            values = weights(question.salt, name, parameter.shape, question.dtype)
            parameter.set_data(ms.Tensor(values), slice_shape=question.dtype == "float64")


def _program(ms: Any, question: Question, names: dict[str, Any]) -> Answer:
    def read(value: Any) -> Any:
        return (value.asnumpy().copy(), _name(value.dtype)) if isinstance(value, ms.Tensor) else None

    ms.set_seed(1)
    inputs = [ms.Tensor(array) for array in question.inputs]
    return run_program(question, names, inputs, read, lambda net: _fill(ms, net, question))


def run(framework: ModuleType, question: Question) -> Answer:
    ms: Any = framework
    answer = Answer()
    names = space(framework)
    if question.program:
        return _program(ms, question, names)
    inputs = [ms.Tensor(question.cast(array)) for array in question.inputs]
    places = [i for i, array in enumerate(question.inputs) if array.dtype.kind == "f"]
    learned: list[Any] = []
    if question.call:
        code = compile(question.text, "<case>", "eval")

        def compute(*xs: Any) -> Any:
            return eval(code, {**names, **dict(zip(NAMES, xs, strict=False))})
    else:
        net = eval(question.text, names)
        net.set_train(question.training)
        answer.printed = repr(net)
        _fill(ms, net, question)
        answer.names = [name for name, _ in net.parameters_and_names()]
        answer.shapes = [tuple(p.shape) for _, p in net.parameters_and_names()]
        learned = list(net.trainable_params())
        compute = applied(net, question)
    out = compute(*inputs)
    outs = _flat(out)
    answer.outs = [o.asnumpy().copy() for o in outs]
    answer.dtypes = [_name(o.dtype) for o in outs]
    heads = [i for i, o in enumerate(outs) if "float" in _name(o.dtype)]
    if not question.call:
        answer.state = {name: p.asnumpy().copy() for name, p in net.parameters_and_names()}
    if question.gradient and heads and (places or learned):
        seeds = [ms.Tensor(seed(question.salt, i, outs[i].shape, _name(outs[i].dtype))) for i in heads]

        def total(*xs: Any) -> Any:
            parts = _flat(compute(*xs))
            result = (parts[heads[0]] * seeds[0]).sum()
            for place, s in zip(heads[1:], seeds[1:], strict=True):
                result = result + (parts[place] * s).sum()
            return result

        _gradients(ms, answer, total, inputs, places, learned)
    return answer


def _gradients(ms: Any, answer: Answer, total: Any, inputs: list[Any], places: list[int], learned: list[Any]) -> None:
    found_inputs: Any = ()
    found_weights: Any = ()
    if places and learned:
        found_inputs, found_weights = ms.grad(total, tuple(places), learned)(*inputs)
    elif places:
        found_inputs = ms.grad(total, tuple(places))(*inputs)
    else:
        found_weights = ms.grad(total, None, learned)(*inputs)
    if not isinstance(found_inputs, (tuple, list)):
        found_inputs = (found_inputs,)
    answer.input_grads = [None] * len(inputs)
    for place, g in zip(places, found_inputs, strict=True):
        answer.input_grads[place] = g.asnumpy().copy()
    answer.parameter_grads = {p.name: g.asnumpy().copy() for p, g in zip(learned, found_weights, strict=True)}
