"""What one op costs above the backend's own call on the same arrays (budget 3 microseconds on an idle core).

python benchmarks/dispatch.py [--backend numpy --backend torch]
"""

from __future__ import annotations

import statistics
import sys

import numpy as np
import timing

import unified_nn
from unified_nn import registry
from unified_nn.autodiff import Leaf
from unified_nn.ops.activation import relu
from unified_nn.ops.elementwise import add
from unified_nn.ops.linalg import matmul
from unified_nn.ops.shape import reshape
from unified_nn.tensor import Tensor

#: name of the op -> how it is called on two small tensors, and the same of natives by the backend's own function
CALLS = {
    "add": (lambda x, y: add(x, y), lambda f, x, y: f(x, y)),
    "relu": (lambda x, y: relu(x), lambda f, x, y: f(x)),
    "matmul": (lambda x, y: matmul(x, y), lambda f, x, y: f(x, y)),
    "reshape": (lambda x, y: reshape(x, shape=(16,)), lambda f, x, y: f(x, shape=(16,))),
}


def measure(backend: unified_nn.Backend, rounds: int) -> list[dict[str, str | float]]:
    """One row an op: the whole call, the backend's part of it, and what is left."""
    rows: list[dict[str, str | float]] = []
    with unified_nn.use_backend(backend):
        x, y = (Tensor.from_numpy(np.ones((4, 4), "float32")) for _ in range(2))
        learned = Tensor.from_numpy(np.ones((4, 4), "float32"))
        learned._body.node = Leaf(learned.backend)
        for name, (ours, own) in CALLS.items():
            function = backend.functions[name]
            taken = timing.in_turn(
                {
                    "ours": lambda ours=ours: ours(x, y),
                    "recorded": lambda ours=ours: ours(learned, y),
                    "own": lambda own=own, function=function: own(function, x.native, y.native),
                },
                rounds,
            )
            us = {which: 1e6 * statistics.median(seconds) for which, seconds in taken.items()}
            above = 1e6 * statistics.median(a - b for a, b in zip(taken["ours"], taken["own"], strict=True))
            rows.append({"backend": backend.name, "op": name, "backend's own us": us["own"], "whole us": us["ours"],
                         "dispatch us": above, "whole, recorded us": us["recorded"]})  # fmt: skip
    return rows


def main() -> int:
    parser = timing.options(__doc__)
    parser.add_argument("--backend", action="append", help="repeatable; all that are usable otherwise")
    given = parser.parse_args()
    names = given.backend or [status.name for status in registry.report() if status.usable]
    rows = [row for name in names for row in measure(unified_nn.backend(name), given.rounds)]
    timing.show("dispatch on 4 x 4 float32 arrays", rows, given.form)
    return 0


if __name__ == "__main__":
    sys.exit(main())
