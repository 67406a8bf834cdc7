"""Every layer of the conformance suite as a graph beside real MXNet's, letter by letter."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

from unified_nn_conformance.case import Case, load

import unified_nn.mxnet as ours
from unified_nn.errors import NotOfferedError


def graph(mx: ModuleType, text: str, count: int) -> str:
    space = {"mx": mx, "nn": mx.gluon.nn, "rnn": mx.gluon.rnn, "gluon": mx.gluon, "loss": mx.gluon.loss, "nd": mx.nd}
    net = eval(f"{text[:-1]}{'' if text.endswith('()') else ', '}prefix='p_')", space)
    inputs: list[Any] = [mx.sym.var(f"data{i}") for i in range(count)]
    if "rnn." in text and count > 1:
        inputs = [inputs[0], inputs[1:]]
    return str(mx.sym.Group(flat(net(*inputs))).tojson())


def flat(value: Any) -> list[Any]:
    return [part for one in value for part in flat(one)] if isinstance(value, (list, tuple)) else [value]


def is_layer(case: Case) -> bool:
    plain = not (case.call or case.program or case.expects or case.arguments)
    return (
        case.vocabulary == "mxnet" and plain and re.match(r"(gluon\.)?(nn|rnn|loss)\.\w+\(.*\)$", case.text) is not None
    )


def test_every_case(oracle: Callable[[str], ModuleType]) -> None:
    mx = oracle("mxnet")
    compared, wrong = 0, []
    for case in load().values():
        if not is_layer(case):
            continue
        try:
            expected = graph(mx, case.text, len(case.inputs))
        except (mx.MXNetError, TypeError, AttributeError):  # real MXNet has no graph of it
            continue
        compared += 1
        try:
            if graph(ours, case.text, len(case.inputs)) != expected:
                wrong.append(f"{case.id}: another graph")
        except NotOfferedError as error:  # a projection has no graph here: docs/differences.md
            if "LSTM(projection_size)" not in str(error):
                wrong.append(f"{case.id}: {error}")
        except Exception as error:
            wrong.append(f"{case.id}: {type(error).__name__} {error}")
    assert not wrong, "\n".join(wrong)
    assert compared > 300
