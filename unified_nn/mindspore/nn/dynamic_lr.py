"""Learning rates as lists, one for each step."""

from __future__ import annotations

import math
from collections.abc import Sequence

from unified_nn.errors import ArgumentError, make
from unified_nn.mindspore.nn.learning_rate_schedule import real, whole


def _check(learning_rate: float, decay_rate: float, total_step: int, step_per_epoch: int, decay_epoch: int) -> None:
    whole("mindspore.nn.dynamic_lr", total_step=total_step, step_per_epoch=step_per_epoch, decay_epoch=decay_epoch)
    real("mindspore.nn.dynamic_lr", learning_rate=learning_rate, decay_rate=decay_rate)


def _epochs(total_step: int, step_per_epoch: int) -> list[int]:
    return [i // step_per_epoch for i in range(total_step)]


def exponential_decay_lr(
    learning_rate: float, decay_rate: float, total_step: int, step_per_epoch: int, decay_epoch: int,
    is_stair: bool = False,
) -> list[float]:  # fmt: skip
    """learning_rate * decay_rate ** (epoch / decay_epoch)."""
    _check(learning_rate, decay_rate, total_step, step_per_epoch, decay_epoch)
    periods = [e // decay_epoch if is_stair else e / decay_epoch for e in _epochs(total_step, step_per_epoch)]
    return [learning_rate * decay_rate**p for p in periods]


def natural_exp_decay_lr(
    learning_rate: float, decay_rate: float, total_step: int, step_per_epoch: int, decay_epoch: int,
    is_stair: bool = False,
) -> list[float]:  # fmt: skip
    """learning_rate * e ** (-decay_rate * epoch)."""
    _check(learning_rate, decay_rate, total_step, step_per_epoch, decay_epoch)
    epochs = _epochs(total_step, step_per_epoch)
    return [
        learning_rate * math.e ** (-decay_rate * (e // decay_epoch * decay_epoch if is_stair else e)) for e in epochs
    ]


def inverse_decay_lr(
    learning_rate: float, decay_rate: float, total_step: int, step_per_epoch: int, decay_epoch: int,
    is_stair: bool = False,
) -> list[float]:  # fmt: skip
    """learning_rate / (1 + decay_rate * epoch / decay_epoch)."""
    _check(learning_rate, decay_rate, total_step, step_per_epoch, decay_epoch)
    epochs = _epochs(total_step, step_per_epoch)
    if is_stair:
        return [learning_rate / (1 + decay_rate * (e // decay_epoch)) for e in epochs]
    return [learning_rate / (1 + decay_rate * e / decay_epoch) for e in epochs]


def cosine_decay_lr(
    min_lr: float, max_lr: float, total_step: int, step_per_epoch: int, decay_epoch: int
) -> list[float]:
    """min_lr + (max_lr - min_lr) / 2 * (1 + cos(pi * epoch / decay_epoch))."""
    where = "mindspore.nn.cosine_decay_lr"
    whole(where, total_step=total_step, step_per_epoch=step_per_epoch, decay_epoch=decay_epoch)
    real(where, -1.0, min_lr=min_lr)
    real(where, max_lr=max_lr)
    if min_lr >= max_lr:
        message = f"the 'max_lr' must be greater than the 'min_lr', but got {max_lr} and {min_lr}"
        raise make(ArgumentError, message, ValueError, where)
    half = 0.5 * (max_lr - min_lr)
    epochs = [min(e, decay_epoch) for e in _epochs(total_step, step_per_epoch)]
    return [min_lr + half * (1 + math.cos(math.pi * e / decay_epoch)) for e in epochs]


def polynomial_decay_lr(
    learning_rate: float, end_learning_rate: float, total_step: int, step_per_epoch: int, decay_epoch: int,
    power: float, update_decay_epoch: bool = False,
) -> list[float]:  # fmt: skip
    """(learning_rate - end) * (1 - epoch / decay_epoch) ** power + end."""
    _check(learning_rate, power, total_step, step_per_epoch, decay_epoch)
    real("mindspore.nn.polynomial_decay_lr", -1.0, end_learning_rate=end_learning_rate)
    found = []
    for e in _epochs(total_step, step_per_epoch):
        span = decay_epoch * max(math.ceil(e / decay_epoch), 1) if update_decay_epoch else decay_epoch
        share = e if update_decay_epoch else min(e, decay_epoch)
        found.append((learning_rate - end_learning_rate) * (1 - share / span) ** power + end_learning_rate)
    return found


def warmup_lr(learning_rate: float, total_step: int, step_per_epoch: int, warmup_epoch: int) -> list[float]:
    """learning_rate * epoch / warmup_epoch, until the warm-up's end."""
    where = "mindspore.nn.warmup_lr"
    whole(where, total_step=total_step, step_per_epoch=step_per_epoch, warmup_epoch=warmup_epoch)
    real(where, -1.0, learning_rate=learning_rate)
    return [learning_rate * min(e, warmup_epoch) / warmup_epoch for e in _epochs(total_step, step_per_epoch)]


def piecewise_constant_lr(milestone: Sequence[int], learning_rates: Sequence[float]) -> list[float]:
    """learning_rates[i] for the steps before milestone[i]."""
    where = "mindspore.nn.piecewise_constant_lr"
    if len(milestone) != len(learning_rates):
        message = f"milestone has {len(milestone)} entries, learning_rates {len(learning_rates)}"
        raise make(ArgumentError, message, ValueError, where)
    found: list[float] = []
    for end, rate in zip(milestone, learning_rates, strict=True):
        whole(where, milestone=end)
        if end < len(found):
            raise make(ArgumentError, f"milestone {list(milestone)} must not go back", ValueError, where)
        found += [rate] * (end - len(found))
    return found


__all__ = [
    "cosine_decay_lr", "exponential_decay_lr", "inverse_decay_lr", "natural_exp_decay_lr", "piecewise_constant_lr",
    "polynomial_decay_lr", "warmup_lr",
]  # fmt: skip
