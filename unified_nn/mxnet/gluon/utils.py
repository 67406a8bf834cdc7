"""`mxnet.gluon.utils`."""

from __future__ import annotations

import hashlib
import math
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, make
from unified_nn.mxnet import ndarray as nd
from unified_nn.mxnet.context import Context
from unified_nn.mxnet.ndarray.ndarray import NDArray
from unified_nn.vocabulary.missing import refuse


def split_data(data: NDArray, num_slice: int, batch_axis: int = 0, even_split: bool = True) -> list[NDArray]:
    """The batch in num_slice parts."""
    size = data.shape[batch_axis]
    if even_split and size % num_slice:
        message = (
            f"data with shape {data.shape} cannot be evenly split into {num_slice} slices along axis {batch_axis}. "
            f"Use a batch size that's multiple of {num_slice} or set even_split=False for parts of different sizes."
        )
        raise make(ArgumentError, message)
    if size < num_slice:
        raise make(ArgumentError, f"Too many slices for data with shape {data.shape}: {num_slice} along {batch_axis}")
    small, rest = divmod(size, num_slice)
    bounds = [i * small + min(i, rest) for i in range(num_slice + 1)]
    return [nd.slice_axis(data, batch_axis, a, b) for a, b in pairwise(bounds)]


def split_and_load(data: Any, ctx_list: list[Context], batch_axis: int = 0, even_split: bool = True) -> list[NDArray]:
    """The batch in one part per context, each on its context."""
    array = data if isinstance(data, NDArray) else nd.array(data, ctx=ctx_list[0])
    if len(ctx_list) == 1:
        return [array.as_in_context(ctx_list[0])]
    parts = split_data(array, len(ctx_list), batch_axis, even_split)
    return [part.as_in_context(ctx) for part, ctx in zip(parts, ctx_list, strict=True)]


def clip_global_norm(arrays: list[NDArray], max_norm: float, check_isfinite: bool = True) -> Any:
    """Scale the arrays in place so that the norm of all their values is at most max_norm; the norm before."""
    if not arrays:
        raise make(ArgumentError, "clip_global_norm needs at least one array", AssertionError)
    with recording(False):
        total = nd.add_n(*(nd.sum(nd.square(a.reshape((-1,)).astype("float32"))) for a in arrays)).sqrt()
        if check_isfinite:
            norm = total.asscalar()
            if not math.isfinite(norm):
                warnings.warn(UserWarning("nan or inf is detected. Clipping results will be undefined."), stacklevel=2)
            scale = float(max_norm / (norm + 1e-8))
            if scale < 1.0:
                for array in arrays:
                    array *= scale
            return norm
        factor = nd.minimum(max_norm / (total + 1e-8), 1.0)
        for array in arrays:
            array *= factor.astype(array.dtype)
    return total


def check_sha1(filename: str, sha1_hash: str) -> bool:
    """Whether the file has this SHA-1."""
    found = hashlib.sha1(Path(filename).read_bytes(), usedforsecurity=False).hexdigest()
    return found[: len(sha1_hash)] == sha1_hash


__getattr__ = refuse("mxnet.gluon.utils", globals(), {"download": "fetch the file before"})
