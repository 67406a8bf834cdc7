"""The part of a classifier that sees the image."""

from __future__ import annotations

from typing import Any

from unified_nn.mindspore import nn
from unified_nn.mindspore.common.initializer import Normal

__all__ = ["LeNet5"]


class LeNet5(nn.Cell):
    """LeNet-5 for images (N, num_channel, 32, 32); without its top it gives the features (N, 16, 5, 5).

    Names, sizes and initial values are those of MindSpore Vision 0.1's `LeNet5` (Apache-2.0,
    https://gitee.com/mindspore/vision), as its sources and the MindSpore 1.x quick start show them.
    """

    def __init__(self, num_classes: int = 10, num_channel: int = 1, include_top: bool = True) -> None:
        super().__init__()
        self.include_top = include_top
        self.conv1 = nn.Conv2d(num_channel, 6, 5, pad_mode="valid")
        self.conv2 = nn.Conv2d(6, 16, 5, pad_mode="valid")
        self.relu = nn.ReLU()
        self.max_pool2d = nn.MaxPool2d(kernel_size=2, stride=2)
        if include_top:
            self.flatten = nn.Flatten()
            self.fc1 = nn.Dense(16 * 5 * 5, 120, weight_init=Normal(0.02))
            self.fc2 = nn.Dense(120, 84, weight_init=Normal(0.02))
            self.fc3 = nn.Dense(84, num_classes, weight_init=Normal(0.02))

    def construct(self, x: Any) -> Any:
        x = self.max_pool2d(self.relu(self.conv1(x)))
        x = self.max_pool2d(self.relu(self.conv2(x)))
        if not self.include_top:
            return x
        x = self.relu(self.fc1(self.flatten(x)))
        return self.fc3(self.relu(self.fc2(x)))
