"""Products of matrices and vectors, and the parts of matrices."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.dtypes import DType
from unified_nn.errors import DTypeError, ShapeError
from unified_nn.ops import elementwise as ops
from unified_nn.ops import index, linalg, reduce
from unified_nn.ops import shape as shape_ops
from unified_nn.torch import graph
from unified_nn.torch.creation import made
from unified_nn.torch.define import define
from unified_nn.torch.operations.reduction import axis_of, sum_
from unified_nn.torch.tensor import Tensor


def _same_dtype(name: str, *tensors: core.Tensor) -> DType:
    first = tensors[0]
    for t in tensors[1:]:
        if t._dtype is not first._dtype:
            kinds = f"{first._dtype.name} and {t._dtype.name}"
            message = f"expected tensors to have the same dtype, but got {kinds}; cast one of them"
            raise Tensor._error(DTypeError, name, message)
    return first._dtype


def _ranks(name: str, *given: tuple[core.Tensor, int]) -> None:
    for position, (x, rank) in enumerate(given):
        if x.ndim != rank:
            message = f"expected a {rank}D tensor as argument {position + 1}, got {x.ndim}D: {list(x._shape)}"
            raise Tensor._error(ShapeError, name, message)


def _multiplied(name: str, x: core.Tensor, y: core.Tensor) -> core.Tensor:
    _same_dtype(name, x, y)
    return cast(Tensor, linalg.matmul(x, y))


def _product_edges(a: Tensor, b: Tensor) -> tuple[str, list[Any]]:
    """PyTorch's node for a @ b by rank, and what goes into it."""
    pair = graph.edges((a, b))
    if a.ndim == 1 and b.ndim == 1:
        return "DotBackward0", pair
    if a.ndim == 2 and b.ndim == 2:
        return "MmBackward0", pair
    if a.ndim == 2 and b.ndim == 1:
        return "MvBackward0", pair
    if a.ndim == 1 and b.ndim == 2:
        return "SqueezeBackward4", [graph.virtual("MmBackward0", a, b)]
    inner = "MvBackward0" if b.ndim == 1 else "MmBackward0" if b.ndim == 2 else "BmmBackward0"
    return "UnsafeViewBackward0", [graph.virtual(inner, a, b)]


@define()
def matmul(input: Tensor, other: Tensor) -> core.Tensor:
    """The matrix product over the last two axes; leading axes broadcast."""
    out = _multiplied("matmul", input, other)
    return cast(Tensor, graph.label(out, *_product_edges(input, other))) if out._body.node is not None else out


@define("MmBackward0")
def mm(input: Tensor, mat2: Tensor) -> core.Tensor:
    """The product of two matrices."""
    _ranks("mm", (input, 2), (mat2, 2))
    return _multiplied("mm", input, mat2)


@define("BmmBackward0")
def bmm(input: Tensor, mat2: Tensor) -> core.Tensor:
    """The products of matrices, (B, n, k) and (B, k, m)."""
    _ranks("bmm", (input, 3), (mat2, 3))
    if input._shape[0] != mat2._shape[0]:
        message = f"Expected size for first two dimensions of batch2 tensor to be: [{input._shape[0]}, {input._shape[2]}] but got: {list(mat2._shape[:2])}."  # noqa: E501  PyTorch's text
        raise input._error(ShapeError, "", message)
    return _multiplied("bmm", input, mat2)


@define("MvBackward0")
def mv(input: Tensor, vec: Tensor) -> core.Tensor:
    """A matrix times a vector."""
    _ranks("mv", (input, 2), (vec, 1))
    return _multiplied("mv", input, vec)


@define("DotBackward0")
def dot(input: Tensor, tensor: Tensor) -> core.Tensor:
    """The sum of the products of two vectors."""
    _ranks("dot", (input, 1), (tensor, 1))
    if input._shape != tensor._shape:
        message = f"inconsistent tensor size, expected tensor [{input._shape[0]}] and src [{tensor._shape[0]}] to have the same number of elements"  # noqa: E501  PyTorch's text
        raise input._error(ShapeError, "", message)
    if input._dtype.kind in "biu":
        return sum_(ops.mul(input, tensor), dtype=input.dtype)
    return _multiplied("dot", input, tensor)


@define("VdotBackward0")
def vdot(input: Tensor, other: Tensor) -> core.Tensor:
    """The sum of the products of two vectors."""
    return dot(input, other)


