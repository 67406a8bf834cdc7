"""`jit` runs the function as it is: what is computed is the same, compiled or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unified_nn.errors import NotOfferedError, make


def jit(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """The function itself; options that name a way of compiling are refused."""
    asked = {name: value for name, value in options.items() if value is not None}
    if asked:
        raise make(NotOfferedError, f"options of jit are not offered: {', '.join(asked)}", None, "mindspore.jit")
    return jit if function is None else function


ms_function = jit
__all__ = ["jit", "ms_function"]
