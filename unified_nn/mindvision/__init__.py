"""A small part of MindSpore Vision, written in the MindSpore vocabulary."""

from __future__ import annotations

from unified_nn.mindvision import classification
from unified_nn.vocabulary.missing import refuse

__all__ = ["classification"]
__getattr__ = refuse(__name__, __all__)
