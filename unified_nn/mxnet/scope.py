"""Whether MXNet records and trains right now.

MXNet decides both by a scope (`autograd.record()`), never by the network: outside any scope nothing is recorded and
layers predict. A Block that another vocabulary's network calls has no such scope around it. It then runs in a scope of
its own, which records as the caller does and trains as the block's own flag says (which that network's `train()` and
`eval()` set, as for all its children). A scope that the user opened always wins.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple, ParamSpec, TypeVar

from unified_nn.autodiff import grad_enabled, set_recording

P = ParamSpec("P")
R = TypeVar("R")


class Scope(NamedTuple):
    """What holds inside a scope."""

    records: bool
    trains: bool
    foreign: bool = False


#: Outside all scopes, and outside all blocks.
NONE = Scope(False, False)
#: What a block runs in that is called outside all scopes.
PREDICT = Scope(False, False)
_scope: ContextVar[Scope] = ContextVar("unified_nn_mxnet_scope", default=NONE)
current = _scope.get


def is_recording() -> bool:
    return _scope.get().records and grad_enabled()


def is_training() -> bool:
    return _scope.get().trains


def is_foreign() -> bool:
    """Whether another vocabulary's network is in charge."""
    return _scope.get().foreign


def replace(scope: Scope) -> Scope:
    """Make this scope hold for the rest of the context; the one that held before."""
    before = _scope.get()
    _scope.set(scope)
    set_recording(scope.records or scope is NONE)
    return before


def run_in(scope: Scope, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call a function in the scope."""
    token = _scope.set(scope)
    enabled = set_recording(scope.records)
    try:
        return function(*args, **kwargs)
    finally:
        set_recording(enabled)
        _scope.reset(token)


def gated(function: Callable[P, R]) -> Callable[P, R]:
    """The function, recording nothing where MXNet records nothing."""

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if _scope.get().records or not grad_enabled():
            return function(*args, **kwargs)
        set_recording(False)
        try:
            return function(*args, **kwargs)
        finally:
            set_recording(True)

    return call


def run_block(is_foreign: bool, trains: bool, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call a block in the scope that the user opened, or by the rules of the foreign network around it."""
    scope = _scope.get()
    if is_foreign and (scope is NONE or scope.foreign):
        return run_in(Scope(grad_enabled(), trains, foreign=True), function, args, kwargs)
    if scope is NONE:
        return run_in(PREDICT, function, args, kwargs)
    return function(*args, **kwargs)
