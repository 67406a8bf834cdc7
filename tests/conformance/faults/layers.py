"""Faults of traps 1 to 26: layers and losses."""

from __future__ import annotations

import importlib
import math
from typing import Any

from faults.fault import Patch, after, default, fault
from unified_nn.layers import pool
from unified_nn.mindspore import nn as ms
from unified_nn.mindspore.common.initializer import Normal
from unified_nn.mxnet import nd
from unified_nn.mxnet.gluon import loss
from unified_nn.mxnet.gluon import nn as mx
from unified_nn.ops.elementwise import mul
from unified_nn.torch import nn as torch
from unified_nn.torch.nn import batchnorm
from unified_nn.torch.nn.functions import softmax
from unified_nn.vocabulary.rules import complement, computed, mapped, per_axis

mxnet_norm = importlib.import_module("unified_nn.mxnet.ndarray.norm")  # the package has a function of that name

default(1, ms.Conv2d, pad_mode="pad")
default(3, ms.Conv2d, has_bias=True)
default(5, ms.Embedding, embedding_table=Normal(1.0))
default(9, nd.BatchNorm, eps=1e-5)
default(12, ms.LayerNorm, epsilon=1e-5)
default(13, torch.InstanceNorm2d, affine=True)
default(14, ms.GELU, approximate=False)
default(15, ms.LeakyReLU, alpha=0.01)
default(16, nd.hard_sigmoid, alpha=1 / 6)
default(22, ms.SoftmaxCrossEntropyWithLogits, reduction="mean")
default(23, loss.L2Loss, weight=2.0)
default(25, ms.SmoothL1Loss, reduction="mean")
default(26, nd.pick, mode="raise")


@fault(2)
def same_padding_first(patch: Patch) -> None:
    from unified_nn.layers import conv

    original = conv.same_pads
    patch.setattr(conv, "same_pads", lambda *args: tuple((hi, lo) for lo, hi in original(*args)))


@fault(4)
def older_initial_values(patch: Patch) -> None:
    patch.setattr(ms.Dense, "default_initial", lambda self, param: Normal(0.01) if param.name == "w" else "zeros")


@fault(6)
def share_of_the_new(patch: Patch) -> None:
    patch.setitem(ms.BatchNorm2d.rules, "keep", complement("momentum"))


@fault(7)
def unbiased_running_variance(patch: Patch) -> None:
    moments, following = mxnet_norm.ops.batch_moments, mxnet_norm._following
    count = []

    def counted(x: Any, *, axis: int) -> Any:
        count.append(math.prod(x._shape) // x._shape[axis])
        return moments(x, axis=axis)

    def follow(mean: Any, var: Any, center: Any, spread: Any, momentum: float) -> Any:
        return following(mean, var, center, mul(spread, count[-1] / (count[-1] - 1)), momentum)

    patch.setattr(mxnet_norm.ops, "batch_moments", counted)
    patch.setattr(mxnet_norm, "_following", follow)


@fault(8)
def statistics_in_forward(patch: Patch) -> None:
    patch.setattr(mxnet_norm, "_when_differentiated", lambda out, learned, follow: follow())


@fault(10)
def one_value_is_enough(patch: Patch) -> None:
    patch.setattr(batchnorm, "check_values_per_channel", lambda *args: None)


@fault(11)
def cells_start_in_training(patch: Patch) -> None:
    after(patch, ms.Cell, "_set_up", lambda cell: cell.__dict__.update(training=True))


@fault(17)
def softmax_of_the_last_axis(patch: Patch) -> None:
    original = softmax._dim
    patch.setattr(softmax, "_dim", lambda name, dim, *rest: original(name, -1 if dim is None else dim, *rest))


@fault(18)
def pool_steps_by_its_window(patch: Patch) -> None:
    patch.setitem(ms.MaxPool2d.rules, "stride", per_axis("kernel_size", 2))


@fault(19)
def same_counts_padding(patch: Patch) -> None:
    def build(cls: Any, given: Any) -> pool.AvgPool:
        return pool.AvgPool(**{setting: rule.read(given) for setting, rule in cls.rules.items()})

    patch.setattr(ms.AvgPool2d, "_build", classmethod(build))


@fault(20)
def last_window_is_dropped(patch: Patch) -> None:
    for row in (mx.MaxPool2D, mx.AvgPool2D):
        patch.setitem(row.rules, "rounding", mapped("ceil_mode", {False: "floor", True: "ceil_inside"}))


@fault(21)
def first_argument_drops(patch: Patch) -> None:
    rule = computed(("keep_prob", "p"), lambda first, p: first if p is None else p, lambda v: {"p": v})
    patch.setitem(ms.Dropout.rules, "drop", rule)


@fault(24)
def mean_over_the_classes(patch: Patch) -> None:
    original = loss.KLDivLoss.hybrid_forward

    class Means:
        """F whose sum is the mean."""

        def __init__(self, functions: Any) -> None:
            self.functions, self.sum = functions, functions.mean

        def __getattr__(self, name: str) -> Any:
            return getattr(self.functions, name)

    patch.setattr(
        loss.KLDivLoss, "hybrid_forward", lambda self, F, *args, **more: original(self, Means(F), *args, **more)
    )
