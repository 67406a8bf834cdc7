"""Image transforms: height, width and channels last before `ToTensor`, channels first after it."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn.errors import ShapeError, make
from unified_nn.mxnet import ndarray as nd
from unified_nn.mxnet.gluon.block import Block
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.mxnet.gluon.nn.containers import Sequential
from unified_nn.random import default_generator
from unified_nn.vocabulary.missing import refuse


class Compose(Sequential):
    """One transform after the other."""

    def __init__(self, transforms: list[Any]) -> None:
        super().__init__()
        self.add(*transforms)


class Cast(HybridBlock):
    """Another dtype."""

    def __init__(self, dtype: Any = "float32") -> None:
        super().__init__()
        self._dtype = dtype

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return x.astype(self._dtype)


class ToTensor(HybridBlock):
    """(H, W, C) of 0 to 255 -> float32 (C, H, W) of 0 to 1; batches in front are kept."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        if x.ndim not in (3, 4):
            raise make(ShapeError, f"ToTensor: the image has shape {x.shape}, expected (H, W, C) or (N, H, W, C)")
        axes = (2, 0, 1) if x.ndim == 3 else (0, 3, 1, 2)
        return x.astype("float32").transpose(axes) / 255.0


class Normalize(HybridBlock):
    """(x - mean) / std per channel of (C, H, W)."""

    def __init__(self, mean: Any = 0.0, std: Any = 1.0) -> None:
        super().__init__()
        self._mean, self._std = (np.asarray(v, np.float32).reshape((-1, 1, 1)) for v in (mean, std))

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return (x - nd.array(self._mean, x.context)) / nd.array(self._std, x.context)


class CenterCrop(Block):
    """The middle of (H, W, C) with the size (width, height)."""

    def __init__(self, size: Any, interpolation: int = 1) -> None:
        super().__init__()
        self._size = (size, size) if isinstance(size, int) else tuple(size)

    def forward(self, x: Any) -> Any:
        width, height = self._size
        if x.shape[0] < height or x.shape[1] < width:
            message = f"CenterCrop: the image {x.shape} is smaller than {height} x {width}; enlarging is not offered"
            raise make(ShapeError, message)
        top, left = (x.shape[0] - height) // 2, (x.shape[1] - width) // 2
        return x[top : top + height, left : left + width].copy()


class _RandomFlip(HybridBlock):
    axis = 0

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        flips = bool(default_generator.bernoulli((), 0.5))
        return F.flip(x, axis=x.ndim - 3 + self.axis) if flips else x


class RandomFlipLeftRight(_RandomFlip):
    """Mirrored with probability one half."""

    axis = 1


class RandomFlipTopBottom(_RandomFlip):
    """Upside down with probability one half."""


_WHY = "transform the images with another library first"
_NAMES = (
    "Resize", "RandomResizedCrop", "CropResize", "RandomApply", "RandomBrightness", "RandomColorJitter",
    "RandomContrast", "RandomHue", "RandomLighting", "RandomRotation", "RandomSaturation", "Rotate",
)  # fmt: skip
__getattr__ = refuse("mxnet.gluon.data.vision.transforms", globals(), dict.fromkeys(_NAMES, _WHY))
