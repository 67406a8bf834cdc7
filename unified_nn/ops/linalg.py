"""Matrix products."""

from __future__ import annotations

from unified_nn.op import composite, primitive
from unified_nn.ops import _rules as rules
from unified_nn.ops.elementwise import add
from unified_nn.ops.reduce import sum_
from unified_nn.ops.shape import reshape, sum_to, swapaxes, unsqueeze
from unified_nn.tensor import Tensor


def _matrix(x: Tensor, *, column: bool) -> Tensor:
    """A vector as a matrix of one row or one column."""
    return unsqueeze(x, axis=1 if column else 0) if x.ndim == 1 else x


def _matmul_dx(g: Tensor, out: Tensor, x: Tensor, y: Tensor) -> Tensor:
    a, b = _matrix(x, column=False), _matrix(y, column=True)
    g = reshape(g, shape=_full_shape(g, x, y))
    return reshape(sum_to(matmul(g, swapaxes(b, -1, -2)), like=a), shape=x._shape)


def _matmul_dy(g: Tensor, out: Tensor, x: Tensor, y: Tensor) -> Tensor:
    a, b = _matrix(x, column=False), _matrix(y, column=True)
    g = reshape(g, shape=_full_shape(g, x, y))
    return reshape(sum_to(matmul(swapaxes(a, -1, -2), g), like=b), shape=y._shape)


def _full_shape(g: Tensor, x: Tensor, y: Tensor) -> tuple[int, ...]:
    """The result's shape with the axes that a vector operand dropped."""
    shape = list(g._shape)
    if y.ndim == 1:
        shape.append(1)
    if x.ndim == 1:
        shape.insert(len(shape) - 1, 1)
    return tuple(shape)


@primitive(promotes=False, rule=rules.matmul, vjp={"x": _matmul_dx, "y": _matmul_dy})
def matmul(x: Tensor, y: Tensor) -> Tensor:
    """x (..., n, k) @ y (..., k, m) -> (..., n, m); leading axes broadcast, vectors lose their axis."""
    ...


def _linear_dx(g: Tensor, out: Tensor, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    return matmul(g, w)


def _linear_dw(g: Tensor, out: Tensor, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    rows = (rules.size(x._shape[:-1]), x._shape[-1])
    flat_g = reshape(g, shape=(rows[0], w._shape[0]))
    return matmul(swapaxes(flat_g, 0, 1), reshape(x, shape=rows))


def _linear_db(g: Tensor, out: Tensor, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    return sum_(g, axis=tuple(range(g.ndim - 1)))


@composite(rule=rules.linear, checked=True, vjp={"x": _linear_dx, "w": _linear_dw, "b": _linear_db})
def linear(x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """x (..., k) @ w (m, k) transposed + b (m,) -> (..., m)."""
    out = matmul(x, swapaxes(w, 0, 1))
    return out if b is None else add(out, b)
