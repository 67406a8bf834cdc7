"""The package `safetensors` without it and without a framework: `safe_open`, and the submodules `torch` and `numpy`."""

from __future__ import annotations

from unified_nn.safetensors.files import SafetensorError, deserialize
from unified_nn.safetensors.opened import safe_open
from unified_nn.vocabulary.missing import refuse

__version__ = "0.8.0+unified"
__all__ = ["SafetensorError", "deserialize", "safe_open"]

__getattr__ = refuse("safetensors", __all__)
