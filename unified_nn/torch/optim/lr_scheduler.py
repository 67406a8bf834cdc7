"""`torch.optim.lr_scheduler`: learning rates over epochs, equal to PyTorch's step by step."""

from __future__ import annotations

from unified_nn.torch.optim.schedules.combined import ChainedScheduler, SequentialLR
from unified_nn.torch.optim.schedules.cycles import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from unified_nn.torch.optim.schedules.formulas import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from unified_nn.torch.optim.schedules.plateau import ReduceLROnPlateau
from unified_nn.torch.optim.schedules.scheduler import LRScheduler
from unified_nn.vocabulary.missing import refuse

_LRScheduler = LRScheduler  # PyTorch's old name, which much code still subclasses

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]

__getattr__ = refuse(__name__, __all__)
