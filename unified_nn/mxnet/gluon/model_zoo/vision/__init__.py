"""`mxnet.gluon.model_zoo.vision`: networks for images, with the names that the files of their weights have."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import ArgumentError, make, nearest
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.mxnet.gluon.model_zoo.vision import (
    alexnet as _alexnet,
)
from unified_nn.mxnet.gluon.model_zoo.vision import (
    densenet as _densenet,
)
from unified_nn.mxnet.gluon.model_zoo.vision import (
    inception as _inception,
)
from unified_nn.mxnet.gluon.model_zoo.vision import (
    mobilenet as _mobilenet,
)
from unified_nn.mxnet.gluon.model_zoo.vision import (
    resnet as _resnet,
)
from unified_nn.mxnet.gluon.model_zoo.vision import (
    squeezenet as _squeezenet,
)
from unified_nn.mxnet.gluon.model_zoo.vision import (
    vgg as _vgg,
)
from unified_nn.mxnet.gluon.model_zoo.vision.alexnet import AlexNet
from unified_nn.mxnet.gluon.model_zoo.vision.densenet import DenseNet, get_densenet
from unified_nn.mxnet.gluon.model_zoo.vision.inception import Inception3
from unified_nn.mxnet.gluon.model_zoo.vision.making import constructor
from unified_nn.mxnet.gluon.model_zoo.vision.mobilenet import MobileNet, MobileNetV2, get_mobilenet, get_mobilenet_v2
from unified_nn.mxnet.gluon.model_zoo.vision.resnet import (
    BasicBlockV1,
    BasicBlockV2,
    BottleneckV1,
    BottleneckV2,
    ResNetV1,
    ResNetV2,
    get_resnet,
)
from unified_nn.mxnet.gluon.model_zoo.vision.squeezenet import SqueezeNet, get_squeezenet
from unified_nn.mxnet.gluon.model_zoo.vision.vgg import VGG, get_vgg
from unified_nn.vocabulary.missing import refuse

_FAMILIES = (_resnet, _vgg, _alexnet, _densenet, _squeezenet, _inception, _mobilenet)
MODELS = {name: model for family in _FAMILIES for name, model in family.MODELS.items()}


def _spelled(name: str) -> str:
    """The name of the function that makes the network of this name."""
    return name.replace(".", "_").replace("mobilenetv2", "mobilenet_v2").replace("inceptionv3", "inception_v3")


_constructors = {name: constructor(_spelled(name), model) for name, model in MODELS.items()}
globals().update({_spelled(name): made for name, made in _constructors.items()})


def get_model(name: str, **kwargs: Any) -> HybridBlock:
    """The network of this name, such as "resnet18_v1"; keywords go to its class."""
    known = name.lower()
    if known not in _constructors:
        options = "\n\t".join(sorted(_constructors))
        message = f"Model {name} is not supported.{nearest(known, _constructors)} Available options are\n\t{options}"
        raise make(ArgumentError, message, ValueError)
    return _constructors[known](**kwargs)


__all__ = [
    "VGG", "AlexNet", "BasicBlockV1", "BasicBlockV2", "BottleneckV1", "BottleneckV2", "DenseNet", "Inception3",
    "MobileNet", "MobileNetV2", "ResNetV1", "ResNetV2", "SqueezeNet", "get_densenet", "get_mobilenet",
    "get_mobilenet_v2", "get_model", "get_resnet", "get_squeezenet", "get_vgg", *map(_spelled, MODELS),
]  # fmt: skip
__getattr__ = refuse("mxnet.gluon.model_zoo.vision", globals())
