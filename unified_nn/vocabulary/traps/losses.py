"""Traps 22 to 26: what a loss gives by default, and labels out of range."""

from __future__ import annotations

from unified_nn.vocabulary.traps.trap import Trap

LOSSES = (
    Trap(
        22, "reduction of cross entropy",
        about=("*CrossEntropy*",),
        torch="the mean", mindspore="`CrossEntropyLoss` the mean; `SoftmaxCrossEntropyWithLogits` none, and one-hot labels",
        mxnet="one value per sample",
        fault="MindSpore's SoftmaxCrossEntropyWithLogits gives the mean",
    ),
    Trap(
        23, "factor and reduction of the squared error",
        about=("MSELoss", "L2Loss"),
        torch="mean of squares", mindspore="mean of squares", mxnet="half the mean of squares, per sample",
        fault="MXNet's L2Loss lacks the half",
    ),
    Trap(
        24, "mean of the KL divergence",
        about=("KLDivLoss", "kl_div"),
        torch="over all elements; 'batchmean' over samples", mindspore="over all elements, no `log_target`",
        mxnet="the sum over the classes of each sample, whose mean is PyTorch's 'batchmean'",
        fault="MXNet's KLDivLoss gives the mean over the classes",
    ),
    Trap(
        25, "SmoothL1 and Huber",
        about=("SmoothL1Loss", "HuberLoss"),
        torch="differ by the factor beta; both give the mean", mindspore="SmoothL1 is not reduced by default, Huber is",
        mxnet="HuberLoss(rho) is PyTorch's SmoothL1(beta=rho), per sample",
        fault="MindSpore's SmoothL1Loss gives the mean",
    ),
    Trap(
        26, "labels and indices out of range",
        about=("*CrossEntropyLoss", "Embedding", "pick", "take"),
        torch="raise, also negative ones",
        mindspore="raise; labels from -classes to -1 count from the end",
        mxnet="are clipped silently",
        fault="MXNet's labels out of range raise",
        note="in MindSpore 2.10 CrossEntropyLoss and NLLLoss always raised; SoftmaxCrossEntropyWithLogits(sparse=True) returned",
    ),
)  # fmt: skip
