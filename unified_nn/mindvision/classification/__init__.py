"""Image classification."""

from __future__ import annotations

from unified_nn.mindvision.classification import models
from unified_nn.vocabulary.missing import refuse

__all__ = ["models"]
__getattr__ = refuse(__name__, __all__)
