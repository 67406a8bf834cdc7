"""What a training loop calls at its beginnings and ends."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError, make
from unified_nn.mindspore.nn.learning_rate_schedule import whole
from unified_nn.tensor import Tensor as Core


class RunContext:
    """What callbacks see of the loop."""

    def __init__(self, original_args: Any) -> None:
        self._original_args = original_args
        self._stop_requested = False

    def original_args(self) -> Any:
        """The state of the loop: cur_epoch_num, cur_step_num, batch_num, net_outputs, ..."""
        return self._original_args

    def request_stop(self) -> None:
        """End the training after this step."""
        self._stop_requested = True

    def get_stop_requested(self) -> bool:
        return self._stop_requested


class CallbackParameters(dict[str, Any]):
    """A dictionary whose entries are attributes."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


class Callback:
    """Base of the callbacks; a subclass writes the methods that it needs."""

    def __enter__(self) -> Callback:
        return self

    def __exit__(self, *err: object) -> None:
        """Nothing to put away."""

    def begin(self, run_context: RunContext) -> None:
        """Before the training."""

    def epoch_begin(self, run_context: RunContext) -> None:
        """Before an epoch."""

    def epoch_end(self, run_context: RunContext) -> None:
        """After an epoch."""

    def step_begin(self, run_context: RunContext) -> None:
        """Before a step."""

    def step_end(self, run_context: RunContext) -> None:
        """After a step."""

    def end(self, run_context: RunContext) -> None:
        """After the training."""

    def on_train_begin(self, run_context: RunContext) -> None:
        self.begin(run_context)

    def on_train_epoch_begin(self, run_context: RunContext) -> None:
        self.epoch_begin(run_context)

    def on_train_epoch_end(self, run_context: RunContext) -> None:
        self.epoch_end(run_context)

    def on_train_step_begin(self, run_context: RunContext) -> None:
        self.step_begin(run_context)

    def on_train_step_end(self, run_context: RunContext) -> None:
        self.step_end(run_context)

    def on_train_end(self, run_context: RunContext) -> None:
        self.end(run_context)


class LossMonitor(Callback):
    """Print the loss every `per_print_times` steps; a loss that is not a number ends the training."""

    def __init__(self, per_print_times: int = 1) -> None:
        if not isinstance(per_print_times, int) or per_print_times < 0:
            message = f"the argument 'per_print_times' must be int and >= 0, but got {per_print_times!r}"
            raise make(ArgumentError, message, ValueError, "mindspore.train.LossMonitor")
        self._every = per_print_times

    def step_end(self, run_context: RunContext) -> None:
        state = run_context.original_args()
        loss = state.net_outputs
        if isinstance(loss, (tuple, list)) and loss:
            loss = loss[0]
        value = float(np.mean(loss.numpy())) if isinstance(loss, Core) else float(loss)
        step = (state.cur_step_num - 1) % state.batch_num + 1
        if not np.isfinite(value):
            message = f"in epoch {state.cur_epoch_num} step {step} the loss is {value}"
            raise make(ArgumentError, message, ValueError, "mindspore.train.LossMonitor")
        if self._every and state.cur_step_num % self._every == 0:
            print(f"epoch: {state.cur_epoch_num} step: {step}, loss is {value}", flush=True)


class TimeMonitor(Callback):
    """Print how long each epoch took."""

    def __init__(self, data_size: int | None = None, data_time: bool = False) -> None:
        self._size = data_size
        self._data_time = data_time
        if data_size is not None:
            whole("mindspore.train.TimeMonitor", data_size=data_size)
        self._start = 0.0

    def epoch_begin(self, run_context: RunContext) -> None:
        self._start = time.perf_counter()

    def epoch_end(self, run_context: RunContext) -> None:
        state = run_context.original_args()
        spent = (time.perf_counter() - self._start) * 1000
        each = spent / (state.batch_num or self._size or 1)
        print(f"Train epoch time: {spent:5.3f} ms, per step time: {each:5.3f} ms", flush=True)


__all__ = ["Callback", "LossMonitor", "RunContext", "TimeMonitor"]
