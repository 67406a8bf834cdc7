"""The traps and their cases; as a program, the page `docs/traps.md`:

python -m unified_nn_conformance.traps > docs/traps.md
"""

from __future__ import annotations

from typing import Final

from unified_nn.vocabulary.traps import TRAPS, VOCABULARIES, Trap
from unified_nn_conformance.case import load

_OF_CASE: Final[dict[str, Trap]] = {case: trap for trap in TRAPS.values() for case in trap.cases}
_HEAD: Final = """\
# Traps

Where the same words mean different things: what each framework does, measured on PyTorch 2.13, MindSpore 2.10 and MXNet 1.9.1
on a CPU. The vocabularies follow; nothing is averaged out. This page is made of the records in `unified_nn/vocabulary/traps`
by `python -m unified_nn_conformance.traps > docs/traps.md`.

Each trap is shown by a program per framework, `programs/<framework>/trap <number>`, which
`unified-nn conformance --trap <number>` runs against the real one on every backend. The last column says how a test breaks
this project on purpose to see that the program notices.
"""


def of_case(case: str) -> Trap | None:
    """The trap that a case shows."""
    return _OF_CASE.get(case)


def hints(case: str) -> list[str]:
    """What a reader of a failing case should think of: the trap that it shows, or those about names in it."""
    trap, vocabulary = of_case(case), case.split("/")[1]
    if trap is not None:
        return [f"{trap}; {vocabulary} means: {trap.meanings[vocabulary]}"]
    found = load().get(case)
    about = [
        t for t in TRAPS.values() if found is not None and t.concerns(found.text) and vocabulary == found.vocabulary
    ]
    return [f"see {', '.join(f'trap {t.number} ({t.title})' for t in about)}"] if about else []


def page() -> str:
    """The records as a page."""
    lines = [_HEAD, "| # | trap | PyTorch | MindSpore | MXNet | the fault |", "|---|---|---|---|---|---|"]
    for trap in TRAPS.values():
        cells = (str(trap.number), trap.title, *(trap.meanings[v] for v in VOCABULARIES), trap.fault)
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Notes", ""]
    for trap in TRAPS.values():
        remarks = [trap.note, *(f"no case for {v}: {why}" for v, why in trap.unshown.items())]
        lines += [f"- {trap.number}, {trap.title}: {remark}." for remark in remarks if remark]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
