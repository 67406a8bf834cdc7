"""How NumPy 1.26 prints an array, whatever NumPy is installed.

MindSpore and MXNet print through NumPy, and the versions that are followed run on NumPy 1.26. Later releases print
differently: 2.2 adds `shape=` to the repr of a summarised array, 2.4 turns to scientific notation earlier for float16
and float32. The user's `numpy.set_printoptions` holds, as it does in the frameworks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_PRINTS_AS_1_26 = int(np.__version__.split(".")[0]) < 2
_OLDER_STYLES = ("1.13", "1.21")
_LAST_STYLE_BEFORE_2: Any = "1.25"


def array_text(array: Any) -> str:
    """`str(array)` as NumPy 1.26 writes it."""
    with numpy_1_style():
        return str(np.asarray(array))


def array_repr(array: Any) -> str:
    """`repr(array)` as NumPy 1.26 writes it."""
    with numpy_1_style():
        return repr(np.asarray(array))


@contextmanager
def numpy_1_style() -> Iterator[None]:
    """Arrays print as NumPy 1.26 prints them inside a `with` block."""
    users: dict[str, Any] = dict(np.get_printoptions())
    if _PRINTS_AS_1_26 or users["legacy"] in _OLDER_STYLES:
        yield  # a style older than 1.26 is the user's own wish
        return
    # Changing any option resets these two, unless they are given again; NumPy 2.0 has the first only.
    kept = {name: users[name] for name in ("formatter", "override_repr") if name in users}
    with np.printoptions(legacy=_LAST_STYLE_BEFORE_2, **kept):
        yield
