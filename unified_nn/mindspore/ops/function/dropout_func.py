"""Dropout as functions: of single values, and of whole channels. The masks are the project's own."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import ArgumentError, NotOfferedError, ShapeError, make
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.ops.arguments import floating, tensor
from unified_nn.ops import elementwise as el
from unified_nn.ops.shape import squeeze, unsqueeze
from unified_nn.random import default_generator


def _masked(x: Any, shape: tuple[int, ...], p: float) -> Any:
    """x times a mask of 0, with probability p, and 1 / (1 - p); zeros where p is 1."""
    keep = default_generator.bernoulli(shape, 1.0 - p)
    scale = 0.0 if p == 1 else 1.0 / (1.0 - p)
    return el.mul(x, Tensor.from_numpy(keep * scale, x._dtype, x.backend, x._device))


def _check(where: str, p: Any, training: Any) -> None:
    if not isinstance(p, float):
        raise make(ArgumentError, f"the 'p' must be float, but got {p!r}", TypeError, f"mindspore.{where}")
    if not isinstance(training, bool):
        message = f"the 'training' must be a bool, but got {type(training).__name__}"
        raise make(ArgumentError, message, TypeError, f"mindspore.{where}")


def dropout(input: Any, p: float = 0.5, training: bool = True, seed: Any = None) -> Any:
    """Each value 0 with probability p, the rest divided by 1 - p."""
    if training is False:
        return input
    _check("ops.dropout", p, training)
    if seed is not None and not isinstance(seed, int):
        raise make(ArgumentError, f"the 'seed' must be int, but got {seed!r}", TypeError, "mindspore.ops.dropout")
    if seed is not None:
        message = f"a seed of its own is not offered, got {seed}; use mindspore.set_seed"
        raise make(NotOfferedError, message, None, "mindspore.ops.dropout")
    if not 0 <= p < 1:
        message = f"the 'p' must be in range [0, 1) while training, but got {p}"
        raise make(ArgumentError, message, RuntimeError, "mindspore.ops.dropout")
    x = floating(input, "ops.dropout")
    return x if p == 0 else _masked(x, x.shape, p)


def of_channels(x: Any, rank: int, where: str) -> Any:
    """x (N, C, *S) with `rank` axes in S; of one such axis N may be missing, and is added."""
    found = floating(x, where)
    if found.ndim == 2 and rank == 1:
        return unsqueeze(found, axis=0)
    if found.ndim != rank + 2:
        message = f"the rank of the input must be {rank + 2}, but got {found.ndim}; x {found.shape}"
        raise make(ShapeError, message, ValueError, f"mindspore.{where}")
    return found


def _by_channel(input: Any, p: Any, training: Any, rank: int) -> Any:
    where = f"ops.dropout{rank}d"
    _check(where, p, training)
    if not 0 <= p <= 1:
        message = f"the 'p' must be a number in range [0, 1], but got {p}"
        raise make(ArgumentError, message, ValueError, f"mindspore.{where}")
    if not training:
        return tensor(input, where)
    x = of_channels(input, rank, where)
    out = _masked(x, (*x.shape[:2], *(1,) * rank), p)
    return squeeze(out, axis=0) if input.ndim == 2 else out


def dropout1d(input: Any, p: float = 0.5, training: bool = True) -> Any:
    """Each channel of (N, C, L) or (C, L) as a whole 0 with probability p, the rest divided by 1 - p."""
    return _by_channel(input, p, training, 1)


def dropout2d(input: Any, p: float = 0.5, training: bool = True) -> Any:
    """Each channel of (N, C, H, W) as a whole 0 with probability p, the rest divided by 1 - p."""
    return _by_channel(input, p, training, 2)


def dropout3d(input: Any, p: float = 0.5, training: bool = True) -> Any:
    """Each channel of (N, C, D, H, W) as a whole 0 with probability p, the rest divided by 1 - p."""
    return _by_channel(input, p, training, 3)


__all__ = ["dropout", "dropout1d", "dropout2d", "dropout3d"]
