"""Batch and instance normalisation."""

from __future__ import annotations

import warnings
from typing import Any, cast

from unified_nn.errors import ShapeError, make
from unified_nn.layers import norm
from unified_nn.torch.define import tensor_argument
from unified_nn.torch.nn.functions.normalization import check_dtypes, check_values_per_channel, instance_norm
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.rules import complement, computed, same

_NAMES = {
    "gamma": "weight",
    "beta": "bias",
    "mean": "running_mean",
    "var": "running_var",
    "count": "num_batches_tracked",
}
_SHOWS = (
    "{num_features}, eps={eps}, momentum={momentum}, affine={affine}, bias={bias}, "
    "track_running_stats={track_running_stats}"
)


def _center(affine: bool, bias: bool) -> bool:
    return affine and bias


_CENTER = computed(("affine", "bias"), _center, lambda v: {"affine": True} if v else {"bias": False})


class _BatchNorm(Layer, canonical=norm.BatchNorm):
    _version = 2  # PyTorch's number of the form with num_batches_tracked
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
    grad_fn = "NativeBatchNormBackward0"
    ranks: tuple[int, ...] = ()

    def forward(self, input: Any, *others: Any) -> Any:
        """Refuses what PyTorch refuses: another rank, and one value per channel while training."""
        x = tensor_argument("batch_norm", input)
        if x.ndim not in self.ranks:
            expected = " or ".join(f"{rank}D" for rank in self.ranks)
            message = f"expected {expected} input (got {x.ndim}D input); input {x._shape}"
            raise make(ShapeError, message, ValueError, "batch_norm")
        check_values_per_channel(x, self.training or not cast(norm.BatchNorm, self.layer).running)
        check_dtypes("batch_norm", x, self.running_mean, self.running_var, self.weight, self.bias)
        return super().forward(x)

    def reset_running_stats(self) -> None:
        """Forget the batches seen."""
        if self.running_mean is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()


class BatchNorm1d(_BatchNorm, rank=1):
    ranks = (2, 3)


class BatchNorm2d(_BatchNorm, rank=2):
    ranks = (4,)


class BatchNorm3d(_BatchNorm, rank=3):
    ranks = (5,)


class _InstanceNorm(Layer, canonical=norm.GroupNorm):
    _version = 2
    args = (
        "num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, *, "
        "bias=True"
    )
    to = {
        "groups": "num_features", "features": "num_features", "scale": "affine", "center": _CENTER,
        "keep": complement("momentum"), "running": "track_running_stats", "counts": same("track_running_stats"),
    }  # fmt: skip
    params = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "var": "running_var",
              "count": "num_batches_tracked"}  # fmt: skip
    shows = _SHOWS

    def forward(self, input: Any, *others: Any) -> Any:
        """Takes one sample without a batch axis."""
        x = tensor_argument("instance_norm", input)
        assert self.rank is not None
        batched, alone = self.rank + 2, x.ndim == self.rank + 1
        if x.ndim != batched and not alone:
            message = f"expected {self.rank + 1}D or {batched}D input (got {x.ndim}D input); input {x._shape}"
            raise make(ShapeError, message, ValueError, "instance_norm")
        self._check_channels(x, x._shape[0 if alone else 1])
        whole = x.unsqueeze(0) if alone else x
        by_sample = self.training or not self.track_running_stats
        out = instance_norm(whole, self.running_mean, self.running_var, self.weight, self.bias, by_sample,
                            self.momentum if self.momentum is not None else 0.0, self.eps)  # fmt: skip
        return out.squeeze(0) if alone else out

    def _check_channels(self, x: Tensor, channels: int) -> None:
        if channels == self.num_features:
            return
        message = f"expected {self.num_features} channels (num_features), got {channels}; input {list(x._shape)}"
        if self.affine:
            raise make(ShapeError, message, ValueError, "instance_norm")
        text = "input's size at dim=1 does not match num_features. You can silence this warning by not passing in "
        warnings.warn(
            f"{text}num_features, which is not used because affine=False; {message}", UserWarning, stacklevel=4
        )


class InstanceNorm1d(_InstanceNorm, rank=1):
    pass


class InstanceNorm2d(_InstanceNorm, rank=2):
    pass


class InstanceNorm3d(_InstanceNorm, rank=3):
    pass
