"""Rows: signatures, reversible rules, saying a canonical layer as a call, refusing what cannot be said."""

from __future__ import annotations

import pytest

from unified_nn import nn
from unified_nn.errors import ArgumentError
from unified_nn.layers import activation, conv, norm
from unified_nn.vocabulary import rules
from unified_nn.vocabulary.entry import ROWS, arguments_for, call_for

RULES = {
    "same": (rules.same("a"), {"a": 3}, 3),
    "complement": (rules.complement("a"), {"a": 0.1}, 0.9),
    "complement-none": (rules.complement("a"), {"a": None}, None),
    "negate": (rules.negate("a"), {"a": True}, False),
    "mapped": (rules.mapped("a", {"x": 1, "y": 2}), {"a": "y"}, 2),
    "deferred": (rules.deferred("a"), {"a": 0}, None),
    "unlike": (rules.unlike("a", "b"), {"a": 3, "b": 4}, 3),
    "per-axis": (rules.per_axis("a", 2), {"a": 3}, (3, 3)),
    "per-axis-each": (rules.per_axis("a", 2), {"a": (3, 4)}, (3, 4)),
    "pads": (rules.symmetric_pads("a", 2), {"a": (1, 2)}, ((1, 1), (2, 2))),
    "attributes": (rules.attributes(slope="a"), {"a": 0.2}, (("slope", 0.2),)),
}


@pytest.mark.parametrize(("rule", "arguments", "setting"), RULES.values(), ids=RULES)
def test_a_rule_reads_and_writes_back(rule: rules.Rule, arguments: dict, setting: object) -> None:
    assert rule.read(arguments) == setting
    assert rule.read(rule.write(setting)) == setting


def test_a_rule_works_on_source_text() -> None:
    rule = rules.complement("momentum")
    assert rule.text is not None
    assert rule.text.format("m") == "1 - (m)"


@pytest.mark.parametrize(
    ("layer", "call"),
    [
        (conv.Conv(3, 8, (3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1)), "Conv2d(in_features=3, features=8, kernel=3)"),
        (
            conv.Conv(3, 8, (3, 5), (2, 2), ((1, 1), (2, 2)), (1, 1), bias=False),
            "Conv2d(in_features=3, features=8, kernel=(3, 5), stride=2, pads=(1, 2), bias=False)",
        ),
    ],
    ids=["plain", "full"],
)
def test_a_canonical_layer_is_said_as_a_call(layer: conv.Conv, call: str) -> None:
    assert call_for(nn.Conv2d, layer) == call
    assert eval(f"nn.{call}").layer == layer


def test_what_a_row_cannot_say_is_refused() -> None:
    uneven = conv.Conv(3, 8, (3, 3), (1, 1), ((0, 1), (0, 1)), (1, 1))
    with pytest.raises(ArgumentError, match="cannot be said in neutral by Conv2d: pads is symmetric"):
        call_for(nn.Conv2d, uneven)
    with pytest.raises(ArgumentError, match="it has no argument for frozen=True"):
        arguments_for(nn.BatchNorm, norm.BatchNorm(3, 1e-5, 0.9, frozen=True))
    with pytest.raises(ArgumentError, match="always 'relu', not 'tanh'"):
        call_for(nn.ReLU, activation.Activation("tanh"))


def test_rows_are_found_by_vocabulary_and_layer() -> None:
    assert nn.Conv2d in ROWS["neutral", conv.Conv]
    assert all(not row.__name__.startswith("_") for rows in ROWS.values() for row in rows)


def test_a_wrong_call_says_which_row() -> None:
    with pytest.raises(TypeError, match=r"Conv2d.__init__\(\) missing 1 required positional argument: 'kernel'"):
        nn.Conv2d(3, 8)
    with pytest.raises(TypeError, match=r"Linear.__init__\(\) got an unexpected keyword argument 'size'"):
        nn.Linear(3, 8, size=3)
    with pytest.raises(ArgumentError, match="kernel=.* has 3 entries, expected 1 or 2"):
        nn.Conv2d(3, 8, (1, 2, 3))


def test_a_user_subclasses_a_row() -> None:
    class Doubled(nn.Linear):
        def forward(self, x):
            return super().forward(x) * 2.0

    made = Doubled(3, 2)
    assert repr(made) == "Doubled(3 -> 2, bias=True)"
    assert Doubled not in ROWS["neutral", type(made.layer)]
