"""Look-up tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from unified_nn import init
from unified_nn.autodiff import recording
from unified_nn.layers.base import Layer, Param, Params
from unified_nn.ops.elementwise import add, equal, isfinite, mul, select, sub, where
from unified_nn.ops.index import take
from unified_nn.ops.shape import expand, unsqueeze
from unified_nn.tensor import Tensor


@dataclass(frozen=True)
class Embedding(Layer):
    """i (*) of integers in [0, count) -> (*, features).

    The row `pad`, if there is one, starts at 0 and gets no gradient. With `max_norm` the rows that are looked up are
    first shrunk in the table to that `norm`-norm at most. `by_frequency` divides the gradient of a row by how often it is
    looked up in the call.
    """

    count: int
    features: int
    pad: int | None = None
    max_norm: float | None = None
    norm: float = 2.0
    by_frequency: bool = False

    def params(self) -> Iterator[Param]:
        yield Param("w", (self.count, self.features), init.Normal(1.0))

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        i = xs[0]
        if self.max_norm is not None:
            self._shrink(p, i)
        rows = take(p["w"], i, axis=0)
        if self.by_frequency:
            rows = _slowed(rows, i)
        if self.pad is None:
            return rows
        padding = unsqueeze(equal(i, self.pad), axis=-1)
        return select(expand(padding, shape=rows._shape), rows._detached(), rows)

    def _shrink(self, p: Params, i: Tensor) -> None:
        """Bring the rows that i names within the norm, in the table itself."""
        assert self.max_norm is not None
        w = p["w"]
        with recording(False):
            take(w, i, axis=0)  # refuses what is out of range before anything is changed
            values = w._detached().numpy().copy()
            for place in np.unique(i.numpy()):
                row = values[place]
                size = float(np.linalg.norm(row.astype(np.float64), self.norm))
                if size > self.max_norm:
                    values[place] = row * (self.max_norm / (size + 1e-7))
            p.update("w", Tensor.from_numpy(values, w._dtype, w.backend, w._device))

    def summary(self) -> str:
        return f"{self.count} rows of {self.features}"


def _slowed(rows: Tensor, i: Tensor) -> Tensor:
    """The rows, whose gradients are divided by how often i names each; those of infinite numbers stay as they are."""
    _, inverse, counts = np.unique(i.numpy(), return_inverse=True, return_counts=True)
    share = (1.0 / counts)[inverse].reshape(i._shape)[..., None]
    factor = expand(Tensor.from_numpy(share, rows._dtype, rows.backend, rows._device), shape=rows._shape)
    finite = isfinite(rows._detached())
    moving = mul(where(finite, rows, 0.0), factor)
    return select(finite, add(rows._detached(), sub(moving, moving._detached())), rows)
