"""DenseNet (arXiv:1608.06993)."""

from __future__ import annotations

from typing import Any

from unified_nn.mxnet.gluon import nn
from unified_nn.mxnet.gluon.contrib.nn import HybridConcurrent, Identity
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.mxnet.gluon.model_zoo.vision.making import Model, body_and_head, chained, require_no_weights

#: layers with weights -> channels of the first convolution, channels that each layer adds, layers per block.
densenet_spec = {
    121: (64, 32, [6, 12, 24, 16]),
    161: (96, 48, [6, 12, 36, 24]),
    169: (64, 32, [6, 12, 32, 32]),
    201: (64, 32, [6, 12, 48, 32]),
}


def _normalised(channels: int, size: int, padding: int = 0) -> list[HybridBlock]:
    return [nn.BatchNorm(), nn.Activation("relu"), nn.Conv2D(channels, size, padding=padding, use_bias=False)]


def _layer(growth: int, bottleneck: int, dropout: float) -> HybridConcurrent:
    """The input with `growth` new channels behind it."""
    new = chained(*_normalised(bottleneck * growth, 1), *_normalised(growth, 3, 1))
    if dropout:
        new.add(nn.Dropout(dropout))
    made = HybridConcurrent(axis=1, prefix="")
    made.add(Identity(), new)
    return made


class DenseNet(HybridBlock):
    """Images (N, 3, 224, 224) -> (N, classes): each layer sees what all layers of its block before it gave."""

    def __init__(
        self, num_init_features: int, growth_rate: int, block_config: list[int], bn_size: int = 4, dropout: float = 0,
        classes: int = 1000, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = chained(
                nn.Conv2D(num_init_features, 7, strides=2, padding=3, use_bias=False), nn.BatchNorm(),
                nn.Activation("relu"), nn.MaxPool2D(3, 2, 1),
            )  # fmt: skip
            channels = num_init_features
            for stage, count in enumerate(block_config, 1):
                block = nn.HybridSequential(prefix=f"stage{stage}_")
                with block.name_scope():
                    block.add(*(_layer(growth_rate, bn_size, dropout) for _ in range(count)))
                self.features.add(block)
                channels += count * growth_rate
                if stage < len(block_config):
                    channels //= 2
                    self.features.add(chained(*_normalised(channels, 1), nn.AvgPool2D(2, 2)))
            self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.AvgPool2D(7), nn.Flatten())
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return body_and_head(self, x)


def get_densenet(
    num_layers: int, pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any
) -> DenseNet:
    """DenseNet with 121, 161, 169 or 201 layers."""
    first, growth, blocks = densenet_spec[num_layers]
    require_no_weights(f"densenet{num_layers}", pretrained)
    return DenseNet(first, growth, blocks, **kwargs)


MODELS = {f"densenet{n}": Model(get_densenet, (n,), f"DenseNet with {n} layers") for n in densenet_spec}
