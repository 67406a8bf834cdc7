"""PyTorch's automatic differentiation."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import NotOfferedError, make
from unified_nn.torch.autograd.function import Function
from unified_nn.torch.autograd.functions import backward, grad
from unified_nn.torch.autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "Function", "Variable", "backward", "detect_anomaly", "enable_grad", "grad", "inference_mode", "no_grad",
    "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip


class set_detect_anomaly:  # noqa: N801  PyTorch's name
    """Only False is offered: there is no record of the forward call that a gradient belongs to."""

    def __init__(self, mode: bool = True, check_nan: bool = True) -> None:
        if mode:
            raise make(NotOfferedError, "autograd.detect_anomaly is not offered; look for NaN with torch.isnan")

    def __enter__(self) -> None: ...

    def __exit__(self, *exc: object) -> None: ...


def detect_anomaly(check_nan: bool = True) -> set_detect_anomaly:
    """Not offered: raises."""
    return set_detect_anomaly(True, check_nan)


def Variable(data: Tensor, requires_grad: bool = False) -> Tensor:  # noqa: N802  PyTorch's name
    """PyTorch's old name of a tensor: the same values, a leaf that requires a gradient if asked."""
    return data.detach().requires_grad_() if requires_grad else data


__getattr__: Any = refuse(__name__, __all__)
