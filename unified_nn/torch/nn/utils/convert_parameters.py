"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from unified_nn.autodiff import recording
from unified_nn.errors import InputTypeError, make
from unified_nn.torch.operations import joining
from unified_nn.torch.tensor import Tensor


def parameters_to_vector(parameters: Iterable[Any]) -> Tensor:
    """All parameters, flattened, one after the other."""
    return cast(Tensor, joining.cat([cast(Any, p).reshape(-1) for p in parameters]))


def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Give the parameters the values of a vector, in the same order."""
    if not isinstance(vec, Tensor):
        raise make(InputTypeError, f"expected torch.Tensor, but got: {type(vec).__name__}", TypeError)
    start = 0
    with recording(False):
        for p in parameters:
            values = cast(Any, vec.detach())[start : start + p.numel()].reshape(p.shape)
            p._assign(values.to(p.dtype).clone())
            start += p.numel()
