"""Look-up tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError, make
from unified_nn.init import Initializer
from unified_nn.layers import embedding
from unified_nn.layers.base import Param
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.layer.layer import Layer
from unified_nn.mindspore.ops.function.array_func import from_the_front
from unified_nn.random import RandomStream


class Embedding(Layer, canonical=embedding.Embedding):
    """`use_one_hot` gives the same values by a matrix product in MindSpore; here it is the look-up in both cases."""

    args = (
        "vocab_size, embedding_size, use_one_hot=False, embedding_table='normal', dtype=mstype.float32, "
        "padding_idx=None"
    )
    to = {"count": "vocab_size", "features": "embedding_size"}
    params = {"w": "embedding_table"}

    def check(self, given: Mapping[str, Any]) -> None:
        for name in ("vocab_size", "embedding_size"):
            if not isinstance(given[name], int) or isinstance(given[name], bool):
                raise make(ArgumentError, f"the type of '{name}' must be int, but got {given[name]!r}", TypeError)
        padding, count = given["padding_idx"], given["vocab_size"]
        if padding is not None and not 0 <= padding < count:
            raise make(ArgumentError, f"the 'padding_idx' must be in range of [0, {count}), but got {padding}")

    def _initializer(self, param: Param, given: Mapping[str, Any]) -> Initializer:
        from unified_nn.mindspore.nn.layer.layer import Drawn

        drawn = Drawn(given["embedding_table"])
        row = given["padding_idx"]

        def table(shape: tuple[int, ...], stream: RandomStream, dtype: str = "float32") -> np.ndarray[Any, Any]:
            made = drawn(shape, stream, dtype)
            if row is not None:
                made[row] = 0
            return made

        return table

    def construct(self, *xs: Tensor) -> Any:
        places = (from_the_front(x, self.vocab_size) if isinstance(x, Tensor) else x for x in xs)
        return super().construct(*places)

    def extend_repr(self) -> str:
        a = self.arguments
        dtype: mstype.Type = a["dtype"]
        return (
            f"vocab_size={a['vocab_size']}, embedding_size={a['embedding_size']}, use_one_hot={a['use_one_hot']}, "
            f"embedding_table={self.embedding_table}, dtype={dtype}, padding_idx={a['padding_idx']}"
        )


__all__ = ["Embedding"]
