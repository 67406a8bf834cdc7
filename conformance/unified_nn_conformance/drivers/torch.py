"""PyTorch-style cases."""

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
    return {"torch": framework, "nn": importlib.import_module(f"{name}.nn"),
            "F": importlib.import_module(f"{name}.nn.functional"),
            "optim": importlib.import_module(f"{name}.optim")}  # fmt: skip


def _flat(out: Any) -> list[Any]:
    if isinstance(out, (tuple, list)):
        return [part for item in out for part in _flat(item)]
    return [] if out is None else [out]


def _name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _fill(torch: Any, net: Any, question: Question) -> None:
    """The case's values into every floating parameter and buffer."""
    with torch.no_grad():
        for name, tensor in net.state_dict().items():
            if tensor.is_floating_point():
                values = weights(question.salt, name, tuple(tensor.shape), question.dtype)
                tensor.copy_(torch.tensor(values))


def _program(torch: Any, question: Question, names: dict[str, Any]) -> Answer:
    def read(value: Any) -> Any:
        return (value.detach().numpy().copy(), _name(value.dtype)) if isinstance(value, torch.Tensor) else None

    inputs = [torch.tensor(array) for array in question.inputs]
    return run_program(question, names, inputs, read, lambda net: _fill(torch, net, question))


def run(framework: ModuleType, question: Question) -> Answer:
    torch: Any = framework
    torch.manual_seed(1)  # the vocabulary draws what PyTorch draws
    answer = Answer()
    names = space(framework)
    if question.program:
        return _program(torch, question, names)
    wants = question.gradient
    inputs = []
    for array in question.inputs:
        x = torch.tensor(question.cast(array))
        if wants and array.dtype.kind == "f":
            x.requires_grad_()
        inputs.append(x)
    parameters: list[tuple[str, Any]] = []
    if question.call:
        out = eval(question.text, {**names, **dict(zip(NAMES, inputs, strict=False))})
    else:
        net = eval(question.text, names)
        net.train(question.training)
        if question.dtype == "float64":
            net.double()
        answer.printed = repr(net)
        _fill(torch, net, question)
        parameters = list(net.named_parameters())
        answer.names = list(net.state_dict())
        answer.shapes = [tuple(t.shape) for t in net.state_dict().values()]
        out = applied(net, question)(*inputs)
        answer.state = {name: t.detach().numpy().copy() for name, t in net.state_dict().items()}
    outs = _flat(out)
    answer.outs = [o.detach().numpy().copy() for o in outs]
    answer.dtypes = [_name(o.dtype) for o in outs]
    heads = [(i, o) for i, o in enumerate(outs) if o.requires_grad]
    if wants and heads:
        seeds = [torch.tensor(seed(question.salt, i, tuple(o.shape), _name(o.dtype))) for i, o in heads]
        torch.autograd.backward([o for _, o in heads], seeds)
        answer.input_grads = [None if x.grad is None else x.grad.numpy().copy() for x in inputs]
        answer.parameter_grads = {n: None if p.grad is None else p.grad.numpy().copy() for n, p in parameters}
    return answer
