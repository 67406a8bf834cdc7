"""The traps: complete records, a current page, and for each a fault that turns its cases red."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from unified_nn_conformance.answer import Answer, Question
from unified_nn_conformance.case import load
from unified_nn_conformance.oracle import Oracle
from unified_nn_conformance.report import print_table
from unified_nn_conformance.runner import Result, Suite, main, select
from unified_nn_conformance.traps import of_case, page

from unified_nn.vocabulary.traps import NOT_CONCERNED, TRAPS, VOCABULARIES, Trap

sys.path.insert(0, str(Path(__file__).parent))
from faults import FAULTS

ALL = [pytest.param(trap, id=f"trap-{trap.number}-{trap.title.replace(' ', '-')}") for trap in TRAPS.values()]


class Remembering(Oracle):
    """An oracle that is asked each question once."""

    def __init__(self, vocabulary: str) -> None:
        super().__init__(vocabulary)
        self.answers: dict[str, Answer] = {}

    def ask(self, question: Question) -> Answer:
        if question.salt not in self.answers:
            self.answers[question.salt] = super().ask(question)
        return self.answers[question.salt]


@pytest.fixture(scope="module")
def suite() -> Iterator[Suite]:
    made = Suite(["numpy"])
    made.oracles = {name: Remembering(name) for name in VOCABULARIES}
    missing = [reason for oracle in made.oracles.values() if (reason := oracle.missing) is not None]
    if missing:
        pytest.skip(f"not run: {', '.join(missing)}")
    yield made
    made.close()


def run(suite: Suite, trap: Trap) -> dict[str, Result]:
    return {case: result for case in trap.cases for result in suite.run_case(load()[case])}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("trap", ALL)
def test_each_fault_turns_its_cases_red(suite: Suite, trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = run(suite, trap)
    assert {case: result.details for case, result in sound.items() if result.outcome != "agrees"} == {}
    with monkeypatch.context() as patch:
        FAULTS[trap.number](patch)
        faulty = run(suite, trap)
    assert "differs" in {result.outcome for result in faulty.values()}
    broken = re.compile(
        r"error: (a foreign )?(Type|Attribute|Name|Key)Error"
    )  # a fault computes otherwise, it does not crash
    assert [detail for result in faulty.values() for detail in result.details if broken.match(detail)] == []


def test_the_list_is_complete() -> None:
    assert list(TRAPS) == list(range(1, len(TRAPS) + 1))
    assert len(TRAPS) >= 60
    assert FAULTS.keys() == TRAPS.keys()
    assert len({trap.title for trap in TRAPS.values()}) == len(TRAPS)


@pytest.mark.parametrize("trap", ALL)
def test_each_record_is_complete(trap: Trap) -> None:
    assert all(text.strip() for text in (trap.title, trap.fault, *trap.meanings.values()))
    assert trap.cases
    assert set(trap.cases) <= load().keys()
    for vocabulary, text in trap.meanings.items():
        shown = f"programs/{vocabulary}/trap {trap.number}" in trap.cases
        assert shown == (text != NOT_CONCERNED and vocabulary not in trap.unshown)
    assert all(trap.unshown.values())


@pytest.mark.parametrize("trap", ALL)
def test_each_name_that_a_trap_is_about_stands_in_its_cases(trap: Trap) -> None:
    source = "\n".join(load()[case].text for case in trap.cases)
    assert [pattern for pattern in trap.about if not replace(trap, about=(pattern,)).concerns(source)] == []


def test_each_program_of_a_trap_belongs_to_its_record() -> None:
    assert {case for case in load() if case.partition("/trap ")[1]} == {
        c for trap in TRAPS.values() for c in trap.cases
    }


def test_the_page_is_current() -> None:
    held = Path(__file__).parents[2] / "docs" / "traps.md"
    assert held.read_text(encoding="utf-8") == page(), "run python -m unified_nn_conformance.traps > docs/traps.md"


def test_cases_of_a_trap_are_selected_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert [case.id for case in select(None, None, [12])] == list(TRAPS[12].cases)
    assert of_case("programs/mindspore/trap 12") is TRAPS[12]
    assert of_case("layers/torch/nn.ReLU()") is None
    with pytest.raises(SystemExit):
        main(["--trap", "0"])
    assert "invalid choice: 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("case", "text"),
    [
        ("programs/mindspore/trap 12", "    trap 12: eps of layer normalisation; mindspore means: `nn.LayerNorm` 1e-7"),
        ("layers/torch/nn.ReLU() plain", None),
        ("layers/mindspore/nn.GELU() plain", "    see trap 14 (formula of GELU)\n"),
    ],
)
def test_a_failure_names_its_trap(case: str, text: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    print_table([Result(case, "numpy", "differs", ["out: wrong"])], [], 1)
    printed = capsys.readouterr().out
    assert "out: wrong" in printed
    assert (text in printed) if text else ("trap" not in printed)
