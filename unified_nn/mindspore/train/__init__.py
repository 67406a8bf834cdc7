"""Training loops, callbacks, metrics and checkpoints."""

from __future__ import annotations

from unified_nn.mindspore.nn.metrics import MAE, MSE, Accuracy, Loss, Metric
from unified_nn.mindspore.train import callback, model, serialization
from unified_nn.mindspore.train.callback import Callback, LossMonitor, RunContext, TimeMonitor
from unified_nn.mindspore.train.model import Model
from unified_nn.mindspore.train.serialization import load_checkpoint, load_param_into_net, save_checkpoint
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "MAE", "MSE", "Accuracy", "Callback", "Loss", "LossMonitor", "Metric", "Model", "RunContext", "TimeMonitor",
    "callback", "load_checkpoint", "load_param_into_net", "model", "save_checkpoint", "serialization",
]  # fmt: skip
__getattr__ = refuse(__name__, __all__)
