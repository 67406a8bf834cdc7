"""Traps 42 to 54, 56, 57 and 59: reductions, dtypes, shapes, pictures."""

from __future__ import annotations

from unified_nn.vocabulary.traps.trap import Trap

ARRAYS = (
    Trap(
        42, "divisor of variance and deviation",
        about=("std", "var", "moments"),
        torch="n - 1", mindspore="n", mxnet="n",
        fault="MindSpore's std divides by n - 1",
    ),
    Trap(
        43, "dtype of argmax",
        about=("argmax",),
        torch="int64", mindspore="int64", mxnet="`nd.argmax` float32",
        fault="MXNet's argmax gives int64",
    ),
    Trap(
        44, "dtype of arrays made from lists and NumPy",
        about=("tensor", "Tensor", "array"),
        torch="lists of ints int64, float64 arrays stay", mindspore="lists of ints int64, float64 arrays stay",
        mxnet="float32 in all cases",
        fault="MXNet's nd.array keeps the dtype",
    ),
    Trap(
        45, "division of integers",
        torch="true division", mindspore="true division", mxnet="stays integer: 3 / 2 is 1",
        fault="MXNet divides truly",
    ),
    Trap(
        46, "int32 + float32",
        torch="float32", mindspore="float32", mxnet="raises",
        fault="MXNet promotes to float32",
    ),
    Trap(
        47, "dtype of a comparison",
        torch="bool", mindspore="bool", mxnet="that of the operands, float32",
        fault="MXNet's comparison gives bool",
    ),
    Trap(
        48, "rounding of halves",
        about=("round", "rint"),
        torch="to even: 0, 2, 2", mindspore="to even", mxnet="`nd.round` away from 0: 1, 2, 3; `nd.rint` down: 0, 1, 2",
        fault="MXNet's nd.round goes to even",
    ),
    Trap(
        49, "dtype of a sum of int32",
        about=("sum",),
        torch="int64", mindspore="int64", mxnet="int32",
        fault="PyTorch's sum stays int32",
    ),
    Trap(
        50, "shape of a full reduction",
        about=("sum", "max"),
        torch="()", mindspore="()", mxnet="(1,)",
        fault="MXNet's sum has shape ()",
    ),
    Trap(
        51, "a linear layer on more than two axes",
        about=("Linear", "Dense"),
        torch="acts on the last axis", mindspore="acts on the last axis", mxnet="flattens, unless `flatten=False`",
        fault="MXNet's Dense does not flatten",
    ),
    Trap(
        52, "special sizes in reshape",
        about=("reshape",),
        torch="-1 only; others raise", mindspore="-1 only; others raise", mxnet="0, -1, -2, -3, -4 have meanings",
        fault="MXNet's 0 is a size like others",
    ),
    Trap(
        53, "corners in bilinear resizing",
        about=("interpolate", "Upsampl*", "BilinearResize2D"),
        torch="not aligned", mindspore="not aligned", mxnet="`contrib.BilinearResize2D` aligns them",
        fault="MXNet's BilinearResize2D does not align them",
    ),
    Trap(
        54, "local response normalisation",
        about=("LocalResponseNorm", "LRN", "lrn"),
        torch="a window of `size`, alpha / size, k 1", mindspore="`depth_radius` to both sides, alpha undivided, power 0.5",
        mxnet="as PyTorch with `knorm=2`",
        fault="MindSpore's LRN divides alpha by the window",
    ),
    Trap(
        56, "what topk and sort give",
        about=("topk", "sort", "argsort"),
        torch="values and int64 indices", mindspore="values and int32 indices",
        mxnet="`nd.topk` float32 indices only, `nd.sort` values only",
        fault="MXNet's topk gives values",
    ),
    Trap(
        57, "output padding of a transposed convolution",
        about=("Conv*Transpose*",),
        torch="more windows are computed", mindspore="zeros are put behind; absent in documentation of 2.4",
        mxnet="as PyTorch",
        fault="MindSpore's output_padding is computed as PyTorch's",
        note="the list had the argument as equal",
    ),
    Trap(
        59, "layout of pictures in data transforms",
        about=("ToTensor", "HWC2CHW", "Rescale"),
        torch="transforms give (C, H, W)", mindspore="`dataset.vision` works on (H, W, C); ToTensor and HWC2CHW change it",
        mxnet="transforms work on (H, W, C); ToTensor changes it",
        fault="MXNet's ToTensor leaves the channels last",
        unshown={"torch": "torchvision is not among the oracles"},
    ),
)  # fmt: skip
