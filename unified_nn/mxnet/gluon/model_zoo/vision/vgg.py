"""VGG (arXiv:1409.1556)."""

from __future__ import annotations

from typing import Any

from unified_nn.mxnet import initializer
from unified_nn.mxnet.gluon import nn
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.mxnet.gluon.model_zoo.vision.making import Model, body_and_head, require_no_weights

#: layers with weights -> how many convolutions each of the five parts has.
vgg_spec = {
    layers: (counts, [64, 128, 256, 512, 512])
    for layers, counts in {11: [1, 1, 2, 2, 2], 13: [2, 2, 2, 2, 2], 16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4]}.items()
}


class VGG(HybridBlock):
    """Images (N, 3, 224, 224) -> (N, classes): layers[i] convolutions of filters[i] channels, then a pool."""

    def __init__(
        self, layers: list[int], filters: list[int], classes: int = 1000, batch_norm: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if len(layers) != len(filters):
            raise AssertionError(f"VGG: {len(layers)} counts of layers and {len(filters)} of filters, expected as many")
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            for count, channels in zip(layers, filters, strict=True):
                for _ in range(count):
                    start = initializer.Xavier(rnd_type="gaussian", factor_type="out", magnitude=2)
                    self.features.add(nn.Conv2D(channels, 3, padding=1, weight_initializer=start))
                    if batch_norm:
                        self.features.add(nn.BatchNorm())
                    self.features.add(nn.Activation("relu"))
                self.features.add(nn.MaxPool2D(strides=2))
            for _ in range(2):
                self.features.add(nn.Dense(4096, activation="relu", weight_initializer="normal"), nn.Dropout(0.5))
            self.output = nn.Dense(classes, weight_initializer="normal")

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return body_and_head(self, x)


def get_vgg(num_layers: int, pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any) -> VGG:
    """VGG with 11, 13, 16 or 19 layers, with batch_norm=True also with normalisation."""
    layers, filters = vgg_spec[num_layers]
    require_no_weights(f"vgg{num_layers}", pretrained)
    return VGG(layers, filters, **kwargs)


MODELS = {f"vgg{n}": Model(get_vgg, (n,), f"VGG with {n} layers") for n in vgg_spec} | {
    f"vgg{n}_bn": Model(get_vgg, (n,), f"VGG with {n} layers and normalisation", {"batch_norm": True}) for n in vgg_spec
}
