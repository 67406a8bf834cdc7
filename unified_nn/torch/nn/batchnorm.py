"""Batch and instance normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unified_nn.errors import NotOfferedError, ShapeError, make
from unified_nn.layers import norm
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.rules import complement, computed, same

_NAMES = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "var": "running_var", "count": "num_batches_tracked"}
_SHOWS = (
    "{num_features}, eps={eps}, momentum={momentum}, affine={affine}, bias={bias}, "
    "track_running_stats={track_running_stats}"
)


def _center(affine: bool, bias: bool) -> bool:
    return affine and bias


_CENTER = computed(("affine", "bias"), _center, lambda v: {"affine": True} if v else {"bias": False})


class _BatchNorm(Layer, canonical=norm.BatchNorm):
    args = (
        "num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, *, "
        "bias=True"
    )
    to = {
        "features": "num_features", "scale": "affine", "center": _CENTER, "keep": complement("momentum"),
        "running": "track_running_stats", "counts": same("track_running_stats"),
    }  # fmt: skip
    params = _NAMES
    shows = _SHOWS
    ranks: tuple[int, ...] = ()

    def keep(self, name: str, value: Any) -> Any:
        return value and self.arguments["affine"] if name == "bias" else value

    def forward(self, *xs: Tensor) -> Any:
        """Refuses what PyTorch refuses: another rank, and one value per channel while training."""
        x = xs[0]
        if x.ndim not in self.ranks:
            expected = " or ".join(f"{rank}D" for rank in self.ranks)
            raise make(ShapeError, f"expected {expected} input (got {x.ndim}D input)", ValueError, "batch_norm")
        if (self.training or not self.layer.running) and x._shape[0] * _size(x._shape[2:]) == 1:  # type: ignore[attr-defined]
            message = f"Expected more than 1 value per channel when training, got input size {x.shape}"
            raise make(ShapeError, message, ValueError, "batch_norm")
        return super().forward(x)


def _size(shape: tuple[int, ...]) -> int:
    total = 1
    for s in shape:
        total *= s
    return total


class BatchNorm1d(_BatchNorm, rank=1):
    ranks = (2, 3)


class BatchNorm2d(_BatchNorm, rank=2):
    ranks = (4,)


class BatchNorm3d(_BatchNorm, rank=3):
    ranks = (5,)


class _InstanceNorm(Layer, canonical=norm.GroupNorm):
    args = (
        "num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, *, "
        "bias=True"
    )
    to = {"groups": "num_features", "features": "num_features", "scale": "affine", "center": _CENTER}
    params = {"gamma": "weight", "beta": "bias"}
    shows = _SHOWS

    def check(self, given: Mapping[str, Any]) -> None:
        if given["track_running_stats"]:
            raise make(NotOfferedError, "track_running_stats=True is not offered; the default False is")

    def keep(self, name: str, value: Any) -> Any:
        return value and self.arguments["affine"] if name == "bias" else value

    def forward(self, *xs: Tensor) -> Any:
        """Takes one sample without a batch axis, and refuses a single value per channel while training."""
        x = xs[0]
        assert self.rank is not None
        batched, single = self.rank + 2, self.rank + 1
        if x.ndim not in (batched, single):
            message = f"expected {single}D or {batched}D input (got {x.ndim}D input)"
            raise make(ShapeError, message, ValueError, "instance_norm")
        whole = x if x.ndim == batched else x.unsqueeze(0)
        if _size(whole._shape[2:]) == 1:
            message = f"Expected more than 1 spatial element when training, got input size {whole.shape}"
            raise make(ShapeError, message, ValueError, "instance_norm")
        out = super().forward(whole)
        return out if x.ndim == batched else out.squeeze(0)


class InstanceNorm1d(_InstanceNorm, rank=1):
    pass


class InstanceNorm2d(_InstanceNorm, rank=2):
    pass


class InstanceNorm3d(_InstanceNorm, rank=3):
    pass
