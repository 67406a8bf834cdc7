"""Losses as modules: each calls its function with the settings that it keeps."""

from __future__ import annotations

from typing import Any, ClassVar

from unified_nn.torch.nn import functional
from unified_nn.torch.nn.functions.loss import refuse_old
from unified_nn.torch.nn.module import Module
from unified_nn.torch.tensor import Tensor


class _Loss(Module):
    """A function of (input, target) with settings.

    `function` names it in `torch.nn.functional`; `settings` are its keywords with their defaults.
    """

    function: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}

    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__()
        refuse_old(size_average, reduce)
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Any:
        settings = {name: getattr(self, name) for name in self.settings}
        return getattr(functional, self.function)(input, target, reduction=self.reduction, **settings)


class MSELoss(_Loss):
    """(input - target) ** 2, reduced."""

    function = "mse_loss"


class L1Loss(_Loss):
    """|input - target|, reduced."""

    function = "l1_loss"


class _Weighted(_Loss):
    """A loss with a weight per class, kept as a buffer."""

    def __init__(self, weight: Tensor | None = None, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class NLLLoss(_Weighted):
    """-input[n, target[n]] for log-probabilities, reduced."""

    function = "nll_loss"
    settings = {"weight": None, "ignore_index": -100}

    def __init__(self, weight: Tensor | None = None, size_average: Any = None, ignore_index: int = -100,
                 reduce: Any = None, reduction: str = "mean") -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index


class CrossEntropyLoss(_Weighted):
    """-log softmax(input)[n, target[n]], or of probabilities, reduced."""

    function = "cross_entropy"
    settings = {"weight": None, "ignore_index": -100, "label_smoothing": 0.0}

    def __init__(self, weight: Tensor | None = None, size_average: Any = None, ignore_index: int = -100,
                 reduce: Any = None, reduction: str = "mean", label_smoothing: float = 0.0) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing
