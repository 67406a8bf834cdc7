"""The gradient graph: who made a tensor, and reverse mode over it, by the tape or by the backend's own autograd.

A `Node` is one recorded op. On a *tape* backend it keeps the native arrays and calls the op's vjp; on a backend with
native autograd it only knows its parents, so that the leaves can be found and the native library asked for their
gradients. A `Leaf` is where gradients end up. Nodes never point to tensors: no reference cycles, no memory kept alive.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal

from unified_nn.backend import Backend, Native
from unified_nn.errors import GradientError, make

if TYPE_CHECKING:
    from unified_nn.op import Op
    from unified_nn.tensor import Tensor

Accumulate = Literal["add", "write", "skip"]
Hook = Callable[["Tensor"], "Tensor | None"]

_enabled: ContextVar[bool] = ContextVar("unified_nn_grad_enabled", default=True)
grad_enabled = _enabled.get
_sequence = itertools.count().__next__


@contextmanager
def recording(enabled: bool) -> Iterator[None]:
    """Record gradients, or not, inside the `with` block."""
    token = _enabled.set(enabled)
    try:
        yield
    finally:
        _enabled.reset(token)


def set_recording(enabled: bool) -> bool:
    """Switch recording for the rest of this context; returns what it was."""
    before = _enabled.get()
    _enabled.set(enabled)
    return before


class Leaf:
    """Where a gradient arrives: the leaf's accumulated gradient and how the next one joins it."""

    __slots__ = ("__weakref__", "_variable", "accumulate", "backend", "grad", "hooks", "source")
    is_leaf = True

    def __init__(self, backend: Backend, accumulate: Accumulate = "add") -> None:
        self.backend = backend
        self.accumulate: Accumulate = accumulate
        self.grad: Tensor | None = None
        self.hooks: dict[int, Hook] = {}
        self.source: Native = None
        self._variable: Native = None

    def variable_of(self, native: Native) -> Native:
        """The native recording variable of the leaf's present array."""
        if self.source is not native:
            self.source, self._variable = native, self.backend.variable(native)
        return self._variable

    def grad_of(self, index: int) -> Tensor | None:
        return self.grad

    def set_grad(self, index: int, value: Tensor | None) -> None:
        self.grad = value

    def receive(self, g: Tensor) -> None:
        """Take one backward pass's gradient, by this leaf's way of accumulating."""
        for hook in list(self.hooks.values()):
            g = _replaced(hook(g), g)
        if self.accumulate == "skip":
            return
        if self.accumulate == "add" and self.grad is not None:
            from unified_nn.ops.elementwise import add

            g = add(self.grad, g)
        self.grad = g


class Label:
    """What a user is shown in place of a node: the name of the whole function that ended in it, and what went in."""

    __slots__ = ("edges", "name")

    def __init__(self, name: str, edges: Sequence[tuple[Node | Leaf | Label | None, Any]]) -> None:
        self.name = name
        self.edges = edges


class Node:
    """One recorded op."""

    __slots__ = (
        "__weakref__", "attrs", "backend", "edges", "freed", "grads", "hooks", "label", "natives", "op", "outs",
        "sequence",
    )  # fmt: skip
    is_leaf = False

    def __init__(
        self,
        op: Op[Any, Any] | None,
        attrs: Mapping[str, Any],
        natives: list[Any] | None,
        edges: Sequence[Any],
        outs: Any,
        backend: Backend,
    ) -> None:
        self.op = op
        self.attrs = attrs
        self.natives = natives
        self.edges = edges
        self.outs = outs if natives is not None else None
        self.backend = backend
        self.sequence = _sequence()
        self.freed = False
        self.label: Label | None = None
        self.hooks: dict[int, tuple[int, Hook]] | None = None  # key -> (output index, hook)
        self.grads: dict[int, Any] | None = None  # output index -> retained gradient (a native backend: its array)

    def grad_of(self, index: int) -> Tensor | None:
        found = None if self.grads is None else self.grads.get(index)
        return None if isinstance(found, _Retain) else found

    def set_grad(self, index: int, value: Tensor | None) -> None:
        if self.grads is None:
            self.grads = {}
        self.grads[index] = value

    def retain(self, index: int, native: Native) -> None:
        """Keep the gradient of this output at the next backward pass."""
        if self.grads is None:
            self.grads = {}
        self.grads.setdefault(index, _Retain(native))

    def add_hook(self, key: int, index: int, hook: Hook) -> None:
        if not self.backend.is_tape:
            name = self.backend.name
            message = (
                f"hook: backend {name!r} with native autograd offers hooks on leaves only; "
                f"use set_backend({name!r}, autodiff='tape')"
            )
            raise make(GradientError, message)
        if self.hooks is None:
            self.hooks = {}
        self.hooks[key] = (index, hook)

    def release(self) -> None:
        if self.op is None or self.op.saves:
            self.freed, self.natives, self.outs = True, None, None


