"""Symbols that take no arrays, and one that MXNet spells differently from its operator."""

from __future__ import annotations

from typing import Any

from unified_nn.mxnet.symbol.symbol import Symbol, internal


def zeros(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Zeros of the shape."""
    return internal("_zeros", shape=shape, dtype=dtype or "float32", **kwargs)


def ones(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Ones of the shape."""
    return internal("_ones", shape=shape, dtype=dtype or "float32", **kwargs)


def full(shape: Any, val: float, dtype: Any = None, **kwargs: Any) -> Symbol:
    """One value in every place."""
    return internal("_full", shape=shape, dtype=dtype or "float32", value=float(val), **kwargs)


def arange(
    start: float, stop: float | None = None, step: float = 1.0, repeat: int = 1, infer_range: bool = False,
    name: str | None = None, dtype: Any = None,
) -> Symbol:  # fmt: skip
    """start, start + step, ... below stop, each `repeat` times."""
    return internal("_arange", start=start, stop=stop, step=step, repeat=repeat, infer_range=infer_range, name=name,
                    dtype=dtype or "float32")  # fmt: skip


def linspace(
    start: float, stop: float, num: int, endpoint: bool = True, name: str | None = None, dtype: Any = None
) -> Symbol:
    """num evenly spaced values from start to stop."""
    return internal("_linspace", start=start, stop=stop, num=num, endpoint=endpoint, name=name,
                    dtype=dtype or "float32")  # fmt: skip


def eye(N: int, M: int = 0, k: int = 0, dtype: Any = None, **kwargs: Any) -> Symbol:  # noqa: N803
    """1 on the k-th diagonal of an N x M matrix."""
    return internal("_eye", N=N, M=M, k=k, dtype=dtype or "float32", **kwargs)


def split_v2(ary: Symbol, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False) -> Symbol:
    """Parts along an axis: a number of equal ones, or cut at the given places."""
    whole = isinstance(indices_or_sections, int)
    cuts = [] if whole else [0, *indices_or_sections]
    sections = indices_or_sections if whole else 0
    return internal("_split_v2", ary, indices=cuts, axis=axis, squeeze_axis=squeeze_axis, sections=sections)
