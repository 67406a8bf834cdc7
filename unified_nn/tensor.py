"""The one tensor: a native array, its backend and its place in the gradient graph; each vocabulary subclasses it.

Several tensors can be *one body seen through several faces*: calling a PyTorch module inside a MindSpore cell shows the
same body as another class, without copying. `Tensor.detach()` gives a second body of the same *group*: no gradient, but
an in-place change of one is seen by the other.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, Union

import numpy as np

from unified_nn import dtypes, registry
from unified_nn.backend import Backend, Native
from unified_nn.dtypes import DType
from unified_nn.errors import (
    ArgumentError,
    GradientError,
    InPlaceError,
    InputTypeError,
    NativeError,
    UnifiedError,
    make,
    reason,
)

if TYPE_CHECKING:
    from unified_nn.autodiff import Leaf, Node
    from unified_nn.op import Op

Scalar: TypeAlias = bool | int | float
Operand: TypeAlias = Union["Tensor", bool, int, float]


class Body:
    """What all faces of a tensor share: the native array and the graph node that made it."""

    __slots__ = ("__weakref__", "derived", "group", "index", "native", "node", "views")

    def __init__(self, native: Native, node: Node | Leaf | None = None, index: int = 0) -> None:
        self.native = native
        self.node = node
        self.index = index
        self.group: weakref.WeakSet[Body] | None = None  # bodies that hold the same values (detach)
        self.derived: tuple[Body, Op[Any, Any], Mapping[str, Any]] | None = None  # what this is a view of, and how
        self.views: weakref.WeakSet[Body] | None = None  # the views that were taken of this one


class Tensor:
    """A multi-dimensional array on one backend, with gradients."""

    __slots__ = ("__dict__", "__weakref__", "_body", "backend")

    #: The class that results of functions on this tensor have (a parameter's results are plain tensors).
    _face: ClassVar[type[Tensor]]
    #: Whether this vocabulary's users expect slices and reshapes to share memory with their source.
    _tracks_views: ClassVar[bool] = False
    _body: Body
    backend: Backend

    def __init_subclass__(cls, face: type[Tensor] | None = None) -> None:
        super().__init_subclass__()
        cls._face = face or cls

    # -- making one --

    @classmethod
    def _wrap(cls, native: Native, backend: Backend, node: Node | Leaf | None = None, index: int = 0) -> Self:
        made = object.__new__(cls)
        made._body = Body(native, node, index)
        made.backend = backend
        return made

    @classmethod
    def from_numpy(
        cls, array: Any, dtype: object = None, backend: str | Backend | None = None, device: str = "cpu"
    ) -> Self:
        """A tensor with the values of `array` on the backend (the current one by default)."""
        values = np.asarray(array, None if dtype is None else dtypes.canonical(dtype).numpy())
        dtypes.of_numpy(values.dtype)  # refuses strings, objects, dates
        chosen = registry.backend(backend)
        return cls._wrap(chosen.from_numpy(values, device), chosen)

    def as_face(self, face: type[Tensor]) -> Tensor:
        """The same body as a tensor of another vocabulary; nothing is copied."""
        if type(self)._face is face:
            return self
        made = object.__new__(face)
        made._body = self._body
        made.backend = self.backend
        return made

    # -- what it is --

    @property
    def native(self) -> Native:
        """The backend's own array."""
        return self._body.native

    @property
    def _dtype(self) -> DType:
        return self.backend.dtype(self._body.native)

    @property
    def _shape(self) -> tuple[int, ...]:
        return self.backend.shape(self._body.native)

    if TYPE_CHECKING:  # a vocabulary answers with its own types

        @property
        def dtype(self) -> Any: ...
        @property
        def shape(self) -> Any: ...
    else:
        dtype = _dtype
        shape = _shape

    @property
    def ndim(self) -> int:
        return len(self._shape)

    @property
    def _device(self) -> str:
        return self.backend.device(self._body.native)

    def numpy(self) -> np.ndarray[Any, Any]:
        """The values as a NumPy array of its own on the host."""
        try:
            return self.backend.to_numpy(self._body.native)
        except UnifiedError:
            raise
        except Exception as cause:  # a library that computes later fails only now
            message = f"backend {self.backend.name!r} could not compute this tensor: {reason(cause)}"
            raise self._error(NativeError, "numpy", message) from cause

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        values = self.numpy()
        return values if dtype is None else values.astype(dtype, copy=False)

    #: NumPy leaves `ndarray + tensor` to the tensor.
    __array_priority__ = 1000

    def _item(self) -> Any:
        values = self.numpy()
        if values.size != 1:
            message = f"only a tensor with one element converts to a Python number; this one is {self._shape}"
            raise self._error(ArgumentError, "item", message)
        return values.reshape(()).item()

    def to_backend(self, backend: str | Backend) -> Self:
        """The same values on another backend, without a gradient history."""
        chosen = registry.backend(backend)
        return type(self)._wrap(chosen.from_numpy(self.numpy()), chosen)

    def __repr__(self) -> str:
        return f"Tensor({self.numpy()!r}, backend={self.backend.name!r})"

    def __len__(self) -> int:
        if not self._shape:
            raise make(InputTypeError, "len() of a 0-d tensor")
        return self._shape[0]

    def __bool__(self) -> bool:
        return bool(self._item())

    def __float__(self) -> float:
        return float(self._item())

    def __int__(self) -> int:
        return int(self._item())

    def __index__(self) -> int:
        if self._dtype.kind not in "iub":
            raise make(InputTypeError, f"only an integer tensor can be an index, this one is {self._dtype.name}")
        return int(self._item())

    __hash__ = object.__hash__

    # -- gradient --

    @property
    def is_leaf(self) -> bool:
        return self._body.node is None or self._body.node.is_leaf

    @property
    def tracked(self) -> bool:
        """Whether a gradient flows through this tensor: a leaf that requires one, or made from such."""
        return self._body.node is not None

    @property
    def grad(self) -> Any:
        """The accumulated gradient, or None."""
        node = self._body.node
        found = None if node is None else node.grad_of(self._body.index)
        if found is not None and found._face is not type(self)._face:
            found = found.as_face(type(self)._face)
            node.set_grad(self._body.index, found)  # type: ignore[union-attr]
        return found

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        node = self._body.node
        if node is None:
            if value is None:
                return
            raise self._error(GradientError, "grad", "a tensor that does not require a gradient cannot hold one")
        if value is not None and value._shape != self._shape:
            message = f"the gradient has shape {value._shape}, the tensor {self._shape}"
            raise self._error(GradientError, "grad", message)
        node.set_grad(self._body.index, value)

    def _detached(self) -> Tensor:
        """The same values without gradient; an in-place change of one is seen by the other."""
        made = object.__new__(type(self)._face)
        made._body, made.backend = _twin(self._body, self.backend), self.backend
        return made

    # -- in place --

    def _assign(self, value: Tensor) -> Self:
        """Take the values (and gradient history) of `value`, which has this tensor's shape and dtype.

        What this tensor is a view of, the views taken of it, and detached tensors with its values all see the change.
        """
        from unified_nn.autodiff import grad_enabled  # the tape builds on tensors

        body, backend = self._body, self.backend
        recorded = grad_enabled()
        if recorded and any(part.node is not None and part.node.is_leaf for part in _lineage(body)):
            message = "a leaf that requires a gradient cannot be changed in place while gradients are recorded"
            raise self._error(GradientError, "in-place", message)
        for part in _lineage(body):
            if part.derived is not None and part.derived[1].written is None:
                name = part.derived[1].name
                message = f"a result of {name} has one value in several places and cannot be changed; change a .clone()"
                raise self._error(InPlaceError, "in-place", message)
        if backend.mutates and backend.autodiff == "native" and (value._body.node is None or not recorded):
            if recorded and body.node is not None:
                _write(self, value, recorded)
            else:
                backend.assign(body.native, value._body.native)
            return self
        _write(self, value, recorded)
        return self

    # -- errors --

    @classmethod
    def _error_base(cls, op: str, kind: type[UnifiedError]) -> type[BaseException]:
        """The class that this vocabulary's framework raises for this kind of error in this op."""
        return kind.neutral

    @classmethod
    def _error(cls, kind: type[UnifiedError], op: str, message: str) -> UnifiedError:
        return make(kind, message, cls._error_base(op, kind), op)

    if TYPE_CHECKING:  # attached by unified_nn.ops.operators, or by the vocabulary

        def __add__(self, other: Operand) -> Self: ...
        def __radd__(self, other: Operand) -> Self: ...
        def __sub__(self, other: Operand) -> Self: ...
        def __rsub__(self, other: Operand) -> Self: ...
        def __mul__(self, other: Operand) -> Self: ...
        def __rmul__(self, other: Operand) -> Self: ...
        def __truediv__(self, other: Operand) -> Self: ...
        def __rtruediv__(self, other: Operand) -> Self: ...
        def __pow__(self, other: Operand) -> Self: ...
        def __neg__(self) -> Self: ...
        def __matmul__(self, other: Tensor) -> Self: ...
        def __getitem__(self, index: Any) -> Self: ...


