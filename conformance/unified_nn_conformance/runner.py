"""`unified-nn conformance`: every case on every backend against the real frameworks."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import unified_nn
from unified_nn.backend import Backend
from unified_nn.errors import BackendUnavailableError, UnifiedError
from unified_nn.vocabulary.traps import TRAPS, Trap
from unified_nn_conformance import shim
from unified_nn_conformance.answer import Answer, Question
from unified_nn_conformance.case import Case, load
from unified_nn_conformance.checks import compare
from unified_nn_conformance.expected import Expected
from unified_nn_conformance.oracle import Oracle
from unified_nn_conformance.report import print_table
from unified_nn_conformance.traps import of_case
from unified_nn_conformance.truth import Truth

BACKENDS = ("numpy", "torch", "torch:tape", "mindspore", "mindspore:tape", "mxnet", "mxnet:tape")
OUTCOMES = ("agrees", "differs", "not offered", "oracle unavailable", "not run")


@dataclass
class Result:
    """One case on one backend."""

    case: str
    backend: str
    outcome: str
    details: list[str] = field(default_factory=list)
    expected: str | None = None  # the reason, where the expected file knows of it

    @property
    def fails(self) -> bool:
        return self.outcome not in ("agrees", "not run") and self.expected is None

    @property
    def trap(self) -> Trap | None:
        """The trap that the case shows: where it differs, the likely cause."""
        return of_case(self.case)


def question(case: Case, dtype: str = "float32") -> Question:
    """What both sides are asked."""
    arrays = [sample.array(f"{case.id}:{i}") for i, sample in enumerate(case.inputs)]
    return Question(case.vocabulary, case.text, case.call, arrays, case.training, case.gradient, dtype, case.id,
                    case.op, dict(case.attrs), case.arguments, case.program)  # fmt: skip


def open_backend(name: str) -> Backend:
    """A backend by its name in this suite: `torch`, or `torch:tape` with the core's tape over it."""
    plain, _, autodiff = name.partition(":")
    return unified_nn.backend(plain, autodiff or None)  # type: ignore[arg-type]


class Suite:
    """Runs cases; asks each oracle and the truth once per case."""

    def __init__(self, backends: Sequence[str]) -> None:
        self.backends: dict[str, Backend | str] = {}
        for name in backends:
            try:
                self.backends[name] = open_backend(name)
            except BackendUnavailableError as error:
                self.backends[name] = str(error)
        self.oracles = {name: Oracle(name) for name in ("torch", "mindspore", "mxnet")}
        self.expected = {name: Expected.read(name) for name in (*backends, "all", "oracle")}
        self.truth = Truth()

    def run(self, cases: Iterable[Case]) -> Iterator[Result]:
        for case in cases:
            yield from self.run_case(case)

    def run_case(self, case: Case) -> Iterator[Result]:
        oracle = self.oracles[case.vocabulary]
        if oracle.missing is not None:
            for name in self.backends:
                yield Result(case.id, name, "not run", [oracle.missing])
            return
        asked = question(case)
        real = oracle.ask(asked)
        reason = real.unavailable or self._unexpected(case, real)
        if reason is not None:
            known = self.expected["oracle"].reason(case.id)
            for name in self.backends:
                yield Result(case.id, name, "oracle unavailable", [reason], known)
            return
        truth = self.truth.of(asked, question(case, "float64")) if case.expects is None else None
        for name, backend in self.backends.items():
            if isinstance(backend, str):
                yield Result(case.id, name, "not run", [backend])
            else:
                yield self._judge(case, name, shim.run(asked, backend), real, truth)

    @staticmethod
    def _unexpected(case: Case, real: Answer) -> str | None:
        """Why the oracle's answer proves nothing: it raised where the case says it computes, or the reverse."""
        if real.error is not None and case.expects is None:
            return f"{real.error[0]}: {(real.error[2].strip() or '-').splitlines()[0]}"
        if case.expects is not None and (real.error is None or case.expects not in real.error[1]):
            return f"the case expects {case.expects}, the real one {real.error or 'computes'}"
        return None

    def _judge(self, case: Case, name: str, ours: Answer, real: Answer, truth: Answer | None) -> Result:
        known = self.expected[name].reason(case.id) or self.expected["all"].reason(case.id)
        if ours.unavailable is not None:
            return Result(case.id, name, "not offered", [ours.unavailable], known)
        details = compare(case, ours, real, truth)
        outcome = "differs" if details else "agrees"
        if outcome == "agrees":
            self.expected[name].mark_stale(case.id)
            self.expected["all"].mark_stale(case.id)
        return Result(case.id, name, outcome, details, known if details else None)

    def stale(self) -> list[str]:
        """Lines of the expected files that no longer hold."""
        return [f"expected/{name}.txt: {line}" for name, known in self.expected.items() for line in known.stale]

    def close(self) -> None:
        for oracle in self.oracles.values():
            oracle.close()


def select(pattern: str | None, vocabulary: str | None, traps: Iterable[int] = ()) -> list[Case]:
    """The cases whose id matches the pattern, whose oracle is of the vocabulary, and that show one of the traps."""
    shown = {case for number in traps for case in TRAPS[number].cases}
    return [
        case for case in load().values()
        if (pattern is None or re.search(pattern, case.id)) and vocabulary in (None, case.vocabulary)
        and (not shown or case.id in shown)
    ]  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="unified-nn conformance", description=__doc__)
    parser.add_argument("--backend", action="append", metavar="B", help=f"one of {', '.join(BACKENDS)}; repeatable")
    parser.add_argument("--vocabulary", choices=("torch", "mindspore", "mxnet"), help="only cases of this vocabulary")
    parser.add_argument("-k", dest="pattern", metavar="REGEX", help="only cases whose id matches")
    parser.add_argument("--trap", action="append", default=[], type=int, metavar="N", choices=TRAPS, dest="traps",
                        help=f"only cases that show trap N, 1 to {max(TRAPS)}, of docs/traps.md; repeatable")  # fmt: skip
    parser.add_argument("--require", default="", metavar="A,B", help="fail when one of these frameworks is missing")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0 when nothing unexplained was found, 1 when something was, 2 when the call was wrong."""
    options = _parser().parse_args(argv)
    try:
        cases = select(options.pattern, options.vocabulary, options.traps)
    except re.error as error:
        print(f"error: -k {options.pattern!r} is not a regular expression: {error}", file=sys.stderr)
        return 2
    if not cases:
        print("error: no case matches", file=sys.stderr)
        return 2
    try:
        suite = Suite(options.backend or BACKENDS)
    except UnifiedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    missing = [n for n in filter(None, options.require.split(",")) if suite.oracles[n].missing]
    if missing:
        print(f"error: required but not installed: {', '.join(missing)}", file=sys.stderr)
        return 1
    try:
        results = list(_progress(suite, cases, quiet=options.json))
    finally:
        suite.close()
    stale = suite.stale()
    failed = [result for result in results if result.fails]
    if options.json:
        told = [{**vars(r), "trap": r.trap and r.trap.number} for r in results]
        print(json.dumps({"results": told, "stale": stale}, indent=1))
    else:
        print_table(results, stale, len(cases))
    return 1 if failed or stale else 0


def _progress(suite: Suite, cases: list[Case], *, quiet: bool) -> Iterator[Result]:
    if quiet or not sys.stderr.isatty():
        yield from suite.run(cases)
        return
    from rich.console import Console
    from rich.progress import track

    for case in track(cases, "conformance", console=Console(stderr=True)):
        yield from suite.run_case(case)


if __name__ == "__main__":
    sys.exit(main())
