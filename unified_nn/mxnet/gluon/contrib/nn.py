"""`mxnet.gluon.contrib.nn`: blocks side by side."""

from __future__ import annotations

from typing import Any

from unified_nn.mxnet import ndarray as nd
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.mxnet.gluon.nn.containers import HybridSequential, Sequential
from unified_nn.mxnet.gluon.parameter_dict import ParameterDict
from unified_nn.vocabulary.missing import refuse


class Concurrent(Sequential):
    """Every child sees the input; their outputs are joined along an axis."""

    def __init__(self, axis: int = -1, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self.axis = axis

    def forward(self, x: Any, *args: Any) -> Any:
        return nd.concat(*[block(x) for block in self._children.values()], dim=self.axis)


class HybridConcurrent(HybridSequential):
    """Every hybrid child sees the input; their outputs are joined along an axis."""

    def __init__(self, axis: int = -1, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self.axis = axis

    def _through(self, x: Any, args: tuple[Any, ...]) -> Any:
        return self.hybrid_forward(nd, x)

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **params: Any) -> Any:  # noqa: N803
        return F.concat(*[block(x) for block in self._children.values()], dim=self.axis)


class Identity(HybridBlock):
    """The input itself."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return x


_REFUSED = {
    "SparseEmbedding": "gradients are dense; use nn.Embedding",
    "SyncBatchNorm": "a network lives on one device; use nn.BatchNorm",
    **dict.fromkeys(("PixelShuffle1D", "PixelShuffle2D", "PixelShuffle3D"), "reshape and transpose in a HybridLambda"),
}
__getattr__ = refuse("mxnet.gluon.contrib.nn", globals(), _REFUSED)