Tensor._face = Tensor


def _twin(body: Body, backend: Backend) -> Body:
    """A body with the same values and no gradient. That of a view is the same view of its source's twin.

    Groups hold their members weakly. A twin that was only grouped with a view would lose the source when the view goes,
    and one that held the view would keep its gradient graph.
    """
    attached = body.node is not None and not body.node.is_leaf and not backend.is_tape
    made = Body(backend.detach(body.native) if attached else body.native)
    if body.derived is not None:
        source, op, attrs = body.derived
        mark_view(made, _twin(source, backend), op, attrs)
        return made
    _link(body, made)
    return made


def _link(a: Body, b: Body) -> None:
    if a.group is None:
        a.group = weakref.WeakSet((a,))
    a.group.add(b)
    b.group = a.group


def share(body: Body, other: Body, backend: Backend) -> None:
    """Let the body have the other's values from now on, as its twin; what shared the old ones keeps them."""
    twin, old = _twin(other, backend), Body(body.native)
    old.derived, old.group, old.views = body.derived, body.group, body.views
    if old.group is not None:
        old.group.discard(body)
        old.group.add(old)
    for view in old.views or ():
        view.derived = (old, *view.derived[1:])  # type: ignore[index]
    body.native, body.group, body.derived, body.views = twin.native, None, None, None
    if twin.derived is not None:
        mark_view(body, *twin.derived)
    else:
        _link(other, body)


