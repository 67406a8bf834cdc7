"""`sym.linalg`."""

from __future__ import annotations

from unified_nn.mxnet.symbol.family import functions
from unified_nn.vocabulary.missing import refuse

globals().update(functions("_linalg_"))
__getattr__ = refuse("mxnet.sym.linalg", globals())
