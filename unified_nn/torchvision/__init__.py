"""`torchvision`, the small part that needs no compiled code: data sets from local files and image transforms."""

from __future__ import annotations

from unified_nn.torchvision import datasets, transforms

__all__ = ["datasets", "transforms"]
