"""A backbone, a neck and a head as one network."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import NotOfferedError, make
from unified_nn.mindspore import nn

__all__ = ["BaseClassifier"]


class BaseClassifier(nn.Cell):
    """head(neck(backbone(x))); neck and head may be left out."""

    def __init__(self, backbone: Any, neck: Any = None, head: Any = None) -> None:
        super().__init__()
        for part in (backbone, neck, head):
            if isinstance(part, dict):
                raise make(NotOfferedError, "mindvision: parts described by dictionaries are not offered; give cells")
        self.backbone = backbone
        self.with_neck, self.with_head = neck is not None, head is not None
        if neck is not None:
            self.neck = neck
        if head is not None:
            self.head = head

    def construct(self, x: Any) -> Any:
        x = self.backbone(x)
        if self.with_neck:
            x = self.neck(x)
        return self.head(x) if self.with_head else x
