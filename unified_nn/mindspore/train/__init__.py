"""Training loops, callbacks, metrics and checkpoints."""

from __future__ import annotations

from unified_nn.mindspore.nn.metrics import MAE, MSE, Accuracy, Loss, Metric
from unified_nn.mindspore.train import callback, model, serialization
from unified_nn.mindspore.train.callback import Callback, LossMonitor, RunContext, TimeMonitor
from unified_nn.mindspore.train.checkpoint import CheckpointConfig, ModelCheckpoint
from unified_nn.mindspore.train.model import Model
from unified_nn.mindspore.train.serialization import (
    ckpt_to_safetensors,
    load_checkpoint,
    load_checkpoint_async,
    load_param_into_net,
    safetensors_to_ckpt,
    save_checkpoint,
)
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "MAE", "MSE", "Accuracy", "Callback", "CheckpointConfig", "Loss", "LossMonitor", "Metric", "Model",
    "ModelCheckpoint", "RunContext", "TimeMonitor", "callback", "ckpt_to_safetensors", "load_checkpoint",
    "load_checkpoint_async", "load_param_into_net", "model", "safetensors_to_ckpt", "save_checkpoint", "serialization",
]  # fmt: skip
__getattr__ = refuse(__name__, __all__)