class _Retain:
    """Marks an output whose gradient is wanted but not there yet."""

    __slots__ = ("native",)

    def __init__(self, native: Native) -> None:
        self.native = native


def _replaced(result: Tensor | None, g: Tensor) -> Tensor:
    return g if result is None else result


FREED = (
    "trying to go backward through the graph a second time: its saved arrays were freed by the first pass. "
    "Give retain_graph=True to the first call"
)


def backward(
    outs: Sequence[Tensor], seeds: Sequence[Tensor], *, retain_graph: bool = False, create_graph: bool = False
) -> None:
    """Accumulate d(sum of outs * seeds) into every leaf that the outs depend on."""
    leaves, order = _reachable(outs)
    pairs = _gradients(outs, seeds, order, leaves, retain_graph, create_graph)
    with recording(create_graph):
        for leaf, g in pairs:
            leaf.receive(g)


def gradients(
    outs: Sequence[Tensor], seeds: Sequence[Tensor], inputs: Sequence[Tensor], *, retain_graph: bool = False,
    create_graph: bool = False,
) -> list[Tensor | None]:  # fmt: skip
    """d(sum of outs * seeds)/d(inputs) without accumulating anything; None where the outs do not depend on one."""
    leaves, order = _reachable(outs)
    if outs and not outs[0].backend.is_tape:
        return _native_inputs(outs, seeds, inputs, leaves, order, retain_graph, create_graph)
    wanted = {(id(t._body.node), t._body.index): t for t in inputs if t._body.node is not None}
    found: dict[tuple[int, int], Tensor] = {}
    for leaf, g in _tape(outs, seeds, order, retain_graph or create_graph, create_graph, wanted, found):
        found[(id(leaf), 0)] = g
    return [found.get((id(t._body.node), 0 if t.is_leaf else t._body.index)) for t in inputs]


def _reachable(outs: Sequence[Tensor]) -> tuple[list[tuple[Leaf, Native]], list[Node]]:
    """The leaves (with the native variable that was used) and the nodes that the outs depend on, newest node first."""
    leaves: dict[tuple[int, int], tuple[Leaf, Native]] = {}
    nodes: dict[int, Node] = {}
    stack: list[tuple[Node | Leaf, Any]] = []
    for out in outs:
        node = out._body.node
        if node is None:
            raise out._error(GradientError, "backward", "this tensor does not depend on any that requires a gradient")
        stack.append((node, node.variable_of(out.native) if isinstance(node, Leaf) and not node.backend.is_tape else 0))
    while stack:
        node, detail = stack.pop()
        if isinstance(node, Leaf):
            leaves.setdefault((id(node), 0 if isinstance(detail, int) else id(detail)), (node, detail))
        elif id(node) not in nodes:
            if node.freed:
                raise outs[0]._error(GradientError, "backward", FREED)
            nodes[id(node)] = node
            stack.extend(edge for edge in node.edges if edge is not None)
    return list(leaves.values()), sorted(nodes.values(), key=lambda n: n.sequence, reverse=True)


