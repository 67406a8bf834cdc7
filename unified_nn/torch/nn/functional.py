"""`torch.nn.functional`: the functions of all families."""

from __future__ import annotations

from unified_nn.vocabulary.missing import refuse
from unified_nn.torch.nn.functions.activation import (
    celu,
    celu_,
    elu,
    elu_,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    relu_,
    rrelu,
    rrelu_,
    selu,
    selu_,
    sigmoid,
    silu,
    softplus,
    softshrink,
    softsign,
    tanh,
    tanhshrink,
    threshold,
    threshold_,
)  # fmt: skip
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
from unified_nn.torch.nn.functions.softmax import gumbel_softmax, log_softmax, softmax, softmin
from unified_nn.torch.nn.functions.vision import channel_shuffle, interpolate, pixel_shuffle, pixel_unshuffle

__all__ = [
    "alpha_dropout", "avg_pool1d", "avg_pool2d", "avg_pool3d", "batch_norm", "celu", "celu_", "channel_shuffle",
    "conv1d", "conv2d", "conv3d", "cosine_similarity", "cross_entropy", "dropout", "dropout1d", "dropout2d",
    "dropout3d", "elu", "elu_", "feature_alpha_dropout", "gelu", "glu", "group_norm", "gumbel_softmax",
    "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_", "instance_norm", "interpolate", "l1_loss",
    "layer_norm", "leaky_relu", "leaky_relu_", "linear", "local_response_norm", "log_softmax", "logsigmoid",
    "max_pool1d", "max_pool2d", "max_pool3d", "mish", "mse_loss", "nll_loss", "normalize", "pairwise_distance",
    "pixel_shuffle", "pixel_unshuffle", "prelu", "relu", "relu6", "relu_", "rms_norm", "rrelu", "rrelu_", "selu",
    "selu_", "sigmoid", "silu", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh", "tanhshrink",
    "threshold", "threshold_",
]  # fmt: skip

__getattr__ = refuse(__name__, __all__)
