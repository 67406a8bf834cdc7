"""Ops: a neutral function on tensors with its shape rule and its gradient, and the one place where they are dispatched.

An op is a stub: arrays positional, attributes keyword-only, so that the signature says what is differentiable.
`@primitive` is an op that every backend must have; `@composite` one whose body is the definition (a backend may
override it for speed). Gradients (`vjp`) are written in ops, so they differentiate again.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar, cast

from unified_nn import dtypes, registry
from unified_nn.autodiff import Label, Leaf, Node, grad_enabled
from unified_nn.backend import Backend
from unified_nn.dtypes import DType
from unified_nn.errors import (
    MixedBackendsError,
    NativeError,
    NotOfferedError,
    ShapeError,
    UnifiedError,
    kind_of,
    make,
    reason,
)
from unified_nn.layout import shares_memory
from unified_nn.tensor import Body, Tensor, mark_view

P = ParamSpec("P")
R = TypeVar("R")

Vjp = Callable[..., Any]
Rule = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Spec:
    """What a shape rule sees of a tensor."""

    shape: tuple[int, ...]
    dtype: DType

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __str__(self) -> str:
        return str(self.shape)


REGISTRY: dict[str, Op[Any, Any]] = {}
#: How many combinations that passed a rule an op remembers.
PASSED = 1024


class Op(Generic[P, R]):
    """One op: its name and meaning, its rule, its gradient."""

    def __init__(
        self,
        stub: Callable[P, R],
        *,
        is_primitive: bool,
        rule: Rule | None,
        vjp: Mapping[str, Vjp] | None,
        promotes: bool,
        checked: bool,
        view: bool,
        written: Vjp | None,
        saves: bool,
    ) -> None:
        self.stub = stub
        self.name = stub.__name__.rstrip("_")
        self.family = stub.__module__.rpartition(".")[2]
        self.__doc__ = stub.__doc__
        self.__name__ = stub.__name__
        self.__wrapped__ = stub
        self.is_primitive = is_primitive
        self.rule = rule
        self.promotes = promotes
        self.checked = checked
        self.view = view
        self.written = written
        self.saves = saves
        kinds = inspect.signature(stub).parameters.values()
        self.arrays = tuple(p.name for p in kinds if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))
        self.variadic = next((p.name for p in kinds if p.kind is p.VAR_POSITIONAL), None)
        self.defaults = {p.name: p.default for p in kinds if p.kind is p.KEYWORD_ONLY and p.default is not p.empty}
        if checked and rule is None:
            raise TypeError(f"op {self.name}: checked needs a rule")
        unknown = set(vjp or ()) - set(self.arrays) - {self.variadic}
        if unknown:
            raise TypeError(f"op {self.name}: vjp names {sorted(unknown)}, the arrays are {self.arrays}")
        self.passed: set[Any] = set()
        self.vjp = None if vjp is None else dict(vjp)
        self.differentiable = bool(vjp) or (vjp is None and not is_primitive)
        REGISTRY[self.name] = self

    def __call__(self, *args: P.args, **attrs: P.kwargs) -> R:
        return cast(R, apply(self, args, attrs))

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def vjp_at(self, position: int) -> tuple[Vjp, bool] | None:
        """The gradient rule for the array at this position, and whether it is that of the variadic arrays."""
        assert self.vjp is not None
        if position < len(self.arrays):
            found = self.vjp.get(self.arrays[position])
            return None if found is None else (found, False)
        found = self.vjp.get(self.variadic) if self.variadic else None
        return None if found is None else (found, True)


def primitive(
    *,
    rule: Rule | None = None,
    vjp: Mapping[str, Vjp] | None = None,
    promotes: bool = False,
    checked: bool = False,
    view: bool = False,
    written: Vjp | None = None,
    saves: bool = True,
) -> Callable[[Callable[P, R]], Op[P, R]]:
    """An op that every backend must have.

    rule      called with Specs for the arrays; raises the error that explains a failure. Cheap on success: it is only
              called when the native call fails, unless `checked`
    vjp       array name -> rule(g, out, *arrays, **attrs) in ops; a missing name is not differentiable.
              For variadic arrays (`*xs`) the rule is rule(g, out, position, *arrays, **attrs).
    promotes  arrays of several dtypes are cast to their common one first; Python numbers are weak
    view      the result shares memory with the first array in frameworks whose users rely on it (not where there are
              index arrays)
    written   for a view: written(x, new, **attrs) is x after the view was changed to new; None where that is undefined
    saves     the gradient needs the arrays or the result, so the graph cannot be used twice unless retained
    """

    def decorate(stub: Callable[P, R]) -> Op[P, R]:
        return Op(stub, is_primitive=True, rule=rule, vjp=vjp, promotes=promotes, checked=checked, view=view,
                  written=written, saves=saves)  # fmt: skip

    return decorate


def composite(
    *,
    rule: Rule | None = None,
    vjp: Mapping[str, Vjp] | None = None,
    promotes: bool = False,
    checked: bool = False,
    view: bool = False,
    written: Vjp | None = None,
    saves: bool = True,
) -> Callable[[Callable[P, R]], Op[P, R]]:
    """An op whose body is the definition; a backend may override it, and `vjp` is used where the backend does.

    Without a vjp the tape records the body's own ops; an empty one (`vjp={}`) says that there is no gradient.
    """

    def decorate(stub: Callable[P, R]) -> Op[P, R]:
        return Op(stub, is_primitive=False, rule=rule, vjp=vjp, promotes=promotes, checked=checked, view=view,
                  written=written, saves=saves)  # fmt: skip

    return decorate


def apply(op: Op[Any, Any], args: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    """Run one op: find the backend, call its function on the native arrays, record it for the gradient, wrap."""
    if op.promotes:
        args = _promoted(op, args)
    backend: Backend | None = None
    face: type[Tensor] = Tensor
    natives: list[Any] = []
    tracked = False
    for arg in args:
        if isinstance(arg, Tensor):
            if backend is None:
                backend = arg.backend
                face = arg._face
            elif arg.backend is not backend:
                raise _mixed(op, backend, arg)
            elif face is Tensor:
                face = arg._face
            body = arg._body
            natives.append(body.native)
            if body.node is not None:
                tracked = True
        else:
            natives.append(arg)
    if backend is None:
        backend = registry.current()
    record = tracked and op.differentiable and grad_enabled()
    function = backend.functions.get(op.name)
    if function is None or (record and op.vjp is None and backend.is_tape):
        if op.is_primitive:
            raise _not_offered(op, backend, face)
        if op.checked:
            _precheck(op, args, attrs, face)
        whole = op.stub(*args, **attrs)
        if record:
            _label(op, args, whole)
        return whole
    if op.checked:
        _precheck(op, args, attrs, face)
    edges: list[Any] | None = None
    if tracked:
        if record:
            edges = _edges(args, natives, backend.is_tape)
        elif not backend.is_tape:
            _detach(args, natives, backend)
    try:
        if record and not backend.is_tape:
            out = backend.record(function, natives, attrs)
        else:
            out = function(*natives, **attrs)
    except UnifiedError as error:  # the backend refused: say it as the vocabulary's framework would
        raise face._error(kind_of(error), op.name, _with_shapes(op, args, error.message)) from error.__cause__
    except Exception as cause:
        raise _explained(op, args, attrs, face, backend, cause) from cause
    node = Node(op, attrs, natives if backend.is_tape else None, edges, out, backend) if edges is not None else None
    if out.__class__ is tuple:
        return tuple(face._wrap(part, backend, node, index) for index, part in enumerate(out))
    made = face._wrap(out, backend, node)
    if op.view and face._tracks_views and len(args) == 1 and shares_memory(args[0]._body, backend, op.name, attrs):
        mark_view(made._body, args[0]._body, op, attrs)
    return made


def _edges(args: tuple[Any, ...], natives: list[Any], is_tape: bool) -> list[Any]:
    """Where gradients go on from each array; on native backends leaves are replaced by their recording variable."""
    edges: list[Any] = []
    for position, arg in enumerate(args):
        body: Body | None = arg._body if isinstance(arg, Tensor) else None
        node = None if body is None else body.node
        if body is None or node is None:
            edges.append(None)
        elif isinstance(node, Leaf) and not is_tape:
            natives[position] = variable = node.variable_of(body.native)
            edges.append((node, variable))
        else:
            edges.append((node, body.index))
    return edges


def _label(op: Op[Any, Any], args: tuple[Any, ...], out: Any) -> None:
    """Give the node that a composite's body ended in the composite's name, as backends that run it whole have it."""
    for part in out if isinstance(out, tuple) else (out,):
        node = part._body.node if isinstance(part, Tensor) else None
        nodes = [arg._body.node if isinstance(arg, Tensor) else None for arg in args]
        if isinstance(node, Node) and node not in nodes:
            edges = [(n, 0 if n is None else a._body.index) for n, a in zip(nodes, args, strict=True)]
            node.label = Label(op.name, edges)


def _detach(args: tuple[Any, ...], natives: list[Any], backend: Backend) -> None:
    for position, arg in enumerate(args):
        if isinstance(arg, Tensor) and arg._body.node is not None and not arg._body.node.is_leaf:
            natives[position] = backend.detach(natives[position])


def _promoted(op: Op[Any, Any], args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments with one dtype: tensors promote each other, Python numbers only raise the category."""
    common: DType | None = None
    same = True
    for arg in args:
        if isinstance(arg, Tensor):
            dtype = arg._dtype
            if common is None:
                common = dtype
            elif dtype is not common:
                common, same = dtypes.promote(common, dtype), False
    if common is None:
        return args
    if common.kind in "biu":
        for arg in args:
            if arg.__class__ in (int, float, complex):
                raised = dtypes.with_scalar(common, arg)
                if raised is not common:
                    common, same = raised, False
    if same:
        return args
    from unified_nn.ops.elementwise import cast as cast_op  # an op itself, one level above

    return tuple(
        cast_op(arg, dtype=common) if isinstance(arg, Tensor) and arg._dtype is not common else arg for arg in args
    )


