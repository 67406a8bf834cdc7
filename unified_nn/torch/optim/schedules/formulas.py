"""Schedules by one formula; the chained form keeps what others changed in between, as PyTorch's does."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

from unified_nn.errors import ArgumentError, InputTypeError, make
from unified_nn.torch.optim.schedules.scheduler import ByFunction, Formula


class LambdaLR(ByFunction):
    """initial * function(epoch)."""

    def get_lr(self) -> list[float]:
        self._warn_outside()
        return [base * function(self.last_epoch) for base, function in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(ByFunction):
    """The last learning rate * function(epoch)."""

    def _check_functions(self) -> None:
        for function in self.lr_lambdas:
            if not callable(function):
                raise make(InputTypeError, f"lr_lambda should be a function, but got {type(function).__name__}")

    def get_lr(self) -> list[float]:
        self._warn_outside()
        groups = self.optimizer.param_groups
        if self._is_initial:
            return [group["lr"] for group in groups]
        return [
            group["lr"] * function(self.last_epoch) for group, function in zip(groups, self.lr_lambdas, strict=True)
        ]


class StepLR(Formula):
    """gamma times less every `step_size` epochs."""

    def __init__(self, optimizer: Any, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base: float) -> float:
        return lr if self.last_epoch == 0 or self.last_epoch % self.step_size else lr * self.gamma

    def _at(self, base: float) -> float:
        return float(base * self.gamma ** (self.last_epoch // self.step_size))


class MultiStepLR(Formula):
    """gamma times less at each milestone."""

    def __init__(self, optimizer: Any, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base: float) -> float:
        count = self.milestones.get(self.last_epoch)
        return lr if count is None else float(lr * self.gamma**count)

    def _at(self, base: float) -> float:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return float(base * self.gamma**passed)


class ConstantLR(Formula):
    """factor * initial until epoch `total_iters`, then initial."""

    def __init__(self, optimizer: Any, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1) -> None:
        if not 0 <= factor <= 1.0:
            raise make(ArgumentError, "Constant multiplicative factor expected to be between 0 and 1.")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base: float) -> float:
        if self.last_epoch == 0:
            return lr * self.factor
        return lr * (1.0 / self.factor) if self.last_epoch == self.total_iters else lr

    def _at(self, base: float) -> float:
        return base * (self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor))


class LinearLR(Formula):
    """The factor goes from start to end in `total_iters` epochs along a line."""

    def __init__(
        self, optimizer: Any, start_factor: float = 1.0 / 3, end_factor: float = 1.0, total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if not 0 < start_factor <= 1.0:
            raise make(
                ArgumentError, "Starting multiplicative factor expected to be greater than 0 and less or equal to 1."
            )
        if not 0 <= end_factor <= 1.0:
            raise make(ArgumentError, "Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base: float) -> float:
        if self.last_epoch == 0:
            return lr * self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return lr
        rise = self.end_factor - self.start_factor
        return lr * (1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise))

    def _at(self, base: float) -> float:
        rise = self.end_factor - self.start_factor
        return base * (self.start_factor + rise * min(self.total_iters, self.last_epoch) / self.total_iters)


class ExponentialLR(Formula):
    """gamma times less every epoch."""

    def __init__(self, optimizer: Any, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base: float) -> float:
        return lr if self._is_initial else lr * self.gamma

    def _at(self, base: float) -> float:
        return float(base * self.gamma**self.last_epoch)


class PolynomialLR(Formula):
    """initial * (1 - epoch / total_iters) ** power, 0 from then on."""

    def __init__(self, optimizer: Any, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _left(self, epoch: int) -> float:
        return 1.0 - epoch / self.total_iters

    def _next(self, lr: float, base: float) -> float:
        if self._is_initial or self.last_epoch > self.total_iters:
            return lr
        return float(lr * (self._left(self.last_epoch) / self._left(self.last_epoch - 1)) ** self.power)

    def _at(self, base: float) -> float:
        return float(base * self._left(min(self.total_iters, self.last_epoch)) ** self.power)


class CosineAnnealingLR(Formula):
    """Down to eta_min in `T_max` epochs along half a cosine, and up again (arXiv:1608.03983)."""

    def __init__(self, optimizer: Any, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:  # noqa: N803
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: float, base: float) -> float:
        if self._is_initial:
            return lr
        epoch, period, low = self.last_epoch, self.T_max, self.eta_min
        if self._step_count == 1 and epoch > 0:
            return low + (base - low) * (1 + math.cos(epoch * math.pi / period)) / 2
        if (epoch - 1 - period) % (2 * period) == 0:  # the last one was at the bottom, which has no ratio
            return lr + (base - low) * (1 - math.cos(math.pi / period)) / 2
        before = 1 + math.cos(math.pi * (epoch - 1) / period)
        return (1 + math.cos(math.pi * epoch / period)) / before * (lr - low) + low

    def _at(self, base: float) -> float:
        return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
