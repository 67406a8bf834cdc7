"""The tables of drawn families, one a vocabulary."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from unified_nn_conformance.answer import Answer
from unified_nn_conformance.case import Case

#: Each has a package or module here with FAMILIES and KNOWN.
VOCABULARIES = ("torch", "mindspore", "mxnet")


@dataclass(frozen=True)
class Family:
    """Cases of one kind of layer, and how many of them CI draws."""

    cases: st.SearchStrategy[Case]
    draws: int


@dataclass(frozen=True)
class Known:
    """A disagreement that has a reason: `holds(case, backend, ours, real)` says where, as narrowly as it can be said."""

    reason: str
    holds: Callable[[Case, str, Answer, Answer], bool]


def computed(ours: Answer, real: Answer) -> bool:
    """Whether both sides computed, so that only numbers can differ."""
    return ours.error is None and real.error is None and ours.unavailable is None


def families(vocabulary: str) -> dict[str, Family]:
    """The drawn families of a vocabulary by name."""
    found: dict[str, Family] = _module(vocabulary).FAMILIES
    return found


def known(vocabulary: str) -> tuple[Known, ...]:
    """Disagreements of a vocabulary's draws that have a reason."""
    found: tuple[Known, ...] = _module(vocabulary).KNOWN
    return found


def _module(vocabulary: str) -> Any:
    return importlib.import_module(f"unified_nn_conformance.configurations.{vocabulary}")
