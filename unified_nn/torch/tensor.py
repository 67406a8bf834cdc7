"""PyTorch's tensor."""

from __future__ import annotations

from typing import Any

from unified_nn import tensor as core
from unified_nn.autodiff import Leaf


class Tensor(core.Tensor):
    """A tensor that behaves and prints as PyTorch's."""

    _tracks_views = True

    @property
    def requires_grad(self) -> bool:
        return self.tracked

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        if requires_grad and self._body.node is None:
            self._body.node = Leaf(self.backend)
        elif not requires_grad:
            self._body.node = None
        return self

    def backward(self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False) -> None:
        from unified_nn.autodiff import backward
        from unified_nn.ops.elementwise import ones_like

        backward([self], [ones_like(self) if gradient is None else gradient], retain_graph=bool(retain_graph),
                 create_graph=create_graph)


class Parameter(Tensor, face=Tensor):
    """A tensor that a module learns."""

    def __new__(cls, data: core.Tensor, requires_grad: bool = True) -> Parameter:
        made = object.__new__(cls)
        made._body = data._detached()._body
        made.backend = data.backend
        made.requires_grad_(requires_grad)
        return made
