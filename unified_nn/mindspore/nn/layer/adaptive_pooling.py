"""Pools to a given size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unified_nn.dtypes import int32
from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.layers import pool
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.layer.pooling import Window
from unified_nn.ops.elementwise import cast
from unified_nn.vocabulary.rules import Rule


def _sizes(rank: int) -> Rule:
    """One size for all axes, or one each; None keeps an axis."""

    def read(a: Mapping[str, Any]) -> Any:
        size = a["output_size"]
        found = size if isinstance(size, tuple) else (size,) * rank
        if len(found) != rank or not all(s is None or (isinstance(s, int) and s > 0) for s in found):
            message = f"output_size={size!r} must be a positive int, or {rank} of them or None"
            raise make(ArgumentError, message)
        return found

    return Rule(("output_size",), read, lambda v: {"output_size": v[0] if len(set(v)) == 1 else tuple(v)})


class _Adaptive(Window):
    """Pools whose windows are worked out from the output's size."""

    args = "output_size"
    to = {"size": _sizes}

    def check(self, given: Mapping[str, Any]) -> None:
        size = given["output_size"]
        if not isinstance(size, (int, tuple)):
            message = f"the type of 'output_size' must be int or tuple, but got {type(size).__name__}"
            is_deep_max = isinstance(self, AdaptiveMaxPool3d)
            raise make(ArgumentError, message, ValueError if is_deep_max and isinstance(size, float) else TypeError)
        if self.rank == 2 and size in (0, (0, 0)):
            raise make(ArgumentError, f"the 'output_size' must be positive, but got {size!r}", RuntimeError)
        if not isinstance(given.get("return_indices", False), bool):
            message = f"the type of 'return_indices' must be bool, but got {given['return_indices']!r}"
            raise make(ArgumentError, message, TypeError)


class _Even(_Adaptive):
    """One axis, whose length the windows must divide."""

    def check(self, given: Mapping[str, Any]) -> None:
        if not isinstance(given["output_size"], int):
            message = f"the type of 'output_size' must be int, but got {type(given['output_size']).__name__}"
            raise make(ArgumentError, message, TypeError)

    def construct(self, *xs: Tensor) -> Any:
        self._count(xs)
        x: Any = xs[0]
        if isinstance(x, Tensor):
            count = self.arguments["output_size"]
            if x.ndim != 3:
                raise self.refused(ShapeError, f"x must have 3 axes (N, C, L), but got {x.shape}")
            if x.shape[2] < count or x.shape[2] % count:
                message = f"the last axis of x must be a multiple of output_size={count}, but got {x.shape}"
                raise self.refused(ShapeError, message)
        return super().construct(x)


class AdaptiveAvgPool1d(_Even, canonical=pool.AdaptiveAvgPool, rank=1):
    pass


class AdaptiveAvgPool2d(_Adaptive, canonical=pool.AdaptiveAvgPool, rank=2):
    pass


class AdaptiveAvgPool3d(_Adaptive, canonical=pool.AdaptiveAvgPool, rank=3):
    pass


class AdaptiveMaxPool1d(_Even, canonical=pool.AdaptiveMaxPool, rank=1):
    pass


def _or_kept(rank: int) -> Rule:
    """One size for all axes, or one each; None and -1 keep an axis."""
    sizes = _sizes(rank)

    def read(a: Mapping[str, Any]) -> Any:
        size = a["output_size"]
        kept = tuple(None if s == -1 else s for s in (size if isinstance(size, tuple) else (size,) * rank))
        if any(isinstance(s, int) and s < 0 for s in kept):
            raise make(ArgumentError, f"output_size={size!r} must be positive, or -1 to keep an axis", RuntimeError)
        return sizes.read({"output_size": kept})

    return Rule(sizes.reads, read, sizes.write)


class AdaptiveMaxPool2d(_Adaptive, canonical=pool.AdaptiveMaxPool, rank=2):
    args = "output_size, return_indices=False"
    to = {**_Adaptive.to, "size": _or_kept, "index": "return_indices"}

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        if isinstance(given["output_size"], tuple) and len(given["output_size"]) != 2:
            raise make(ArgumentError, f"the 'output_size' must be 1 or 2, but got {given['output_size']}", RuntimeError)


class AdaptiveMaxPool3d(_Adaptive, canonical=pool.AdaptiveMaxPool, rank=3):
    """The indices are int32; no size may be None."""

    args = "output_size, return_indices=False"
    to = {**_Adaptive.to, "index": "return_indices"}

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        if isinstance(given["output_size"], tuple) and None in given["output_size"]:
            raise make(ArgumentError, f"output_size={given['output_size']!r} must not contain None", TypeError)

    def construct(self, *xs: Tensor) -> Any:
        out = super().construct(*xs)
        return (out[0], cast(out[1], dtype=int32)) if isinstance(out, tuple) else out


__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
]  # fmt: skip
