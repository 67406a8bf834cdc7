"""Functions that move values."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from unified_nn.dtypes import int64
from unified_nn.errors import ArgumentError, ShapeError
from unified_nn.layers.pads import pad_around
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.function import define, same_dtype
from unified_nn.mxnet.ndarray.indexing import reshape_codes
from unified_nn.mxnet.ndarray.reduce import at_least_1d, axes_of
from unified_nn.ops import index
from unified_nn.ops import shape as ops
from unified_nn.ops.elementwise import add, mul
from unified_nn.tensor import Tensor

Ints = tuple[int, ...]


@define("reshape", "Reshape")
def reshape(
    data: Tensor, shape: Any = (), reverse: bool = False, target_shape: Any = (), keep_highest: bool = False
) -> Tensor:
    """A copy with another shape: 0 keeps a size, -1 is worked out, -2 to -4 as `NDArray.reshape` says.

    `target_shape`, the older spelling, works a 0 out; keep_highest keeps the first size.
    """
    if shape == () and target_shape:
        older = list(target_shape)
        if keep_highest:
            older[0] = data._shape[0]
        shape = tuple(-1 if size == 0 else size for size in older)
    wanted = reshape_codes(data._shape, shape if isinstance(shape, (tuple, list)) else (shape,), bool(reverse))
    if np.prod(wanted, dtype=np.int64) != np.prod(data._shape, dtype=np.int64):
        raise failure(
            ShapeError, "reshape", f"cannot reshape {data._shape}, {math.prod(data._shape)} elements, into {wanted}"
        )
    return ops.reshape(data, shape=wanted)


@define("reshape_like", method=True)
def reshape_like(
    lhs: Tensor, rhs: Tensor, lhs_begin: int | None = None, lhs_end: int | None = None, rhs_begin: int | None = None,
    rhs_end: int | None = None,
) -> Tensor:  # fmt: skip
    """lhs in the shape of rhs, or with its axes begin:end replaced by those of rhs."""
    lo, hi, _ = slice(lhs_begin, lhs_end).indices(lhs.ndim)
    wanted = (*lhs._shape[:lo], *rhs._shape[slice(rhs_begin, rhs_end)], *lhs._shape[hi:])
    if np.prod(wanted, dtype=np.int64) != np.prod(lhs._shape, dtype=np.int64):
        raise failure(ShapeError, "reshape_like", f"lhs has shape {lhs._shape}, which does not reshape to {wanted}")
    return ops.reshape(lhs, shape=wanted)


@define("flatten", "Flatten", method=True)
def flatten(data: Tensor) -> Tensor:
    """All axes but the first as one."""
    return ops.reshape(data, shape=(data._shape[0], int(np.prod(data._shape[1:], dtype=np.int64))))


@define("transpose", method=True)
def transpose(data: Tensor, axes: Any = ()) -> Tensor:
    """The axes in the given order, or reversed."""
    order = tuple(axes) if axes is not None and len(axes) else tuple(range(data.ndim))[::-1]
    return ops.transpose(data, axes=order)


@define("swapaxes", "SwapAxis", method=True)
def swapaxes(data: Tensor, dim1: int = 0, dim2: int = 0) -> Tensor:
    """Two axes exchanged."""
    axes_of("swapaxes", data, (dim1, dim2) if dim1 != dim2 else dim1)
    return ops.swapaxes(data, dim1, dim2)


@define("moveaxis")
def moveaxis(tensor: Tensor, source: Any, destination: Any) -> Tensor:
    """Axes moved to new places, the others in their order."""
    sources = [s % tensor.ndim for s in (source if isinstance(source, (tuple, list)) else (source,))]
    places = [d % tensor.ndim for d in (destination if isinstance(destination, (tuple, list)) else (destination,))]
    order = [a for a in range(tensor.ndim) if a not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return ops.transpose(tensor, axes=tuple(order))


@define("expand_dims", method=True)
def expand_dims(data: Tensor, axis: int) -> Tensor:
    """A new axis of size 1."""
    if not -data.ndim - 1 <= axis <= data.ndim:
        raise failure(ArgumentError, "expand_dims", f"axis {axis} is out of range for an array of shape {data._shape}")
    return ops.unsqueeze(data, axis=axis)


@define("squeeze", method=True)
def squeeze(data: Tensor, axis: Any = None) -> Tensor:
    """Without the axes of size 1, or without the given ones."""
    if axis is not None:
        chosen = axes_of("squeeze", data, axis)
        if any(data._shape[a] != 1 for a in chosen):
            raise failure(ShapeError, "squeeze", f"axis {axis} of shape {data._shape} does not have size 1")
        return at_least_1d(ops.squeeze(data, axis=chosen))
    return at_least_1d(ops.squeeze(data))


@define("concat", "Concat")
def concat(*data: Any, dim: int = 1, num_args: int | None = None) -> Tensor:
    """The arrays one after the other along an axis."""
    if not data:
        raise failure(ArgumentError, "concat", "expected at least one array, got none")
    for array in data[1:]:
        same_dtype("concat", data[0], array)
    return ops.concat(*data, axis=dim)


@define("concatenate")
def concatenate(arrays: Any, axis: int = 0, always_copy: bool = True) -> Tensor:
    """A list of arrays one after the other along an axis."""
    if len(arrays) == 1 and not always_copy:
        return arrays[0]  # type: ignore[no-any-return]
    return concat(*arrays, dim=axis)  # type: ignore[no-any-return]


@define("stack")
def stack(*data: Any, axis: int = 0, num_args: int | None = None) -> Tensor:
    """Arrays of one shape along a new axis."""
    parts = data[0] if len(data) == 1 and isinstance(data[0], (list, tuple)) else data
    for position, array in enumerate(parts):
        same_dtype("stack", parts[0], array)
        if array._shape != parts[0]._shape:
            raise failure(ShapeError, "stack", f"array {position} has shape {array._shape}, array 0 {parts[0]._shape}")
    return ops.stack(*parts, axis=axis % (parts[0].ndim + 1))


@define("split", "SliceChannel", method=True)
def split(data: Tensor, num_outputs: int, axis: int = 1, squeeze_axis: bool = False) -> Any:
    """num_outputs equal parts along an axis."""
    (at,) = axes_of("split", data, axis)
    length = data._shape[at]
    if length % num_outputs:
        raise failure(ShapeError, "split", f"axis {axis} has size {length}, not divisible by num_outputs={num_outputs}")
    parts = ops.split(data, sizes=[length // num_outputs] * num_outputs, axis=at)
    if squeeze_axis:
        parts = [at_least_1d(ops.squeeze(part, axis=at)) for part in parts]
    return parts if num_outputs > 1 else parts[0]


@define("split_v2", method=True)
def split_v2(data: Tensor, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False) -> Any:
    """Parts along an axis: a number of equal ones, or cut at the given places."""
    (at,) = axes_of("split_v2", data, axis)
    length = data._shape[at]
    if isinstance(indices_or_sections, int):
        return split(data, indices_or_sections, axis=axis, squeeze_axis=squeeze_axis)
    cuts = [0, *indices_or_sections, length]
    parts = ops.split(data, sizes=[b - a for a, b in pairwise(cuts)], axis=at)
    return [at_least_1d(ops.squeeze(part, axis=at)) if squeeze_axis else part for part in parts]


@define("slice", "crop", method=True)
def slice_(data: Tensor, begin: Any, end: Any, step: Any = ()) -> Tensor:
    """data[begin:end:step] per axis; None leaves a bound open."""
    begin, end, step = (v if isinstance(v, (tuple, list)) else (v,) for v in (begin, end, step))
    steps = tuple(step) or (None,) * len(begin)
    return index.getitem(data, index=tuple(slice(*bounds) for bounds in zip(begin, end, steps, strict=True)))


@define("slice_axis", method=True)
def slice_axis(data: Tensor, axis: int, begin: int, end: int | None) -> Tensor:
    """data[begin:end] along one axis."""
    (at,) = axes_of("slice_axis", data, axis)
    length = data._shape[at]
    lo, hi = begin + length if begin < 0 else begin, length if end is None else end + length if end < 0 else end
    if not 0 <= lo < hi <= length:
        raise failure(ArgumentError, "slice_axis", f"begin={begin}, end={end} are no range in an axis of size {length}")
    return index.getitem(data, index=(*(slice(None),) * at, slice(lo, hi)))


@define("slice_like", method=True)
def slice_like(data: Tensor, shape_like: Tensor, axes: Any = ()) -> Tensor:
    """data cut to the sizes of another array, along all axes or the given ones."""
    chosen = axes_of("slice_like", data, tuple(axes)) if axes else tuple(range(data.ndim))
    if any(shape_like._shape[a] > data._shape[a] for a in chosen):
        raise failure(ShapeError, "slice_like", f"shape_like {shape_like._shape} is larger than data {data._shape}")
    return index.getitem(
        data, index=tuple(slice(shape_like._shape[a]) if a in chosen else slice(None) for a in range(data.ndim))
    )


@define("tile", method=True)
def tile(data: Tensor, reps: Any) -> Tensor:
    """data repeated as a whole along each axis."""
    counts = tuple(reps) if isinstance(reps, (tuple, list)) else (reps,)
    rank = max(len(counts), data.ndim)
    counts = (1,) * (rank - len(counts)) + counts
    x = ops.reshape(data, shape=(1,) * (rank - data.ndim) + data._shape)
    for axis, count in enumerate(counts):
        if count != 1:
            x = ops.concat(*[x] * count, axis=axis)
    return x


@define("repeat", method=True)
def repeat(data: Tensor, repeats: int, axis: int | None = None) -> Tensor:
    """Every element (or slice along the axis) repeated; without repeats, MXNet's result has shape (0,) for any axis."""
    x, at = (ops.reshape(data, shape=(-1,)), 0) if axis is None else (data, axes_of("repeat", data, axis)[0])
    if repeats == 0:
        x, at = ops.reshape(data, shape=(-1,)), 0
    places = np.repeat(np.arange(x._shape[at]), repeats)
    return index.take(x, Tensor.from_numpy(places, "int64", x.backend, x._device), axis=at)