# ---- errors --------------------------------------------------------------------------------------------------------


def _specs(args: tuple[Any, ...]) -> list[Any]:
    return [Spec(a._shape, a._dtype) if isinstance(a, Tensor) else a for a in args]


def _precheck(op: Op[Any, Any], args: tuple[Any, ...], attrs: dict[str, Any], face: type[Tensor]) -> None:
    """Run the shape rule before the call, once for each combination of shapes, dtypes and attributes."""
    try:
        key = (*((a._shape, a._dtype) if isinstance(a, Tensor) else a for a in args), *attrs.items())
        if key in op.passed:
            return
    except TypeError:  # an attribute that cannot be hashed
        _check(op, args, attrs, face)
        return
    _check(op, args, attrs, face)
    if len(op.passed) >= PASSED:
        op.passed.clear()
    op.passed.add(key)


def _check(op: Op[Any, Any], args: tuple[Any, ...], attrs: dict[str, Any], face: type[Tensor]) -> None:
    """Run the shape rule; what it raises becomes the class that the vocabulary's framework raises."""
    assert op.rule is not None
    try:
        op.rule(*_specs(args), **{**op.defaults, **attrs})
    except UnifiedError as error:
        raise face._error(kind_of(error), op.name, _with_shapes(op, args, error.message)) from None
    except (IndexError, TypeError, ValueError):  # a rule that looks at an axis which is not there
        message = f"these shapes and arguments do not go together: {_given(op, args, attrs)}"
        raise face._error(ShapeError, op.name, message) from None


