"""Keeping gradients small."""

from __future__ import annotations

import math
import warnings
from types import GeneratorType
from typing import Any, cast

from unified_nn import tensor as core
from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, make
from unified_nn.torch import creation
from unified_nn.torch.operations import joining
from unified_nn.torch.tensor import Tensor


def _listed(parameters: Any) -> list[Any]:
    """One parameter, a list or a generator, which can be read only once, as a list."""
    if isinstance(parameters, core.Tensor):
        return [parameters]
    found = list(parameters)
    if not found and isinstance(parameters, GeneratorType):
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", UserWarning, stacklevel=3)
    return found


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise make(ArgumentError, f"{name} must be a number, got {value!r}", type(error)) from None


def _gradients(parameters: list[Any]) -> list[Any]:
    return [p.grad.as_face(Tensor) for p in parameters if p.grad is not None]


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:  # fmt: skip
    """The norm of all tensors as one vector; `foreach` changes nothing."""
    listed = _listed(tensors)
    order = _number("norm_type", norm_type)
    if not listed:
        return creation.tensor(0.0)
    with recording(False):
        each = [cast(Any, t.as_face(Tensor)).detach().norm(order) for t in listed]
        total = cast(Any, joining.stack([n.to(each[0].dtype) for n in each])).norm(order)
    if error_if_nonfinite and not math.isfinite(total.item()):
        message = (
            f"The total norm of order {order} for gradients from `parameters` is non-finite, so it cannot be clipped. "
            "To scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
        )
        raise make(ArgumentError, message, RuntimeError)
    return cast(Tensor, total)


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None) -> None:
    """Multiply the gradients by max_norm / (total_norm + 1e-6) where that is less than 1."""
    with recording(False):
        grads = _gradients(_listed(parameters))
        factor = (_number("max_norm", max_norm) / (total_norm.detach() + 1e-6)).clamp(max=1.0)
        for grad in grads:
            grad.mul_(factor.to(grad.dtype))


def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """Scale the gradients so that their norm, all taken as one vector, is at most max_norm; gives the norm before."""
    held = _listed(parameters)
    total = get_total_norm(_gradients(held), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(held, max_norm, total, foreach)
    return total


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Cut every value of the gradients to [-clip_value, clip_value]."""
    limit = _number("clip_value", clip_value)
    with recording(False):
        for grad in _gradients(_listed(parameters)):
            grad.clamp_(-limit, limit)