@define("flip", "reverse", method=True)
def flip(data: Tensor, axis: Any) -> Tensor:
    """The values in reverse order along the axis."""
    return ops.flip(data, axes=axes_of("flip", data, axis))


@define("broadcast_to")
def broadcast_to(data: Tensor, shape: Any) -> Tensor:
    """data broadcast to the shape, in which 0 keeps a size."""
    given = tuple(shape)
    have = (1,) * (len(given) - data.ndim) + data._shape
    wanted = tuple(h if s == 0 else s for h, s in zip(have, given, strict=True)) if len(have) == len(given) else given
    if len(have) != len(wanted) or any(h not in (1, s) for h, s in zip(have, wanted, strict=True)):
        raise failure(ShapeError, "broadcast_to", f"{data._shape} does not broadcast to {given}")
    return ops.expand(data, shape=wanted)


@define("broadcast_like", method=True)
def broadcast_like(lhs: Tensor, rhs: Tensor, lhs_axes: Any = None, rhs_axes: Any = None) -> Tensor:
    """lhs broadcast to the shape of rhs, or along lhs_axes to the sizes of its rhs_axes."""
    if lhs_axes is None:
        wanted = list(rhs._shape)
    else:
        wanted = list(lhs._shape)
        for a, b in zip(lhs_axes, rhs_axes, strict=True):
            wanted[a] = rhs._shape[b]
    return broadcast_to(lhs, tuple(wanted))  # type: ignore[no-any-return]


