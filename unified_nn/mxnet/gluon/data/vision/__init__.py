"""`mxnet.gluon.data.vision`: image transforms; the data sets are not offered."""

from __future__ import annotations

from unified_nn.mxnet.gluon.data.vision import transforms
from unified_nn.vocabulary.missing import refuse

__all__ = ["transforms"]
_WHY = "nothing is downloaded; load the arrays and use gluon.data.ArrayDataset"
_NAMES = ("MNIST", "FashionMNIST", "CIFAR10", "CIFAR100", "ImageRecordDataset", "ImageFolderDataset")
__getattr__ = refuse("mxnet.gluon.data.vision", globals(), dict.fromkeys(_NAMES, _WHY))
