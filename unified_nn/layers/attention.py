"""Attention of several heads (arXiv:1706.03762)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from unified_nn import dtypes
from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.init import ZEROS, Scaled
from unified_nn.layers.base import Layer, Param, Params
from unified_nn.layers.dropout import Dropout
from unified_nn.layers.linear import Linear
from unified_nn.ops.attention import attention_weights, scaled_dot_product_attention
from unified_nn.ops.linalg import linear, matmul
from unified_nn.ops.shape import concat, expand, narrow, reshape, swapaxes, transpose
from unified_nn.tensor import Tensor

_UNIFORM, _NORMAL = Scaled(1.0, "average", "uniform"), Scaled(1.0, "average", "normal")


@dataclass(frozen=True)
class MultiheadAttention(Layer):
    """q (L, N, features), k (S, N, key_features), v (S, N, value_features) -> (L, N, features), and each head's weights
    (N, heads, L, S + extra); the batch axis N stands before the length with `batch_first`.

    Each head attends with a projection of its own; what all find is projected once more by the part `out_proj`. Weights
    are dropped while training. `learned_place` adds a key and a value that are learned, `zero_place` ones of zeros.
    """

    inputs: ClassVar[int] = 4

    features: int
    heads: int
    drop: float = 0.0
    bias: bool = True
    learned_place: bool = False
    zero_place: bool = False
    key_features: int | None = None  # None: as many as `features`
    value_features: int | None = None
    batch_first: bool = False

    def __post_init__(self) -> None:
        if self.features < 1 or self.heads < 1 or self.features % self.heads:
            message = f"features must be positive and divisible by heads, got features={self.features}"
            raise make(ArgumentError, f"{message}, heads={self.heads}")

    @property
    def is_packed(self) -> bool:
        """Whether one array holds the projections of queries, keys and values."""
        return {self.key_features, self.value_features} <= {None, self.features}

    def params(self) -> Iterator[Param]:
        size = self.features
        if self.is_packed:
            yield Param("in_w", (3 * size, size), _UNIFORM)
        else:
            yield Param("q_w", (size, size), _UNIFORM)
            yield Param("k_w", (size, self.key_features or size), _UNIFORM)
            yield Param("v_w", (size, self.value_features or size), _UNIFORM)
        if self.bias:
            yield Param("in_b", (3 * size,), ZEROS)
        if self.learned_place:
            yield Param("k_place", (1, 1, size), _NORMAL)
            yield Param("v_place", (1, 1, size), _NORMAL)

    def parts(self) -> Iterator[tuple[str, Layer]]:
        yield "out_proj", Linear(self.features, self.features, self.bias)

    def forward(self, p: Params, *xs: Tensor) -> tuple[Tensor, Tensor]:
        """Attend to the values `v` by the keys `k`, by default those of x itself; a mask as attention_weights has it."""
        q, *rest = xs
        k = rest[0] if rest else q
        v = rest[1] if len(rest) > 1 else k
        self._check(q, k, v)
        if self.batch_first:
            q, k, v = once(_batch_second, q, k, v)
        out, weights = self.over(p, q, k, v, rest[2] if len(rest) > 2 else None)
        assert weights is not None
        return (swapaxes(out, 0, 1) if self.batch_first else out), weights

    def over(
        self, p: Params, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, *,
        dropped: Callable[[Tensor], Tensor] | None = None, weighted: bool = True, causal: bool = False,
        safe: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """The result for (length, N, features), and the weights if `weighted`; a mask (N or 1, heads or 1, L, S).

        `dropped` is what a vocabulary does to the weights in place of `drop`.
        """
        q, k, v = self.projected(p, q, k, v)
        places = k._shape[0]
        if self.learned_place:
            k, v = (_lengthened(x, p[name], 0) for x, name in ((k, "k_place"), (v, "v_place")))
        q, k, v = (self._by_head(x) for x in (q, k, v))
        if self.zero_place:
            k, v = (_lengthened(x, _constant(x, 0), 2) for x in (k, v))
        if mask is not None and k._shape[2] > places:
            for _ in range(k._shape[2] - places):
                mask = _lengthened(mask, _constant(mask, mask._dtype is dtypes.bool_), 3)
        weights = None
        if weighted or dropped is not None:
            weights = attention_weights(q, k, mask, causal=causal, safe=safe)
            weights = (dropped or partial(Dropout(self.drop).forward, p))(weights)
            found = matmul(weights, v)
        else:
            found = scaled_dot_product_attention(q, k, v, mask, causal=causal)
        samples, _, length, _ = found._shape
        joined = reshape(transpose(found, axes=(2, 0, 1, 3)), shape=(length, samples, self.features))
        return linear(joined, p["out_proj.w"], p.get("out_proj.b")), weights if weighted else None

    def projected(self, p: Params, q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each (length, N, features)."""
        size, bias = self.features, p.get("in_b")
        if self.is_packed and q is k and k is v:  # one product in place of three
            whole = linear(q, p["in_w"], bias)
            first, second, third = (narrow(whole, axis=-1, start=n * size, length=size) for n in range(3))
            return first, second, third
        biases = [None if bias is None else narrow(bias, axis=0, start=n * size, length=size) for n in range(3)]
        if self.is_packed:
            weights = [narrow(p["in_w"], axis=0, start=n * size, length=size) for n in range(3)]
        else:
            weights = [p[name] for name in ("q_w", "k_w", "v_w")]
        first, second, third = (linear(x, w, b) for x, w, b in zip((q, k, v), weights, biases, strict=True))
        return first, second, third

    def _by_head(self, x: Tensor) -> Tensor:
        """(length, N, features) -> (N, heads, length, features / heads)."""
        length, samples, size = x._shape
        apart = reshape(x, shape=(length, samples, self.heads, size // self.heads))
        return transpose(apart, axes=(1, 2, 0, 3))

    def _check(self, q: Tensor, k: Tensor, v: Tensor) -> None:
        axes = "(N, length, features)" if self.batch_first else "(length, N, features)"
        sizes = (self.features, self.key_features or self.features, self.value_features or self.features)
        for name, x, size in zip("qkv", (q, k, v), sizes, strict=True):
            if x.ndim != 3 or x._shape[2] != size:
                message = f"{name} has shape {x._shape}, expected rank 3 {axes} with {size} features"
                raise x._error(ShapeError, "attention", message)
        if k._shape[:2] != v._shape[:2] or q._shape[1 - self.batch_first] != k._shape[1 - self.batch_first]:
            message = f"samples and places do not fit; q {q._shape}, k {k._shape}, v {v._shape}, axes {axes}"
            raise q._error(ShapeError, "attention", message)

    def summary(self) -> str:
        return f"{self.features}, {self.heads} heads"


def _batch_second(x: Tensor) -> Tensor:
    return swapaxes(x, 0, 1)


def once(change: Callable[[Tensor], Tensor], *xs: Tensor) -> list[Tensor]:
    """The change of each array, made once for those that are the same one."""
    made = {id(x): change(x) for x in {id(x): x for x in xs}.values()}
    return [made[id(x)] for x in xs]


def _constant(like: Tensor, value: int) -> Tensor:
    return Tensor.from_numpy(np.full((1,) * like.ndim, value), like._dtype, like.backend, like._device)


def _lengthened(x: Tensor, place: Tensor, axis: int) -> Tensor:
    """x with one more place along the axis."""
    shape = tuple(1 if a == axis else size for a, size in enumerate(x._shape))
    return concat(x, expand(place, shape=shape), axis=axis)
