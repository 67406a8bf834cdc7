"""The functions again: `from mindspore.ops import functional as F`."""

from __future__ import annotations

from unified_nn.mindspore import ops as _ops
from unified_nn.mindspore.ops import *  # noqa: F403
from unified_nn.vocabulary.missing import refuse

__all__ = [name for name in _ops.__all__ if name[0].islower() and name not in ("composite", "methods", "operations")]
__getattr__ = refuse(__name__, __all__)
