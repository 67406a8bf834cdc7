"""`mindspore.mint`, the functions that are named as PyTorch's, is not offered."""

from __future__ import annotations

from unified_nn.vocabulary.missing import refuse

__all__: list[str] = []
__getattr__ = refuse(__name__, (), instead="use mindspore.ops and mindspore.nn, or the torch vocabulary.")
