"""Recurrent layers and cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Literal, Self

import numpy as np

from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.init import Uniform
from unified_nn.layers.base import Layer, Param, Params
from unified_nn.layers.dropout import Dropout
from unified_nn.ops import rnn as ops
from unified_nn.ops.shape import concat, stack, swapaxes, unsqueeze, unstack
from unified_nn.tensor import Tensor

Kind = Literal["rnn", "lstm", "gru"]
Weights = tuple[Tensor, Tensor, Tensor | None, Tensor | None]

#: How many gates a cell has, and how many states.
GATES: dict[str, int] = {"rnn": 1, "lstm": 4, "gru": 3}
STATES: dict[str, int] = {"rnn": 1, "lstm": 2, "gru": 1}


def _params(
    kind: str, in_features: int, features: int, bias: bool, suffix: str = "", projection: int = 0
) -> Iterator[Param]:  # fmt: skip
    """The arrays of one layer in one direction."""
    bound = 1 / math.sqrt(features) if features > 0 else 0.0
    rows = GATES[kind] * features
    init = Uniform(-bound, bound)
    yield Param(f"weight_ih{suffix}", (rows, in_features), init)
    yield Param(f"weight_hh{suffix}", (rows, projection or features), init)
    if bias:
        yield Param(f"bias_ih{suffix}", (rows,), init)
        yield Param(f"bias_hh{suffix}", (rows,), init)
    if projection:
        yield Param(f"weight_hr{suffix}", (projection, features), init)


def zero_states(x: Tensor, count: int, shape: tuple[int, ...]) -> tuple[Tensor, ...]:
    """Initial states of zeros, in x's dtype and place."""
    made = Tensor.from_numpy(np.zeros(shape), x._dtype, x.backend, x._device)
    return (made,) * count


