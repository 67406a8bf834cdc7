"""Random configurations: at least 2,000 draws a vocabulary agree with the real framework, errors included."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from unified_nn_conformance import case as cases
from unified_nn_conformance import sample, shim
from unified_nn_conformance.answer import Answer
from unified_nn_conformance.case import Case
from unified_nn_conformance.configurations.draw import OMITTED, Draw, Source, call, line
from unified_nn_conformance.configurations.draw import cases as drawn
from unified_nn_conformance.configurations.family import VOCABULARIES, families
from unified_nn_conformance.configurations.judge import OTHERS, Judge, failure

#: Drawn with each case: mostly no other backend than numpy.
OTHER = st.sampled_from([None] * 24 + list(OTHERS))
#: Of each kind, errors and results, a family must have this share.
LEAST = 0.2
#: No known disagreement may excuse more of a family than this share.
MOST = 0.2


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_there_are_2000_draws(vocabulary: str) -> None:
    assert sum(family.draws for family in families(vocabulary).values()) >= 2000


@pytest.mark.parametrize(
    ("vocabulary", "name"), [(vocabulary, name) for vocabulary in VOCABULARIES for name in families(vocabulary)]
)
def test_draws_agree_with_the_real_framework(
    vocabulary: str, name: str, judge: Callable[[str], Judge], record_property: Callable[[str, object], None]
) -> None:
    family, judging = families(vocabulary)[name], judge(vocabulary)
    judging.counts.clear()

    @hypothesis.settings(
        max_examples=family.draws, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
    )  # fmt: skip
    @hypothesis.given(case=family.cases, other=OTHER)
    def agree(case: Case, other: str | None) -> None:
        found = judging.disagreements(case, other)
        assert not found, failure(case, found)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        agree()
    record_property("draws", judging.report())
    print(f"{vocabulary} {name}: {judging.report()}")
    assert judging.counts["draws"] >= family.draws
    for kind in ("valid", "invalid"):
        assert judging.counts[kind] >= LEAST * judging.counts["draws"], f"too few {kind} draws: {judging.report()}"
    for reason, count in judging.counts.items():
        excused = reason.startswith("known: ") and count > MOST * judging.counts["draws"]
        assert not excused, f"{reason} excuses too many draws: {judging.report()}"


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


#: Cases that a known reason excuses in MindSpore, or would if only their gradient differed.
EXCUSED = (
    cases.layer("mindspore", "nn.AvgPool2d(kernel_size=(2, 3), pad_mode='pad', padding=1, count_include_pad=False, "
                "divisor_override=4)", sample.f32(1, 1, 4, 5)),
    cases.layer("mindspore", "nn.BCEWithLogitsLoss()", sample.f32(4, 5), sample.f32(4, 5, kind="unit")),
    cases.layer("mindspore", "nn.BatchNorm2d(3)", sample.f32(2, 3, 1, 1)),
    cases.layer("mindspore", "nn.LogSoftmax()", sample.f64(2, 3)),
)  # fmt: skip


@pytest.mark.parametrize("case", EXCUSED, ids=lambda case: case.text.split("(")[0])
def test_a_known_reason_excuses_no_other_fault(
    case: Case, judge: Callable[[str], Judge], monkeypatch: pytest.MonkeyPatch
) -> None:
    judging = judge("mindspore")
    smaller = cases.layer("mindspore", case.text, *(sample.Sample((2, 3), s.kind) for s in case.inputs))
    if "BCE" in case.text:  # whose count is what the next call divides by
        assert judging.disagreements(smaller) == []
    assert judging.disagreements(case) == []
    run = shim.run

    def off(*args: Any) -> Answer:
        answer = run(*args)
        return replace(answer, outs=[out * 1.001 for out in answer.outs])

    monkeypatch.setattr(shim, "run", off)
    assert judging.disagreements(case)
    monkeypatch.setattr(shim, "run", lambda *args: replace(run(*args), input_grads=[
        None if g is None else g + 0.01 * np.arange(g.size, dtype=g.dtype).reshape(g.shape) for g in run(*args).input_grads
    ]))  # fmt: skip
    assert judging.disagreements(case)
