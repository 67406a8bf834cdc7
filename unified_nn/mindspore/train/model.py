"""`Model`: the training loop as a class."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.mindspore.nn.cell import Cell
from unified_nn.mindspore.nn.metrics import Loss, get_metrics
from unified_nn.mindspore.nn.wrap import TrainOneStepCell, WithEvalCell, WithLossCell
from unified_nn.mindspore.train.callback import Callback, CallbackParameters, RunContext


class Model:
    """A network with its loss, optimizer and metrics; `train`, `eval` and `predict` run it."""

    def __init__(
        self, network: Cell, loss_fn: Any = None, optimizer: Any = None, metrics: Any = None,
        eval_network: Cell | None = None, eval_indexes: Any = None, amp_level: str = "O0", boost_level: str = "O0",
        **kwargs: Any,
    ) -> None:  # fmt: skip
        options = {"eval_indexes": eval_indexes, **kwargs}
        asked = [name for name, value in options.items() if value is not None]
        if asked or amp_level != "O0" or boost_level != "O0":
            what = ", ".join(asked) or f"amp_level={amp_level!r}, boost_level={boost_level!r}"
            raise make(NotOfferedError, f"{what} not offered", None, "mindspore.train.Model")
        self._network, self._loss_fn, self._optimizer = network, loss_fn, optimizer
        self._metrics = get_metrics(metrics)
        self._eval_network = eval_network
        self._trained = self._training_network()

    def _training_network(self) -> Cell:
        network = self._network
        if self._loss_fn is not None:
            network = WithLossCell(network, self._loss_fn)
        return network if self._optimizer is None else TrainOneStepCell(network, self._optimizer)

    @property
    def train_network(self) -> Cell:
        return self._trained

    def train(
        self, epoch: int, train_dataset: Any, callbacks: Any = None, dataset_sink_mode: bool = False,
        sink_size: int = -1, initial_epoch: int = 0,
    ) -> None:  # fmt: skip
        """Run the data set `epoch` times; `dataset_sink_mode` changes nothing here."""
        if not isinstance(epoch, int) or epoch <= initial_epoch:
            message = f"epoch={epoch!r} must be an int above initial_epoch={initial_epoch}"
            raise make(ArgumentError, message, ValueError, "mindspore.train.Model.train")
        if sink_size != -1:
            raise make(NotOfferedError, f"sink_size={sink_size} is not offered", None, "mindspore.train.Model.train")
        state = CallbackParameters(
            train_network=self._trained, network=self._network, epoch_num=epoch, mode="train", cur_step_num=0,
            batch_num=train_dataset.get_dataset_size(), train_dataset=train_dataset, optimizer=self._optimizer,
            loss_fn=self._loss_fn,
        )  # fmt: skip
        run, called = RunContext(state), _callbacks(callbacks)
        self._trained.set_train()
        _notify(called, "on_train_begin", run)
        for number in range(initial_epoch + 1, epoch + 1):
            state.cur_epoch_num = number
            self._trained.set_train()
            _notify(called, "on_train_epoch_begin", run)
            self._epoch(train_dataset, state, run, called)
            _notify(called, "on_train_epoch_end", run)
            if run.get_stop_requested():
                break
        _notify(called, "on_train_end", run)

    def _epoch(self, data: Any, state: Any, run: RunContext, called: list[Callback]) -> None:
        for batch in data.create_tuple_iterator():
            state.cur_step_num += 1
            state.train_dataset_element = batch
            _notify(called, "on_train_step_begin", run)
            state.net_outputs = self._trained(*batch)
            _notify(called, "on_train_step_end", run)
            if run.get_stop_requested():
                return

    def eval(self, valid_dataset: Any, callbacks: Any = None, dataset_sink_mode: bool = False) -> dict[str, Any]:
        """The metrics over a data set."""
        if callbacks:
            raise make(NotOfferedError, "callbacks are not offered", None, "mindspore.train.Model.eval")
        if not self._metrics:
            message = "the model argument 'metrics' can not be None or empty, you should set it"
            raise make(ArgumentError, message, ValueError, "mindspore.train.Model.eval")
        network = self._eval_network or self._network
        if self._eval_network is None and self._loss_fn is not None:
            network = WithEvalCell(self._network, self._loss_fn)
        network.set_train(False)
        for metric in self._metrics.values():
            metric.clear()
        for batch in valid_dataset.create_tuple_iterator():
            outputs = network(*batch)
            loss, *rest = outputs if isinstance(outputs, tuple) and len(outputs) == 3 else (None, *outputs)
            for metric in self._metrics.values():
                if isinstance(metric, Loss):
                    metric.update(loss)
                else:
                    metric.update(*rest)
        return {name: metric.eval() for name, metric in self._metrics.items()}

    def predict(self, *predict_data: Any, backend: Any = None, config: Any = None) -> Any:
        """The network's output."""
        if backend is not None or config is not None:
            raise make(NotOfferedError, "backend and config are not offered", None, "mindspore.train.Model.predict")
        self._network.set_train(False)
        return self._network(*predict_data)


def _callbacks(given: Any) -> list[Callback]:
    if given is None:
        return []
    found = list(given) if isinstance(given, (list, tuple)) else [given]
    for callback in found:
        if not isinstance(callback, Callback):
            message = f"a callback must be a Callback, but got {type(callback).__name__}"
            raise make(ArgumentError, message, TypeError, "mindspore.train.Model.train")
    return found


def _notify(called: list[Callback], event: str, run: RunContext) -> None:
    for callback in called:
        getattr(callback, event)(run)


__all__ = ["Model"]
