"""Faults of traps 27 to 41, 55, 58 and 60: update rules, gradients, recurrent layers, names, schedules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from faults.fault import Patch, after, default, fault
from unified_nn.mindspore import nn as ms
from unified_nn.mindspore import ops as ms_ops
from unified_nn.mindspore.nn.layer.normalization import _BatchNorm
from unified_nn.mxnet import gluon, gradient, lr_scheduler, optimizer
from unified_nn.mxnet.gluon import nn as mx
from unified_nn.mxnet.gluon.rnn import rnn_layer
from unified_nn.ops import activation
from unified_nn.ops.elementwise import ones_like
from unified_nn.ops.shape import concat, narrow
from unified_nn.torch import nn as torch
from unified_nn.torch.autograd import functions

default(33, ms.Adagrad, accum=0.0)
default(34, optimizer.AdaDelta, epsilon=1e-6)
default(40, torch.LSTM, batch_first=True)
default(58, mx.Dense, in_units=3)


def rule(number: int, owner: type, **settings: Any) -> None:
    """The fault that an optimizer's update rule has other settings."""

    def change(made: Any) -> None:
        made.rule = replace(made.rule, **settings)

    fault(number)(lambda patch: after(patch, owner, "__init__", change))


rule(27, optimizer.SGD, inside=False)
rule(29, ms.Adam, placement="after")
rule(30, ms.AdamWeightDecay, corrected=True)


@fault(28)
def momentum_obeys(patch: Patch) -> None:
    def change(made: Any) -> None:
        made.rule = replace(made.rule, nesterov=made.use_nesterov)

    after(patch, ms.Momentum, "__init__", change)


@fault(31)
def decay_of_gamma(patch: Patch) -> None:
    original = ms.Optimizer._plain

    def plain(self: Any, given: Any, rate: Any, decay: float) -> Any:
        return [replace(entry, decay=decay) for entry in original(self, given, rate, decay)]

    patch.setattr(ms.Optimizer, "_plain", plain)


@fault(32)
def mean_square_from_0(patch: Patch) -> None:
    original = ms.Optimizer._keep

    def keep(self: Any, scalars: Any = None, **moments: Any) -> None:
        original(self, scalars, **{name: (prefix, 0.0) for name, (prefix, first) in moments.items()})

    patch.setattr(ms.RMSProp, "_keep", keep)


@fault(35)
def step_does_not_divide(patch: Patch) -> None:
    original = gluon.Trainer.step
    patch.setattr(gluon.Trainer, "step", lambda self, batch_size, stale=False: original(self, 1, stale))


@fault(36)
def gradients_add_up(patch: Patch) -> None:
    patch.setitem(gradient.REQUESTS, "write", "add")


@fault(37)
def backward_of_the_sum(patch: Patch) -> None:
    patch.setattr(functions, "_seed", lambda out, seed, position: ones_like(out) if seed is None else seed)


@fault(38)
def slope_at_zero(patch: Patch) -> None:
    patch.setattr(activation.leaky_max, "stub", lambda x, *, slope: activation.leaky_relu(x, slope=slope))


@fault(39)
def reordered_gates(patch: Patch) -> None:
    original = rnn_layer.LSTM.get

    def get(self: Any, name: str) -> Any:
        found = original(self, name)
        size = found.shape[0] // 4
        parts = [narrow(found, axis=0, start=place * size, length=size) for place in (0, 2, 1, 3)]
        return concat(*parts, axis=0)

    patch.setattr(rnn_layer.LSTM, "get", get)


@fault(41)
def gamma_first(patch: Patch) -> None:
    original = _BatchNorm._ordered_params

    def ordered(self: Any) -> Any:
        return sorted(original(self), key=lambda param: not param.learned)

    patch.setattr(_BatchNorm, "_ordered_params", ordered)


@fault(55)
def norm_grows_a_little(patch: Patch) -> None:
    patch.setattr(ms_ops, "clip_by_global_norm", lambda x, clip_norm=1.0: ms_ops.clip_by_norm(x, clip_norm))


@fault(60)
def one_update_early(patch: Patch) -> None:
    original = lr_scheduler.FactorScheduler.__call__
    patch.setattr(lr_scheduler.FactorScheduler, "__call__", lambda self, count: original(self, count + 1))
