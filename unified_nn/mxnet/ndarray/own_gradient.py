"""Results whose gradient is not that of their computation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from unified_nn.autodiff import Node, grad_enabled
from unified_nn.errors import NotOfferedError, make
from unified_nn.tensor import Tensor


class _Step:
    """What the tape sees: an op of one array with a gradient of its own."""

    differentiable = True
    saves = True

    def __init__(self, name: str, gradient: Callable[[Tensor], Tensor]) -> None:
        self.name, self._gradient = name, gradient

    def vjp_at(self, position: int) -> tuple[Any, bool]:
        return (lambda g, out, *arrays, **attrs: self._gradient(g)), False


def with_gradient(title: str, data: Tensor, out: Tensor, gradient: Callable[[Tensor], Tensor]) -> Tensor:
    """`out`, computed without recording, through which `gradient(that of out)` flows to `data`."""
    if not (data.tracked and grad_enabled()):
        return out
    backend = data.backend
    if not backend.is_tape:
        message = (
            f"{title} has a gradient that is not that of its output, which backend {backend.name!r} cannot record; "
            f"use unified_nn.set_backend({backend.name!r}, autodiff='tape')"
        )
        raise make(NotOfferedError, message)
    node = Node(cast(Any, _Step(title, gradient)), {}, [data.native], [(data._body.node, data._body.index)],
                out.native, backend)  # fmt: skip
    return type(data)._face._wrap(out.native, backend, node, 0)
