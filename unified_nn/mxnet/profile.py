"""Which MXNet this vocabulary speaks: 1.9, or an older 1.x that `UNIFIED_NN_MXNET` names, such as 1.2.

What changed between the versions and is followed is what layers print.
"""

from __future__ import annotations

import os
from functools import lru_cache

from unified_nn.errors import ArgumentError, make

VARIABLE = "UNIFIED_NN_MXNET"
#: The version whose behaviour is reproduced unless the variable says otherwise.
VERSION = "1.9.1"


@lru_cache(maxsize=8)
def _number(version: str) -> tuple[int, int]:
    major, _, rest = version.partition(".")
    minor = rest.partition(".")[0]
    if major != "1" or not minor.isdigit():
        raise make(ArgumentError, f"{VARIABLE}={version!r} is not a version of MXNet 1, such as 1.2 or 1.9")
    return int(major), int(minor)


def version() -> tuple[int, int]:
    """The version that is spoken, as two numbers."""
    return _number(os.environ.get(VARIABLE) or VERSION)


def hides(what: str) -> bool:
    """Whether the version does not print this part of a layer yet."""
    return version() < _SINCE[what]


#: Part of a layer's printed form -> the version that prints it first.
_SINCE = {"activation of convolutions": (1, 4), "axes of Dropout": (1, 2), "kind of pools": (1, 5)}
