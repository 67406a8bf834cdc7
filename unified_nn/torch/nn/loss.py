"""Losses as modules: each calls its function with the settings that it keeps."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from unified_nn.errors import ArgumentError, make
from unified_nn.torch.nn import functional
from unified_nn.torch.nn.functions.loss import refuse_old
from unified_nn.torch.nn.module import Module
from unified_nn.vocabulary.entry import parse_signature
from unified_nn.vocabulary.signatures import bound

_OLD = "size_average=None, reduce=None, reduction='mean'"


class _Loss(Module):
    """A function of tensors with settings.

    function   its name in `torch.nn.functional`
    args       PyTorch's signature of the constructor; all but PyTorch's old arguments go on to the function
    takes      the tensors of a call
    held       settings that are tensors, kept as buffers
    """

    function: ClassVar[str]
    args: ClassVar[str] = _OLD
    takes: ClassVar[str] = "input, target"
    held: ClassVar[tuple[str, ...]] = ("weight", "pos_weight")

    signature: ClassVar[inspect.Signature]
    call: ClassVar[inspect.Signature]
    settings: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if hasattr(cls, "function"):
            cls.signature = cls.__signature__ = parse_signature(cls.args)  # type: ignore[attr-defined]
            cls.call = parse_signature(cls.takes)
            cls.settings = tuple(name for name in cls.signature.parameters if name not in ("size_average", "reduce"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = bound(f"{type(self).__name__}.__init__", self.signature, args, kwargs)
        super().__init__()
        refuse_old(given.get("size_average"), given.get("reduce"))
        self.check(given)
        for name in self.settings:
            if name in self.held:
                self.register_buffer(name, given[name])
            else:
                setattr(self, name, given[name])

    def check(self, given: Mapping[str, Any]) -> None:
        """Refuse settings as PyTorch's constructor does."""

    def forward(self, *tensors: Any, **named: Any) -> Any:
        """The function of the tensors."""
        found = bound(f"{type(self).__name__}.forward", self.call, tensors, named)
        settings = {name: getattr(self, name) for name in self.settings}
        return getattr(functional, self.function)(*found.values(), **settings)


class MSELoss(_Loss):
    """(input - target) ** 2, reduced."""

    function = "mse_loss"


class L1Loss(_Loss):
    """|input - target|, reduced."""

    function = "l1_loss"


class SmoothL1Loss(_Loss):
    """(input - target) ** 2 / (2 * beta) near 0, |input - target| - beta / 2 beyond beta; reduced."""

    function = "smooth_l1_loss"
    args = f"{_OLD}, beta=1.0"


class HuberLoss(_Loss):
    """(input - target) ** 2 / 2 near 0, delta * (|input - target| - delta / 2) beyond delta; reduced."""

    function = "huber_loss"
    args = "reduction='mean', delta=1.0"


class NLLLoss(_Loss):
    """-input[n, target[n]] for log-probabilities, reduced."""

    function = "nll_loss"
    args = "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean'"


class CrossEntropyLoss(_Loss):
    """-log softmax(input)[n, target[n]], or of probabilities, reduced."""

    function = "cross_entropy"
    args = "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean', label_smoothing=0.0"


class BCELoss(_Loss):
    """-(target * log(input) + (1 - target) * log(1 - input)) * weight, reduced."""

    function = "binary_cross_entropy"
    args = f"weight=None, {_OLD}"


class BCEWithLogitsLoss(_Loss):
    """BCELoss of sigmoid(input), without its overflow; pos_weight multiplies the target's part."""

    function = "binary_cross_entropy_with_logits"
    args = f"weight=None, {_OLD}, pos_weight=None"


class KLDivLoss(_Loss):
    """target * (log(target) - input), reduced."""

    function = "kl_div"
    args = f"{_OLD}, log_target=False"


class SoftMarginLoss(_Loss):
    """log(1 + e ** (-target * input)), reduced."""

    function = "soft_margin_loss"


class MultiLabelSoftMarginLoss(_Loss):
    """The mean over classes of binary cross entropy with logits, reduced."""

    function = "multilabel_soft_margin_loss"
    args = f"weight=None, {_OLD}"


class HingeEmbeddingLoss(_Loss):
    """input where target is 1, max(0, margin - input) where it is -1; reduced."""

    function = "hinge_embedding_loss"
    args = f"margin=1.0, {_OLD}"


class CosineEmbeddingLoss(_Loss):
    """1 - cos(input1, input2) where target is 1, max(0, cos - margin) where it is -1; reduced."""

    function = "cosine_embedding_loss"
    args = f"margin=0.0, {_OLD}"
    takes = "input1, input2, target"


class MarginRankingLoss(_Loss):
    """max(0, -target * (input1 - input2) + margin), reduced."""

    function = "margin_ranking_loss"
    args = f"margin=0.0, {_OLD}"
    takes = "input1, input2, target"


class TripletMarginLoss(_Loss):
    """max(0, |anchor - positive| - |anchor - negative| + margin), reduced."""

    function = "triplet_margin_loss"
    args = f"margin=1.0, p=2.0, eps=1e-06, swap=False, {_OLD}"
    takes = "anchor, positive, negative"

    def check(self, given: Mapping[str, Any]) -> None:
        margin = given["margin"]
        if margin <= 0:
            message = f"expected margin to be greater than 0, got {margin} instead"
            raise make(ArgumentError, message, ValueError, "torch.nn.TripletMarginLoss")


class PoissonNLLLoss(_Loss):
    """e ** input - target * input, reduced."""

    function = "poisson_nll_loss"
    args = "log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction='mean'"
    takes = "log_input, target"


class GaussianNLLLoss(_Loss):
    """(log(var) + (input - target) ** 2 / var) / 2, reduced."""

    function = "gaussian_nll_loss"
    args = "*, full=False, eps=1e-06, reduction='mean'"
    takes = "input, target, var"