def _gradients(
    outs: Sequence[Tensor], seeds: Sequence[Tensor], order: list[Node], leaves: list[tuple[Leaf, Native]],
    retain: bool, create: bool,
) -> list[tuple[Leaf, Tensor]]:  # fmt: skip
    if outs[0].backend.is_tape:
        return _tape(outs, seeds, order, retain or create, create)
    return _native(outs, seeds, order, leaves, retain or create, create)


# ---- native --------------------------------------------------------------------------------------------------------


def _native_call(
    outs: Sequence[Tensor], seeds: Sequence[Tensor], variables: Sequence[Native], order: list[Node], retain: bool,
    create: bool,
) -> list[Tensor | None]:  # fmt: skip
    from unified_nn.tensor import Tensor

    backend = outs[0].backend
    heads = [
        t._body.node.variable_of(t.native) if isinstance(t._body.node, Leaf) else t.native
        for t in outs
    ]  # fmt: skip
    tracked = [s for s in seeds if s.tracked] if create else []
    if tracked and not backend.differentiates_seeds:
        name = backend.name
        message = (
            f"backend {name!r} records nothing for the seeds of a gradient; use set_backend({name!r}, autodiff='tape')"
        )
        raise outs[0]._error(GradientError, "grad", message)
    starts = [s._body.node.variable_of(s.native) if create and isinstance(s._body.node, Leaf) else s.native
              for s in seeds]  # fmt: skip
    found = backend.gradient(heads, variables, starts, retain=retain, create=create)
    edges = [(t._body.node, t._body.index) for t in outs if not t.is_leaf] if create else []
    edges += [(s._body.node, start if s.is_leaf else s._body.index)
              for s, start in zip(seeds, starts, strict=True) if create and s.tracked]  # fmt: skip
    node = Node(None, {}, None, edges, None, backend) if create and edges else None
    if not retain:
        for made in order:
            made.release()
    return [None if g is None else Tensor._wrap(g, backend, node) for g in found]


def _native(
    outs: Sequence[Tensor], seeds: Sequence[Tensor], order: list[Node], leaves: list[tuple[Leaf, Native]],
    retain: bool, create: bool,
) -> list[tuple[Leaf, Tensor]]:  # fmt: skip
    kept = [(n, i, r.native) for n in order for i, r in (n.grads or {}).items() if isinstance(r, _Retain)]
    variables = [variable for _, variable in leaves] + [native for _, _, native in kept]
    if not variables:
        return []
    found = _native_call(outs, seeds, variables, order, retain, create)
    for (node, index, _), g in zip(kept, found[len(leaves) :], strict=True):
        node.set_grad(index, g)
    totals: dict[int, tuple[Leaf, Tensor]] = {}
    from unified_nn.ops.elementwise import add

    with recording(create):
        for (leaf, _), g in zip(leaves, found, strict=False):
            if g is not None:
                before = totals.get(id(leaf))
                totals[id(leaf)] = (leaf, g if before is None else add(before[1], g))
        for (leaf, variable), g in zip(leaves, found, strict=False):
            if g is None and id(leaf) not in totals:
                totals[id(leaf)] = (leaf, _zeros(variable, leaf.backend))
    return list(totals.values())


def _zeros(native: Native, backend: Backend) -> Tensor:
    """The gradient of an array that the outs depend on where the native library says that they do not (round, sign)."""
    from unified_nn.ops.elementwise import zeros_like
    from unified_nn.tensor import Tensor

    return zeros_like(Tensor._wrap(backend.detach(native), backend))


def _native_inputs(
    outs: Sequence[Tensor], seeds: Sequence[Tensor], inputs: Sequence[Tensor], leaves: list[tuple[Leaf, Native]],
    order: list[Node], retain: bool, create: bool,
) -> list[Tensor | None]:  # fmt: skip
    """Ask the native autograd for those inputs that the outs depend on; its libraries refuse the others."""
    used = {id(leaf): variable for leaf, variable in leaves}
    nodes = {id(node) for node in order}
    variables: list[Native] = []
    places: list[int | None] = []
    for t in inputs:
        node = t._body.node
        if isinstance(node, Leaf):
            variable = used.get(id(node))
        else:
            variable = t.native if node is not None and id(node) in nodes else None
        places.append(None if variable is None else len(variables))
        if variable is not None:
            variables.append(variable)
    found = _native_call(outs, seeds, variables, order, retain or create, create) if variables else []
    answers = [None if place is None else found[place] for place in places]
    return [
        _zeros(variables[place], t.backend) if place is not None and g is None else g
        for t, place, g in zip(inputs, places, answers, strict=True)
    ]


