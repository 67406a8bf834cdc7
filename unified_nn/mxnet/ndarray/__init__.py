"""`mxnet.nd`: arrays and the functions on them."""

from __future__ import annotations

from unified_nn.mxnet.ndarray import (  # noqa: F401  each defines its functions
    attention,
    contrib,
    creation,
    elementwise,
    files,
    image,
    internal,
    layers,
    linalg,
    norm,
    outputs,
    random,
    recurrent,
    reduce,
    select,
    shape,
    vision,
    windows,
)
from unified_nn.mxnet.ndarray.function import FUNCTIONS
from unified_nn.mxnet.ndarray.ndarray import NDArray, add_methods
from unified_nn.vocabulary.missing import refuse

_REFUSED = {
    "Custom": "write the computation with nd functions",
    "sparse": "arrays are dense",
    "CachedOp": "hybridize() keeps running the Python code",
}

add_methods()
globals().update({name: function for name, function in FUNCTIONS.items() if not name.startswith("_")})
__all__ = ["NDArray", *(name for name in FUNCTIONS if not name.startswith("_"))]
__getattr__ = refuse("mxnet.nd", globals(), _REFUSED)
