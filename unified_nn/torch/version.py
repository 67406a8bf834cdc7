"""`torch.version`: whose behaviour this is."""

from __future__ import annotations

__version__ = "2.13.0+unified"
cuda: str | None = None
hip: str | None = None
git_version = "unified_nn"
