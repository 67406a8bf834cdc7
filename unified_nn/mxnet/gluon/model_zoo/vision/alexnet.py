"""AlexNet in one column (arXiv:1404.5997)."""

from __future__ import annotations

from typing import Any

from unified_nn.mxnet.gluon import nn
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.mxnet.gluon.model_zoo.vision.making import Model, body_and_head, require_no_weights

#: Convolutions: channels, window, stride, padding, and whether a pool follows.
_CONVOLUTIONS = ((64, 11, 4, 2, True), (192, 5, 1, 2, True), (384, 3, 1, 1, False), (256, 3, 1, 1, False),
                 (256, 3, 1, 1, True))  # fmt: skip


class AlexNet(HybridBlock):
    """Images (N, 3, 224, 224) -> (N, classes)."""

    def __init__(self, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            for channels, size, stride, pad, pooled in _CONVOLUTIONS:
                self.features.add(nn.Conv2D(channels, size, stride, pad, activation="relu"))
                if pooled:
                    self.features.add(nn.MaxPool2D(pool_size=3, strides=2))
            self.features.add(nn.Flatten())
            for _ in range(2):
                self.features.add(nn.Dense(4096, activation="relu"), nn.Dropout(0.5))
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return body_and_head(self, x)


def alexnet(pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any) -> AlexNet:
    """AlexNet."""
    require_no_weights("alexnet", pretrained)
    return AlexNet(**kwargs)


MODELS = {"alexnet": Model(alexnet, (), "AlexNet")}
