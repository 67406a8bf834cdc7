"""`torch.utils`: the data tools."""

from __future__ import annotations

from unified_nn.torch.utils import data

__all__ = ["data"]
