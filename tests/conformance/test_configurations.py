"""Random configurations: at least 2,000 draws a vocabulary agree with the real framework, errors included."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import hypothesis
import pytest
from hypothesis import strategies as st
from unified_nn_conformance import case as cases
from unified_nn_conformance import sample
from unified_nn_conformance.case import Case
from unified_nn_conformance.configurations.draw import OMITTED, Draw, Source, call, line
from unified_nn_conformance.configurations.draw import cases as drawn
from unified_nn_conformance.configurations.family import families
from unified_nn_conformance.configurations.judge import Judge

# ---- the machinery ----


def test_a_call_says_what_is_not_omitted() -> None:
    text = call("nn.Conv2d", 3, (1, 2), stride=OMITTED, bias=False, p=float("inf"), weight=Source("torch.ones(3)"))
    assert text == "nn.Conv2d(3, (1, 2), bias=False, p=float('inf'), weight=torch.ones(3))"


def _read(text: str) -> Case:
    space = {
        "Sample": sample.Sample,
        "index": sample.index,
        "given": sample.given,
        "f32": sample.f32,
        "f64": sample.f64,
    }
    found: Case = eval(text, {"layer": cases.layer, "function": cases.function, "program": cases.program, **space})
    return found


@hypothesis.given(st.sampled_from(sorted(families("torch"))).flatmap(lambda name: families("torch")[name].cases))
def test_a_failing_draw_is_printed_as_a_line_for_a_file_of_cases(case: Case) -> None:
    assert _read(line(case)) == case


def test_a_failing_draw_shrinks_to_its_plainest_form() -> None:
    def drawing(d: Draw) -> Case:
        options = {"stride": d.some(2, 3), "bias": d.some(False), "dilation": d.pick(1, 2)}
        return cases.layer("torch", call("nn.Conv1d", d.size(1, 8), 1, 1, **options))

    found = hypothesis.find(drawn(drawing), lambda case: "dilation=2" in case.text)
    assert found.text == "nn.Conv1d(1, 1, 1, dilation=2)"


@pytest.fixture(scope="module")
def judge() -> Iterator[Callable[[str], Judge]]:
    """Gives a vocabulary's judge, whose oracle's process serves all tests of this file."""
    made: dict[str, Judge] = {}

    def of(vocabulary: str) -> Judge:
        found = made.setdefault(vocabulary, Judge(vocabulary))
        if found.oracle.missing is not None:
            pytest.skip(f"not run: {found.oracle.missing}")
        return found

    yield of
    for each in made.values():
        each.close()


def test_a_wrong_answer_is_a_disagreement(judge: Callable[[str], Judge], monkeypatch: pytest.MonkeyPatch) -> None:
    from unified_nn.torch.nn import functional

    case = cases.function("torch", "F.relu(x)", sample.f32(3))
    assert judge("torch").disagreements(case) == []
    monkeypatch.setattr(functional, "relu", functional.silu)
    assert "out 0" in judge("torch").disagreements(case)[0]
    monkeypatch.setattr(functional, "relu", lambda x: 1 // 0)
    assert "ZeroDivisionError" in judge("torch").disagreements(case)[0]
