"""Pictures between Pillow, NumPy and tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn.errors import NotOfferedError, make


def pillow() -> Any:
    """Pillow's Image module; it is needed wherever a picture is not a tensor yet."""
    try:
        from PIL import Image
    except ImportError:
        raise make(NotOfferedError, "torchvision: pictures need Pillow. Try: pip install pillow", ImportError) from None
    return Image


def from_array(values: np.ndarray[Any, Any], mode: str) -> Any:
    """A picture of bytes (H, W) or (H, W, C)."""
    return pillow().fromarray(np.ascontiguousarray(values), mode=mode) if mode == "L" else pillow().fromarray(values)


def is_picture(value: Any) -> bool:
    """Whether this is Pillow's picture; false where Pillow is not installed."""
    return type(value).__module__.startswith("PIL.") and hasattr(value, "getbands")


def to_array(picture: Any) -> np.ndarray[Any, Any]:
    """The values (H, W, C) of a Pillow picture or of an array (H, W) or (H, W, C)."""
    if not is_picture(picture) and not isinstance(picture, np.ndarray):
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(picture)}")
    values = np.array(picture)
    if values.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {values.ndim} dimensions.")
    return values[:, :, None] if values.ndim == 2 else values
