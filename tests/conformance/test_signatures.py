"""Signatures of everything offered are those recorded from the real frameworks, and these have not drifted."""

from __future__ import annotations

from pathlib import Path

import pytest
from unified_nn_conformance.expected import Expected
from unified_nn_conformance.signatures import facts
from unified_nn_conformance.signatures.recorded import MODULES, compared, offered, page, read, real_lines

from tests.conftest import installed

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"


@pytest.mark.parametrize("module", MODULES)
def test_ours_can_be_called_as_the_real_one(module: str) -> None:
    known = Expected.read("signatures")
    assert compared(module, known) == {}
    assert known.stale == []


def test_every_reason_is_of_a_recorded_name() -> None:
    names = {f"{module}.{name}" for module in MODULES for name in offered(module)}
    lines = Expected.read("signatures").lines
    assert [line for line in lines if "*" not in line and line not in names] == []


@pytest.mark.parametrize("module", MODULES)
def test_the_real_framework_is_as_recorded(module: str) -> None:
    framework = module.partition(".")[0]
    if not installed(framework):
        pytest.skip(f"not run: {framework} is not installed")
    assert real_lines(module) == read(module), "record them anew: python -m unified_nn_conformance.signatures --record"


def test_the_page_of_counts_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m unified_nn_conformance.signatures --write docs/coverage.md"


@pytest.mark.parametrize(
    ("ours", "real", "expected"),
    [
        ("(x, bias=True)", "(x, bias=True)", []),
        ("(x, bias=False)", "(x, bias=True)", ["bias: default False, the real one default True"]),
        ("(x)", "(x, bias=True)", ["argument bias is missing"]),
        ("(x, more=1)", "(x)", ["argument more is not in the real one"]),
        ("(x, b=1, a=2)", "(x, a=2, b=1)", ["order: x, b, a; the real one x, a, b"]),
        ("(x, *, a=2)", "(x, a=2)", ["a: by name only, default 2, the real one default 2"]),
        ("(x, *dims)", "(x, dims)", []),
        ("(x, dtype=None)", "(x, dtype=...)", []),
        ("(x)", "(?)", []),
    ],
)
def test_what_differs_between_two_signatures(ours: str, real: str, expected: list[str]) -> None:
    assert facts.differences(ours, real) == expected


def test_a_wrong_default_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from unified_nn.torch import nn
    from unified_nn.vocabulary.entry import parse_signature

    monkeypatch.setattr(nn.Softplus, "signature", parse_signature("beta=2.0, threshold=20.0"))
    assert compared("torch.nn") == {"Softplus": ["beta: default 2.0, the real one default 1.0"]}


def test_a_compiled_functions_signature_is_read_from_its_text() -> None:
    def relu() -> None:
        """relu(input, inplace=False) -> Tensor

        more text"""

    assert facts._from_text(relu) == "(input, inplace=False)"
