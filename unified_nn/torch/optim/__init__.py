"""PyTorch's optimizers."""

from __future__ import annotations

from unified_nn.torch.missing import missing
from unified_nn.torch.optim.optimizer import Optimizer
from unified_nn.torch.optim.sgd import SGD

__all__ = ["SGD", "Optimizer"]

__getattr__ = missing(__name__, lambda: __all__)
