"""Traps 27 to 41, 55, 58 and 60: update rules, gradients, recurrent layers, names, schedules."""

from __future__ import annotations

from unified_nn.vocabulary.traps.trap import Trap

TRAINING = (
    Trap(
        27, "learning rate and the momentum buffer",
        about=("SGD", "sgd"),
        torch="outside the buffer", mindspore="outside", mxnet="inside: differs once the rate changes",
        fault="MXNet's SGD keeps the rate outside",
    ),
    Trap(
        28, "Nesterov momentum",
        about=("SGD", "Momentum", "nag"),
        torch="g + momentum * v", mxnet="`nag` as PyTorch",
        mindspore="`nn.SGD(nesterov=True)` as PyTorch; `nn.Momentum(use_nesterov=True)` is plain on a CPU",
        fault="MindSpore's Momentum obeys use_nesterov",
    ),
    Trap(
        29, "eps of Adam",
        about=("Adam", "adam"),
        torch="added after the bias is taken out", mindspore="before", mxnet="before",
        fault="MindSpore's Adam adds eps after",
    ),
    Trap(
        30, "AdamW",
        about=("AdamW*", "adamw"),
        torch="decay apart, bias corrected", mindspore="`AdamWeightDecay`: bias not corrected, eps 1e-6",
        mxnet="none under that name",
        fault="MindSpore's AdamWeightDecay corrects the bias",
    ),
    Trap(
        31, "what weight decay moves",
        about=("SGD", "sgd"),
        torch="every parameter given", mindspore="without groups not those with beta or gamma in their names",
        mxnet="every parameter, times its `wd_mult`",
        fault="MindSpore's ungrouped decay moves gamma",
    ),
    Trap(
        32, "RMSProp",
        about=("RMS[pP]rop", "rmsprop"),
        torch="eps outside the root, share 0.99, mean square from 0",
        mindspore="eps 1e-10 inside the root, share 0.9, mean square from 1", mxnet="eps 1e-8 inside the root, share 0.9, from 0",
        fault="MindSpore's mean square starts from 0",
    ),
    Trap(
        33, "first accumulator of Adagrad",
        about=("[aA]dagrad",),
        torch="0, eps 1e-10", mindspore="0.1, no eps", mxnet="0, eps 1e-7",
        fault="MindSpore's accumulator starts from 0",
    ),
    Trap(
        34, "eps of Adadelta",
        about=("[aA]dadelta",),
        torch="1e-6", mindspore="1e-6", mxnet="1e-5",
        fault="MXNet's AdaDelta has 1e-6",
    ),
    Trap(
        35, "scaling of a step",
        about=("Trainer", "loss_scale"),
        torch="none", mindspore="gradients divided by `loss_scale`", mxnet="`Trainer.step(n)` divides gradients by n",
        fault="MXNet's Trainer.step(n) does not divide",
    ),
    Trap(
        36, "a second backward",
        about=("backward", "grad"),
        torch="adds", mindspore="functional: nothing is kept", mxnet="overwrites, unless `grad_req='add'`",
        fault="MXNet's gradients add up",
    ),
    Trap(
        37, "backward of a tensor that is no scalar",
        about=("backward", "grad"),
        torch="raises", mindspore="the gradient of the sum", mxnet="the gradient of the sum",
        fault="PyTorch's backward takes the sum",
    ),
    Trap(
        38, "gradients at ties and kinks",
        about=("max", "maximum", "relu6", "leaky_relu", "LeakyReLU", "MaxPool*", "clamp", "clip", "abs"),
        torch="max() splits a tie, max(dim) gives it to one; relu6 at 6: 0; leaky at 0: the slope",
        mindspore="max() splits, along an axis the first gets all; relu6 at 6: 1; leaky at 0: (1 + slope) / 2",
        mxnet="max gives each 1; clip at its ends 1; leaky at 0: the slope",
        fault="MindSpore's leaky ReLU has the slope at 0",
    ),
    Trap(
        39, "order of recurrent gates",
        about=("LSTM", "GRU"),
        torch="i, f, g, o and r, z, n", mindspore="the same", mxnet="the same",
        fault="the LSTM's gates are i, g, f, o in MXNet",
        note="no reordering is needed: a conversion that does it is wrong",
    ),
    Trap(
        40, "names and layout of recurrent layers",
        about=("LSTM",),
        torch="`weight_ih_l0`, time first", mindspore="`weight_ih_l0`, time first", mxnet="`l0_i2h_weight`, 'TNC': time first",
        fault="PyTorch's LSTM puts the batch first",
    ),
    Trap(
        41, "names of parameters",
        about=("state_dict", "get_parameters", "collect_params"),
        torch="weight, bias, running_mean, running_var, num_batches_tracked",
        mindspore="gamma, beta, moving_mean, moving_variance (the moving ones first), embedding_table, PReLU's w",
        mxnet="gamma, beta, running_*; counters such as `dense0_weight` in memory, `0.weight` in files",
        fault="MindSpore's gamma is listed before the moving statistics",
    ),
    Trap(
        55, "clipping by the norm",
        about=("clip_*norm*",),
        torch="adds 1e-6 to the norm", mindspore="`ops.clip_by_global_norm` is exact, `ops.clip_by_norm` adds 1e-6",
        mxnet="adds 1e-8",
        fault="MindSpore's clip_by_global_norm adds 1e-6",
        note="the list had MindSpore and MXNet as exact",
    ),
    Trap(
        58, "when parameters are made",
        about=("initialize",),
        torch="at construction", mindspore="at construction",
        mxnet="in `initialize()`, and in the first forward where sizes are open",
        fault="MXNet's Dense knows its input size at construction",
    ),
    Trap(
        60, "form of a learning-rate schedule",
        about=("*Scheduler", "StepLR", "*DecayLR", "*_lr"),
        torch="an object with `step()`, once per epoch", mindspore="a list, or a Cell of the step",
        mxnet="a callable of the update count, which is 1 at the first step",
        fault="MXNet's FactorScheduler acts one update early",
    ),
)  # fmt: skip
