"""Residual networks (arXiv:1512.03385), and those whose activation comes first (arXiv:1603.05027)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unified_nn.mxnet.gluon import nn
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.mxnet.gluon.model_zoo.vision.making import Model, body_and_head, chained, require_no_weights

_NARROW, _WIDE = [64, 64, 128, 256, 512], [64, 256, 512, 1024, 2048]
#: layers with weights -> the kind of block, how many per stage, channels of the first convolution and of each stage.
resnet_spec = {
    18: ("basic_block", [2, 2, 2, 2], _NARROW),
    34: ("basic_block", [3, 4, 6, 3], _NARROW),
    50: ("bottle_neck", [3, 4, 6, 3], _WIDE),
    101: ("bottle_neck", [3, 4, 23, 3], _WIDE),
    152: ("bottle_neck", [3, 8, 36, 3], _WIDE),
}


def _conv3x3(channels: int, stride: int, in_channels: int) -> nn.Conv2D:
    return nn.Conv2D(channels, 3, strides=stride, padding=1, use_bias=False, in_channels=in_channels)


def _conv1x1(channels: int, stride: int, in_channels: int = 0) -> nn.Conv2D:
    return nn.Conv2D(channels, 1, strides=stride, use_bias=False, in_channels=in_channels)


class _BlockV1(HybridBlock):
    """relu(input + body(input)); where the shape changes the input goes through a convolution."""

    def __init__(
        self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.body = chained(*self._layers(channels, stride, in_channels))
        if downsample:
            self.downsample = chained(_conv1x1(channels, stride, in_channels), nn.BatchNorm())
        else:
            self.__dict__["downsample"] = None

    def _layers(self, channels: int, stride: int, in_channels: int) -> list[HybridBlock]:
        raise NotImplementedError

    def _past(self, x: Any) -> Any:
        return x if self.downsample is None else self.downsample(x)


class BasicBlockV1(_BlockV1):
    """Two 3x3 convolutions."""

    def _layers(self, channels: int, stride: int, in_channels: int) -> list[HybridBlock]:
        return [
            _conv3x3(channels, stride, in_channels), nn.BatchNorm(), nn.Activation("relu"),
            _conv3x3(channels, 1, channels), nn.BatchNorm(),
        ]  # fmt: skip

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        new = self.body(x)
        return F.Activation(self._past(x) + new, act_type="relu")


class BottleneckV1(_BlockV1):
    """A 3x3 convolution between two 1x1 ones, with a quarter of the channels."""

    def _layers(self, channels: int, stride: int, in_channels: int) -> list[HybridBlock]:
        inside = channels // 4
        return [
            nn.Conv2D(inside, kernel_size=1, strides=stride), nn.BatchNorm(), nn.Activation("relu"),
            _conv3x3(inside, 1, inside), nn.BatchNorm(), nn.Activation("relu"),
            nn.Conv2D(channels, kernel_size=1, strides=1), nn.BatchNorm(),
        ]  # fmt: skip

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        new = self.body(x)
        return F.Activation(new + self._past(x), act_type="relu")


class _BlockV2(HybridBlock):
    """input + body(input), with normalisation and activation before each convolution."""

    def __init__(
        self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        for number, conv in enumerate(self._convolutions(channels, stride, in_channels), 1):
            setattr(self, f"bn{number}", nn.BatchNorm())
            setattr(self, f"conv{number}", conv())
        if downsample:
            self.downsample = _conv1x1(channels, stride, in_channels)
        else:
            self.__dict__["downsample"] = None

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> list[Any]:
        raise NotImplementedError

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        past, number = x, 1
        while f"bn{number}" in self._children:
            x = F.Activation(self._children[f"bn{number}"](x), act_type="relu")
            if number == 1 and self.downsample is not None:
                past = self.downsample(x)
            x = self._children[f"conv{number}"](x)
            number += 1
        return x + past


class BasicBlockV2(_BlockV2):
    """Two 3x3 convolutions."""

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> list[Any]:
        return [lambda: _conv3x3(channels, stride, in_channels), lambda: _conv3x3(channels, 1, channels)]


class BottleneckV2(_BlockV2):
    """A 3x3 convolution between two 1x1 ones, with a quarter of the channels."""

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> list[Any]:
        inside = channels // 4
        return [lambda: _conv1x1(inside, 1), lambda: _conv3x3(inside, stride, inside), lambda: _conv1x1(channels, 1)]


class _ResNet(HybridBlock):
    """What both versions share: the first layers and the stages."""

    def __init__(self, layers: list[int], channels: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if len(layers) != len(channels) - 1:
            message = f"{len(layers)} stages and {len(channels)} counts of channels, expected one more than stages"
            raise AssertionError(f"{type(self).__name__}: {message}")

    def _begin(self, channels: int, thumbnail: bool) -> None:
        if thumbnail:
            self.features.add(_conv3x3(channels, 1, 0))
        else:
            self.features.add(nn.Conv2D(channels, 7, 2, 3, use_bias=False), nn.BatchNorm(), nn.Activation("relu"))
            self.features.add(nn.MaxPool2D(3, 2, 1))

    def _stages(self, block: type, layers: list[int], channels: list[int]) -> None:
        for place, count in enumerate(layers):
            before, after = channels[place], channels[place + 1]
            stage = nn.HybridSequential(prefix=f"stage{place + 1}_")
            with stage.name_scope():
                stage.add(block(after, 2 if place else 1, after != before, in_channels=before, prefix=""))
                stage.add(*(block(after, 1, False, in_channels=after, prefix="") for _ in range(count - 1)))
            self.features.add(stage)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return body_and_head(self, x)


class ResNetV1(_ResNet):
    """Images (N, 3, H, W) -> (N, classes); `thumbnail` is for small images."""

    def __init__(
        self, block: type, layers: list[int], channels: list[int], classes: int = 1000, thumbnail: bool = False,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(layers, channels, **kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self._begin(channels[0], thumbnail)
            self._stages(block, layers, channels)
            self.features.add(nn.GlobalAvgPool2D())
            self.output = nn.Dense(classes, in_units=channels[-1])


class ResNetV2(_ResNet):
    """Images (N, 3, H, W) -> (N, classes); `thumbnail` is for small images."""

    def __init__(
        self, block: type, layers: list[int], channels: list[int], classes: int = 1000, thumbnail: bool = False,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(layers, channels, **kwargs)
        with self.name_scope():
            self.features = chained(nn.BatchNorm(scale=False, center=False))
            self._begin(channels[0], thumbnail)
            self._stages(block, layers, channels)
            self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.GlobalAvgPool2D(), nn.Flatten())
            self.output = nn.Dense(classes, in_units=channels[-1])


resnet_net_versions: list[Callable[..., HybridBlock]] = [ResNetV1, ResNetV2]
resnet_block_versions: list[dict[str, type[HybridBlock]]] = [
    {"basic_block": BasicBlockV1, "bottle_neck": BottleneckV1},
    {"basic_block": BasicBlockV2, "bottle_neck": BottleneckV2},
]


def get_resnet(
    version: int, num_layers: int, pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any
) -> HybridBlock:
    """ResNet of version 1 or 2 with 18, 34, 50, 101 or 152 layers."""
    if num_layers not in resnet_spec:
        raise AssertionError(f"Invalid number of layers: {num_layers}. Options are {list(resnet_spec)}")
    if version not in (1, 2):
        raise AssertionError(f"Invalid resnet version: {version}. Options are 1 and 2.")
    require_no_weights(f"resnet{num_layers}_v{version}", pretrained)
    kind, layers, channels = resnet_spec[num_layers]
    net: HybridBlock = resnet_net_versions[version - 1](
        resnet_block_versions[version - 1][kind], layers, channels, **kwargs
    )
    return net


MODELS = {
    f"resnet{n}_v{v}": Model(get_resnet, (v, n), f"ResNet of version {v} with {n} layers")
    for v in (1, 2) for n in resnet_spec
}  # fmt: skip
