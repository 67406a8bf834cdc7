"""Functions on images and boxes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from unified_nn.dtypes import float32, int64
from unified_nn.errors import ArgumentError, ShapeError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.function import define
from unified_nn.ops import elementwise as ops
from unified_nn.ops.index import gather, getitem, take
from unified_nn.ops.linalg import matmul
from unified_nn.ops.shape import concat, expand, reshape, transpose
from unified_nn.tensor import Tensor

Array = np.ndarray[Any, Any]


def _placed(values: Array, dtype: Any, like: Tensor) -> Tensor:
    return Tensor.from_numpy(np.ascontiguousarray(values), dtype, like.backend, like._device)


# ---- images --------------------------------------------------------------------------------------------------------


@define("_image_to_tensor")
def to_tensor(data: Tensor) -> Tensor:
    """(H, W, C) or (N, H, W, C) of values up to 255 -> (C, H, W) or (N, C, H, W) of values up to 1."""
    if data.ndim not in (3, 4):
        raise failure(ShapeError, "to_tensor", f"data has shape {data._shape}, expected (H, W, C) or (N, H, W, C)")
    order = (2, 0, 1) if data.ndim == 3 else (0, 3, 1, 2)
    return transpose(ops.div(ops.cast(data, dtype=float32), 255.0), axes=order)


@define("_image_normalize")
def normalize(data: Tensor, mean: Any = 0.0, std: Any = 1.0) -> Tensor:
    """(data - mean) / std by channel of (C, H, W) or (N, C, H, W)."""
    if data.ndim not in (3, 4):
        raise failure(ShapeError, "normalize", f"data has shape {data._shape}, expected (C, H, W) or (N, C, H, W)")
    channels = data._shape[-3]

    def by_channel(name: str, given: Any) -> Tensor:
        values = np.asarray(given, dtype=np.float64).reshape(-1)
        if len(values) not in (1, channels):
            message = f"{name} has {len(values)} values for {channels} channels; data {data._shape}"
            raise failure(ShapeError, "normalize", message)
        return _placed(np.broadcast_to(values, (channels,)).reshape(channels, 1, 1), data._dtype, data)

    return ops.div(ops.sub(data, by_channel("mean", mean)), by_channel("std", std))


@define("Crop")
def crop(*data: Any, num_args: int = 1, offset: Any = (0, 0), h_w: Any = (0, 0), center_crop: bool = False) -> Tensor:
    """Height and width of the first array cut to h_w, or to those of a second array, from an offset or in the middle."""
    x: Tensor = data[0]
    height, width = data[1]._shape[2:4] if len(data) > 1 else h_w
    top, left = offset
    if center_crop:
        top, left = (x._shape[2] - height) // 2, (x._shape[3] - width) // 2
    if top < 0 or left < 0 or top + height > x._shape[2] or left + width > x._shape[3]:
        message = f"{height} x {width} from ({top}, {left}) is not inside data {x._shape}"
        raise failure(ShapeError, "Crop", message)
    return getitem(x, index=(slice(None), slice(None), slice(top, top + height), slice(left, left + width)))


# ---- boxes ---------------------------------------------------------------------------------------------------------


def _rounded(value: float) -> int:
    return math.floor(abs(value) + 0.5) * (1 if value >= 0 else -1)


def _bounds(low: int, size: float, count: int, length: int) -> list[tuple[int, int]]:
    """Where each of `count` bins of an interval begins and ends, inside an axis."""

    def inside(value: int) -> int:
        return min(max(value + low, 0), length)

    # In single precision, as MXNet counts.
    step = np.float32(size) / np.float32(count)
    return [
        (inside(int(np.floor(np.float32(i) * step))), inside(int(np.ceil(np.float32(i + 1) * step)))) for i in range(count)
    ]  # fmt: skip


@define("ROIPooling")
def roi_pooling(data: Tensor, rois: Tensor, pooled_size: Any, spatial_scale: float) -> Tensor:
    """The maxima of a grid of bins over each region: rois are (image, left, top, right, bottom) before scaling.

    The places of the maxima are found on the host; gradients flow to them.
    """
    rows, columns = pooled_size
    images, channels, height, width = data._shape
    values = data.numpy()
    picked = np.zeros((rois._shape[0], channels, rows, columns), np.int64)
    empty = np.zeros(picked.shape, bool)
    for r, (image, *corners) in enumerate(rois.numpy().astype(np.float64)):
        if not 0 <= int(image) < images:
            raise failure(ArgumentError, "ROIPooling", f"region {r} is of image {int(image)}, data has {images}")
        left, top, right, bottom = (_rounded(float(np.float32(c) * np.float32(spatial_scale))) for c in corners)
        down = _bounds(top, max(bottom - top + 1, 1), rows, height)
        across = _bounds(left, max(right - left + 1, 1), columns, width)
        for i, (y0, y1) in enumerate(down):
            for j, (x0, x1) in enumerate(across):
                if y1 <= y0 or x1 <= x0:
                    empty[r, :, i, j] = True
                    continue
                part = values[int(image), :, y0:y1, x0:x1].reshape(channels, -1)
                y, x = np.divmod(part.argmax(axis=1), x1 - x0)
                picked[r, :, i, j] = ((int(image) * channels + np.arange(channels)) * height + y0 + y) * width + x0 + x
    found = take(reshape(data, shape=(-1,)), _placed(picked.reshape(-1), int64, data), axis=0)
    kept = _placed((~empty).astype(np.float64), data._dtype, data)
    return ops.mul(reshape(found, shape=picked.shape), kept)


def _corners(boxes: Array, form: str) -> Array:
    if form == "corner":
        return boxes
    middle, half = boxes[..., :2], boxes[..., 2:] / 2
    return np.concatenate([middle - half, middle + half], axis=-1)


def _survivors(rows: Array, order: Array, overlap: float, classes: Array | None, boxes: Array) -> list[int]:
    """The rows in order of which none before covers too much."""
    kept: list[int] = []
    gone = np.zeros(len(rows), bool)
    area = np.maximum(boxes[:, 2] - boxes[:, 0], 0) * np.maximum(boxes[:, 3] - boxes[:, 1], 0)
    for place, i in enumerate(order):
        if gone[i]:
            continue
        kept.append(int(i))
        rest = order[place + 1 :]
        low, high = np.maximum(boxes[i, :2], boxes[rest, :2]), np.minimum(boxes[i, 2:], boxes[rest, 2:])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        union = area[i] + area[rest] - common
        share = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
        gone[rest] |= (share > overlap) & (True if classes is None else classes[rest] == classes[i])
    return kept


@define("_contrib_box_nms", "_contrib_box_non_maximum_suppression")
def box_nms(
    data: Tensor, overlap_thresh: float = 0.5, valid_thresh: float = 0.0, topk: int = -1, coord_start: int = 2,
    score_index: int = 1, id_index: int = -1, background_id: int = -1, force_suppress: bool = False,
    in_format: str = "corner", out_format: str = "corner",
) -> Tensor:  # fmt: skip
    """Rows of boxes (..., N, K) with scores: the best first, those that a better one covers as rows of -1 behind.

    Which rows stay is found on the host; gradients flow to them.
    """
    for name, form in (("in_format", in_format), ("out_format", out_format)):
        if form not in ("corner", "center"):
            raise failure(ArgumentError, "box_nms", f"{name}={form!r}, expected corner or center")
    count, width = data._shape[-2:]
    values = data.numpy().reshape(-1, count, width)
    places, kept = np.zeros(values.shape[:2], np.int64), np.zeros(values.shape[:2])
    for b, rows in enumerate(values):
        valid = rows[:, score_index] > valid_thresh
        if id_index >= 0 and background_id >= 0:
            valid &= rows[:, id_index] != background_id
        order = np.argsort(-rows[:, score_index], kind="stable")
        order = order[valid[order]][: topk if topk > 0 else None]
        classes = None if force_suppress or id_index < 0 else rows[:, id_index]
        boxes = _corners(rows[:, coord_start : coord_start + 4], in_format)
        found = _survivors(rows, order, overlap_thresh, classes, boxes)
        places[b, : len(found)], kept[b, : len(found)] = found, 1.0
    at = expand(_placed(places[..., None], int64, data), shape=values.shape)
    picked = gather(reshape(data, shape=values.shape), at, axis=1)
    if in_format != out_format:
        picked = _reformed(picked, coord_start, out_format)
    stays = _placed(np.broadcast_to(kept[..., None], values.shape), data._dtype, data)
    return reshape(ops.where(ops.not_equal(stays, 0), picked, -1.0), shape=data._shape)


def _reformed(rows: Tensor, start: int, form: str) -> Tensor:
    """Rows whose boxes are in the other form: middle and size as corners, or corners as middle and size."""
    eye = np.eye(2)
    table = (
        np.block([[eye, eye], [-eye / 2, eye / 2]]) if form == "corner" else np.block([[eye / 2, -eye], [eye / 2, eye]])
    )
    before, boxes, after = (
        getitem(rows, index=(slice(None), slice(None), part))
        for part in (slice(0, start), slice(start, start + 4), slice(start + 4, rows._shape[2]))
    )  # fmt: skip
    moved = matmul(boxes, _placed(table, rows._dtype, rows))
    return concat(*(part for part in (before, moved, after) if part._shape[2]), axis=2)
