"""`mxnet.lr_scheduler`: learning rates by the number of updates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from unified_nn.errors import ArgumentError, make
from unified_nn.vocabulary.missing import refuse


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise make(ArgumentError, f"lr_scheduler: {message}")


class LRScheduler:
    """Base: a subclass says the rate after the warm-up in `__call__`."""

    def __init__(
        self, base_lr: float = 0.01, warmup_steps: int = 0, warmup_begin_lr: float = 0, warmup_mode: str = "linear"
    ) -> None:
        _require(base_lr >= warmup_begin_lr, f"base_lr={base_lr} must be higher than warmup_begin_lr={warmup_begin_lr}")
        _require(warmup_steps >= 0, f"warmup_steps={warmup_steps} must not be negative")
        _require(warmup_mode in ("linear", "constant"), f"warmup_mode={warmup_mode!r}, expected linear or constant")
        self.base_lr, self.warmup_steps = base_lr, warmup_steps
        self.warmup_begin_lr, self.warmup_final_lr, self.warmup_mode = warmup_begin_lr, base_lr, warmup_mode

    def get_warmup_lr(self, num_update: int) -> float:
        """The rate of an update during the warm-up."""
        if self.warmup_mode == "constant":
            return self.warmup_begin_lr
        rise = (self.warmup_final_lr - self.warmup_begin_lr) * num_update / self.warmup_steps
        return self.warmup_begin_lr + rise

    def __call__(self, num_update: int) -> float:
        raise NotImplementedError("a subclass of LRScheduler must define __call__")


class FactorScheduler(LRScheduler):
    """The rate times factor after every `step` updates, until stop_factor_lr."""

    def __init__(
        self, step: int, factor: float = 1, stop_factor_lr: float = 1e-8, base_lr: float = 0.01, warmup_steps: int = 0,
        warmup_begin_lr: float = 0, warmup_mode: str = "linear",
    ) -> None:  # fmt: skip
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        _require(step >= 1, f"step={step} must be at least 1")
        _require(factor <= 1.0, f"factor={factor} must be no more than 1 to make lr reduce")
        self.step, self.factor, self.stop_factor_lr, self.count = step, factor, stop_factor_lr, 0

    def __call__(self, num_update: int) -> float:
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while num_update > self.count + self.step:
            self.count += self.step
            self.base_lr = max(self.base_lr * self.factor, self.stop_factor_lr)
        return self.base_lr


class MultiFactorScheduler(LRScheduler):
    """The rate times factor after each of the given numbers of updates."""

    def __init__(
        self, step: Sequence[int], factor: float = 1, base_lr: float = 0.01, warmup_steps: int = 0,
        warmup_begin_lr: float = 0, warmup_mode: str = "linear",
    ) -> None:  # fmt: skip
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        rising = all(a < b for a, b in pairwise(step))
        _require(len(step) >= 1 and step[0] >= 1 and rising, f"step={step} must be an increasing list from 1 on")
        _require(factor <= 1.0, f"factor={factor} must be no more than 1 to make lr reduce")
        self.step, self.factor, self.cur_step_ind, self.count = step, factor, 0, 0

    def __call__(self, num_update: int) -> float:
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while self.cur_step_ind < len(self.step) and num_update > self.step[self.cur_step_ind]:
            self.count = self.step[self.cur_step_ind]
            self.cur_step_ind += 1
            self.base_lr *= self.factor
        return self.base_lr


class _Falling(LRScheduler):
    """From base_lr to final_lr within max_update updates, along a curve from 1 to 0."""

    def __init__(
        self, max_update: int, base_lr: float, final_lr: float, warmup_steps: int, warmup_begin_lr: float,
        warmup_mode: str,
    ) -> None:  # fmt: skip
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        _require(max_update >= 1, f"max_update={max_update} must be at least 1")
        self.base_lr_orig, self.max_update, self.final_lr = base_lr, max_update, final_lr
        self.max_steps = max_update - warmup_steps

    def _curve(self, part: float) -> float:
        raise NotImplementedError

    def __call__(self, num_update: int) -> float:
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        if num_update <= self.max_update:
            part = (num_update - self.warmup_steps) / self.max_steps
            self.base_lr = self.final_lr + (self.base_lr_orig - self.final_lr) * self._curve(part)
        return self.base_lr


class PolyScheduler(_Falling):
    """(1 - part) ** pwr."""

    def __init__(
        self, max_update: int, base_lr: float = 0.01, pwr: float = 2, final_lr: float = 0, warmup_steps: int = 0,
        warmup_begin_lr: float = 0, warmup_mode: str = "linear",
    ) -> None:  # fmt: skip
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        self.power = pwr

    def _curve(self, part: float) -> float:
        return float((1 - part) ** self.power)


class CosineScheduler(_Falling):
    """(1 + cos(pi * part)) / 2."""

    def __init__(
        self, max_update: int, base_lr: float = 0.01, final_lr: float = 0, warmup_steps: int = 0,
        warmup_begin_lr: float = 0, warmup_mode: str = "linear",
    ) -> None:  # fmt: skip
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)

    def _curve(self, part: float) -> float:
        return (1 + math.cos(math.pi * part)) / 2


__getattr__ = refuse("mxnet.lr_scheduler", globals())
