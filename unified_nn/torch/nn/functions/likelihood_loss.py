"""Losses that compare distributions; reduced in PyTorch's way."""

from __future__ import annotations

import math
import warnings
from typing import Any, cast

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, DTypeError, InputTypeError, ShapeError, make
from unified_nn.ops import elementwise as ops
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.nn.functions.loss import reduced, reduction_of
from unified_nn.torch.operations.pointwise import xlogy
from unified_nn.torch.tensor import Tensor

_MEAN_OF_ALL = (
    "reduction: 'mean' divides the total loss by both the batch size and the support size."
    "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
    "'mean' will be changed to behave the same as 'batchmean' in the next major release."
)


@define(function=False, method=False)
def kl_div(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
           log_target: bool = False) -> Tensor:  # fmt: skip
    """target * (log(target) - input), reduced; "batchmean" divides the sum by the first axis' size."""
    chosen = "sum" if reduction == "batchmean" else reduction
    chosen = reduction_of(size_average, reduce, chosen)
    y = cast(Any, tensor_argument("kl_div", target, 2, "target"))
    if chosen == "mean":
        warnings.warn(_MEAN_OF_ALL, stacklevel=3)
    for each in (input, y):
        if each._dtype.kind != "f":
            raise input._error(DTypeError, "kl_div", f"Integral inputs not supported; got {each.dtype!r}")
    values = y.exp() * (y - input) if log_target else xlogy(y, y) - y * input
    out = cast(Any, reduced(values, chosen))
    return cast(Tensor, out / input._shape[0] if reduction == "batchmean" and input.ndim else out)


@define(function=False, method=False)
def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False, size_average: Any = None,
    eps: float = 1e-8, reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """e ** input - target * input, or input - target * log(input + eps); `full` adds Stirling's term; reduced."""
    chosen = reduction_of(size_average, reduce, reduction)
    x, y = cast(Any, input), cast(Any, tensor_argument("poisson_nll_loss", target, 2, "target"))
    values = x.exp() - y * x if log_input else x - y * (x + eps).log()
    if full:
        stirling = y * y.log() - y + 0.5 * (2 * math.pi * y).log()
        values = values + stirling.masked_fill(y <= 1, 0)
    return reduced(values, chosen)


@define(function=False, method=False)
def gaussian_nll_loss(input: Tensor, target: Tensor, var: Any, full: bool = False, eps: float = 1e-6,
                      reduction: str = "mean") -> Tensor:  # fmt: skip
    """(log(var) + (input - target) ** 2 / var) / 2, with var at least eps for the value, not for gradients; reduced."""
    name = "gaussian_nll_loss"
    chosen = reduction_of(None, None, reduction)
    x, y = cast(Any, input), cast(Any, tensor_argument(name, target, 2, "target"))
    spread = _variance(x, var)
    held = spread.detach()
    limited = spread + (held.clamp(min=eps) - held) if (held < eps).any() else spread
    values = 0.5 * (limited.log() + (x - y) ** 2 / limited)
    return reduced(values + 0.5 * math.log(2 * math.pi) if full else values, chosen)


def _variance(x: Any, var: Any) -> Any:
    """The variance as a tensor that broadcasts to x along at most one axis."""
    name = "gaussian_nll_loss"
    if not isinstance(var, (float, core.Tensor)):
        raise make(InputTypeError, f"var must be a Tensor or a float, not {type(var).__name__}", TypeError, name)
    if isinstance(var, float):
        found = cast(Any, ops.full_like(x.detach(), value=var))
    else:
        found = cast(Any, tensor_argument(name, var, 3, "var"))
    if (found.detach() < 0).any():
        raise make(ArgumentError, "var has negative entry/entries", ValueError, name)
    if found._shape == x._shape:
        return found
    if x._shape[:-1] == found._shape:
        return found.unsqueeze(-1)
    different = [b for a, b in zip(x._shape, found._shape, strict=False) if a != b]
    if found.ndim != x.ndim or different != [1]:
        message = f"var is of incorrect size: {list(found._shape)} for input {list(x._shape)}"
        raise make(ShapeError, message, ValueError, name)
    return found
