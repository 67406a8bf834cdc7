"""LeNet-5."""

from __future__ import annotations

from unified_nn.errors import NotOfferedError, make
from unified_nn.mindspore.train.serialization import load_checkpoint
from unified_nn.mindvision.classification.models.backbones import LeNet5
from unified_nn.mindvision.classification.models.classifiers import BaseClassifier

__all__ = ["lenet"]


def lenet(
    num_classes: int = 10, num_channel: int = 1, pretrained: bool = False, include_top: bool = True,
    ckpt_file: str | None = None,
) -> BaseClassifier:  # fmt: skip
    """LeNet-5, whose parameters are named `backbone.conv1.weight` and so on, with the weights of a checkpoint file."""
    if pretrained and ckpt_file is None:
        raise make(NotOfferedError, "mindvision lenet(pretrained=True): nothing is downloaded; give ckpt_file=...")
    model = BaseClassifier(LeNet5(num_classes=num_classes, num_channel=num_channel, include_top=include_top))
    if ckpt_file is not None:
        load_checkpoint(ckpt_file, model)
    return model
