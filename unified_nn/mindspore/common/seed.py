"""The one seed of weights, dropout masks and shuffles."""

from __future__ import annotations

import numpy as np

from unified_nn.errors import ArgumentError, make
from unified_nn.random import default_generator

_seed: int | None = None


def set_seed(seed: int) -> None:
    """Start the random numbers from `seed`: ours, the same on every backend, and NumPy's, as MindSpore does.

    The numbers are not those that MindSpore itself draws.
    """
    global _seed
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise make(
            ArgumentError, f"the argument 'seed' must be type of int, but got {type(seed)}", TypeError, "set_seed"
        )
    if seed < 0:
        raise make(ArgumentError, f"the 'seed' must be int and must >= 0, but got {seed}", ValueError, "set_seed")
    np.random.seed(seed % 2**32)
    default_generator.seed(seed)
    _seed = seed


def get_seed() -> int | None:
    """What `set_seed` was last given, or None."""
    return _seed


__all__ = ["get_seed", "set_seed"]
