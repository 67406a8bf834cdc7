"""`torch.nn.functional`: the functions of all families."""

from __future__ import annotations

from unified_nn.torch.missing import missing
from unified_nn.torch.nn.functions.activation import log_softmax, relu, relu_, sigmoid, softmax, tanh
from unified_nn.torch.nn.functions.convolution import conv1d, conv2d, conv3d
from unified_nn.torch.nn.functions.linear import linear
from unified_nn.torch.nn.functions.loss import cross_entropy, l1_loss, mse_loss, nll_loss
from unified_nn.torch.nn.functions.pooling import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)  # fmt: skip

__all__ = [
    "avg_pool1d", "avg_pool2d", "avg_pool3d", "conv1d", "conv2d", "conv3d", "cross_entropy", "l1_loss", "linear",
    "log_softmax", "max_pool1d", "max_pool2d", "max_pool3d", "mse_loss", "nll_loss", "relu", "relu_", "sigmoid",
    "softmax", "tanh",
]  # fmt: skip

__getattr__ = missing(__name__, lambda: __all__)
