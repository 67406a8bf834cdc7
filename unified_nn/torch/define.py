"""How a function of the vocabulary is defined: once, for `torch.f`, for the method, and for the method in place."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar, cast

from unified_nn import tensor as core
from unified_nn.errors import (
    ArgumentError,
    DTypeError,
    GradientError,
    IndexRangeError,
    InputTypeError,
    ShapeError,
    UnifiedError,
)
from unified_nn.ops.elementwise import as_dtype
from unified_nn.torch import dtypes, graph
from unified_nn.torch.promotion import castable
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.foreign import RAISED, explained

F = TypeVar("F", bound=Callable[..., Any])

#: What `torch` offers as functions, and what its tensors offer as methods.
FUNCTIONS: dict[str, Callable[..., Any]] = {}
METHODS: dict[str, Any] = {}

#: NumPy's spelling of arguments, which PyTorch takes as well.
_SPELLINGS = {"axis": "dim", "keepdims": "keepdim", "axes": "dims", "x": "input", "x1": "input", "x2": "other",
              "axis0": "dim0", "axis1": "dim1"}  # fmt: skip


def define(
    grad_fn: str | None = None, *, function: bool = True, method: bool = True, inplace: bool | Literal["shape"] = False,
    names: Sequence[str] = (), takes: str = "tensor",
) -> Callable[[F], F]:  # fmt: skip
    """Offer a function under its own name (without a trailing underscore) and `names`.

    grad_fn   what its result's `grad_fn` is called; None leaves it to the op, or to the function itself
    inplace   also a method `name_` that puts the result into the tensor; "shape" makes the tensor the view that it is
    takes     "tensor": the first argument must be one; "any": the function looks itself
    """

    def decorate(body: F) -> F:
        name = body.__name__.removesuffix("_")
        call = offered(body, name, grad_fn, takes)
        for each in (name, *names):
            if function:
                FUNCTIONS[each] = call
            if method:
                METHODS[each] = call
            if inplace:
                change = reshaped_in_place if inplace == "shape" else in_place
                METHODS[f"{each}_"] = change(call, f"{each}_")
                if function:
                    FUNCTIONS.setdefault(f"{each}_", METHODS[f"{each}_"])
        return cast(F, call)

    return decorate


def offered(body: Callable[..., Any], name: str, grad_fn: str | None, takes: str = "tensor") -> Callable[..., Any]:
    """The body as users call it: spellings, `out=`, the check of the first argument, the label."""
    needs_tensor = takes == "tensor"
    listed = next((p.name for p in inspect.signature(body).parameters.values() if p.kind is p.VAR_POSITIONAL), None)

    body.__qualname__ = name  # what Python calls it where the arguments do not fit

    @functools.wraps(body)
    def call(*args: Any, **kwargs: Any) -> Any:
        out = None
        if kwargs:
            for other in kwargs.keys() & _SPELLINGS.keys():
                kwargs[_SPELLINGS[other]] = kwargs.pop(other)
            out = kwargs.pop("out", None)
            if not args and "input" in kwargs:
                args = (kwargs.pop("input"),)
            if listed in kwargs:  # dims=(0, 1) where the function takes *dims
                args = (*args, kwargs.pop(listed))
        if needs_tensor and (not args or not isinstance(args[0], Tensor)):
            args = (tensor_argument(name, args[0] if args else None), *args[1:])
        try:
            made = body(*args, **kwargs)
        except UnifiedError as error:
            if not error.message.startswith((f"{name}:", f"{name}(", f"torch.{name}:")):
                error.op = error.op or name
            raise
        except RAISED as error:
            refused = _not_a_tensor(body, name, args, kwargs) or _refused(body, name, args, kwargs, error)
            if refused is None:
                raise
            raise refused from error
        if grad_fn is not None:
            made = graph.label(made, grad_fn, graph.edges((*args, *kwargs.values())))
        return made if out is None else put(made, out, name)

    call.__name__ = name
    return call


def _not_a_tensor(
    body: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> UnifiedError | None:
    """The error for the first argument that has to be a tensor and is none; asked only once the function has failed."""
    for position, parameter in enumerate(inspect.signature(body).parameters.values(), 1):
        value = args[position - 1] if position <= len(args) else kwargs.get(parameter.name, parameter.empty)
        if parameter.annotation == "Tensor" and value is not parameter.empty and not isinstance(value, core.Tensor):
            return _refusal(name, value, position, parameter.name)
    return None


def _refused(
    body: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception
) -> UnifiedError | None:
    message = explained(body, args, kwargs, error)
    if message is None:
        return None
    if isinstance(error, IndexError):
        return Tensor._error(IndexRangeError, name, message)
    is_kind = isinstance(error, (AttributeError, TypeError))
    return Tensor._error(InputTypeError if is_kind else ArgumentError, name, message)


def _refusal(name: str, value: Any, position: int, argument: str) -> UnifiedError:
    kind = f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")
    message = f"argument {argument!r} (position {position}) must be Tensor, not {kind}"
    return Tensor._error(InputTypeError, f"{name}()", message)


def tensor_argument(name: str, value: Any, position: int = 1, argument: str = "input") -> Tensor:
    """The value as PyTorch's tensor; raises TypeError when it is none."""
    if isinstance(value, core.Tensor):
        return cast(Tensor, value.as_face(Tensor))
    raise _refusal(name, value, position, argument)


def put(made: Any, out: Any, name: str) -> Any:
    """The result in the tensor given as `out=`."""
    if isinstance(out, (tuple, list)):
        return type(made)(*(put(m, o, name) for m, o in zip(made, out, strict=True)))
    if made._body.node is not None:
        message = (
            "functions with out=... arguments don't support automatic differentiation, but an argument requires grad"
        )
        raise Tensor._error(GradientError, f"{name}()", message)
    if made._shape != out._shape:
        raise Tensor._error(
            ShapeError, f"{name}()", f"out has shape {list(out._shape)}, the result {list(made._shape)}"
        )
    return assigned(out, made, name)


def assigned(target: Tensor, value: core.Tensor, name: str) -> Tensor:
    """`target` with the values of `value`, cast to its dtype and broadcast to its shape by the caller."""
    if value._dtype is not target._dtype:
        if not castable(value._dtype, target._dtype):
            a, b = dtypes.OF_CANONICAL[value._dtype], dtypes.OF_CANONICAL[target._dtype]
            message = f"result type {a!r} can't be cast to the desired output type {b!r}"
            raise Tensor._error(DTypeError, name, message)
        value = as_dtype(value, target._dtype)
    if value._shape != target._shape:
        message = f"output with shape {list(target._shape)} doesn't match the broadcast shape {list(value._shape)}"
        raise Tensor._error(ShapeError, name, message)
    target._assign(value)
    return target


def in_place(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The method that puts the result of the function into its tensor."""

    def method(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if not isinstance(input, Tensor):
            raise _refusal(name, input, 1, "input")
        input._refuse_leaf(name)
        made: core.Tensor = call(input, *args, **kwargs)
        return input if made is input else assigned(input, made, name)

    method.__name__, method.__signature__ = name, inspect.signature(call)  # type: ignore[attr-defined]
    method.__doc__ = f"`{name.removesuffix('_')}` in place."
    return method


def reshaped_in_place(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The method that gives its tensor another shape; others with the same values keep theirs."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if not isinstance(self, Tensor):
            raise _refusal(name, self, 1, "input")
        self._refuse_leaf(name)
        self._body = call(self, *args, **kwargs)._body
        return self

    method.__name__ = name
    method.__doc__ = f"`{name.removesuffix('_')}` in place."
    return method
