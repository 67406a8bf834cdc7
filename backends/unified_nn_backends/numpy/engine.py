"""The functions of all ops on arrays of one array module: NumPy, or one that has its names, as CuPy.

A family module defines `name(xp, *arrays, **attributes)`; the engine binds `xp`.
"""

from __future__ import annotations

from functools import partial
from types import FunctionType
from typing import Any

from unified_nn.backend import Function
from unified_nn_backends.numpy import (
    activation,
    conv,
    elementwise,
    error_function,
    index,
    linalg,
    norm,
    pool,
    reduce,
    rnn,
    shape,
    sort,
)

FAMILIES = (activation, conv, elementwise, error_function, index, linalg, norm, pool, reduce, rnn, shape, sort)
#: Public functions of the families that others of them use and that are no ops.
SHARED = {
    "chosen_axes", "count_of", "divided", "erf_of_block", "floating", "number", "of_two", "rounded", "same_dtype",
    "scaling", "table",
}  # fmt: skip


def functions(xp: Any) -> dict[str, Function]:
    """op name -> function on the module's arrays."""
    found = elementwise.table(xp)
    for family in FAMILIES:
        for name, value in vars(family).items():
            own = isinstance(value, FunctionType) and value.__module__ == family.__name__
            if own and not name.startswith("_") and name not in SHARED:
                found[name.rstrip("_")] = partial(value, xp)
    return found
