"""Look-up tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unified_nn import init
from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.layers import embedding
from unified_nn.random import RandomStream
from unified_nn.torch.nn.functions.embedding import embedding as embed
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.tensor import Parameter
from unified_nn.vocabulary.rules import Rule


def _place(a: Mapping[str, Any]) -> int | None:
    place, count = a["padding_idx"], a["num_embeddings"]
    if place is None:
        return None
    return int(place + count if place < 0 else place)


class _Table:
    """N(0, 1), with zeros in the row of the padding."""

    def __init__(self, pad: int | None) -> None:
        self.pad = pad

    def __call__(self, shape: tuple[int, ...], stream: RandomStream, dtype: str = "float32") -> NDArray[Any]:
        values = np.array(init.Normal(1.0)(shape, stream, dtype))
        if self.pad is not None:
            values[self.pad] = 0
        return values


class Embedding(Layer, canonical=embedding.Embedding):
    args = (
        "num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, "
        "sparse=False, _weight=None, _freeze=False, device=None, dtype=None"
    )
    to = {
        "count": "num_embeddings",
        "features": "embedding_dim",
        "pad": Rule(("padding_idx", "num_embeddings"), _place, lambda v: {"padding_idx": v}),
        "norm": "norm_type",
        "by_frequency": "scale_grad_by_freq",
    }
    params = {"w": "weight"}
    inits = {"w": lambda a, layer: _Table(layer.pad)}
    shows = "{num_embeddings}, {embedding_dim}"

    def check(self, given: Mapping[str, Any]) -> None:
        place, count = given["padding_idx"], given["num_embeddings"]
        if place is not None and not -count <= place < count:
            raise make(
                ArgumentError, f"Padding_idx must be within num_embeddings, got {place} of {count}", AssertionError
            )
        if given["sparse"]:
            raise make(NotOfferedError, "sparse=True is not offered, gradients are dense; leave it False")
        weight, expected = given["_weight"], [count, given["embedding_dim"]]
        if weight is not None and list(weight._shape) != expected:
            message = (
                f"Shape of weight {list(weight._shape)} does not match num_embeddings and embedding_dim {expected}"
            )
            raise make(ArgumentError, message, AssertionError)

    def _make_parameters(self, given: Mapping[str, Any]) -> None:
        if given["_weight"] is None:
            super()._make_parameters(given)
        else:
            self.weight = Parameter(given["_weight"])
        self.weight.requires_grad_(not given["_freeze"])

    def keep(self, name: str, value: Any) -> Any:
        return _place(self.arguments) if name == "padding_idx" else value

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
    ) -> Embedding:  # fmt: skip
        """A table with the rows of a matrix; `freeze` keeps it from being learned."""
        if embeddings.ndim != 2:
            message = f"Embeddings parameter is expected to be 2-dimensional, got shape {list(embeddings._shape)}"
            raise make(ArgumentError, message, AssertionError)
        options = (padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
        return cls(*embeddings._shape, *options, _weight=embeddings, _freeze=freeze)

    def forward(self, input: Any, *others: Any) -> Any:  # the function's own checks and messages
        return embed(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:  # settings are shown only where they are not the default
        usual = {"padding_idx": None, "max_norm": None, "norm_type": 2, "scale_grad_by_freq": False, "sparse": False}
        values = ((name, self.__dict__.get(name)) for name in usual)
        shown = "".join(f", {name}={value}" for name, value in values if value != usual[name])
        return f"{self.num_embeddings}, {self.embedding_dim}{shown}"
