"""Dropout (JMLR 15, 2014)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unified_nn.layers.base import Layer, Params
from unified_nn.ops.elementwise import mul
from unified_nn.tensor import Tensor


@dataclass(frozen=True)
class Dropout(Layer):
    """While training, each value (or each whole slice along `axes`' complement) is 0 with probability `drop`, and the
    rest divided by 1 - drop.

    The mask comes from the host's generator, so that it is the same on every backend for one seed.
    """

    drop: float
    shared: tuple[int, ...] = ()  # axes along which one draw serves all values

    def forward(self, p: Params, *xs: Tensor) -> Tensor:
        x = xs[0]
        if not p.training or self.drop == 0.0:
            return x
        shape = tuple(1 if a in self.shared else s for a, s in enumerate(x._shape))
        keep = p.stream.bernoulli(shape, 1.0 - self.drop)
        scale = 0.0 if self.drop == 1.0 else 1.0 / (1.0 - self.drop)
        mask = (keep * scale).astype(np.float64)
        return mul(x, Tensor.from_numpy(mask, x._dtype, x.backend, x._device))
