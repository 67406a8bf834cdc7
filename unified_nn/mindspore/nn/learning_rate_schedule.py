"""Learning rates as cells of the step's number."""

from __future__ import annotations

import math
from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.cell import Cell
from unified_nn.mindspore.ops.function import math_func
from unified_nn.ops import elementwise as el


def real(where: str, least: float = 0.0, **values: Any) -> None:
    """Refuse what is not a float above `least`."""
    for name, value in values.items():
        if not isinstance(value, float):
            message = f"the argument '{name}' must be type of float, but got {type(value)}"
            raise make(ArgumentError, message, TypeError, where)
        if value < 0 or (least == 0.0 and value == 0):
            raise make(ArgumentError, f"the argument '{name}' must be positive, but got {value}", ValueError, where)


def whole(where: str, **values: Any) -> None:
    """Refuse what is not a positive int."""
    for name, value in values.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise make(ArgumentError, f"the '{name}' must be int, but got {value!r}", TypeError, where)
        if value < 1:
            raise make(ArgumentError, f"the '{name}' must be int and must > 0, but got {value}", ValueError, where)


class LearningRateSchedule(Cell):
    """Base of the schedules: `construct(global_step)` gives the learning rate."""

    def construct(self, global_step: Any) -> Any:
        raise NotImplementedError


def _float(step: Any) -> Any:
    return el.as_dtype(step if isinstance(step, Tensor) else Tensor(step), mstype.float32.canonical)


class _Decay(LearningRateSchedule):
    """What the decays by a rate share."""

    def __init__(self, learning_rate: float, decay_rate: float, decay_steps: int, is_stair: bool = False) -> None:
        super().__init__()
        where = f"mindspore.nn.{type(self).__name__}"
        whole(where, decay_steps=decay_steps)
        real(where, learning_rate=learning_rate, decay_rate=decay_rate)
        if not isinstance(is_stair, bool):
            raise make(ArgumentError, f"the 'is_stair' must be bool, but got {is_stair!r}", TypeError, where)
        self.learning_rate, self.decay_rate = learning_rate, decay_rate
        self.decay_steps, self.is_stair = decay_steps, is_stair

    def _periods(self, step: Any) -> Any:
        p = el.div(_float(step), float(self.decay_steps))
        return el.floor(p) if self.is_stair else p


class ExponentialDecayLR(_Decay):
    """learning_rate * decay_rate ** (step / decay_steps)."""

    def construct(self, global_step: Any) -> Any:
        return el.mul(el.pow_(self.decay_rate, self._periods(global_step)), self.learning_rate)


class NaturalExpDecayLR(_Decay):
    """learning_rate * e ** (-decay_rate * step)."""

    def construct(self, global_step: Any) -> Any:
        p = _float(global_step)
        if self.is_stair:
            p = el.mul(el.floor(el.div(p, float(self.decay_steps))), float(self.decay_steps))
        return el.mul(el.exp(el.mul(p, -self.decay_rate)), self.learning_rate)


class InverseDecayLR(_Decay):
    """learning_rate / (1 + decay_rate * step / decay_steps)."""

    def construct(self, global_step: Any) -> Any:
        return el.div(self.learning_rate, el.add(el.mul(self._periods(global_step), self.decay_rate), 1.0))


class CosineDecayLR(LearningRateSchedule):
    """min_lr + (max_lr - min_lr) / 2 * (1 + cos(pi * step / decay_steps))."""

    def __init__(self, min_lr: float, max_lr: float, decay_steps: int) -> None:
        super().__init__()
        where = "mindspore.nn.CosineDecayLR"
        real(where, -1.0, min_lr=min_lr)
        real(where, max_lr=max_lr)
        whole(where, decay_steps=decay_steps)
        if min_lr >= max_lr:
            message = f"the 'max_lr' must be greater than the 'min_lr', but got {max_lr} and {min_lr}"
            raise make(ArgumentError, message, ValueError, where)
        self.min_lr, self.max_lr, self.decay_steps = min_lr, max_lr, decay_steps

    def construct(self, global_step: Any) -> Any:
        p = el.div(el.minimum(_float(global_step), float(self.decay_steps)), float(self.decay_steps))
        swing = el.add(el.sin(el.mul(el.add(p, 0.5), math.pi)), 1.0)
        return el.add(el.mul(swing, 0.5 * (self.max_lr - self.min_lr)), self.min_lr)


class PolynomialDecayLR(LearningRateSchedule):
    """(learning_rate - end) * (1 - step / decay_steps) ** power + end."""

    def __init__(
        self, learning_rate: float, end_learning_rate: float, decay_steps: int, power: float,
        update_decay_steps: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        where = "mindspore.nn.PolynomialDecayLR"
        real(where, learning_rate=learning_rate, power=power)
        real(where, -1.0, end_learning_rate=end_learning_rate)
        whole(where, decay_steps=decay_steps)
        self.start_learning_rate, self.end_learning_rate = learning_rate, end_learning_rate
        self.decay_steps, self.power, self.update_decay_steps = decay_steps, power, update_decay_steps

    def construct(self, global_step: Any) -> Any:
        step, span = _float(global_step), float(self.decay_steps)
        if self.update_decay_steps:
            p = el.div(step, el.mul(el.maximum(math_func.__dict__["ceil"](el.div(step, span)), 1.0), span))
        else:
            p = el.div(el.minimum(step, span), span)
        rest = el.pow_(el.sub(1.0, p), self.power)
        return el.add(el.mul(rest, self.start_learning_rate - self.end_learning_rate), self.end_learning_rate)


class WarmUpLR(LearningRateSchedule):
    """learning_rate * step / warmup_steps, until the warm-up's end."""

    def __init__(self, learning_rate: float, warmup_steps: int) -> None:
        super().__init__()
        real("mindspore.nn.WarmUpLR", -1.0, learning_rate=learning_rate)
        whole("mindspore.nn.WarmUpLR", warmup_steps=warmup_steps)
        self.learning_rate, self.warmup_steps = learning_rate, warmup_steps

    def construct(self, global_step: Any) -> Any:
        reached = el.minimum(_float(global_step), float(self.warmup_steps))
        return el.mul(el.div(reached, float(self.warmup_steps)), self.learning_rate)


__all__ = [
    "CosineDecayLR", "ExponentialDecayLR", "InverseDecayLR", "LearningRateSchedule", "NaturalExpDecayLR",
    "PolynomialDecayLR", "WarmUpLR",
]  # fmt: skip
