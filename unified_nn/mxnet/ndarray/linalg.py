"""Matrix products."""

from __future__ import annotations

import math
from typing import Any

from unified_nn.errors import ArgumentError, ShapeError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.function import FUNCTIONS, define, same_dtype
from unified_nn.mxnet.ndarray.reduce import at_least_1d
from unified_nn.ops.elementwise import add, mul
from unified_nn.ops.linalg import matmul
from unified_nn.ops.shape import reshape, swapaxes, transpose
from unified_nn.tensor import Tensor


@define("dot")
def dot(
    lhs: Tensor, rhs: Tensor, transpose_a: bool = False, transpose_b: bool = False, forward_stype: str | None = None
) -> Tensor:
    """The last axis of lhs times the first of rhs; all others stay: (..., k) . (k, ...) -> (..., ...)."""
    same_dtype("dot", lhs, rhs)
    a = _rolled(lhs, first=True) if transpose_a else lhs
    b = _rolled(rhs, first=False) if transpose_b else rhs
    inner = a._shape[-1]
    if inner != b._shape[0]:
        message = f"lhs {lhs._shape} and rhs {rhs._shape} have inner sizes {inner} and {b._shape[0]}, expected equal"
        raise failure(ShapeError, "dot", message)
    shape = a._shape[:-1] + b._shape[1:]
    left = reshape(a, shape=(math.prod(a._shape[:-1]), inner))
    right = reshape(b, shape=(inner, math.prod(b._shape[1:])))
    return at_least_1d(reshape(matmul(left, right), shape=shape))


def _rolled(x: Tensor, first: bool) -> Tensor:
    """The first axis put last, or the last one first."""
    order = tuple(range(x.ndim))
    return transpose(x, axes=order[1:] + order[:1] if first else order[-1:] + order[:-1])


@define("batch_dot")
def batch_dot(
    lhs: Tensor, rhs: Tensor, transpose_a: bool = False, transpose_b: bool = False, forward_stype: str | None = None
) -> Tensor:
    """(N, n, k) . (N, k, m) -> (N, n, m), matrix by matrix."""
    same_dtype("batch_dot", lhs, rhs)
    if lhs.ndim < 3 or rhs.ndim < 3 or lhs._shape[:-2] != rhs._shape[:-2]:
        message = f"lhs {lhs._shape} and rhs {rhs._shape}; expected matrices with equal batch axes in front"
        raise failure(ShapeError, "batch_dot", message)
    return _product("batch_dot", lhs, rhs, transpose_a, transpose_b)


def _product(title: str, a: Tensor, b: Tensor, transpose_a: bool, transpose_b: bool) -> Tensor:
    x = swapaxes(a, -1, -2) if transpose_a else a
    y = swapaxes(b, -1, -2) if transpose_b else b
    if x._shape[-1] != y._shape[-2]:
        raise failure(
            ShapeError, title, f"inner sizes {x._shape[-1]} and {y._shape[-2]} differ; {a._shape}, {b._shape}"
        )
    return matmul(x, y)


def gemm2(
    A: Tensor,  # noqa: N803
    B: Tensor,  # noqa: N803
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
) -> Tensor:
    """alpha * A . B of the last two axes."""
    if axis != -2:
        raise failure(ArgumentError, "linalg_gemm2", f"axis={axis} is not offered; use -2 and transpose")
    out = _product("linalg_gemm2", A, B, transpose_a, transpose_b)
    return out if alpha == 1.0 else mul(out, float(alpha))


def gemm(
    A: Tensor, B: Tensor, C: Tensor, transpose_a: bool = False, transpose_b: bool = False,  # noqa: N803
    alpha: float = 1.0, beta: float = 1.0, axis: int = -2,
) -> Tensor:  # fmt: skip
    """alpha * A . B + beta * C of the last two axes."""
    return add(gemm2(A, B, transpose_a, transpose_b, alpha, axis), mul(C, float(beta)))


def syrk(A: Tensor, transpose: bool = False, alpha: float = 1.0) -> Tensor:  # noqa: N803
    """alpha * A . A transposed, or the reverse."""
    return gemm2(A, A, transpose, not transpose, alpha)


gemm2, gemm, syrk = (define(f"linalg_{f.__name__}")(f) for f in (gemm2, gemm, syrk))


def __getattr__(name: str) -> Any:
    offered = ", ".join(sorted(n.partition("_")[2] for n in FUNCTIONS if n.startswith("linalg_")))
    if name.startswith("__"):
        raise AttributeError(name)
    message = f"mxnet.nd.linalg.{name} is not offered by unified_nn; offered: {offered}"
    raise failure(ArgumentError, "linalg", message, AttributeError)
