"""Softmax and its relatives."""

from __future__ import annotations

import warnings
from typing import Any, cast

import numpy as np

from unified_nn.torch.creation import made
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.operations import reduction
from unified_nn.torch.random import default_generator
from unified_nn.torch.tensor import Tensor


def _dim(name: str, dim: int | None, rank: int, stacklevel: int) -> int:
    """PyTorch's choice without `dim`: axis 0 for ranks 0, 1 and 3, else 1."""
    if dim is not None:
        return dim
    message = (
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument."
    )
    warnings.warn(message, UserWarning, stacklevel=stacklevel + 1)
    return 0 if rank in (0, 1, 3) else 1


@define("SoftmaxBackward0", function=False, method=False)
def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """e ** x / sum(e ** x) along the axis."""
    return cast(Tensor, reduction.softmax(input, _dim("softmax", dim, input.ndim, _stacklevel), dtype))


@define(function=False, method=False)
def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """e ** -x / sum(e ** -x) along the axis."""
    axis = _dim("softmin", dim, input.ndim, _stacklevel)
    return cast(Tensor, reduction.softmax(-cast(Any, input), axis, dtype))


@define("LogSoftmaxBackward0", function=False, method=False)
def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """x - log(sum(e ** x)) along the axis."""
    return cast(Tensor, reduction.log_softmax(input, _dim("log_softmax", dim, input.ndim, _stacklevel), dtype))


@define(function=False, method=False, takes="any")
def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """softmax((logits + Gumbel noise) / tau); `hard` gives 1 at its largest, with its gradient (arXiv:1611.01144)."""
    x: Any = tensor_argument("gumbel_softmax", logits, 1, "logits")
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=3)
    waits: Any = made(default_generator.exponential(x._shape, dtype=x._dtype), x._dtype, None, False, x)
    soft = ((x - waits.log()) / tau).softmax(dim)
    if not hard:
        return cast(Tensor, soft)
    nothing: Any = made(np.zeros(x._shape), x._dtype, None, False, x)
    one_hot = nothing.scatter(dim, soft.max(dim, keepdim=True)[1], 1.0)
    return cast(Tensor, one_hot - soft.detach() + soft)