@define("broadcast_axis", "broadcast_axes")
def broadcast_axis(data: Tensor, axis: Any = (), size: Any = ()) -> Tensor:
    """Axes of size 1 widened to the sizes."""
    axes, sizes = (v if isinstance(v, (tuple, list)) else (v,) for v in (axis, size))
    wanted = list(data._shape)
    for a, s in zip(axes, sizes, strict=True):
        if wanted[a] != 1:
            raise failure(ShapeError, "broadcast_axis", f"axis {a} of {data._shape} has size {wanted[a]}, expected 1")
        wanted[a] = s
    return ops.expand(data, shape=tuple(wanted))


@define("pad", "Pad", method=True)
def pad(data: Tensor, mode: str, pad_width: Ints, constant_value: float = 0.0) -> Tensor:
    """data (N, C, *S) with its spatial axes padded: pad_width is (before, after) per axis, one after the other."""
    if data.ndim not in (4, 5) or len(pad_width) != 2 * data.ndim or any(pad_width[:4]):
        message = f"data {data._shape} with pad_width={pad_width}; expected rank 4 or 5 and no padding of axes 0 and 1"
        raise failure(ShapeError, "pad", message)
    pairs = tuple(zip(pad_width[::2], pad_width[1::2], strict=True))
    if mode == "constant":
        return ops.pad(data, pads=pairs, value=constant_value)
    modes = {"edge": "replicate", "reflect": "reflect"}
    if mode not in modes:
        raise failure(ArgumentError, "pad", f"mode={mode!r}, expected constant, edge or reflect")
    return pad_around(data, pairs[2:], modes[mode])


