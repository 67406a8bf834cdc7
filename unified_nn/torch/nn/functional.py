"""`torch.nn.functional`: the functions of all families."""

from __future__ import annotations

from unified_nn.torch.missing import missing
from unified_nn.torch.nn.functions.activation import log_softmax, relu, relu_, sigmoid, softmax, tanh
from unified_nn.torch.nn.functions.convolution import conv1d, conv2d, conv3d
from unified_nn.torch.nn.functions.distance import cosine_similarity, pairwise_distance
from unified_nn.torch.nn.functions.dropout import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
)  # fmt: skip
from unified_nn.torch.nn.functions.linear import linear
from unified_nn.torch.nn.functions.loss import cross_entropy, l1_loss, mse_loss, nll_loss
from unified_nn.torch.nn.functions.normalization import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    local_response_norm,
    normalize,
    rms_norm,
)  # fmt: skip
from unified_nn.torch.nn.functions.pooling import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)  # fmt: skip
from unified_nn.torch.nn.functions.vision import channel_shuffle, interpolate, pixel_shuffle, pixel_unshuffle

__all__ = [
    "alpha_dropout", "avg_pool1d", "avg_pool2d", "avg_pool3d", "batch_norm", "channel_shuffle", "conv1d", "conv2d",
    "conv3d", "cosine_similarity", "cross_entropy", "dropout", "dropout1d", "dropout2d", "dropout3d",
    "feature_alpha_dropout", "group_norm", "instance_norm", "interpolate", "l1_loss", "layer_norm", "linear",
    "local_response_norm", "log_softmax", "max_pool1d", "max_pool2d", "max_pool3d", "mse_loss", "nll_loss",
    "normalize", "pairwise_distance", "pixel_shuffle", "pixel_unshuffle", "relu", "relu_", "rms_norm", "sigmoid",
    "softmax", "tanh",
]  # fmt: skip

__getattr__ = missing(__name__, lambda: __all__)
