"""Cells, layers, losses, optimizers and schedules, as `mindspore.nn` has them."""

from __future__ import annotations

from unified_nn.mindspore.nn import (
    dynamic_lr,
    layer,
    learning_rate_schedule,
    loss,
    metrics,
    optim,
    wrap,
)  # fmt: skip
from unified_nn.mindspore.nn.cell import Cell as Cell
from unified_nn.mindspore.nn.cell import GraphCell as GraphCell
from unified_nn.mindspore.nn.dynamic_lr import *  # noqa: F403
from unified_nn.mindspore.nn.layer import *  # noqa: F403
from unified_nn.mindspore.nn.learning_rate_schedule import *  # noqa: F403
from unified_nn.mindspore.nn.loss import *  # noqa: F403
from unified_nn.mindspore.nn.metrics import *  # noqa: F403
from unified_nn.mindspore.nn.optim import *  # noqa: F403
from unified_nn.mindspore.nn.wrap import *  # noqa: F403
from unified_nn.vocabulary.missing import refuse

_PARTS = (dynamic_lr, layer, learning_rate_schedule, loss, metrics, optim, wrap)
__all__ = sorted({"Cell", "GraphCell"} | {name for part in _PARTS for name in part.__all__})
__getattr__ = refuse(__name__, __all__)
