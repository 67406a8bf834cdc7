"""Traps 61 on: found while building the vocabularies."""

from __future__ import annotations

from unified_nn.vocabulary.traps.trap import NOT_CONCERNED, Trap

FURTHER = (
    Trap(
        61, "default learning rate of SGD",
        about=("SGD",),
        torch="0.001", mindspore="0.1", mxnet="0.01",
        fault="MindSpore's SGD has PyTorch's rate",
    ),
    Trap(
        62, "gradient of an embedding's padding row",
        about=("Embedding",),
        torch="none", mindspore="as of any other row; only the first values are 0", mxnet=NOT_CONCERNED,
        fault="PyTorch's padding row gets a gradient",
    ),
    Trap(
        63, "gamma and beta of group normalisation",
        about=("GroupNorm",),
        torch="one per channel", mindspore="one per channel", mxnet="one per group",
        fault="MXNet's GroupNorm has one per channel",
    ),
    Trap(
        64, "padding of a transposed convolution",
        about=("Conv*Transpose*",),
        torch="0: (S - 1) * stride + kernel", mindspore="`pad_mode='same'`: S * stride", mxnet="0, as PyTorch",
        fault="MindSpore's Conv2dTranspose crops nothing by default",
    ),
    Trap(
        65, "what a recurrent layer gives",
        about=("LSTM",),
        torch="outputs and last states", mindspore="outputs and last states",
        mxnet="outputs alone, with the last states only if initial ones are given",
        fault="MXNet's LSTM always gives the states",
    ),
    Trap(
        66, "second argument of split",
        about=("split", "chunk", "Split"),
        torch="the size of a part; `chunk` takes their number",
        mindspore="the size of a part; the primitive `ops.Split` takes their number", mxnet="the number of parts",
        fault="MXNet's split takes the size of a part",
    ),
    Trap(
        67, "repeat",
        about=("repeat*", "tile"),
        torch="the whole; `repeat_interleave` each element",
        mindspore="`tile` the whole, `repeat_interleave` each; `Tensor.repeat` has no CPU kernel",
        mxnet="each element; `tile` the whole",
        fault="MXNet's repeat gives the whole",
    ),
    Trap(
        68, "transpose with two numbers",
        about=("transpose", "permute"),
        torch="exchanges two axes; `permute` takes an order",
        mindspore="`x.transpose(0, 1)` exchanges, a tuple or more numbers are an order", mxnet="an order of all axes",
        fault="MindSpore's x.transpose(0, 1) is an order",
    ),
    Trap(
        69, "binary cross entropy of probability 0",
        about=("BCELoss", "SigmoidBCELoss"),
        torch="100: logarithms are at least -100", mindspore="27.6: 1e-12 is added", mxnet="27.6: 1e-12 is added",
        fault="MindSpore's logarithms are at least -100",
    ),
    Trap(
        70, "mean of whole numbers",
        about=("mean",),
        torch="raises", mindspore="loses the fraction", mxnet="loses the fraction",
        fault="PyTorch's mean of whole numbers is a fraction",
    ),
    Trap(
        71, "initial values of recurrent layers",
        about=("GRU",),
        torch="U(±1/sqrt(hidden)), weights and biases", mindspore="as PyTorch", mxnet="U(±0.07), biases 0",
        fault="MXNet's GRU draws its biases",
    ),
    Trap(
        72, "order of padding widths",
        about=("pad",),
        torch="from the last axis", mindspore="`ops.pad` from the last axis", mxnet="from the first axis, all of them",
        fault="MXNet's pad takes the last axis first",
    ),
    Trap(
        73, "dtype of arange and full",
        about=("arange", "full"),
        torch="int64 for whole numbers", mindspore="int64 for whole numbers", mxnet="float32",
        fault="MXNet's arange gives int64",
    ),
    Trap(
        74, "square root of whole numbers",
        about=("sqrt", "exp"),
        torch="float32", mindspore="float32; `exp` raises", mxnet="whole: sqrt(2) is 1, exp(1) is 2",
        fault="MXNet's sqrt gives fractions",
    ),
    Trap(
        75, "whole numbers to a negative power",
        torch="raises", mindspore="loses the fraction: 2 ** -1 is 0", mxnet="loses the fraction",
        fault="PyTorch's power loses the fraction",
    ),
    Trap(
        76, "True in a mask of attention",
        about=("attn_mask",),
        torch="`F.scaled_dot_product_attention`: takes part; `nn.MultiheadAttention`: is hidden",
        mindspore="`nn.MultiheadAttention`: is hidden", mxnet=NOT_CONCERNED,
        fault="PyTorch's scaled dot products hide what is True",
    ),
    Trap(
        77, "attention of a row that the masks hide whole",
        about=("need_weights",),
        torch="NaN with `need_weights`, which is the default, 0 without; 0 for scaled dot products",
        mindspore="what is in memory: its CPU softmax leaves the result unwritten; NaN here", mxnet=NOT_CONCERNED,
        fault="PyTorch's attention gives NaN without the weights",
        unshown={"mindspore": "its result is not defined"},
    ),
    Trap(
        78, "masks of numbers in an encoder",
        about=("src_mask",),
        torch="added in training; in inference without gradients they hide what is not 0", mindspore="added",
        mxnet=NOT_CONCERNED,
        fault="PyTorch's encoder adds them in inference too",
    ),
    Trap(
        79, "a padding mask of bools beside a mask of numbers",
        about=("key_padding_mask",),
        torch="True hides", mindspore="True adds 1", mxnet=NOT_CONCERNED,
        fault="MindSpore's True hides",
    ),
)  # fmt: skip
