"""Attention of several heads whose projections lie in one array, head by head: what Gluon models are written with."""

from __future__ import annotations

import math
from typing import Any

from unified_nn.errors import ArgumentError, DTypeError, ShapeError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.function import define
from unified_nn.ops.elementwise import mul
from unified_nn.ops.linalg import matmul
from unified_nn.ops.shape import narrow, reshape, squeeze, swapaxes, transpose
from unified_nn.tensor import Tensor

_PREFIX = "_contrib_interleaved_matmul_"


def _check(title: str, x: Tensor, heads: Any, parts: int) -> None:
    """Refuse what MXNet refuses, and sizes that it reads wrongly."""
    if heads is None:
        raise failure(ArgumentError, title, "required parameter heads of int is not presented")
    if x.ndim != 3:
        raise failure(
            ShapeError, title, f"expected rank 3 (length, batch, {parts} * heads * size), got shape {x._shape}"
        )
    if x._dtype.name != "float32":
        raise failure(DTypeError, title, f"only float32 is offered on the CPU, got {x._dtype.name}")
    if heads < 1 or x._shape[2] % (heads * parts):
        message = f"the last axis, {x._shape[2]}, must be {parts} * heads * size with heads={heads}; shape {x._shape}"
        raise failure(ShapeError, title, message)


def _part(x: Tensor, heads: int, parts: int, which: int) -> Tensor:
    """(length, batch, heads * parts * size) -> that part of each head, (batch * heads, length, size)."""
    length, batch, width = x._shape
    size = width // heads // parts
    apart = reshape(x, shape=(length, batch, heads, parts, size))
    one = squeeze(narrow(apart, axis=3, start=which, length=1), axis=3)
    return reshape(transpose(one, axes=(1, 2, 0, 3)), shape=(batch * heads, length, size))


def _scores(q: Tensor, k: Tensor) -> Tensor:
    return matmul(mul(q, 1 / math.sqrt(q._shape[2])), swapaxes(k, 1, 2))


def _values(title: str, attention: Tensor, v: Tensor, heads: int) -> Tensor:
    """attention v, the heads side by side again: (length, batch, heads * size)."""
    if attention.ndim != 3 or attention._shape[0] != v._shape[0] or attention._shape[2] != v._shape[1]:
        message = f"attention has shape {attention._shape}, expected ({v._shape[0]}, length, {v._shape[1]})"
        raise failure(ShapeError, title, f"{message}: (batch * heads, length, places)")
    found = matmul(attention, v)
    rows, length, size = found._shape
    apart = reshape(found, shape=(rows // heads, heads, length, size))
    return reshape(transpose(apart, axes=(2, 0, 1, 3)), shape=(length, rows // heads, heads * size))


@define(f"{_PREFIX}selfatt_qk")
def interleaved_matmul_selfatt_qk(queries_keys_values: Tensor, heads: int | None = None) -> Tensor:
    """(length, batch, heads * 3 * size) -> q k^T / sqrt(size), (batch * heads, length, length)."""
    _check("interleaved_matmul_selfatt_qk", queries_keys_values, heads, 3)
    assert heads is not None
    return _scores(*(_part(queries_keys_values, heads, 3, which) for which in (0, 1)))


@define(f"{_PREFIX}selfatt_valatt")
def interleaved_matmul_selfatt_valatt(
    queries_keys_values: Tensor, attention: Tensor, heads: int | None = None
) -> Tensor:
    """The values in (length, batch, heads * 3 * size) by the attention -> (length, batch, heads * size)."""
    title = "interleaved_matmul_selfatt_valatt"
    _check(title, queries_keys_values, heads, 3)
    assert heads is not None
    if attention.ndim == 3 and attention._shape[1] != queries_keys_values._shape[0]:
        message = (
            f"attention has {attention._shape[1]} rows, queries_keys_values length {queries_keys_values._shape[0]}"
        )
        raise failure(ShapeError, title, message)
    return _values(title, attention, _part(queries_keys_values, heads, 3, 2), heads)


@define(f"{_PREFIX}encdec_qk")
def interleaved_matmul_encdec_qk(queries: Tensor, keys_values: Tensor, heads: int | None = None) -> Tensor:
    """q (length, batch, heads * size), (places, batch, heads * 2 * size) -> q k^T / sqrt(size), (batch * heads, length,
    places)."""
    title = "interleaved_matmul_encdec_qk"
    _check(title, queries, heads, 1)
    _check(title, keys_values, heads, 2)
    assert heads is not None
    if queries._shape[1] != keys_values._shape[1] or queries._shape[2] * 2 != keys_values._shape[2]:
        message = (
            f"queries {queries._shape} and keys_values {keys_values._shape} do not fit: (length, batch, width) and "
        )
        raise failure(ShapeError, title, message + "(places, batch, 2 * width)")
    return _scores(_part(queries, heads, 1, 0), _part(keys_values, heads, 2, 0))


@define(f"{_PREFIX}encdec_valatt")
def interleaved_matmul_encdec_valatt(keys_values: Tensor, attention: Tensor, heads: int | None = None) -> Tensor:
    """The values in (places, batch, heads * 2 * size) by the attention -> (length, batch, heads * size)."""
    title = "interleaved_matmul_encdec_valatt"
    _check(title, keys_values, heads, 2)
    assert heads is not None
    return _values(title, attention, _part(keys_values, heads, 2, 1), heads)
