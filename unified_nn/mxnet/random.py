"""`mxnet.random`: the functions of `mxnet.nd.random`, and the seed."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.mxnet.ndarray.random import (
    exponential,
    multinomial,
    normal,
    normal_like,
    randint,
    randn,
    shuffle,
    uniform,
    uniform_like,
)  # fmt: skip
from unified_nn.random import default_generator
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "exponential", "multinomial", "normal", "normal_like", "randint", "randn", "seed", "shuffle", "uniform",
    "uniform_like",
]  # fmt: skip


def seed(seed_state: int, ctx: Any = "all") -> None:
    """Restart the stream of weights, dropout and draws: the same on every backend, and not MXNet's own."""
    if ctx != "all":
        raise make(ArgumentError, f"random.seed: ctx={ctx!r} is not offered; one stream serves all devices")
    try:
        default_generator.seed(int(seed_state))
    except (TypeError, ValueError):
        raise make(ArgumentError, f"random.seed: seed_state must be int, got {seed_state!r}") from None


_NAMES = ("gamma", "poisson", "negative_binomial", "generalized_negative_binomial")
_REFUSED = dict.fromkeys(_NAMES, "draw with NumPy and give the values to nd.array")
__getattr__ = refuse("mxnet.random", globals(), _REFUSED)
