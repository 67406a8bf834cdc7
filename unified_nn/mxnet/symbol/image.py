"""`sym.image`."""

from __future__ import annotations

from unified_nn.mxnet.symbol.family import functions
from unified_nn.vocabulary.missing import refuse

globals().update(functions("_image_"))
__getattr__ = refuse("mxnet.sym.image", globals())
