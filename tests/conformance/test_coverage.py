"""Every op and every row has a case."""

from __future__ import annotations

import importlib
import re

import pytest
from unified_nn_conformance.case import load

from unified_nn.op import REGISTRY
from unified_nn.vocabulary.entry import ROWS

#: Ops that only gradients call; the gradients of these ops' cases, first and second order, run them.
IN_GRADIENTS = {"avg_pool_dx", "conv_dw", "conv_dx", "max_pool_dx", "max_pool_pick", "index_add", "setitem"}
#: Ops of integers and bits, checked exactly in tests/backends.
EXACT = {"bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "cast", "select", "where"}


@pytest.mark.parametrize("name", sorted(set(REGISTRY) - IN_GRADIENTS - EXACT))
def test_every_op_has_a_case(name: str) -> None:
    assert any(case.op == name for case in load().values()), f"no case of op {name}"


def rows() -> list[tuple[str, str]]:
    for module in ("torch.nn", "mindspore.nn", "mxnet.gluon.nn", "mxnet.gluon.loss"):
        importlib.import_module(f"unified_nn.{module}")
    return sorted({(vocabulary, row.__name__) for (vocabulary, _), found in ROWS.items() for row in found
                   if vocabulary != "neutral" and row.__module__.startswith("unified_nn.")})  # fmt: skip


@pytest.mark.parametrize(("vocabulary", "name"), rows())
def test_every_row_has_a_case(vocabulary: str, name: str) -> None:
    said = re.compile(rf"\b{name}\(")
    texts = [case.text for case in load().values() if case.vocabulary == vocabulary and not case.call]
    assert any(said.search(text) for text in texts), f"no case of {vocabulary} {name}"
