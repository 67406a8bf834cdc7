"""Traps 1 to 21: convolution, initial values, normalisation, activations, pooling, dropout."""

from __future__ import annotations

from unified_nn.vocabulary.traps.trap import NOT_CONCERNED, Trap

LAYERS = (
    Trap(
        1, "padding of a convolution",
        about=("Conv?[dD]",),
        torch="0", mindspore="`pad_mode='same'`", mxnet="0",
        fault="MindSpore's Conv2d pads nothing by default",
    ),
    Trap(
        2, "where 'same' puts an odd row of padding",
        about=("Conv?[dD]",),
        torch="refuses 'same' with a stride; explicit padding is symmetric", mindspore="at the bottom and right",
        mxnet="has no 'same'; explicit padding is symmetric",
        fault="MindSpore's 'same' puts the odd row at the top and left",
    ),
    Trap(
        3, "bias of a convolution",
        about=("Conv?[dD]",),
        torch="yes", mindspore="no, unless `has_bias=True`", mxnet="yes",
        fault="MindSpore's Conv2d has a bias by default",
    ),
    Trap(
        4, "initial values of convolution and linear layers",
        about=("Conv?[dD]", "Linear", "Dense"),
        torch="U(±1/sqrt(fan in)), weight and bias", mindspore="the same since 2.1; in 1.x N(0, 0.01) and bias 0",
        mxnet="U(±0.07), bias 0",
        fault="MindSpore's Dense draws from N(0, 0.01) as in 1.x",
    ),
    Trap(
        5, "initial values of an embedding",
        about=("Embedding",),
        torch="N(0, 1)", mindspore="N(0, 0.01)", mxnet="U(±0.07)",
        fault="MindSpore's Embedding draws from N(0, 1)",
    ),
    Trap(
        6, "momentum of batch normalisation",
        about=("BatchNorm*",),
        torch="the share of the new batch, 0.1", mindspore="the share of the old statistics, 0.9",
        mxnet="the share of the old statistics, 0.9",
        fault="MindSpore's momentum is read as the share of the new",
    ),
    Trap(
        7, "running variance of batch normalisation",
        about=("BatchNorm*",),
        torch="unbiased: divided by n - 1", mindspore="unbiased", mxnet="biased: divided by n",
        fault="MXNet's running variance is unbiased",
    ),
    Trap(
        8, "when running statistics move",
        about=("BatchNorm*",),
        torch="in forward", mindspore="in forward", mxnet="only when backward runs",
        fault="MXNet's statistics move in forward",
    ),
    Trap(
        9, "the raw batch normalisation function",
        about=("BatchNorm*",),
        torch=NOT_CONCERNED, mindspore=NOT_CONCERNED,
        mxnet="`nd.BatchNorm` has eps 1e-3 and `fix_gamma=True`, which writes ones into gamma; the layer has 1e-5 and learns it",
        fault="MXNet's nd.BatchNorm has the layer's eps",
    ),
    Trap(
        10, "batch normalisation of one value per channel",
        about=("BatchNorm*",),
        torch="raises while training", mindspore="runs, gives beta", mxnet="runs, gives beta",
        fault="PyTorch's BatchNorm1d takes one value per channel",
    ),
    Trap(
        11, "mode of a new network",
        about=("Dropout",),
        torch="training", mindspore="inference until `set_train()`", mxnet="inference unless recording with `train_mode`",
        fault="MindSpore's cells start in training",
    ),
    Trap(
        12, "eps of layer normalisation",
        about=("LayerNorm",),
        torch="1e-5", mindspore="`nn.LayerNorm` 1e-7, `mint.nn.LayerNorm` 1e-5", mxnet="1e-5",
        fault="MindSpore's LayerNorm has 1e-5",
        note="mint's has no CPU kernel to compare with, and mint is not offered",
    ),
    Trap(
        13, "what instance normalisation learns",
        about=("InstanceNorm*",),
        torch="nothing, unless `affine=True`", mindspore="gamma and beta", mxnet="beta only (`scale=False`)",
        fault="PyTorch's InstanceNorm2d is affine by default",
        note="MindSpore's CPU build cannot run the layer, so its case shows the parameters alone",
    ),
    Trap(
        14, "formula of GELU",
        about=("GELU", "gelu"),
        torch="erf", mindspore="`nn.GELU` tanh, `ops.gelu` erf; up to 4.7e-4 apart", mxnet="erf",
        fault="MindSpore's nn.GELU is the erf form",
        note="the list had 2.2e-4; the forms are furthest apart at ±2.7",
    ),
    Trap(
        15, "slope of LeakyReLU",
        about=("LeakyReLU", "leaky_relu"),
        torch="0.01", mindspore="0.2", mxnet="the layer has no default, `nd.LeakyReLU` 0.25",
        fault="MindSpore's LeakyReLU has slope 0.01",
    ),
    Trap(
        16, "slope of the hard sigmoid",
        about=("HSigmoid", "Hardsigmoid", "hard*sigmoid"),
        torch="1/6", mindspore="1/6", mxnet="0.2",
        fault="MXNet's nd.hard_sigmoid has slope 1/6",
    ),
    Trap(
        17, "axis of softmax",
        about=("Softmax", "softmax"),
        torch="none: 0 for 0, 1 or 3 axes, else 1, with a warning", mindspore="-1", mxnet="-1",
        fault="PyTorch's Softmax() takes the last axis",
    ),
    Trap(
        18, "window and stride of pooling",
        about=("MaxPool*", "AvgPool*", "Pooling"),
        torch="window required, stride = window", mindspore="window 1 and stride 1, whatever the window",
        mxnet="the layer's window 2, stride = window; `nd.Pooling` has stride 1",
        fault="MindSpore's MaxPool2d steps by its window",
    ),
    Trap(
        19, "average pooling at the border",
        about=("AvgPool*",),
        torch="padding counts", mindspore="with 'same' padding does not count, with 'pad' it does", mxnet="padding counts",
        fault="MindSpore's 'same' counts its padding",
    ),
    Trap(
        20, "ceil mode, last window wholly in the padding",
        about=("MaxPool*", "AvgPool*"),
        torch="dropped", mindspore="dropped", mxnet="kept: the lowest float for max, 0 for average",
        fault="MXNet drops the last window",
    ),
    Trap(
        21, "first argument of Dropout",
        about=("Dropout",),
        torch="the share dropped", mindspore="the share kept; `p=` is the share dropped", mxnet="the share dropped",
        fault="MindSpore's Dropout(0.9) drops 0.9",
    ),
)  # fmt: skip
