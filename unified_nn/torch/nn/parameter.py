"""Tensors that a module learns."""

from __future__ import annotations

from unified_nn.errors import NotOfferedError, make
from unified_nn.torch.tensor import Parameter, Tensor
from unified_nn.vocabulary.missing import refuse

__all__ = ["Buffer", "Parameter"]


def Buffer(data: Tensor, *, persistent: bool = True) -> Tensor:  # noqa: N802  PyTorch's name
    """Not offered: raises."""
    raise make(NotOfferedError, "nn.Buffer is not offered; use self.register_buffer(name, tensor)")


__getattr__ = refuse(__name__, __all__)