@define("MulBackward0", names=("ger",))
def outer(input: Tensor, vec2: Tensor) -> core.Tensor:
    """The products of every pair of elements, (n, m)."""
    _ranks("outer", (input, 1), (vec2, 1))
    return ops.mul(shape_ops.unsqueeze(input, axis=1), vec2)


@define("ViewBackward0")
def inner(input: Tensor, other: Tensor) -> core.Tensor:
    """The sum of the products over the last axis of both."""
    if not input._shape or not other._shape:
        return ops.mul(input, other)
    return tensordot(input, other, ([input.ndim - 1], [other.ndim - 1]))


def _plus(name: str, x: core.Tensor, product: core.Tensor, beta: Any, alpha: Any) -> core.Tensor:
    """beta * x + alpha * product; x is not looked at when beta is 0."""
    _same_dtype(name, x, product)
    scaled = product if alpha == 1 else ops.mul(product, alpha)
    if beta == 0:
        return scaled
    return ops.add(x if beta == 1 else ops.mul(x, beta), scaled)


@define("AddmmBackward0", inplace=True)
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> core.Tensor:
    """beta * input + alpha * (mat1 @ mat2)."""
    return _plus("addmm", input, mm(mat1, mat2), beta, alpha)


@define("BaddbmmBackward0", inplace=True)
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> core.Tensor:
    """beta * input + alpha * bmm(batch1, batch2)."""
    return _plus("baddbmm", input, bmm(batch1, batch2), beta, alpha)


@define("AddmvBackward0", inplace=True)
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1) -> core.Tensor:
    """beta * input + alpha * (mat @ vec)."""
    return _plus("addmv", input, mv(mat, vec), beta, alpha)


@define("AddrBackward0", inplace=True)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> core.Tensor:
    """beta * input + alpha * outer(vec1, vec2)."""
    return _plus("addr", input, outer(vec1, vec2), beta, alpha)


@define("AddbmmBackward0", inplace=True)
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> core.Tensor:
    """beta * input + alpha * the sum of the products of matrices."""
    return _plus("addbmm", input, reduce.sum_(bmm(batch1, batch2), axis=0), beta, alpha)


@define("ViewBackward0", method=False)
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> core.Tensor:
    """The sum of products over the named axes of both, or over the last of a and the first of b."""
    if isinstance(dims, int):
        left, right = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    else:
        left, right = ([axis_of(x, d) for d in part] for x, part in zip((a, b), dims, strict=True))
    free_a = [x for x in range(a.ndim) if x not in left]
    free_b = [x for x in range(b.ndim) if x not in right]
    count = int(np.prod([a._shape[x] for x in left], dtype=np.int64))
    rows = shape_ops.reshape(shape_ops.transpose(a, axes=(*free_a, *left)), shape=(-1, count) if count else (0, 0))
    columns = shape_ops.reshape(shape_ops.transpose(b, axes=(*right, *free_b)), shape=(count, -1) if count else (0, 0))
    out = _multiplied("tensordot", rows, columns)
    return cast(Tensor, shape_ops.reshape(out, shape=(*(a._shape[x] for x in free_a), *(b._shape[x] for x in free_b))))


# ---- parts of matrices ----


def _triangular(name: str, pick: Any, doc: str) -> None:
    def call(input: Tensor, diagonal: int = 0) -> core.Tensor:
        if input.ndim < 2:
            raise input._error(ShapeError, name, "input tensor must have at least 2 dimensions")
        mask = made(pick(np.ones(input._shape[-2:], bool), diagonal), None, None, False, input)
        zero = made(np.zeros(()), input._dtype, None, False, input)
        return cast(Tensor, ops.select(mask, input, zero))

    call.__name__, call.__doc__ = name, doc
    define(f"{name.capitalize()}Backward0", inplace=True)(call)


_triangular("triu", np.triu, "The upper triangle of the last two axes, 0 below it.")
_triangular("tril", np.tril, "The lower triangle of the last two axes, 0 above it.")


