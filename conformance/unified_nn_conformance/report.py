"""The conformance table and the list of what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from unified_nn_conformance.traps import hints

if TYPE_CHECKING:
    from unified_nn_conformance.runner import Result


def print_table(results: Sequence[Result], stale: Sequence[str], cases: int) -> None:
    """One row a backend, one column an outcome; then every unexplained result with its details."""
    from unified_nn_conformance.runner import OUTCOMES

    backends = list(dict.fromkeys(result.backend for result in results))
    counts = Counter((result.backend, result.outcome) for result in results)
    explained = Counter(result.backend for result in results if result.expected is not None)
    width = max(map(len, backends))
    print(f"{cases} cases")
    print(" " * width, *(f"{outcome:>18}" for outcome in (*OUTCOMES, "of these explained")))
    for name in backends:
        cells = [counts[name, outcome] for outcome in OUTCOMES]
        print(f"{name:<{width}}", *(f"{cell:>18}" for cell in (*cells, explained[name])))
    for result in results:
        if result.fails:
            print(f"\n{result.case}  on {result.backend}: {result.outcome}")
            for detail in result.details:
                print(f"    {detail}")
            for hint in hints(result.case):
                print(f"    {hint}")
    for line in stale:
        print(f"stale: {line}")
    failed = sum(result.fails for result in results)
    print(f"\n{failed} unexplained, {len(stale)} stale")
