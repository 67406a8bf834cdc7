"""Switching the recording of gradients: `with` blocks that are decorators as well."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Self

from unified_nn.autodiff import grad_enabled, set_recording

is_grad_enabled = grad_enabled


class _Mode:
    """Recording set to `_value` inside; bare `@no_grad` decorates as `@no_grad()` does."""

    _value = False

    def __new__(cls, function: Any = None, *args: Any, **kwargs: Any) -> Any:
        if inspect.isfunction(function):
            return cls()(function)
        return object.__new__(cls)

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> Self:
        self._before.append(set_recording(self._value))
        return self

    def __exit__(self, *exc: object) -> None:
        set_recording(self._before.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(function):
            return self._generator(function)

        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with self._fresh():
                return function(*args, **kwargs)

        return switched

    def _generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Each step of a generator runs switched, what its caller does in between does not."""

        @functools.wraps(function)
        def stepped(*args: Any, **kwargs: Any) -> Any:
            made = function(*args, **kwargs)
            sent: Any = None
            while True:
                try:
                    with self._fresh():
                        item = made.send(sent)
                except StopIteration as stop:
                    return stop.value
                sent = yield item

        return stepped

    def _fresh(self) -> _Mode:
        return type(self)()


class no_grad(_Mode):  # noqa: N801  PyTorch's name
    """Nothing is recorded inside."""


class enable_grad(_Mode):  # noqa: N801
    """Gradients are recorded inside, also within `no_grad`."""

    _value = True


class inference_mode(_Mode):  # noqa: N801
    """As no_grad; tensors made inside are ordinary ones here."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._value = not mode and grad_enabled()

    def _fresh(self) -> _Mode:
        return type(self)(not self._value)


class set_grad_enabled(_Mode):  # noqa: N801
    """Recording on or off from the call on, and until the end of the block where it is one."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self._value = mode
        self._outer = set_recording(mode)

    def __enter__(self) -> Self:
        self._before.append(self._outer)
        set_recording(self._value)
        return self

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        set_recording(self._outer)
        return super().__call__(function)

    def _fresh(self) -> _Mode:
        return type(self)(self._value)
