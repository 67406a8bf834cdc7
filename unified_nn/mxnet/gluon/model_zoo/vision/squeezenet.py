"""SqueezeNet (arXiv:1602.07360)."""

from __future__ import annotations

from typing import Any

from unified_nn.mxnet.gluon import nn
from unified_nn.mxnet.gluon.contrib.nn import HybridConcurrent
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.mxnet.gluon.model_zoo.vision.making import Model, body_and_head, chained, require_no_weights

#: version -> the first convolution (channels, window), and how many channels each fire module squeezes to; 0 is a pool.
_VERSIONS = {
    "1.0": ((96, 7), (0, 16, 16, 32, 0, 32, 48, 48, 64, 0, 64)),
    "1.1": ((64, 3), (0, 16, 16, 0, 32, 32, 0, 48, 48, 64, 64)),
}


def _conv(channels: int, size: int, padding: int = 0) -> nn.HybridSequential:
    return chained(nn.Conv2D(channels, size, padding=padding), nn.Activation("relu"))


def _fire(squeezed: int) -> nn.HybridSequential:
    """Few channels, then 1x1 and 3x3 convolutions side by side with four times as many each."""
    first = _conv(squeezed, 1)
    wide = HybridConcurrent(axis=1, prefix="")
    wide.add(_conv(4 * squeezed, 1), _conv(4 * squeezed, 3, 1))
    return chained(first, wide)


class SqueezeNet(HybridBlock):
    """Images (N, 3, 224, 224) -> (N, classes), version "1.0" or "1.1"."""

    def __init__(self, version: str, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if version not in _VERSIONS:
            raise AssertionError(f"Unsupported SqueezeNet version {version}:1.0 or 1.1 expected")
        (channels, size), parts = _VERSIONS[version]
        with self.name_scope():
            self.features = chained(nn.Conv2D(channels, size, strides=2), nn.Activation("relu"))
            for squeezed in parts:
                self.features.add(_fire(squeezed) if squeezed else nn.MaxPool2D(3, 2, ceil_mode=True))
            self.features.add(nn.Dropout(0.5))
            self.output = chained(
                nn.Conv2D(classes, 1), nn.Activation("relu"), nn.AvgPool2D(13), nn.Flatten()
            )  # fmt: skip

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return body_and_head(self, x)


def get_squeezenet(
    version: str, pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any
) -> SqueezeNet:
    """SqueezeNet of a version."""
    require_no_weights(f"squeezenet{version}", pretrained)
    return SqueezeNet(version, **kwargs)


MODELS = {f"squeezenet{v}": Model(get_squeezenet, (v,), f"SqueezeNet {v}") for v in _VERSIONS}
