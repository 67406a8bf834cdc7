"""Which MindSpore this vocabulary speaks: 2.10, or an older one that `UNIFIED_NN_MINDSPORE` names, such as 1.8."""

from __future__ import annotations

import os
from functools import lru_cache

from unified_nn.errors import ArgumentError, make

VARIABLE = "UNIFIED_NN_MINDSPORE"
#: The version whose behaviour is reproduced unless the variable says otherwise.
VERSION = "2.10.0"


@lru_cache(maxsize=8)
def _is_first_generation(version: str) -> bool:
    major = version.partition(".")[0]
    if major not in ("1", "2"):
        raise make(ArgumentError, f"{VARIABLE}={version!r} is not a version of MindSpore 1 or 2, such as 1.8 or 2.10")
    return major == "1"


def version() -> str:
    """The version that is spoken."""
    return os.environ.get(VARIABLE) or VERSION


def is_first_generation() -> bool:
    """Whether MindSpore 1.x is spoken: `Dense<...>` printing, N(0, 0.01) weights and zero biases."""
    return _is_first_generation(version())
