"""Cells, layers, losses, optimizers and schedules, as `mindspore.nn` has them."""

from __future__ import annotations

from unified_nn.mindspore.missing import refuse
from unified_nn.mindspore.nn import layer
from unified_nn.mindspore.nn.cell import Cell, GraphCell
from unified_nn.mindspore.nn.layer import *  # noqa: F403

__all__ = ["Cell", "GraphCell", *layer.__all__]
__getattr__ = refuse(__name__, __all__)
