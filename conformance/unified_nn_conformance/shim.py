"""Our side: a case run in a vocabulary, or as a neutral op, on one backend."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import unified_nn
from unified_nn.autodiff import Leaf, backward
from unified_nn.backend import Backend
from unified_nn.errors import MissingNameError, NotOfferedError
from unified_nn.op import REGISTRY
from unified_nn.tensor import Tensor
from unified_nn_conformance.answer import Answer, Question, seed
from unified_nn_conformance.drivers import driver

FAMILIES = ("activation", "conv", "elementwise", "index", "linalg", "loss", "norm", "pool", "reduce", "shape", "sort")


def run(question: Question, backend: Backend) -> Answer:
    """Our answer; an error is part of it. Warnings are not: the oracle's are not seen either."""
    with unified_nn.use_backend(backend), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if question.op is not None:
                return _run_op(question)
            framework = importlib.import_module(f"unified_nn.{question.vocabulary}")
            return driver(question.vocabulary).run(framework, question)
        except (MissingNameError, NotOfferedError) as error:
            return Answer(unavailable=str(error))
        except Exception as error:  # ours or not, the comparison judges it
            return Answer(error=(type(error).__name__, [c.__name__ for c in type(error).__mro__], str(error)))


def function(name: str) -> Any:
    if name in REGISTRY:
        return REGISTRY[name]
    for family in FAMILIES:
        found = getattr(importlib.import_module(f"unified_nn.ops.{family}"), name, None)
        if found is not None:
            return found
    raise LookupError(f"there is no op {name!r}")


def _run_op(question: Question) -> Answer:
    answer = Answer()
    inputs = []
    for array in question.inputs:
        floating = array.dtype.kind == "f"
        x = Tensor.from_numpy(question.cast(array))
        if question.gradient and floating:
            x._body.node = Leaf(x.backend)
        inputs.append(x)
    assert question.op is not None
    out = function(question.op)(*inputs, **question.attrs)
    outs = list(out) if isinstance(out, (tuple, list)) else [out]
    answer.outs = [o.numpy() for o in outs]
    answer.dtypes = [o._dtype.name for o in outs]
    heads = [(i, o) for i, o in enumerate(outs) if o.tracked]
    if question.gradient and heads:
        seeds = [Tensor.from_numpy(seed(question.salt, i, o._shape, o._dtype.name)) for i, o in heads]
        backward([o for _, o in heads], seeds)
        answer.input_grads = [None if x.grad is None else x.grad.numpy() for x in inputs]
    return answer
