"""`torch.linalg`: norms and products; decompositions run on the host and have no gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, NotOfferedError, ShapeError, make
from unified_nn.torch.creation import made
from unified_nn.torch.define import METHODS, define
from unified_nn.torch.operations import matrices, reduction
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "LinAlgError", "cholesky", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "matmul", "matrix_norm", "matrix_power",
    "norm", "pinv", "qr", "slogdet", "solve", "svd", "svdvals", "vector_norm",
]  # fmt: skip


class LinAlgError(RuntimeError):
    """Raised for a matrix of which there is no such decomposition or inverse."""


LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"  # PyTorch's name of it
matmul, cross = matrices.matmul, matrices.cross


@define("LinalgVectorNormBackward0", function=False, method=False)
def vector_norm(x: Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> core.Tensor:
    """sum(|x| ** ord) ** (1 / ord) over the axes."""
    return reduction.vector_norm(x, ord, dim, keepdim, dtype)


@define("LinalgVectorNormBackward0", function=False, method=False)
def matrix_norm(x: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False) -> core.Tensor:
    """The Frobenius norm of matrices."""
    if ord != "fro":
        raise make(NotOfferedError, f"linalg.matrix_norm: ord={ord!r} is not offered; offered is 'fro'")
    return reduction.vector_norm(x, 2, dim, keepdim)


@define("LinalgVectorNormBackward0", function=False, method=False)
def norm(x: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> core.Tensor:
    """The vector norm over the axes; of a matrix without `ord` the Frobenius norm."""
    axes = (dim,) if isinstance(dim, int) else dim
    is_matrix = x.ndim == 2 if axes is None else len(axes) == 2
    if ord is not None and is_matrix and ord != "fro":
        raise make(NotOfferedError, f"linalg.norm: ord={ord!r} of a matrix is not offered; offered is 'fro'")
    return reduction.vector_norm(x, 2 if ord in (None, "fro") else ord, dim, keepdim, dtype)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> core.Tensor:  # noqa: N803  PyTorch's name
    """The diagonal of the last two axes."""
    return matrices.diagonal(A, offset, dim1, dim2)


def _on_host(name: str, compute: Callable[..., Any], doc: str, method: bool = False) -> Any:
    """A decomposition by NumPy; refuses tensors that require a gradient."""

    def call(A: Tensor, *others: Any, **options: Any) -> Any:  # noqa: N803  PyTorch's name
        given = [A, *others]
        if any(isinstance(t, core.Tensor) and t._body.node is not None for t in given):
            raise make(NotOfferedError, f"linalg.{name} has no gradient here; detach the tensors first")
        if A.ndim < 2:
            message = f"The input tensor A must have at least 2 dimensions; got {list(A._shape)}"
            raise make(ShapeError, message, RuntimeError, f"linalg.{name}")
        arrays = [t._values() if isinstance(t, Tensor) else t for t in given]
        try:
            found = compute(*arrays, **options)
        except np.linalg.LinAlgError as error:
            raise make(ArgumentError, str(error), LinAlgError, f"linalg.{name}") from None
        parts = [
            made(np.asarray(part), None, None, False, A) for part in (found if isinstance(found, tuple) else (found,))
        ]
        return tuple(parts) if isinstance(found, tuple) else parts[0]

    call.__name__, call.__doc__ = name, doc
    if method:
        METHODS[name] = call
    return call


def _plain(compute: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's named results as tuples."""

    def plain(*args: Any, **options: Any) -> Any:
        found = compute(*args, **options)
        return tuple(found) if isinstance(found, tuple) else found

    return plain


inv = _on_host("inv", np.linalg.inv, "The inverse of square matrices.")
det = _on_host("det", np.linalg.det, "The determinant of square matrices.", method=True)
slogdet = _on_host("slogdet", _plain(np.linalg.slogdet), "The sign and the logarithm of the determinant.")
cholesky = _on_host("cholesky", np.linalg.cholesky, "The lower triangle L with A = L L^T.")
qr = _on_host("qr", _plain(np.linalg.qr), "Q with orthonormal columns and upper R with A = Q R.")
eigh = _on_host("eigh", _plain(np.linalg.eigh), "Eigenvalues and eigenvectors of symmetric matrices.")
eigvalsh = _on_host("eigvalsh", np.linalg.eigvalsh, "Eigenvalues of symmetric matrices.")
svdvals = _on_host("svdvals", lambda a: np.linalg.svd(a, compute_uv=False), "The singular values.")
pinv = _on_host("pinv", np.linalg.pinv, "The pseudo-inverse.")
matrix_power = _on_host("matrix_power", np.linalg.matrix_power, "A multiplied with itself n times.", method=True)
METHODS["inverse"] = inv


def _svd(a: Any, full_matrices: bool = True) -> Any:
    return tuple(np.linalg.svd(a, full_matrices))


svd = _on_host("svd", _svd, "U, S and V^T with A = U diag(S) V^T.")


def _solve(a: Any, b: Any) -> Any:
    return np.linalg.solve(a, b[..., None])[..., 0] if b.ndim == a.ndim - 1 else np.linalg.solve(a, b)


solve = _on_host("solve", _solve, "X with A X = B.")
__getattr__ = refuse(__name__, __all__)
