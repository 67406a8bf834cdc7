"""Image transforms that are exact in NumPy: conversion, normalisation, cropping, flipping, padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from unified_nn.errors import NotOfferedError, make
from unified_nn.torch import creation, dtypes, random
from unified_nn.torch.tensor import Tensor
from unified_nn.torchvision.images import from_array, is_picture, to_array

Size = int | Sequence[int]


def _pair(size: Size) -> tuple[int, int]:
    if isinstance(size, int):
        return size, size
    return (size[0], size[0]) if len(size) == 1 else (size[0], size[1])


class _Transform:
    """Base: prints its settings."""

    def _shown(self) -> str:
        return ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._shown()})"


class Compose:
    """One transform after the other."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image

    def __repr__(self) -> str:
        return "Compose(" + "".join(f"\n    {transform}" for transform in self.transforms) + "\n)"


class ToTensor(_Transform):
    """A picture (H, W, C) as a tensor (C, H, W): bytes become float32 in [0, 1], other arrays keep their values."""

    def __call__(self, image: Any) -> Tensor:
        values = np.ascontiguousarray(to_array(image).transpose(2, 0, 1))
        if values.dtype == np.uint8:
            values = values.astype(np.float32) / np.float32(255)
        return creation.as_tensor(values)


class PILToTensor(_Transform):
    """A picture (H, W, C) as a tensor (C, H, W) with the same values."""

    def __call__(self, image: Any) -> Tensor:
        return creation.as_tensor(np.ascontiguousarray(to_array(image).transpose(2, 0, 1)))


class Normalize(_Transform):
    """(x - mean) / std for each channel of a tensor (..., C, H, W)."""

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        if inplace:
            raise make(NotOfferedError, "Normalize: inplace=True is not offered")
        self.mean, self.std = mean, std

    def __call__(self, x: Any) -> Any:
        if not isinstance(x, Tensor):
            raise TypeError(f"img should be Tensor Image. Got {type(x)}")
        if not x.is_floating_point():
            raise TypeError(f"Input tensor should be a float tensor. Got {x.dtype}.")
        if x.ndim < 3:
            message = f"Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = {x.shape}"
            raise ValueError(f"{message}, which is not at least 3D")
        mean, std = (creation.as_tensor(v, dtype=x.dtype).reshape(-1, 1, 1) for v in (self.mean, self.std))
        if bool((std == 0).any()):
            raise ValueError(f"std evaluated to zero after conversion to {x.dtype}, leading to division by zero.")
        return (x - mean) / std

    def _shown(self) -> str:
        return f"mean={self.mean}, std={self.std}"


class ConvertImageDtype(_Transform):
    """Bytes as floats in [0, 1]; a floating tensor in another floating dtype."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def __call__(self, x: Any) -> Any:
        if not self.dtype.is_floating_point:
            raise make(NotOfferedError, f"ConvertImageDtype: {self.dtype} is not offered, only floating dtypes")
        if x.is_floating_point():
            return x.to(self.dtype)
        if x.dtype is not dtypes.uint8:
            raise make(NotOfferedError, f"ConvertImageDtype: from {x.dtype} is not offered, only uint8 and floats")
        return x.to(self.dtype) / 255

    def _shown(self) -> str:
        return ""


class Lambda(_Transform):
    """The user's own function."""

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, image: Any) -> Any:
        return self.lambd(image)


def _spatial(image: Any, change: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]) -> Any:
    """Apply a change of (H, W, C) values to a picture or a tensor (..., C, H, W)."""
    if isinstance(image, Tensor):
        values = np.moveaxis(change(np.moveaxis(image.numpy(), -3, -1)), -1, -3)
        return creation.as_tensor(np.ascontiguousarray(values))
    values = change(to_array(image))
    mode = "L" if values.shape[2] == 1 else "RGB"
    changed = values[:, :, 0] if mode == "L" else values
    return from_array(changed, mode) if is_picture(image) else changed


