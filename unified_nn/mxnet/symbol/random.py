"""`sym.random`: draws by numbers."""

from __future__ import annotations

from typing import Any

from unified_nn.mxnet.symbol.symbol import Symbol, internal
from unified_nn.vocabulary.missing import refuse


def uniform(low: float = 0, high: float = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Uniform in [low, high)."""
    return internal("_random_uniform", low=low, high=high, **_kept(shape, dtype), **kwargs)


def normal(loc: float = 0, scale: float = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Normal with mean loc and standard deviation scale."""
    return internal("_random_normal", loc=loc, scale=scale, **_kept(shape, dtype), **kwargs)


def randint(low: int, high: int, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Whole numbers in [low, high)."""
    return internal("_random_randint", low=low, high=high, **_kept(shape, dtype), **kwargs)


def _kept(shape: Any, dtype: Any) -> dict[str, Any]:
    return {name: value for name, value in (("shape", shape), ("dtype", dtype)) if value is not None}


__getattr__ = refuse("mxnet.sym.random", globals())
