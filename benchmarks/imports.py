"""How long `import unified_nn` takes (budget 150 ms), and what it imports: no framework.

python benchmarks/imports.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys

import timing

FRAMEWORKS = {"torch", "mindspore", "mxnet", "cupy", "jax"}
PROBE = """
import sys, time
start = time.perf_counter()
import {module}
taken = time.perf_counter() - start
print(taken, *sorted({{name.partition('.')[0] for name in sys.modules}} & {frameworks}))
"""


def probe(module: str) -> tuple[float, list[str]]:
    """Seconds that the import takes in a fresh process, and the frameworks that it brought along."""
    source = PROBE.format(module=module, frameworks=FRAMEWORKS)
    out = subprocess.run([sys.executable, "-c", source], check=True, capture_output=True, text=True).stdout.split()
    return float(out[0]), out[1:]


def main() -> int:
    given = timing.options(__doc__).parse_args()
    taken: dict[str, list[float]] = {"unified_nn": [], "numpy": []}
    for _ in range(given.rounds):
        for module, seconds in taken.items():
            found, frameworks = probe(module)
            if frameworks:
                print(f"import {module} imports {frameworks}", file=sys.stderr)
                return 1
            seconds.append(found)
    rows = [
        {"import": name, "median ms": 1e3 * statistics.median(s), "least ms": 1e3 * min(s), "most ms": 1e3 * max(s)}
        for name, s in taken.items()
    ]
    timing.show("import time in a fresh process", rows, given.form)
    return 0


if __name__ == "__main__":
    sys.exit(main())
