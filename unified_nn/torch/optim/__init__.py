"""PyTorch's optimizers."""

from __future__ import annotations

from unified_nn.torch.optim import lr_scheduler
from unified_nn.torch.optim.adadelta import Adadelta
from unified_nn.torch.optim.adagrad import Adagrad
from unified_nn.torch.optim.adam import Adam
from unified_nn.torch.optim.adamax import Adamax
from unified_nn.torch.optim.adamw import AdamW
from unified_nn.torch.optim.nadam import NAdam
from unified_nn.torch.optim.optimizer import Optimizer
from unified_nn.torch.optim.radam import RAdam
from unified_nn.torch.optim.rmsprop import RMSprop
from unified_nn.torch.optim.sgd import SGD
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "lr_scheduler",
]

__getattr__ = refuse(__name__, __all__)
