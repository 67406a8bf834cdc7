"""LeNet and a 3-layer MLP, forward and one training step: ours against the real frameworks, in one run, as ratios.

python benchmarks/networks.py [--framework torch] [--threads 1]

Each network is written once per vocabulary (`programs/`) and runs unchanged on both sides: in the real framework, in the
vocabulary on that framework, and in the vocabulary on the NumPy engine.
"""

from __future__ import annotations

import importlib
import os
import statistics
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import timing

FRAMEWORKS = ("torch", "mindspore", "mxnet")
NETWORKS = ("LeNet", "MLP")
BATCHES = (1, 32)


def measure(framework: str, rounds: int, threads: int) -> list[dict[str, str | float]]:
    """Every network, batch and phase of one framework, in this process."""
    import programs
    from threadpoolctl import threadpool_limits

    import unified_nn

    unified_nn.backend(framework)  # imports the real framework with what that needs
    real = importlib.import_module(framework)
    if framework == "torch":
        real.set_num_threads(threads)
    vocabulary = importlib.import_module(f"unified_nn.{framework}")
    rows: list[dict[str, str | float]] = []
    with threadpool_limits(threads):
        for network in NETWORKS:
            for batch in BATCHES:
                sides = {"real": programs.program(framework, real, network, batch)}
                for backend in (framework, "numpy"):
                    with unified_nn.use_backend(backend):
                        sides[backend] = programs.program(framework, vocabulary, network, batch)
                for phase in ("forward", "step"):
                    taken = timing.in_turn({side: on(side, program[phase]) for side, program in sides.items()}, rounds)
                    rows.append({"vocabulary": framework, "network": network, "batch": batch, "phase": phase,
                                 "real ms": 1e3 * statistics.median(taken["real"])}
                                | compared("delegated", taken[framework], taken["real"])
                                | compared("NumPy", taken["numpy"], taken["real"]))  # fmt: skip
    return rows


def on(side: str, work: Callable[[], Any]) -> Callable[[], Any]:
    """The work with its backend current; the real framework knows nothing of backends."""
    if side == "real":
        return work
    import unified_nn

    def run() -> None:
        with unified_nn.use_backend(side):
            work()

    return run


def compared(name: str, ours: list[float], real: list[float]) -> dict[str, str]:
    found = timing.ratio(ours, real)
    return {f"{name} / real": f"{found['median']:.2f} ({found['low']:.2f} to {found['high']:.2f})"}


def main() -> int:
    parser = timing.options(__doc__)
    parser.add_argument("--framework", action="append", choices=FRAMEWORKS)
    parser.add_argument("--threads", type=int, default=1, help="threads for all sides (default 1)")
    given = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS=str(given.threads), GLOG_v=os.environ.get("GLOG_v", "3"))
    rows: list[dict[str, str | float]] = []
    for framework in given.framework or FRAMEWORKS:  # a process each: their thread pools disturb one another
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            rows += pool.submit(measure, framework, given.rounds, given.threads).result()
    timing.show(f"time relative to the real framework, {given.threads} thread(s)", rows, given.form)
    return 0


if __name__ == "__main__":
    sys.exit(main())
