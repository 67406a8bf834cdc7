"""Exceptions of Python and NumPy from inside a function of a vocabulary, said as errors about the call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from unified_nn.errors import reason
from unified_nn.tensor import Tensor

#: What Python and NumPy raise where an argument is of a kind or size that a function does not expect.
RAISED: Final = (AttributeError, IndexError, TypeError, ValueError, ZeroDivisionError)
_INSIDE: Final = (str(Path(__file__).parents[1]), str(Path(np.__file__).parent))


def explained(
    body: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], error: Exception
) -> str | None:
    """What the function was called with and why that fails; None for a call that does not fit the signature, and for
    an exception from a function of the user's.
    """
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    file = "" if traceback is None else traceback.tb_frame.f_code.co_filename
    if not file.startswith(_INSIDE) and not file.endswith(".pyx"):  # NumPy's compiled files
        return None
    try:
        inspect.signature(body).bind(*args, **kwargs)
    except TypeError:
        return None
    given = [_said(a) for a in args] + [f"{name}={_said(value)}" for name, value in kwargs.items()]
    return f"failed on ({', '.join(given)}): {reason(error)}"


def _said(value: Any) -> str:
    """A tensor by its shape and dtype, anything else as it prints, on one short line."""
    if isinstance(value, Tensor):
        return f"{value._shape} {value._dtype.name}"
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
