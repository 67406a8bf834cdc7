"""`nd.image`."""

from __future__ import annotations

from unified_nn.mxnet.ndarray.vision import normalize, to_tensor
from unified_nn.vocabulary.missing import refuse

__all__ = ["normalize", "to_tensor"]
__getattr__ = refuse("mxnet.nd.image", globals())
