"""Calling the hooks of a module, in the forms that PyTorch has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, make
from unified_nn.tensor import map_tensors
from unified_nn.torch.autograd.function import Function
from unified_nn.vocabulary.tree import Handle, add_hook


class Hook(NamedTuple):
    """A hook, and whether it wants the keyword arguments."""

    call: Callable[..., Any]
    with_kwargs: bool


def added(registry: dict[int, Any], hook: Any, prepend: bool) -> Handle:
    """The hook at the end of the registry, or in front."""
    handle = add_hook(registry, hook)
    if prepend:
        others = [(key, value) for key, value in registry.items() if key != handle.id]
        registry.clear()
        registry[handle.id] = hook
        registry.update(others)
    return handle


def before(
    module: Any, registered: Sequence[Hook], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for hook, with_kwargs in registered:
        if with_kwargs:
            result = hook(module, args, kwargs)
            if result is not None:
                if not (isinstance(result, tuple) and len(result) == 2):
                    message = (
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {result}."
                    )
                    raise make(ArgumentError, message, RuntimeError)
                args, kwargs = result
        else:
            result = hook(module, args)
            if result is not None:
                args = result if isinstance(result, tuple) else (result,)
    return args, kwargs


def after(module: Any, registered: Sequence[Hook], args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    for hook, with_kwargs in registered:
        result = hook(module, args, kwargs, out) if with_kwargs else hook(module, args, out)
        if result is not None:
            out = result
    return out


class _Pass:
    """One call of a module whose gradients are watched."""

    def __init__(self, module: Any, registered: Sequence[Callable[..., Any]], counts: bool) -> None:
        self.module, self.registered, self.has_inputs = module, registered, counts
        self.grad_output: tuple[Any, ...] = ()

    def call(self, grad_input: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.registered:
            result = hook(self.module, grad_input, self.grad_output)
            if result is not None:
                grad_input = result if isinstance(result, tuple) else (result,)
        return grad_input


class BackwardHookFunctionIn(Function):
    """Hands the inputs on; their gradients go to the hooks, and what these return goes on."""

    @staticmethod
    def forward(ctx: Any, watched: _Pass, *inputs: Any) -> Any:
        ctx.watched = watched
        return tuple(inputs)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return (None, *ctx.watched.call(grads))


class BackwardHookFunctionOut(Function):
    """Hands the outputs on and remembers their gradients."""

    @staticmethod
    def forward(ctx: Any, watched: _Pass, *outputs: Any) -> Any:
        ctx.watched = watched
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        ctx.watched.grad_output = grads
        if not ctx.watched.has_inputs:
            ctx.watched.call((None,))
        return (None, *grads)


def _through(function: type[Function], watched: _Pass, values: Any) -> Any:
    """All tensors in the values passed through the function together."""
    tensors: list[core.Tensor] = []
    map_tensors(values, lambda t: tensors.append(t) or t)  # type: ignore[func-returns-value]
    if not tensors:
        return values
    passed = iter(function.apply(watched, *tensors))
    return map_tensors(values, lambda _: next(passed))


def around(module: Any, registered: Sequence[Callable[..., Any]], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The forward function between two steps that watch the gradients."""
    tracked: list[bool] = []
    map_tensors(args, lambda t: tracked.append(t.tracked) or t)  # type: ignore[func-returns-value]
    watched = _Pass(module, registered, any(tracked))
    if any(tracked):
        args = _through(BackwardHookFunctionIn, watched, args)
    out = getattr(module, module._entry)(*args, **kwargs)
    return _through(BackwardHookFunctionOut, watched, out)