# ---- tape ----------------------------------------------------------------------------------------------------------


def _tape(
    outs: Sequence[Tensor], seeds: Sequence[Tensor], order: list[Node], retain: bool, create: bool,
    wanted: Mapping[tuple[int, int], Tensor] | None = None, found: dict[tuple[int, int], Tensor] | None = None,
) -> list[tuple[Leaf, Tensor]]:  # fmt: skip
    """Reverse mode: newest node first, each vjp called once with the sum of what arrived."""
    from unified_nn.ops.elementwise import add

    arrived: dict[tuple[int, int], Tensor] = {}
    leaves: dict[int, tuple[Leaf, Tensor]] = {}

    def send(node: Node | Leaf, index: int, g: Tensor) -> None:
        if isinstance(node, Leaf):
            before = leaves.get(id(node))
            leaves[id(node)] = (node, g if before is None else add(before[1], g))
        else:
            key = (id(node), index)
            earlier = arrived.get(key)
            arrived[key] = g if earlier is None else add(earlier, g)

    with recording(create):
        for out, seed in zip(outs, seeds, strict=True):
            assert out._body.node is not None
            send(out._body.node, out._body.index, _neutral(seed))
        for node in order:
            _step(node, arrived, send, wanted or {}, found)
            if not retain:
                node.release()
    return list(leaves.values())


def _neutral(t: Tensor) -> Tensor:
    from unified_nn.tensor import Tensor as Core

    return t.as_face(Core)


def _step(
    node: Node, arrived: dict[tuple[int, int], Tensor], send: Callable[[Node | Leaf, int, Tensor], None],
    wanted: Mapping[tuple[int, int], Tensor], found: dict[tuple[int, int], Tensor] | None,
) -> None:  # fmt: skip
    many = isinstance(node.outs, tuple)
    count = len(node.outs) if isinstance(node.outs, tuple) else 1
    gs = [arrived.pop((id(node), index), None) for index in range(count)]
    if all(g is None for g in gs):
        return
    for index, g in enumerate(gs):
        if g is None:
            continue
        for at, hook in list((node.hooks or {}).values()):
            if at == index:
                g = gs[index] = _replaced(hook(g), g)
        if node.grads is not None and index in node.grads:
            node.set_grad(index, g)
        if found is not None and (id(node), index) in wanted:
            found[(id(node), index)] = g
    _pull(node, gs if many else gs[0], send)


def _pull(node: Node, g: Any, send: Callable[[Node | Leaf, int, Tensor], None]) -> None:
    """Call the op's vjp for every array that wants a gradient."""
    from unified_nn.ops.shape import sum_to
    from unified_nn.tensor import Tensor

    op, backend, natives = node.op, node.backend, node.natives
    assert op is not None
    assert natives is not None
    arrays = [
        Tensor._wrap(n, backend, None if e is None else e[0], 0 if e is None or e[0].is_leaf else e[1])
        if backend.owns(n) else n
        for n, e in zip(natives, node.edges, strict=True)
    ]  # fmt: skip
    if isinstance(node.outs, tuple):
        outs: Any = tuple(Tensor._wrap(o, backend, node, i) for i, o in enumerate(node.outs))
    else:
        outs = Tensor._wrap(node.outs, backend, node)
    for position, edge in enumerate(node.edges):
        if edge is None:
            continue
        rule = op.vjp_at(position)
        if rule is None:
            continue
        vjp, variadic = rule
        d = vjp(g, outs, position, *arrays, **node.attrs) if variadic else vjp(g, outs, *arrays, **node.attrs)
        if d is None:
            continue
        send(edge[0], edge[1] if not edge[0].is_leaf else 0, sum_to(d, like=arrays[position]))
