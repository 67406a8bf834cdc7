"""`torch.autograd.Function`: a step of the user's own, with its own gradient."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from unified_nn import tensor as core
from unified_nn.autodiff import Label, Node, grad_enabled, recording
from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.torch import graph
from unified_nn.torch.tensor import Tensor


class Context:
    """What `ctx` is in forward and backward: a place for anything, and for tensors."""

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        self._saved: tuple[Any, ...] = ()
        self._constant: set[int] = set()

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        return self._saved

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for `backward`, which finds them as `saved_tensors`."""
        self._saved = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Outputs that have no gradient."""
        self._constant = {id(t) for t in tensors}

    def mark_dirty(self, *tensors: Any) -> None:
        message = "autograd.Function: ctx.mark_dirty is not offered; return a new tensor instead of changing an input"
        raise make(NotOfferedError, message)

    def set_materialize_grads(self, value: bool) -> None:
        if not value:
            message = "autograd.Function: set_materialize_grads(False) is not offered; missing gradients come as zeros"
            raise make(NotOfferedError, message)


class _Step:
    """What the tape sees of a Function's call: an op whose gradients come all at once."""

    differentiable = True
    saves = True

    def __init__(self, name: str, function: type[Function], context: Context, count: int) -> None:
        self.name = name
        self._function, self._context, self._count = function, context, count
        self._last: tuple[Any, Sequence[Any]] | None = None

    def vjp_at(self, position: int) -> tuple[Any, bool]:
        def vjp(g: Any, out: Any, _: int, *arrays: Any) -> Any:
            if self._last is None or self._last[0] is not g:
                self._last = (g, self._gradients(g, out))
            found = self._last[1][position]
            return None if found is None else found

        return vjp, True

    def _gradients(self, g: Any, out: Any) -> Sequence[Any]:
        from unified_nn.ops.elementwise import zeros_like

        gs = g if isinstance(g, list) else [g]
        outs = out if isinstance(out, tuple) else (out,)
        full = [zeros_like(o) if one is None else one for one, o in zip(gs, outs, strict=True)]
        given = self._function.backward(self._context, *(one.as_face(Tensor) for one in full))
        found = given if isinstance(given, tuple) else (given,)
        if len(found) < self._count or any(extra is not None for extra in found[self._count :]):
            message = (
                f"function {self.name} returned an incorrect number of gradients (expected {self._count}, "
                f"got {len(found)})"
            )
            raise make(ArgumentError, message, RuntimeError)
        return found


class Function:
    """Subclass with static `forward(ctx, *args)` and `backward(ctx, *grads)`; call `apply`.

    Only where the core's tape differentiates (`set_backend(..., autodiff="tape")`, always so on numpy).
    """

    _numbers: ClassVar[Any] = itertools.count()

    @staticmethod
    def forward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise NotImplementedError("You must implement the backward function for custom autograd.Function.")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run forward; its backward gives the gradients later."""
        needs = tuple(isinstance(a, core.Tensor) and a._body.node is not None for a in args)
        context = Context(needs)
        with recording(False):
            if "setup_context" in dir(cls):
                made = cls.forward(*args)
                cls.setup_context(context, args, made)  # type: ignore[attr-defined]
            else:
                made = cls.forward(context, *args)
        if not (any(needs) and grad_enabled()):
            return made
        tensors = [a for a in args if isinstance(a, core.Tensor)]
        backend = tensors[0].backend
        if not backend.is_tape:
            message = (
                f"autograd.Function with backend {backend.name!r} needs the tape: "
                f"unified_nn.set_backend({backend.name!r}, autodiff='tape')"
            )
            raise make(NotOfferedError, message)
        return _recorded(cls, context, args, made)


def _recorded(cls: type[Function], context: Context, args: Sequence[Any], made: Any) -> Any:
    backend = next(a for a in args if isinstance(a, core.Tensor)).backend
    outs = made if isinstance(made, tuple) else (made,)
    natives = tuple(o.native for o in outs)
    edges = [
        (a._body.node, a._body.index) if isinstance(a, core.Tensor) and a._body.node is not None else None for a in args
    ]
    step = _Step(f"{cls.__name__}Backward", cls, context, len(args))
    arrays = [a.native if isinstance(a, core.Tensor) else a for a in args]
    single = not isinstance(made, tuple)
    node = Node(cast(Any, step), {}, arrays, edges, natives[0] if single else natives, backend)
    node.label = Label(f"{cls.__name__}Backward", [graph.edge(a) for a in args if isinstance(a, core.Tensor)])
    wrapped = tuple(
        o if id(o) in context._constant else Tensor._wrap(o.native, backend, node, index)
        for index, o in enumerate(outs)
    )
    return wrapped[0] if single else wrapped
