"""Dropout layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from unified_nn.layers import dropout
from unified_nn.torch.nn.functions import dropout as functions
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.nn.module import Module

_ARGS = "p=0.5, inplace=False"
_SHOWS = "p={p}, inplace={inplace}"


class _Dropout(Layer, canonical=dropout.Dropout):
    """The functions draw the mask, as PyTorch does; the canonical layer draws other ones from the same seed."""

    args = _ARGS
    to = {"drop": "p"}
    shows = _SHOWS
    function: ClassVar[Callable[..., Any]]

    def check(self, given: Mapping[str, Any]) -> None:
        functions.check_probability(given["p"])

    def forward(self, input: Any, *others: Any) -> Any:
        return type(self).function(input, self.p, self.training, self.inplace)


class Dropout(_Dropout, shared=()):
    function = staticmethod(functions.dropout)


class Dropout1d(_Dropout, shared=(2,)):
    function = staticmethod(functions.dropout1d)


class Dropout2d(_Dropout, shared=(2, 3)):
    function = staticmethod(functions.dropout2d)


class Dropout3d(_Dropout, shared=(2, 3, 4)):
    function = staticmethod(functions.dropout3d)


class AlphaDropout(Module):
    """SELU's dropout: mean and variance stay as they are (arXiv:1706.02515).

    `inplace` changes nothing, as in PyTorch.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(functions.alpha_dropout)

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        functions.check_probability(p)
        self.p, self.inplace = p, inplace

    def forward(self, input: Any) -> Any:
        return type(self).function(input, self.p, self.training)

    def extra_repr(self) -> str:
        return _SHOWS.format(p=self.p, inplace=self.inplace)


class FeatureAlphaDropout(AlphaDropout):
    """Alpha dropout of whole channels."""

    function = staticmethod(functions.feature_alpha_dropout)
