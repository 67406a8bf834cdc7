"""Look-up tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError, DTypeError, NotOfferedError, make
from unified_nn.init import Initializer
from unified_nn.layers import embedding
from unified_nn.layers.base import Param
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.layer.layer import Drawn, Layer
from unified_nn.mindspore.ops.function.array_func import from_the_front
from unified_nn.ops.elementwise import greater_equal, less, logical_and, where
from unified_nn.ops.index import take
from unified_nn.ops.shape import unsqueeze
from unified_nn.random import RandomStream
from unified_nn.tensor import Tensor as Core
from unified_nn.vocabulary.rules import constant

_SIZES = ("vocab_size", "embedding_size")


def _check_sizes(given: Mapping[str, Any]) -> None:
    for name in _SIZES:
        if not isinstance(given[name], int) or isinstance(given[name], bool):
            raise make(ArgumentError, f"the type of '{name}' must be int, but got {given[name]!r}", TypeError)
        if given[name] < 1:
            raise make(ArgumentError, f"the '{name}' must be positive, but got {given[name]}", ValueError)


def _check_bool(given: Mapping[str, Any], name: str) -> None:
    if not isinstance(given[name], bool):
        message = f"the type of '{name}' should be 'bool', but got type '{type(given[name]).__name__}'"
        raise make(ArgumentError, message, TypeError)


class _Table(Layer):
    """Base of the look-up tables; `table` names the argument that says the first values."""

    table: str

    def dtype_of(self, param: Param) -> str:
        given = self.arguments[self.table]
        return given._dtype.name if isinstance(given, Tensor) else super().dtype_of(param)

    def _indices(self, i: Any) -> Tensor:
        if not isinstance(i, Tensor):
            raise make(ArgumentError, f"the input must be a Tensor, but got {type(i)}", TypeError)
        if i._dtype.name not in ("int32", "int64"):
            message = f"the indices must be int32 or int64, but got {i._dtype.name}"
            raise make(DTypeError, message, TypeError, f"mindspore.nn.{type(self).__name__}")
        return i

    def _found(self, i: Tensor) -> Core:
        """The rows that i names; MindSpore finds those that are counted from the end, and gives them no gradient."""
        rows: Core = self.layer.forward(self, from_the_front(i, self.arguments["vocab_size"]))
        return where(unsqueeze(less(i, 0), axis=-1), rows._detached(), rows) if rows.tracked else rows


def _or_zeros(w: Core, i: Core) -> Core:
    """The rows that i names, zeros for what is out of range."""
    inside = logical_and(greater_equal(i, 0), less(i, w._shape[0]))
    return where(unsqueeze(inside, axis=-1), take(w, where(inside, i, 0), axis=0), 0.0)


class Embedding(_Table, canonical=embedding.Embedding):
    """`use_one_hot` is a product with rows of one 1 in MindSpore; here it is the look-up, 0 for what is out of range."""

    args = (
        "vocab_size, embedding_size, use_one_hot=False, embedding_table='normal', dtype=mstype.float32, "
        "padding_idx=None"
    )
    to = {"count": "vocab_size", "features": "embedding_size"}
    params = {"w": "embedding_table"}
    table = "embedding_table"

    def check(self, given: Mapping[str, Any]) -> None:
        _check_sizes(given)
        _check_bool(given, "use_one_hot")
        padding, count = given["padding_idx"], given["vocab_size"]
        if padding is None:
            return
        if not isinstance(padding, int) or isinstance(padding, bool):
            raise make(ArgumentError, f"the 'padding_idx' must be 'int', but got {padding!r}", TypeError)
        if not 0 <= padding < count:
            raise make(ArgumentError, f"the 'padding_idx' must be in range of [0, {count}), but got {padding}")

    def _initializer(self, param: Param, given: Mapping[str, Any]) -> Initializer:
        drawn = Drawn(given["embedding_table"])
        row = given["padding_idx"]

        def table(shape: tuple[int, ...], stream: RandomStream, dtype: str = "float32") -> np.ndarray[Any, Any]:
            made = drawn(shape, stream, dtype)
            if row is not None:
                made[row] = 0
            return made

        return table

    def dtype_of(self, param: Param) -> str:  # `dtype` is that of the rows of one 1 alone
        return super().dtype_of(param) if isinstance(self.arguments["embedding_table"], Tensor) else "float32"

    def construct(self, *xs: Tensor) -> Any:
        i = self._indices(xs[0])
        if not self.use_one_hot:
            return self._found(i)
        w = self["w"]
        if mstype.to_canonical(self.arguments["dtype"]) is not w._dtype:
            message = f"use_one_hot multiplies dtype={self.arguments['dtype']} with a table of {w._dtype.name}"
            raise make(DTypeError, f"{message}; they must be the same", TypeError, "mindspore.nn.Embedding")
        return _or_zeros(w, i)

    def extend_repr(self) -> str:
        a = self.arguments
        dtype: mstype.Type = a["dtype"]
        return (
            f"vocab_size={a['vocab_size']}, embedding_size={a['embedding_size']}, use_one_hot={a['use_one_hot']}, "
            f"embedding_table={self.embedding_table}, dtype={dtype}, padding_idx={a['padding_idx']}"
        )


class EmbeddingLookup(_Table, canonical=embedding.Embedding):
    """A table whose rows are looked up on the host: zeros for what is out of range."""

    args = (
        "vocab_size, embedding_size, param_init='normal', target='CPU', slice_mode='batch_slice', manual_shapes=None, "
        "max_norm=None, sparse=True, dtype=mstype.float32"
    )
    to = {"count": "vocab_size", "features": "embedding_size", "max_norm": constant(None)}
    params = {"w": "embedding_table"}
    initials = {"w": "param_init"}
    table = "param_init"

    def check(self, given: Mapping[str, Any]) -> None:
        _check_bool(given, "sparse")
        _check_sizes(given)
        if given["target"] not in ("CPU", "DEVICE"):
            raise make(ArgumentError, f"the 'target' must be in ['CPU', 'DEVICE'], but got {given['target']!r}")
        if not given["sparse"] and given["target"] == "CPU":
            raise make(ArgumentError, "'sparse' must be True when 'target' is \"CPU\", but got False")
        limit = given["max_norm"]
        if limit is None:
            return
        if not isinstance(limit, float):
            raise make(ArgumentError, f"the 'max_norm' must be float, but got {limit!r}", TypeError)
        if limit <= 0:
            raise make(ArgumentError, f"the 'max_norm' must be float and must > 0, but got {limit}")
        message = f"max_norm={limit} is not offered: MindSpore's CPU kernel takes the norms of other values"
        raise make(NotOfferedError, message)

    def construct(self, *xs: Tensor) -> Any:
        i = self._indices(xs[0])
        if self.target == "DEVICE" and self.sparse:
            message = "target='DEVICE' with sparse=True has no CPU kernel in MindSpore; give sparse=False"
            raise make(ArgumentError, message, RuntimeError, "mindspore.nn.EmbeddingLookup")
        if self.target == "DEVICE":
            return self._found(i)
        return _or_zeros(self["w"], i)

    def extend_repr(self) -> str:
        return ""


__all__ = ["Embedding", "EmbeddingLookup"]
