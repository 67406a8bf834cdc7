"""Draws of a vocabulary without stopping at the first disagreement:

python -m unified_nn_conformance.configurations torch [--family conv] [--draws 2000] [--seed 1] [--others]
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import defaultdict

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from unified_nn_conformance.case import Case
from unified_nn_conformance.configurations.draw import line
from unified_nn_conformance.configurations.family import VOCABULARIES, Family, families
from unified_nn_conformance.configurations.judge import OTHERS, Judge


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m unified_nn_conformance.configurations", description=__doc__)
    parser.add_argument("vocabulary", choices=VOCABULARIES)
    parser.add_argument("--family", action="append", help="only this family; repeatable")
    parser.add_argument("--draws", type=int, default=500, help="draws of each family")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--others", action="store_true", help="cross every draw with another backend")
    parser.add_argument("--show", type=int, default=2, help="examples of each disagreement")
    options = parser.parse_args()
    chosen = {n: f for n, f in families(options.vocabulary).items() if not options.family or n in options.family}
    failed = sum(_explore(name, family, options) for name, family in chosen.items())
    return 1 if failed else 0


def _explore(name: str, family: Family, options: argparse.Namespace) -> int:
    """Draw and print what differs, grouped; the number of failing draws."""
    judge = Judge(options.vocabulary)
    found: dict[str, list[tuple[Case, list[str]]]] = defaultdict(list)

    def body(case: Case, other: str) -> None:
        details = judge.disagreements(case, other if options.others else None)
        if details:
            found[_kind(case, details[0])].append((case, details))

    test = given(case=family.cases, other=st.sampled_from(OTHERS))(body)
    test = settings(max_examples=options.draws, phases=[Phase.generate], database=None, deadline=None,
                    suppress_health_check=list(HealthCheck))(test)  # fmt: skip
    start = time.monotonic()
    seed(options.seed)(test)()
    judge.close()
    print(f"== {name}: {judge.report()}, {time.monotonic() - start:.1f} s", flush=True)
    for kind, failing in sorted(found.items(), key=lambda item: -len(item[1])):
        print(f"  {len(failing)} x {kind}")
        for case, details in sorted(failing, key=lambda f: len(line(f[0])))[: options.show]:
            print("   ", "\n        ".join([line(case), *details]))
    return sum(map(len, found.values()))


def _kind(case: Case, detail: str) -> str:
    """A disagreement without its numbers, so that equal ones are counted together."""
    return f"{case.text.split('(')[0]}: " + re.sub(r"[-+]?\d[\d.e+-]*", "#", detail)[:90]


if __name__ == "__main__":
    sys.exit(main())
