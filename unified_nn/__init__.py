"""One network definition, any framework, with proof that it computes the same.

Importing this package imports no framework.
"""

from __future__ import annotations

from unified_nn import ops as _ops  # noqa: F401  gives the tensor its operators
from unified_nn.backend import Backend
from unified_nn.errors import UnifiedError
from unified_nn.registry import backend, set_backend, use_backend
from unified_nn.takeover import takeover
from unified_nn.tensor import Tensor
from unified_nn.weights import load, load_state, save, state

__version__ = "0.1.0"

__all__ = [
    "Backend", "Tensor", "UnifiedError", "__version__", "backend", "load", "load_state", "save", "set_backend", "state",
    "takeover", "use_backend",
]  # fmt: skip
