"""MobileNet (arXiv:1704.04861) and its second version (arXiv:1801.04381)."""

from __future__ import annotations

from typing import Any

from unified_nn.mxnet.gluon import nn
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.mxnet.gluon.model_zoo.vision.making import Model, body_and_head, chained, require_no_weights

_MULTIPLIERS = (1.0, 0.75, 0.5, 0.25)
#: Version 1: channels of each pointwise convolution, and the stride of the depthwise one before it.
_POINTWISE = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
#: Version 2: how many bottlenecks, their channels, the first one's stride, and how much wider they are inside.
_BOTTLENECKS = [
    (1, 16, 1, 1),
    (2, 24, 2, 6),
    (3, 32, 2, 6),
    (4, 64, 2, 6),
    (3, 96, 1, 6),
    (3, 160, 2, 6),
    (1, 320, 1, 6),
]


class RELU6(HybridBlock):
    """x limited to [0, 6]."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return F.clip(x, 0, 6, name="relu6")


def _conv(
    channels: int, size: int = 1, stride: int = 1, padding: int = 0, groups: int = 1, active: str | None = "relu"
) -> list[HybridBlock]:
    """Convolution, normalisation, and an activation unless it is None."""
    found: list[HybridBlock] = [
        nn.Conv2D(channels, size, stride, padding, groups=groups, use_bias=False), nn.BatchNorm()
    ]  # fmt: skip
    if active is not None:
        found.append(RELU6() if active == "relu6" else nn.Activation("relu"))
    return found


class LinearBottleneck(HybridBlock):
    """t times as many channels inside; the input is added where its shape is the output's."""

    def __init__(self, in_channels: int, channels: int, t: int, stride: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_shortcut = stride == 1 and in_channels == channels
        inside = in_channels * t
        with self.name_scope():
            self.out = chained(
                *_conv(inside, active="relu6"), *_conv(inside, 3, stride, 1, inside, "relu6"),
                *_conv(channels, active=None), prefix=None,
            )  # fmt: skip

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        out = self.out(x)
        return F.elemwise_add(out, x) if self.use_shortcut else out


class MobileNet(HybridBlock):
    """Images (N, 3, 224, 224) -> (N, classes); the multiplier scales all channels."""

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            width = int(32 * multiplier)
            self.features = chained(*_conv(width, 3, 2, 1))
            for channels, stride in _POINTWISE:
                self.features.add(*_conv(width, 3, stride, 1, width))
                width = int(channels * multiplier)
                self.features.add(*_conv(width))
            self.features.add(nn.GlobalAvgPool2D(), nn.Flatten())
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return body_and_head(self, x)


class MobileNetV2(HybridBlock):
    """Images (N, 3, 224, 224) -> (N, classes); the multiplier scales all channels, the last ones only upwards."""

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="features_")
            with self.features.name_scope():
                before = int(32 * multiplier)
                self.features.add(*_conv(before, 3, 2, 1, active="relu6"))
                for count, width, stride, t in _BOTTLENECKS:
                    channels = int(width * multiplier)
                    for place in range(count):
                        self.features.add(LinearBottleneck(before, channels, t, 1 if place else stride))
                        before = channels
                last = int(1280 * multiplier) if multiplier > 1.0 else 1280
                self.features.add(*_conv(last, active="relu6"), nn.GlobalAvgPool2D())
            self.output = nn.HybridSequential(prefix="output_")
            with self.output.name_scope():
                self.output.add(nn.Conv2D(classes, 1, use_bias=False, prefix="pred_"), nn.Flatten())

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return body_and_head(self, x)


def get_mobilenet(
    multiplier: float, pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any
) -> MobileNet:
    """MobileNet with this many times the channels."""
    require_no_weights(f"mobilenet{multiplier}", pretrained)
    return MobileNet(multiplier, **kwargs)


def get_mobilenet_v2(
    multiplier: float, pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any
) -> MobileNetV2:
    """MobileNet v2 with this many times the channels."""
    require_no_weights(f"mobilenetv2_{multiplier}", pretrained)
    return MobileNetV2(multiplier, **kwargs)


MODELS = {f"mobilenet{m}": Model(get_mobilenet, (m,), f"MobileNet, {m} of the channels") for m in _MULTIPLIERS} | {
    f"mobilenetv2_{m}": Model(get_mobilenet_v2, (m,), f"MobileNet v2, {m} of the channels") for m in _MULTIPLIERS
}
