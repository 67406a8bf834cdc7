"""Times things against one another: in turn, in one process, so that a machine's drift meets all of them alike."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

#: One measurement lasts at least this long, so that the clock and the loop cost nothing.
SPAN = 0.03  # seconds


def repeats(work: Callable[[], Any]) -> int:
    """How often `work` runs in one measurement; calling it here also warms it up."""
    count = 1
    while True:
        taken = once(work, count)
        if taken * count >= SPAN:
            return count
        count = max(count * 2, min(int(SPAN / max(taken, 1e-9)), count * 10))


def once(work: Callable[[], Any], count: int) -> float:
    """Seconds for one call of `work`, from `count` of them."""
    start = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - start) / count


def in_turn(works: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Seconds per call of each, `rounds` times, A B C A B C ..."""
    counts = {name: repeats(work) for name, work in works.items()}
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(once(work, counts[name]))
    return taken


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """The ratio of paired measurements: its median and its range."""
    pairs = [a / b for a, b in zip(ours, theirs, strict=True)]
    return {"median": statistics.median(pairs), "low": min(pairs), "high": max(pairs)}


def options(summary: str | None) -> argparse.ArgumentParser:
    """What every benchmark takes."""
    parser = argparse.ArgumentParser(description=(summary or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="measurements of each, in turn (default 15)")
    form = parser.add_mutually_exclusive_group()
    for name in ("json", "markdown"):
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=f"print {name}")
    return parser


def show(title: str, rows: Sequence[Mapping[str, Any]], form: str) -> None:
    """The rows as a table for a terminal, as JSON for machines, or as Markdown for docs/."""
    if form == "json":
        print(json.dumps({"title": title, "rows": list(rows)}, indent=1))
        return
    cells = [[cell if isinstance(cell, str) else f"{cell:.3g}" for cell in row.values()] for row in rows]
    aligned = ["left" if isinstance(cell, str) else "right" for cell in rows[0].values()]
    if form == "markdown":
        marks = ["---" if side == "left" else "--:" for side in aligned]
        print(f"{title}\n", *(f"| {' | '.join(line)} |" for line in (rows[0], marks, *cells)), sep="\n")
        return
    table = Table(title=title)
    for name, side in zip(rows[0], aligned, strict=True):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for line in cells:
        table.add_row(*line)
    Console(width=120).print(table)
