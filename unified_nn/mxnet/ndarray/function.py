"""How an `nd` function is defined: one Python function is both `nd.name` and the method `NDArray.name`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from unified_nn.errors import ArgumentError, DTypeError, ShapeError, UnifiedError
from unified_nn.mxnet.base import failure, not_an_array
from unified_nn.mxnet.scope import gated
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.foreign import RAISED, explained

#: Every function of the namespace `mxnet.nd`.
FUNCTIONS: dict[str, Callable[..., Any]] = {}
#: Those that NDArray has as methods as well; tables below add to it.
METHODS: dict[str, Callable[..., Any]] = {}


def define(*names: str, method: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Offer a function as `nd.<names>`, and as a method under the first name.

    The function's array parameters are those annotated `Tensor`: they must be NDArrays, as MXNet asserts. Outside
    `autograd.record()` nothing is recorded. `out=` receives the result; `name=` only matters to symbols.
    """

    def decorate(body: Callable[..., Any]) -> Callable[..., Any]:
        title = names[0] if names else body.__name__.rstrip("_")
        arrays = _array_parameters(body)
        body.__name__ = body.__qualname__ = title  # what Python's own TypeErrors name
        run, signature = gated(body), inspect.signature(body)

        @wraps(body)
        def call(*args: Any, out: Any = None, name: str | None = None, **kwargs: Any) -> Any:
            for position, (argument, optional) in arrays.items():
                given = args[position] if position < len(args) else kwargs.get(argument)
                if not isinstance(given, Tensor) and not (given is None and optional):
                    raise not_an_array(title, argument, given)
            try:
                result = run(*args, **kwargs)
            except UnifiedError:
                raise
            except RAISED as error:
                if arrays and isinstance(error, TypeError) and not _fits(signature, args, kwargs):
                    # MXNet's library checks the names of an operator's arguments, Python their number.
                    base = TypeError if " takes " in str(error) else None
                    raise failure(ArgumentError, title, str(error).partition("() ")[2], base) from None
                message = explained(body, args, kwargs, error)
                if message is None:
                    raise
                raise failure(ArgumentError, title, message) from error
            return result if out is None else _put(title, out, result)

        for alias in names or (title,):
            FUNCTIONS[alias] = call
        if method:
            METHODS[title] = call
        return call

    return decorate


def told(title: str, body: Callable[..., Any]) -> Callable[..., Any]:
    """A function that reads its own `out=`; what Python or NumPy raise inside is said as an error about the call."""

    @wraps(body)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return body(*args, **kwargs)
        except UnifiedError:
            raise
        except RAISED as error:
            message = explained(body, args, kwargs, error)
            if message is None:
                raise
            raise failure(ArgumentError, title, message) from error

    return call


def _fits(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a function can be called so."""
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _array_parameters(body: Callable[..., Any]) -> dict[int, tuple[str, bool]]:
    """Position -> (name, may be None) of the parameters that are arrays."""
    found = {}
    for position, parameter in enumerate(inspect.signature(body).parameters.values()):
        if parameter.kind is not parameter.VAR_POSITIONAL and "Tensor" in str(parameter.annotation):
            found[position] = (parameter.name, "None" in str(parameter.annotation))
    return found


def _put(title: str, out: Any, result: Any) -> Any:
    if isinstance(result, (list, tuple)):
        for target, part in zip(out, result, strict=True):
            _put(title, target, part)
        return out
    if out._shape != result._shape:
        raise failure(ShapeError, title, f"out has shape {out._shape}, the result {result._shape}")
    if out._dtype is not result._dtype:
        raise failure(DTypeError, title, f"out is {out._dtype.name}, the result {result._dtype.name}")
    out._change(result)
    return out


def same_dtype(title: str, x: Tensor, y: Tensor) -> None:
    """MXNet never converts: two arrays must have one dtype."""
    if x._dtype is not y._dtype:
        message = f"lhs is {x._dtype.name} and rhs is {y._dtype.name}; cast one of them with astype"
        raise failure(DTypeError, title, message)