# ---- views ---------------------------------------------------------------------------------------------------------


def mark_view(view: Body, source: Body, op: Op[Any, Any], attrs: Mapping[str, Any]) -> None:
    """Remember that the user of `source` expects `view`, which is op(source, **attrs), to share its memory."""
    view.derived = (source, op, attrs)
    if source.views is None:
        source.views = weakref.WeakSet()
    source.views.add(view)


def _lineage(body: Body) -> Iterator[Body]:
    """The body, what it is a view of, and so on."""
    yield body
    while body.derived is not None:
        body = body.derived[0]
        yield body


def _seen(body: Body, backend: Backend) -> Tensor:
    """A body as a neutral tensor."""
    made = object.__new__(Tensor)
    made._body, made.backend = body, backend
    return made


def _write(tensor: Tensor, value: Tensor, recorded: bool) -> None:
    """Put the value into the body that `tensor` is in the end a view of, and make every view of that anew."""
    body, backend = tensor._body, tensor.backend
    new = value
    at = body
    while at.derived is not None:
        source, op, attrs = at.derived
        assert op.written is not None  # else _assign refused
        new = op.written(_seen(source, backend), new, **attrs)
        at = source
    if not recorded and not backend.is_tape:
        _refuse_recorded(tensor, at)
    _take(at, new, recorded, backend, {id(body): value})


def _refuse_recorded(tensor: Tensor, root: Body) -> None:
    """A library that records values (not memory) would lose the gradient of a recorded array that is changed unseen."""
    for body in (root, *(root.group or ()), *_lineage(tensor._body)):
        if body.node is not None and not body.node.is_leaf:
            message = (
                "this tensor has a gradient history, and changing it in place without recording would lose that on "
                f"backend {tensor.backend.name!r}. Change a copy (.clone()), or use autodiff='tape'"
            )
            raise tensor._error(InPlaceError, "in-place", message)


def _take(body: Body, value: Tensor, recorded: bool, backend: Backend, known: Mapping[int, Tensor]) -> None:
    """Give the body, its detached twins and their views the value; `known` are views whose value is there already."""
    for member in list(body.group or (body,)):
        if member is body:
            member.native = value._body.native
            if recorded:
                member.node, member.index = value._body.node, value._body.index
        else:
            member.native = backend.detach(value._body.native) if recorded else value._body.native
        for view in list(member.views or ()):
            found = known.get(id(view)) if member is body else None
            if found is None:
                source, op, attrs = view.derived  # type: ignore[misc]
                found = op(_seen(source, backend), **attrs)
            _take(view, found, recorded and member is body, backend, known)


def first_tensor(values: Iterable[Any]) -> Tensor | None:
    """The first tensor among (nested lists, tuples and dictionaries of) values."""
    for value in values:
        if isinstance(value, Tensor):
            return value
        if isinstance(value, (list, tuple)):
            found = first_tensor(value)
        elif isinstance(value, dict):
            found = first_tensor(value.values())
        else:
            continue
        if found is not None:
            return found
    return None


def map_tensors(value: Any, function: Callable[[Tensor], Any]) -> Any:
    """`value` with every tensor in (nested lists, tuples and dictionaries of) it replaced by function(tensor)."""
    if isinstance(value, Tensor):
        return function(value)
    if isinstance(value, tuple):
        mapped = [map_tensors(item, function) for item in value]
        return type(value)(*mapped) if hasattr(value, "_fields") else tuple(mapped)
    if isinstance(value, list):
        return [map_tensors(item, function) for item in value]
    if isinstance(value, dict):
        return {key: map_tensors(item, function) for key, item in value.items()}
    return value
