"""What schedules share: an epoch counter that writes the learning rate of every parameter group."""

from __future__ import annotations

import functools
import math
import types
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from unified_nn.errors import ArgumentError, InputTypeError, NotOfferedError, make
from unified_nn.torch.optim.optimizer import Optimizer
from unified_nn.torch.tensor import Tensor

_ORDER = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`: the first value of the learning rate schedule "
    "is skipped. Call `optimizer.step()` first."
)
_OVERRIDDEN = (
    "`optimizer.step()` has been replaced after the learning rate scheduler was made; please call `optimizer.step()` "
    "before `lr_scheduler.step()`."
)
EPOCH = "The epoch parameter of `scheduler.step()` is deprecated in PyTorch; call `scheduler.step()`."


def check_optimizer(optimizer: Any) -> None:
    """Refuses what is no optimizer, and learning rates that are tensors."""
    if not isinstance(optimizer, Optimizer):
        raise make(InputTypeError, f"{type(optimizer).__name__} is not an Optimizer", TypeError)
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            raise make(NotOfferedError, "a tensor as learning rate is not offered with a scheduler; give a number")


def learning_rates(optimizer: Any) -> list[float]:
    return [group["lr"] for group in optimizer.param_groups]


def one_each(name: str, optimizer: Any, value: Any) -> list[Any]:
    """One value for each parameter group."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        message = (
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, "
            f"param_groups has {count}."
        )
        raise make(ArgumentError, message)
    return list(value)


class LRScheduler:
    """Base of schedules: `get_lr` gives the learning rates of `last_epoch`."""

    _get_lr_called_within_step: bool = False
    _is_initial: bool = False
    last_epoch: int
    optimizer: Any

    def __init__(self, optimizer: Any, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                message = (
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with "
                    "last_epoch >= 0; load the optimizer's state first"
                )
                raise make(ArgumentError, message, KeyError)
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        _track_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        """Write the first learning rates; epoch 0 of a fresh schedule."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def step(self, epoch: int | None = None) -> None:
        """Go on by an epoch, or to the given one, and write its learning rates."""
        if self._step_count == 1:
            if not hasattr(self.optimizer.step, "_tracked"):
                warnings.warn(_OVERRIDDEN, UserWarning, stacklevel=2)
            elif not getattr(self.optimizer, "_opt_called", False):
                warnings.warn(_ORDER, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        with self._computing():
            if epoch is None:
                self.last_epoch += 1
                values = self.get_lr()
            else:
                self.last_epoch = epoch
                values = self._get_closed_form_lr()
        self._write(values)

    @contextmanager
    def _computing(self) -> Iterator[None]:
        self._get_lr_called_within_step = True
        try:
            yield
        finally:
            self._get_lr_called_within_step = False

    def _write(self, values: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, values, strict=True):
            group["lr"] = lr
        self._last_lr: list[float] = learning_rates(self.optimizer)

    def get_last_lr(self) -> list[float]:
        """The learning rates that the last step wrote."""
        return self._last_lr

    def get_lr(self) -> list[float]:
        """The learning rates of `last_epoch`, from those before; a subclass defines it."""
        raise NotImplementedError

    def _get_closed_form_lr(self) -> list[float]:
        """The learning rates of `last_epoch` without those before."""
        return self.get_lr()

    def _warn_outside(self) -> None:
        if not self._get_lr_called_within_step:
            message = "To get the last learning rate computed by the scheduler, please use `get_last_lr()`."
            warnings.warn(message, UserWarning, stacklevel=3)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state."""
        self.__dict__.update(state_dict)


def _track_steps(optimizer: Any) -> None:
    """Let the optimizer note that it has made a step, so that a wrong order of calls is seen."""
    if hasattr(optimizer.step, "_tracked"):
        return
    function, owner = optimizer.step.__func__, weakref.ref(optimizer)

    @functools.wraps(function)
    def step(*args: Any, **kwargs: Any) -> Any:
        held = owner()
        held._opt_called = True  # type: ignore[union-attr]
        return function(held, *args, **kwargs)

    step._tracked = True  # type: ignore[attr-defined]
    optimizer.step = step


class Formula(LRScheduler):
    """A schedule with one formula for every group: `_next` from the last learning rate, `_at` from the first."""

    def _next(self, lr: float, base: float) -> float:
        raise NotImplementedError

    def _at(self, base: float) -> float:
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        self._warn_outside()
        groups = self.optimizer.param_groups
        return [self._next(group["lr"], base) for group, base in zip(groups, self.base_lrs, strict=True)]

    def _get_closed_form_lr(self) -> list[float]:
        return [self._at(base) for base in self.base_lrs]


class ByFunction(LRScheduler):
    """A schedule by the user's functions of the epoch, one for each group."""

    lr_lambdas: list[Callable[[int], float]]

    def __init__(self, optimizer: Any, lr_lambda: Any, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        count = len(optimizer.param_groups)
        if not isinstance(lr_lambda, (list, tuple)):
            self.lr_lambdas = [lr_lambda] * count
        elif len(lr_lambda) != count:
            raise make(ArgumentError, f"Expected {count} lr_lambdas, but got {len(lr_lambda)}")
        else:
            self.lr_lambdas = list(lr_lambda)
        self._check_functions()
        super().__init__(optimizer, last_epoch)

    def _check_functions(self) -> None:
        """Refuse what is no function; a subclass says whether."""

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer and plain functions; of other callables their attributes."""
        state = super().state_dict()
        del state["lr_lambdas"]
        state["lr_lambdas"] = [None if isinstance(f, types.FunctionType) else dict(f.__dict__) for f in self.lr_lambdas]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update({key: value for key, value in state_dict.items() if key != "lr_lambdas"})
        for function, attributes in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if attributes is not None:
                function.__dict__.update(attributes)


def cosine(start: float, end: float, part: float) -> float:
    """From start to end along half a cosine."""
    return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)
