"""Where MXNet's gradients arrive: an array that is there from `attach_grad` on and is written or added to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import Any

from unified_nn import autodiff, tensor
from unified_nn.autodiff import Accumulate, Leaf, Node, recording
from unified_nn.errors import GradientError
from unified_nn.mxnet.base import failure
from unified_nn.ops.elementwise import add, as_dtype, ones_like, zeros_like

REQUESTS: dict[str, Accumulate] = {"write": "write", "add": "add", "null": "skip"}
#: Whether the backward pass that is running was started in this vocabulary.
_own: ContextVar[bool] = ContextVar("unified_nn_mxnet_backward", default=False)


class Gradient(Leaf):
    """A leaf with MXNet's rules: `grad_req` decides how the next gradient joins, and the array stays the same object.

    A backward pass that another vocabulary started adds, as it does for that vocabulary's own parameters, to what has
    come since the last update or zeroing.
    """

    __slots__ = ("fresh",)

    def __init__(self, backend: Any, accumulate: Accumulate, grad: tensor.Tensor | None) -> None:
        super().__init__(backend, accumulate)
        self.grad = grad
        #: Whether a gradient came since the last update: what `Trainer.step` asks.
        self.fresh = False

    def receive(self, g: tensor.Tensor) -> None:
        for hook in list(self.hooks.values()):
            replaced = hook(g)
            g = g if replaced is None else replaced
        if self.accumulate == "skip":
            return
        held, joins = self.grad, self.accumulate == "add" if _own.get() else self.fresh
        self.fresh = True
        if held is None:
            self.grad = g
            return
        g = as_dtype(add(held.as_face(tensor.Tensor), g) if joins else g, held._dtype)
        if g.tracked:
            self.grad = g
        else:
            held._assign(g)


def attach(array: tensor.Tensor, request: str) -> None:
    """Make the array a leaf whose gradient is recorded; a history that it has is dropped."""
    accumulate = REQUESTS[request]
    body = array._body
    if body.node is not None and not array.backend.is_tape and not body.node.is_leaf:
        body.native = array.backend.detach(body.native)
    body.node = None
    with recording(False):
        body.node = Gradient(array.backend, accumulate, zeros_like(array))


def adopt(array: tensor.Tensor, request: str) -> Gradient:
    """The array's leaf with MXNet's rules, in the place of the one that its own vocabulary gave it."""
    node = array._body.node
    if isinstance(node, Gradient):
        node.accumulate = REQUESTS[request]
        return node
    made = Gradient(array.backend, REQUESTS[request], None if node is None else node.grad_of(0))
    if isinstance(node, Leaf):
        made.hooks = node.hooks
    if made.grad is None:
        with recording(False):
            made.grad = zeros_like(array)
    array._body.node = made
    return made


def backward(
    heads: Sequence[tensor.Tensor],
    head_grads: Sequence[tensor.Tensor | None] | None,
    retain: bool,
    create: bool = False,
) -> None:
    """Write or add the gradients of the heads, each times its head gradient (ones by default), into the leaves."""
    seeds = _seeds(heads, head_grads)
    _before(heads)
    token = _own.set(True)
    try:
        autodiff.backward(heads, seeds, retain_graph=retain, create_graph=create)
    finally:
        _own.reset(token)
    if not retain:
        _spend(heads)


def grad(
    heads: Sequence[tensor.Tensor], variables: Sequence[tensor.Tensor],
    head_grads: Sequence[tensor.Tensor | None] | None, retain: bool, create: bool,
) -> list[tensor.Tensor]:  # fmt: skip
    """The gradients for the variables, which are not written anywhere."""
    found = autodiff.gradients(heads, _seeds(heads, head_grads), variables, retain_graph=retain, create_graph=create)
    for position, g in enumerate(found):
        if g is None:
            raise failure(GradientError, "grad", f"variable {position} is not part of the recorded computation")
    if not retain:
        _spend(heads)
    return [g for g in found if g is not None]


def _seeds(heads: Sequence[tensor.Tensor], head_grads: Sequence[tensor.Tensor | None] | None) -> list[tensor.Tensor]:
    if not heads:
        raise failure(GradientError, "backward", "there are no arrays to differentiate")
    given = head_grads or [None] * len(heads)
    if len(given) != len(heads):
        raise failure(GradientError, "backward", f"got {len(given)} head gradients for {len(heads)} heads")
    seeds = []
    with recording(False):
        for head, g in zip(heads, given, strict=True):
            if not head.tracked:
                message = "this array was not computed inside autograd.record() from one that has attach_grad()"
                raise failure(GradientError, "backward", message)
            if g is not None and g._shape != head._shape:
                message = f"the head gradient has shape {g._shape}, the array {head._shape}"
                raise failure(GradientError, "backward", message)
            seeds.append(ones_like(head) if g is None else g)
    return seeds


#: Called with every recorded op that a backward pass of this vocabulary reaches.
listeners: dict[int, Callable[[Node], None]] = {}


def is_own_pass() -> bool:
    """Whether the backward pass that is running was started in this vocabulary."""
    return _own.get()


def _before(heads: Iterable[tensor.Tensor]) -> None:
    if listeners:
        for node in _nodes(heads):
            for listen in list(listeners.values()):
                listen(node)


def _spend(heads: Iterable[tensor.Tensor]) -> None:
    """Mark the graph as used: MXNet refuses a second pass even where no array was freed."""
    for node in _nodes(heads):
        node.freed = True


def _nodes(heads: Iterable[tensor.Tensor]) -> list[Node]:
    """Every recorded op that the heads depend on."""
    stack: list[Any] = [head._body.node for head in heads]
    seen: set[int] = set()
    found: list[Node] = []
    while stack:
        node = stack.pop()
        if isinstance(node, Node) and id(node) not in seen:
            seen.add(id(node))
            found.append(node)
            stack.extend(edge[0] for edge in node.edges if edge is not None)
    return found
