"""Activation functions: each from its op, with PyTorch's arguments; `inplace` puts the result into the input."""

from __future__ import annotations

from typing import Any, cast

from unified_nn.ops import activation as ops
from unified_nn.torch.define import assigned, define
from unified_nn.torch.operations import reduction
from unified_nn.torch.tensor import Tensor


def finished(input: Tensor, out: Any, name: str, inplace: bool) -> Tensor:
    """The result, or the input with the result in it."""
    if not inplace:
        return cast(Tensor, out)
    input._refuse_leaf(f"{name}_")
    return assigned(input, out, f"{name}_")


@define("ReluBackward0", function=False, method=False)
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0)."""
    return finished(input, ops.relu(input), "relu", inplace)


@define("ReluBackward0", function=False, method=False)
def relu_(input: Tensor) -> Tensor:
    """max(x, 0) in place."""
    return finished(input, ops.relu(input), "relu", True)


def _dim(name: str, dim: int | None, rank: int) -> int:
    """PyTorch's choice without `dim`: axis 0 for ranks 0, 1 and 3, else 1."""
    return (0 if rank in (0, 1, 3) else 1) if dim is None else dim


@define("SoftmaxBackward0", function=False, method=False)
def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """e ** x / sum(e ** x) along the axis."""
    return cast(Tensor, reduction.softmax(input, _dim("softmax", dim, input.ndim), dtype))


@define("LogSoftmaxBackward0", function=False, method=False)
def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """x - log(sum(e ** x)) along the axis."""
    return cast(Tensor, reduction.log_softmax(input, _dim("log_softmax", dim, input.ndim), dtype))


@define("SigmoidBackward0", function=False, method=False)
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + e ** -x)."""
    return cast(Tensor, input.sigmoid())


@define("TanhBackward0", function=False, method=False)
def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return cast(Tensor, input.tanh())
