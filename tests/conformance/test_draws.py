"""Draws of MindSpore's and Gluon's families: at least 2,000 of each vocabulary agree with the real framework."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from unified_nn_conformance.case import Case
from unified_nn_conformance.configurations.family import families
from unified_nn_conformance.configurations.judge import Judge, failure

VOCABULARIES = ("mindspore", "mxnet")
EACH = [(vocabulary, name) for vocabulary in VOCABULARIES for name in families(vocabulary)]


@pytest.fixture(scope="module", params=VOCABULARIES)
def judge(request: pytest.FixtureRequest) -> Iterator[Judge]:
    """A vocabulary's judge, whose oracle's process serves all of its families."""
    made = Judge(request.param)
    if made.oracle.missing is not None:
        pytest.skip(f"not run: {made.oracle.missing}")
    yield made
    made.close()


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_there_are_at_least_two_thousand_draws(vocabulary: str) -> None:
    assert sum(family.draws for family in families(vocabulary).values()) >= 2000


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("family", sorted({name for _, name in EACH}))
def test_draws_agree(judge: Judge, family: str) -> None:
    found = families(judge.vocabulary).get(family)
    if found is None:
        pytest.skip(f"{judge.vocabulary} has no family {family}")
    before = judge.counts.copy()

    @settings(max_examples=found.draws, deadline=None, database=None, derandomize=True,
              phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=found.cases)
    def agrees(case: Case) -> None:
        details = judge.disagreements(case)
        assert not details, failure(case, details)

    agrees()
    counted = judge.counts - before
    assert counted["valid"] > found.draws // 5, f"too few valid draws: {counted}"
    assert not [reason for reason in counted if re.match("known", reason) and counted[reason] > found.draws // 5]