def _explained(
    op: Op[Any, Any], args: tuple[Any, ...], attrs: dict[str, Any], face: type[Tensor], backend: Backend,
    cause: Exception,
) -> UnifiedError:  # fmt: skip
    if op.rule is not None and not op.checked:
        try:
            _check(op, args, attrs, face)
        except UnifiedError as error:
            return error
    message = f"backend {backend.name!r} failed on ({_given(op, args, attrs)}): {reason(cause)}"
    return face._error(NativeError, op.name, message)


def _given(op: Op[Any, Any], args: tuple[Any, ...], attrs: dict[str, Any]) -> str:
    """What an op was called with, for a message."""
    arrays = [f"{s.shape} {s.dtype.name}" if isinstance(s, Spec) else repr(s) for s in _specs(args)]
    return ", ".join([*arrays, *(f"{k}={v!r}" for k, v in attrs.items())])


def _with_shapes(op: Op[Any, Any], args: tuple[Any, ...], message: str) -> str:
    """The message, with the shapes of all arrays where it names none of them."""
    given = [a._shape for a in args if isinstance(a, Tensor)]
    if any(str(shape) in message or str(list(shape)) in message for shape in given):
        return message
    names = (*op.arrays, *(f"{op.variadic}[{i}]" for i in range(len(args) - len(op.arrays))))
    shapes = ", ".join(f"{name} {a._shape}" for name, a in zip(names, args, strict=False) if isinstance(a, Tensor))
    return f"{message}; {shapes}" if shapes else message


def _mixed(op: Op[Any, Any], backend: Backend, other: Tensor) -> UnifiedError:
    a, b = backend, other.backend
    if a.name == b.name:
        message = f"tensors of backend {a.name!r} with autodiff={a.autodiff!r} and {b.autodiff!r} met"
    else:
        message = f"tensors of backends {a.name!r} and {b.name!r} met"
    return make(MixedBackendsError, f"{message}; move one of them with .to_backend({a.name!r})", RuntimeError, op.name)


def _not_offered(op: Op[Any, Any], backend: Backend, face: type[Tensor]) -> UnifiedError:
    message = f"backend {backend.name!r} does not offer this op; the backend 'numpy' offers all"
    return face._error(NotOfferedError, op.name, message)