def _cropped(values: np.ndarray[Any, Any], top: int, left: int, height: int, width: int) -> np.ndarray[Any, Any]:
    return values[..., top : top + height, left : left + width, :]


class CenterCrop(_Transform):
    """The middle of the picture, padded with zeros where it is smaller."""

    def __init__(self, size: Size) -> None:
        self.size = _pair(size)

    def __call__(self, image: Any) -> Any:
        height, width = self.size

        def change(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            h, w = values.shape[-3:-1]
            if height > h or width > w:
                more = [(max(n - s, 0) // 2, (max(n - s, 0) + 1) // 2) for n, s in ((height, h), (width, w))]
                values = np.pad(values, [(0, 0)] * (values.ndim - 3) + [*more, (0, 0)])
                h, w = values.shape[-3:-1]
            return _cropped(values, round((h - height) / 2.0), round((w - width) / 2.0), height, width)

        return _spatial(image, change)

    def _shown(self) -> str:
        return f"size={self.size}"


class Pad(_Transform):
    """Values around the picture: `fill` everywhere, or the picture's own by edge, reflect or symmetric."""

    def __init__(self, padding: Size, fill: float = 0, padding_mode: str = "constant") -> None:
        if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
            raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
        if not isinstance(padding, int) and len(padding) not in (1, 2, 4):
            raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple, not {len(padding)} elements")
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def __call__(self, image: Any) -> Any:
        p = [self.padding] * 4 if isinstance(self.padding, int) else list(self.padding)
        left, top, right, bottom = p * (4 // len(p))

        def change(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            widths = [(0, 0)] * (values.ndim - 3) + [(top, bottom), (left, right), (0, 0)]
            if self.padding_mode == "constant":
                return np.pad(values, widths, constant_values=self.fill)
            return np.pad(values, widths, mode=self.padding_mode)  # type: ignore[call-overload, no-any-return]

        return _spatial(image, change)

    def _shown(self) -> str:
        return f"padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode}"


class RandomCrop(_Transform):
    """A random window of the given size, after optional zero padding."""

    def __init__(self, size: Size, padding: Size | None = None, pad_if_needed: bool = False, fill: float = 0,
                 padding_mode: str = "constant") -> None:  # fmt: skip
        if pad_if_needed:
            raise make(NotOfferedError, "RandomCrop: pad_if_needed=True is not offered; give padding=")
        self.size, self.padding = _pair(size), padding
        self._pad = None if padding is None else Pad(padding, fill, padding_mode)

    def __call__(self, image: Any) -> Any:
        if self._pad is not None:
            image = self._pad(image)
        height, width = self.size

        def change(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            h, w = values.shape[-3:-1]
            if h < height or w < width:
                raise ValueError(f"Required crop size {(height, width)} is larger than input image size {(h, w)}")
            if (h, w) == (height, width):
                return values
            top = int(random.randint(0, h - height + 1, size=(1,)).item())
            left = int(random.randint(0, w - width + 1, size=(1,)).item())
            return _cropped(values, top, left, height, width)

        return _spatial(image, change)

    def _shown(self) -> str:
        return f"size={self.size}, padding={self.padding}"


class _RandomFlip(_Transform):
    """With probability p, the picture mirrored along one axis."""

    axis = -2

    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def __call__(self, image: Any) -> Any:
        if random.default_generator.uniform((1,))[0] < self.p:
            return _spatial(image, lambda values: np.flip(values, self.axis))
        return image

    def _shown(self) -> str:
        return f"p={self.p}"


class RandomHorizontalFlip(_RandomFlip):
    """With probability p, left and right exchanged."""


class RandomVerticalFlip(_RandomFlip):
    """With probability p, top and bottom exchanged."""

    axis = -3


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module 'torchvision.transforms' has no attribute {name!r}")
    offered = sorted(n for n, v in globals().items() if isinstance(v, type) and not n.startswith("_") and n != "Tensor")
    message = f"torchvision.transforms.{name} is not offered by unified_nn; it has {', '.join(offered)}"
    raise make(NotOfferedError, message, AttributeError)
