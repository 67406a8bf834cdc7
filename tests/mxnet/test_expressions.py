"""Expressions on arrays, and their gradients, as real MXNet answers them: value, shape, dtype, class of the error."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import unified_nn
import unified_nn.mxnet as ours
from tests.mxnet.twins import assert_same, names, outcome
from unified_nn import UnifiedError

FOLDER = Path(__file__).parent / "expressions"


def lines(name: str) -> list[str]:
    return (FOLDER / f"{name}.txt").read_text().splitlines()


#: MindSpore's tanh on the CPU is off by 5e-5.
EXACTNESS = {"mindspore": 5.0}


@cache
def real_outcome(mx: ModuleType, text: str) -> Any:
    return outcome(mx, text, names(mx))


@pytest.mark.parametrize("text", [*lines("arrays"), *lines("functions"), *lines("gradients")])
def test_expression(text: str, backend: unified_nn.Backend, oracle: Callable[[str], ModuleType]) -> None:
    factor = EXACTNESS.get(backend.name, 1.0)
    assert_same(real_outcome(oracle("mxnet"), text), outcome(ours, text, names(ours)), factor)


def test_session(backend: unified_nn.Backend, oracle: Callable[[str], ModuleType], capsys: Any) -> None:
    """One line after the other in one session: in-place changes, views, gradients, errors."""
    mx = oracle("mxnet")
    theirs, mine = names(mx), names(ours)
    for text in lines("session"):
        try:
            assert_same(outcome(mx, text, theirs), outcome(ours, text, mine))
        except AssertionError as error:
            raise AssertionError(f"after {text!r}: {error}") from None
        finally:
            capsys.readouterr()


REFUSED = [
    "nd.SoftmaxOutput(a, nd.array([0, 1]), out_grad=True)", "mx.sym.var('x').bind(mx.cpu(), {})",
    "nd.random.poisson(2, shape=(2,))", "nd.random.gamma(2, 1, shape=(2,))", "nd.linalg.potrf(a)",
    "nd.contrib.box_iou(a, a)", "nd.zeros((1,), ctx=mx.cpu(1))", "nd.zeros((2,), dtype='int16')", "nd.gammaln(a)",
    "nd.log_softmax(a, use_length=True)", "nd.Embedding(a, a, input_dim=2, output_dim=3, sparse_grad=True)",
    "nd.zeros((2,), stype='csr')", "a.tostype('csr')", "mx.np", "mx.mod", "gluon.contrib.rnn", "gluon.model_zoo.vision.resnet18_v1(pretrained=True)",
    "gluon.loss.CTCLoss()", "autograd.Function",
    "gluon.Trainer([], 'lamb')", "nn.Swish(beta=2.0)",
    "nn.Embedding(3, 2, sparse_grad=True)", "nn.Dense(2).initialize(ctx=[mx.cpu(0), mx.cpu(0)])",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_offered_says_so(text: str) -> None:
    with pytest.raises(UnifiedError) as found:
        eval(text, names(ours))
    assert len(str(found.value)) > 20


def test_integers_divided_by_zero_are_an_error() -> None:
    """Real MXNet ends the process."""
    with pytest.raises(ZeroDivisionError, match="divided by 0"):
        eval("i / 0", names(ours))