@define("DiagonalBackward0")
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> core.Tensor:
    """The diagonal of two axes as a new last axis."""
    a, b = axis_of(input, dim1), axis_of(input, dim2)
    rest = [x for x in range(input.ndim) if x not in (a, b)]
    moved = shape_ops.transpose(input, axes=(*rest, a, b))
    rows, columns = input._shape[a], input._shape[b]
    count = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    start = offset if offset >= 0 else -offset * columns
    flat = shape_ops.reshape(moved, shape=(*moved._shape[:-2], rows * columns))
    places = made(start + np.arange(count) * (columns + 1), None, None, False, input)
    return cast(Tensor, index.take(flat, places, axis=flat.ndim - 1))


@define("DiagEmbedBackward0")
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> core.Tensor:
    """Matrices whose diagonal is the last axis."""
    size = input._shape[-1] + abs(offset)
    hot = np.eye(input._shape[-1], size, max(offset, 0))
    if offset < 0:
        hot = np.eye(input._shape[-1], size)
    wide = ops.mul(shape_ops.unsqueeze(input, axis=-1), made(hot, input._dtype, None, False, input))
    if offset < 0:
        wide = shape_ops.pad(wide, pads=(*((0, 0),) * (wide.ndim - 2), (-offset, 0), (0, 0)))
    elif offset > 0:
        wide = shape_ops.pad(wide, pads=(*((0, 0),) * (wide.ndim - 2), (0, offset), (0, 0)))
    a, b = axis_of(wide, dim1), axis_of(wide, dim2)
    rest = iter(range(wide.ndim - 2))
    order = tuple(wide.ndim - 2 if x == a else wide.ndim - 1 if x == b else next(rest) for x in range(wide.ndim))
    return cast(Tensor, shape_ops.transpose(wide, axes=order))


@define()
def diag(input: Tensor, diagonal: int = 0) -> core.Tensor:
    """The diagonal of a matrix, or the matrix with this diagonal."""
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim != 2:
        raise input._error(ShapeError, "diag()", f"Supports 1D or 2D tensors. Got {input.ndim}D")
    out = _diagonal(input, diagonal)
    return cast(Tensor, graph.label(out, "DiagonalBackward0_copy", graph.edges((input,))))


def _diagonal(x: Tensor, offset: int) -> core.Tensor:
    return diagonal(x, offset)


@define("TraceBackward0")
def trace(input: Tensor) -> core.Tensor:
    """The sum of the diagonal of a matrix."""
    _ranks("trace", (input, 2))
    return sum_(diagonal(input))


# ---- products over pairs ----


@define("LinalgCrossBackward0")
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> core.Tensor:
    """The cross product of vectors of three elements along an axis: the first of size 3 by default."""
    sizes = np.broadcast_shapes(input._shape, other._shape)
    x, y = (shape_ops.expand(t, shape=sizes) for t in (input, other))
    axis = sizes.index(3) if dim is None and 3 in sizes else axis_of(x, -1 if dim is None else dim)
    if sizes[axis] != 3:
        raise input._error(ShapeError, "linalg.cross", f"inputs dimension {axis} must have length 3. Got {sizes[axis]}")
    (a, b, c), (d, e, f) = (shape_ops.split(t, sizes=[1, 1, 1], axis=axis) for t in (x, y))
    parts = [ops.sub(ops.mul(p, q), ops.mul(r, s)) for p, q, r, s in ((b, f, c, e), (c, d, a, f), (a, e, b, d))]
    return cast(Tensor, shape_ops.concat(*parts, axis=axis))


@define("UnsafeViewBackward0")
def kron(input: Tensor, other: Tensor) -> core.Tensor:
    """Every element of input times all of other, side by side."""
    rank = max(input.ndim, other.ndim)
    a, b = ((1,) * (rank - t.ndim) + t._shape for t in (input, other))
    left = shape_ops.reshape(input, shape=tuple(s for pair in zip(a, (1,) * rank, strict=True) for s in pair))
    right = shape_ops.reshape(other, shape=tuple(s for pair in zip((1,) * rank, b, strict=True) for s in pair))
    return cast(Tensor, shape_ops.reshape(ops.mul(left, right), shape=tuple(m * n for m, n in zip(a, b, strict=True))))


@define("CdistBackward0", method=False)
def cdist(
    x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary"
) -> core.Tensor:
    """The distances of all rows of x1 to all rows of x2."""
    from unified_nn.torch.operations.reduction import vector_norm

    gap = ops.sub(shape_ops.unsqueeze(x1, axis=-2), shape_ops.unsqueeze(x2, axis=-3))
    return vector_norm(cast(Tensor, gap), p, -1)
