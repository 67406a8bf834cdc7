"""Networks for image classification: LeNet-5."""

from __future__ import annotations

from unified_nn.mindvision.classification.models.backbones import LeNet5
from unified_nn.mindvision.classification.models.classifiers import BaseClassifier
from unified_nn.mindvision.classification.models.lenet5 import lenet
from unified_nn.vocabulary.missing import refuse

__all__ = ["BaseClassifier", "LeNet5", "lenet"]
__getattr__ = refuse(__name__, __all__)