@dataclass(frozen=True)
class Recurrent(Layer):
    """x (T, N, in_features), or (N, T, in_features) with `batch_first`, and the initial states (L * D, N, features) if
    any -> all outputs of the last layer (T, N, D * features) and the last states, for L layers and D directions.

    Between layers values are dropped while training. Lengths (N,) say where each sample ends; the outputs after that
    are 0.
    """

    inputs: ClassVar[int] = 4

    cell: Kind
    in_features: int | None
    features: int
    layers: int = 1
    activation: str = "tanh"  # of the cell "rnn"
    bias: bool = True
    batch_first: bool = False
    drop: float = 0.0
    bidirectional: bool = False
    projection: int = 0  # size of an LSTM's h where it is projected (arXiv:1402.1128); 0 is not

    def __post_init__(self) -> None:
        if self.activation not in ops.ACTIVATIONS:
            message = f"activation={self.activation!r} is not one of {', '.join(ops.ACTIVATIONS)}"
            raise make(ArgumentError, message)

    @property
    def suffixes(self) -> list[list[str]]:
        """What names of arrays end in, per layer and direction."""
        return [[f"_l{n}", f"_l{n}_reverse"][: self.directions] for n in range(self.layers)]

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    def params(self) -> Iterator[Param]:
        assert self.in_features is not None
        for layer, suffixes in enumerate(self.suffixes):
            inputs = self.directions * (self.projection or self.features) if layer else self.in_features
            for suffix in suffixes:
                yield from _params(self.cell, inputs, self.features, self.bias, suffix, self.projection)

    @property
    def is_open(self) -> bool:
        return self.in_features is None

    def resolve(self, *shapes: tuple[int, ...]) -> Self:
        return replace(self, in_features=shapes[0][-1])

    def forward(self, p: Params, *xs: Tensor) -> tuple[Tensor, ...]:
        x, *states = xs
        return self.over(p, x, tuple(states))

    def over(
        self, p: Params, x: Tensor, states: tuple[Tensor, ...] = (), lengths: Tensor | None = None,
        dropped: Callable[[Tensor], Tensor] | None = None,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        """All outputs and the last states; `dropped` is what a vocabulary does between layers in place of `drop`."""
        if x.ndim != 3:
            axes = "(N, T, C)" if self.batch_first else "(T, N, C)"
            raise x._error(ShapeError, self.cell, f"x has rank {x.ndim}, expected 3 {axes}; x {x._shape}")
        if x._shape[2] != self.in_features:
            message = f"x has {x._shape[2]} features (last axis), expected {self.in_features}; x {x._shape}"
            raise x._error(ShapeError, self.cell, message)
        if self.batch_first:
            x = swapaxes(x, 0, 1)
        shapes = self.state_shapes(x._shape[1])
        states = states or tuple(zero_states(x, 1, shape)[0] for shape in shapes)
        for state, shape in zip(states, shapes, strict=True):
            if state._shape != shape:
                message = f"an initial state has shape {state._shape}, expected {shape}: (layers * directions, N, size)"
                raise x._error(ShapeError, self.cell, message)
        out, last = self._layers(p, x, states, lengths, dropped or partial(Dropout(self.drop).forward, p))
        return (swapaxes(out, 0, 1) if self.batch_first else out, *last)

    def state_shapes(self, batch: int) -> list[tuple[int, ...]]:
        """The shapes of the states, h first."""
        count = self.layers * self.directions
        sizes = [self.projection or self.features, self.features][: STATES[self.cell]]
        return [(count, batch, size) for size in sizes]

    def _layers(
        self, p: Params, x: Tensor, states: tuple[Tensor, ...], lengths: Tensor | None,
        dropped: Callable[[Tensor], Tensor],
    ) -> tuple[Tensor, list[Tensor]]:  # fmt: skip
        initial = list(zip(*(unstack(state, axis=0) for state in states), strict=True))
        found: list[tuple[Tensor, ...]] = []
        for layer, suffixes in enumerate(self.suffixes):
            if layer:
                x = dropped(x)
            outs = []
            for direction, suffix in enumerate(suffixes):
                out, *last = self._one(p, x, list(initial[len(found)]), suffix, direction == 1, lengths)
                outs.append(out)
                found.append(tuple(last))
            x = concat(*outs, axis=2) if len(outs) > 1 else outs[0]
        return x, [stack(*each, axis=0) for each in zip(*found, strict=True)]

    def _one(
        self, p: Params, x: Tensor, states: list[Tensor], suffix: str, reverse: bool, lengths: Tensor | None
    ) -> tuple[Tensor, ...]:
        """One layer in one direction."""
        weights = _weights(p, suffix)
        if lengths is None and not self.projection:
            return _call(self.cell, self.activation, x, states, weights, reverse)
        return ops.of_lengths(
            self.cell, x, states, lengths, *weights, p.get(f"weight_hr{suffix}"), activation=self.activation,
            reverse=reverse,
        )  # fmt: skip

    def summary(self) -> str:
        return f"{self.in_features} -> {self.features}"


def _weights(p: Params, suffix: str = "") -> Weights:
    biases = p.get(f"bias_ih{suffix}"), p.get(f"bias_hh{suffix}")
    return p[f"weight_ih{suffix}"], p[f"weight_hh{suffix}"], *biases


def _call(
    cell: Kind, activation: str, x: Tensor, states: list[Tensor], weights: Weights, reverse: bool = False
) -> tuple[Tensor, ...]:
    if cell == "lstm":
        return ops.lstm(x, states[0], states[1], *weights, reverse=reverse)
    if cell == "gru":
        return ops.gru(x, states[0], *weights, reverse=reverse)
    return ops.rnn(x, states[0], *weights, activation=activation, reverse=reverse)


@dataclass(frozen=True)
class RecurrentCell(Layer):
    """One step: x (N, in_features) and the states (N, features) if any -> the next states, the first is the output."""

    inputs: ClassVar[int] = 3

    cell: Kind
    in_features: int | None
    features: int
    activation: str = "tanh"  # of the cell "rnn"
    bias: bool = True

    def params(self) -> Iterator[Param]:
        assert self.in_features is not None
        yield from _params(self.cell, self.in_features, self.features, self.bias)

    @property
    def is_open(self) -> bool:
        return self.in_features is None

    def resolve(self, *shapes: tuple[int, ...]) -> Self:
        return replace(self, in_features=shapes[0][-1])

    def forward(self, p: Params, *xs: Tensor) -> tuple[Tensor, ...]:
        x, *states = xs
        if x.ndim != 2:
            raise x._error(ShapeError, f"{self.cell} cell", f"x has rank {x.ndim}, expected 2 (N, C); x {x._shape}")
        states = states or list(zero_states(x, STATES[self.cell], (x._shape[0], self.features)))
        _, *last = _call(self.cell, self.activation, unsqueeze(x, axis=0), states, _weights(p))
        return tuple(last)

    def summary(self) -> str:
        return f"{self.in_features} -> {self.features}"
