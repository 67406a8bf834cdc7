"""Pooling on MindSpore tensors: the kernels pool without padding, which is put around x before.

The kernels take two and three spatial axes without dilation, round float64 to float32, lose NaN and know no -inf. What
they do not do well is done on the values that each window sees. Which of them is the largest is looked up on the host.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Tensor, ops

from unified_nn.backend import Function
from unified_nn_backends.mindspore.conv import VIA, conv_dx, counts, places, windows
from unified_nn_backends.mindspore.kernels import FLOATS, constant, filled, has_nan, is_empty, lowest, widened
from unified_nn_backends.mindspore.reduce import FUNCTIONS as REDUCE
from unified_nn_backends.mindspore.shape import padded

Array = Any
Ints = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]

#: The backward of `ops.max_pool2d` takes nine times as long as that of the primitive.
MAX: dict[int, Function] = {2: ops.MaxPool, 3: ops.MaxPool3D}
AVERAGE: dict[int, Function] = {2: ops.AvgPool, 3: ops.AvgPool3D}


EXACT = (ms.float16, ms.float32)


@lru_cache(maxsize=256)
def _primitive(made: Function, kernel: Ints, stride: Ints) -> Any:
    return made(kernel, stride, "valid")


# ---- the largest ---------------------------------------------------------------------------------------------------


def _below(dtype: Any) -> Any:
    """Less than or equal to all values of the dtype."""
    if dtype in FLOATS:
        return -math.inf
    return False if dtype == ms.bool_ else np.iinfo(ms.dtype_to_nptype(dtype)).min


def max_pool(x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    if len(kernel) == 1:
        out = max_pool(
            ops.expand_dims(x, 2), kernel=(1, *kernel), stride=(1, *stride), pads=((0, 0), *pads),
            dilation=(1, *dilation),
        )  # fmt: skip
        return ops.reshape(out, (*out.shape[:2], out.shape[3]))
    count = counts(x.shape[2:], kernel, stride, pads, dilation)
    if is_empty(x):
        return filled((*x.shape[:2], *count), 0, x.dtype)
    plain = x.dtype in EXACT and len(kernel) in MAX and all(d == 1 for d in dilation)
    if plain and np.isfinite(lowest(x)):
        return _primitive(MAX[len(kernel)], kernel, stride)(padded(x, pads, _below(x.dtype)))
    attrs: dict[str, Any] = {"kernel": kernel, "stride": stride, "pads": pads, "dilation": dilation}
    return _at(x, max_pool_index(x, **attrs), _below(x.dtype))


def _at(x: Array, index: Array, otherwise: Any) -> Array:
    """The values of x (N, C, *S) at places (N, C, *S') of its flattened space; `otherwise` where a place is -1."""
    flat, zero = ops.reshape(index, (*x.shape[:2], -1)), constant(0, ms.int64)
    found = ops.gather_elements(ops.reshape(x, (*x.shape[:2], -1)), 2, ops.maximum(flat, zero))
    if (flat.asnumpy() < 0).any():
        found = ops.where(ops.less(flat, zero), constant(otherwise, x.dtype), found)
    return ops.reshape(found, index.shape)


def max_pool_index(x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    count = counts(x.shape[2:], kernel, stride, pads, dilation)
    if is_empty(x):
        return filled((*x.shape[:2], *count), 0, ms.int64)
    seen = windows(ops.stop_gradient(x), kernel, stride, pads, dilation, _below(x.dtype))
    winner = REDUCE["argmax"](seen, axis=2).asnumpy()
    if has_nan(x):  # the last one of a window, as PyTorch has it
        missing = np.isnan(seen.asnumpy())
        winner = np.where(missing.any(2), missing.shape[2] - 1 - missing[:, :, ::-1].argmax(2), winner)
    numbers = np.pad(np.arange(math.prod(x.shape[2:])).reshape(x.shape[2:]), pads, constant_values=-1)
    number = numbers.reshape(-1)[places(numbers.shape, kernel, stride, dilation, count)]  # (K, *count), -1: padding
    found = np.take_along_axis(number[None, None], winner[:, :, None], 2)[:, :, 0]
    # Padding wins only where all is -inf: the first place inside has it then.
    first = np.take_along_axis(number, (number >= 0).argmax(0)[None], 0)[0]
    return Tensor(np.where(found < 0, first, found))


def max_pool_dx(g: Array, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    if is_empty(x):
        return x
    index = max_pool_index(x, kernel=kernel, stride=stride, pads=pads, dilation=dilation)
    flat, zero = ops.reshape(index, (*x.shape[:2], -1)), constant(0, ms.int64)
    addends = ops.where(ops.less(flat, zero), constant(0, g.dtype), ops.reshape(g, flat.shape))
    zeros = filled((*x.shape[:2], math.prod(x.shape[2:])), 0, g.dtype)
    spread = ops.tensor_scatter_elements(zeros, ops.maximum(flat, zero), addends, 2, "add")
    return ops.reshape(spread, x.shape)


def max_pool_pick(h: Array, x: Array, *, kernel: Ints, stride: Ints, pads: Pads, dilation: Ints) -> Array:
    index = max_pool_index(x, kernel=kernel, stride=stride, pads=pads, dilation=dilation)
    return ops.cast(index, h.dtype) if is_empty(x) else _at(h, index, 0)


# ---- the mean ------------------------------------------------------------------------------------------------------


def avg_pool(
    x: Array, *, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None = None
) -> Array:  # fmt: skip
    if len(kernel) == 1:
        out = avg_pool(
            ops.expand_dims(x, 2), kernel=(1, *kernel), stride=(1, *stride), pads=((0, 0), *pads),
            count_pad=((0, 0), *count_pad), divisor=divisor,
        )  # fmt: skip
        return ops.reshape(out, (*out.shape[:2], out.shape[3]))
    count = counts(x.shape[2:], kernel, stride, pads, (1,) * len(kernel))
    if is_empty(x):
        return filled((*x.shape[:2], *count), 0, x.dtype)
    if x.dtype in EXACT and len(kernel) in AVERAGE:
        mean = _primitive(AVERAGE[len(kernel)], kernel, stride)(padded(x, pads))
    else:
        mean = ops.mean(windows(x, kernel, stride, pads, (1,) * len(kernel)), 2)
    share = _counts(x.shape[2:], count, kernel, stride, pads, count_pad, divisor) / math.prod(kernel)
    return mean if (share == 1).all() else ops.div(mean, _host_floats(share, x.dtype))


def avg_pool_dx(
    g: Array, *, size: Ints, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None = None
) -> Array:
    n, c = g.shape[:2]
    if is_empty(g):
        return filled((n, c, *size), 0, g.dtype)
    share = _counts(size, g.shape[2:], kernel, stride, pads, count_pad, divisor)
    each = ops.reshape(ops.div(g, _host_floats(share, g.dtype)), (n * c, 1, *g.shape[2:]))
    spread = conv_dx(
        each, filled((1, 1, *kernel), 1, g.dtype), size=size, stride=stride, pads=pads, dilation=(1,) * len(kernel),
        groups=1,
    )  # fmt: skip
    return ops.reshape(spread, (n, c, *size))


def _host_floats(values: Any, dtype: Any) -> Array:
    return ops.cast(Tensor(values.astype("float64")), dtype)


def _counts(
    size: Ints, count: Ints, kernel: Ints, stride: Ints, pads: Pads, count_pad: Pads, divisor: int | None
) -> Any:  # fmt: skip
    """How many places of each window count, on the host, shaped to divide the pooled array."""
    if divisor is not None:
        return np.full((1,) * (len(kernel) + 2), divisor)
    total = np.ones((1,) * (len(kernel) + 2))
    for axis, (s, c, k, st, (lo, _), (inner_lo, inner_hi)) in enumerate(
        zip(size, count, kernel, stride, pads, count_pad, strict=True), 2
    ):
        starts = np.arange(c) * st - lo
        line = np.maximum(np.minimum(starts + k, s + inner_hi) - np.maximum(starts, -inner_lo), 1)
        total = total * np.expand_dims(line, tuple(a for a in range(total.ndim) if a != axis))
    return total


FUNCTIONS: dict[str, Function] = {
    "max_pool": widened(max_pool),
    "max_pool_dx": widened(max_pool_dx),
    "max_pool_pick": widened(max_pool_pick),
    "max_pool_index": widened(max_pool_index),
    "avg_pool": widened(avg_pool),
    "avg_pool_dx": widened(avg_pool_dx, VIA),
}