@define("depth_to_space", method=True)
def depth_to_space(data: Tensor, block_size: int) -> Tensor:
    """(N, C, H, W) -> (N, C / b**2, H * b, W * b)."""
    n, c, h, w = data._shape
    b = block_size
    x = ops.transpose(ops.reshape(data, shape=(n, b, b, c // b**2, h, w)), axes=(0, 3, 4, 1, 5, 2))
    return ops.reshape(x, shape=(n, c // b**2, h * b, w * b))


@define("space_to_depth", method=True)
def space_to_depth(data: Tensor, block_size: int) -> Tensor:
    """(N, C, H, W) -> (N, C * b**2, H / b, W / b)."""
    n, c, h, w = data._shape
    b = block_size
    x = ops.transpose(ops.reshape(data, shape=(n, c, h // b, b, w // b, b)), axes=(0, 3, 5, 1, 2, 4))
    return ops.reshape(x, shape=(n, c * b**2, h // b, w // b))


@define("diag", method=True)
def diag(data: Tensor, k: int = 0) -> Tensor:
    """The k-th diagonal of a matrix, or the matrix with it."""
    if data.ndim == 1:
        size = data._shape[0] + abs(k)
        mask = np.eye(size, k=k)
        line = index.take(data, _ints(np.clip(np.arange(size) - max(k, 0), 0, data._shape[0] - 1), data), axis=0)
        return mul(Tensor.from_numpy(mask, data._dtype, data.backend, data._device), line)
    if data.ndim != 2:
        raise failure(ShapeError, "diag", f"data has shape {data._shape}, expected one or two axes")
    rows, columns = np.nonzero(np.eye(data._shape[0], data._shape[1], k))
    return index.getitem(data, _ints(rows, data), _ints(columns, data), index=(index.ARRAY, index.ARRAY))


def _ints(values: np.ndarray[Any, Any], like: Tensor) -> Tensor:
    return Tensor.from_numpy(values, int64, like.backend, like._device)


@define("shape_array", method=True)
def shape_array(data: Tensor) -> Tensor:
    """The shape as an array of int64."""
    return type(data)._face.from_numpy(np.asarray(data._shape), "int64", data.backend, data._device)


@define("size_array", method=True)
def size_array(data: Tensor) -> Tensor:
    """The number of elements as an array of int64."""
    count = np.asarray([np.prod(data._shape, dtype=np.int64)])
    return type(data)._face.from_numpy(count, "int64", data.backend, data._device)


@define("UpSampling")
def upsampling(
    *data: Any, scale: int, sample_type: str, num_filter: int = 0, multi_input_mode: str = "concat", num_args: int = 1,
    workspace: int = 512,
) -> Tensor:  # fmt: skip
    """Every value repeated scale x scale times; further arrays to the size of the first result, joined or added."""
    if sample_type != "nearest":
        message = f"sample_type={sample_type!r} is not offered; use 'nearest', or Deconvolution with fixed weights"
        raise failure(ArgumentError, "UpSampling", message)
    if multi_input_mode not in ("concat", "sum"):
        message = f"multi_input_mode={multi_input_mode!r}, expected concat or sum"
        raise failure(ArgumentError, "UpSampling", message)
    sizes = [length * scale for length in data[0]._shape[2:]]
    parts: list[Tensor] = []
    for array in data:
        x: Tensor = array
        factor = sizes[0] // x._shape[2]
        if [length * factor for length in x._shape[2:]] != sizes:
            message = f"{x._shape} does not grow to {sizes[0]} x {sizes[1]} by one whole number"
            raise failure(ShapeError, "UpSampling", message)
        for axis in (2, 3):
            x = index.take(x, _ints(np.repeat(np.arange(x._shape[axis]), factor), x), axis=axis)
        parts.append(x)
    if multi_input_mode == "concat":
        return ops.concat(*parts, axis=1) if len(parts) > 1 else parts[0]
    total = parts[0]
    for part in parts[1:]:
        total = add(total, part)
    return total
