"""What PyTorch's random functions accept: dtypes, bounds and weights, and the error class for what they do not."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from unified_nn import dtypes
from unified_nn.dtypes import DType
from unified_nn.errors import ArgumentError, DTypeError, ShapeError, make
from unified_nn.random import Array, Shape

#: Binary digits of the significand.
DIGITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
FLOATS = tuple(DIGITS)
HALVES = ("float16", "bfloat16")
INTEGERS = ("uint8", "int8", "int16", "int32", "int64")
UNSIGNED = ("uint16", "uint32", "uint64")

_LARGEST = {
    "float16": 65504.0,
    "bfloat16": 3.3895313892515355e38,
    "float32": float(np.finfo(np.float32).max),
    "float64": float(np.finfo(np.float64).max),
}
_REAL = {"complex64": dtypes.float32, "complex128": dtypes.float64}
_MOST_CATEGORIES = 1 << 24


def one_of(name: str, dtype: object, allowed: Sequence[str], error: type[BaseException] = NotImplementedError) -> DType:
    """The canonical dtype, if torch has this function for it."""
    kind = dtypes.canonical(dtype)
    if kind.name not in allowed:
        raise make(DTypeError, f"{name} is not implemented for {kind.name}; expected {', '.join(allowed)}", error)
    return kind


def real_part(name: str, shape: Shape, dtype: object) -> tuple[DType, DType, tuple[int, ...]]:
    """The dtype, that of its real part, and the shape to fill: complex numbers are pairs of real ones."""
    kind = one_of(name, dtype, (*FLOATS, *_REAL))
    sizes = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    return (kind, _REAL[kind.name], (*sizes, 2)) if kind.name in _REAL else (kind, kind, sizes)


def joined(values: Array, kind: DType) -> Array:
    """Real values as they are; a last axis of (real, imaginary) as complex numbers."""
    if kind.kind != "c":
        return values
    pairs: Array = values.view(kind.numpy())
    return pairs.reshape(values.shape[:-1])


def check_positive(name: str, argument: str, value: float) -> None:
    if not value > 0:
        raise make(ArgumentError, f"{name} expects {argument} > 0.0, but found {argument}={value:g}", RuntimeError)


def check_uniform_bounds(low: float, high: float, kind: DType) -> None:
    largest = _LARGEST[kind.name]
    for name, value in (("from", low), ("to", high)):
        if not -largest <= value <= largest:
            raise make(ArgumentError, f"uniform_: {name} is out of bounds for {kind.name}: {value}", RuntimeError)
    if low > high:
        raise make(
            ArgumentError,
            f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}",
            RuntimeError,
        )
    if high - low > largest:
        raise make(
            ArgumentError,
            f"uniform_ expects to-from <= {largest:g}, the largest {kind.name}, but found to={high:g} and from={low:g}",
            RuntimeError,
        )


def integer_bounds(low: int, high: int, kind: DType) -> tuple[int, int]:
    """The bounds that torch.randint really draws between: those of a floating dtype move inwards to its numbers."""
    if low < -(1 << 63) or high >= 1 << 63:
        raise make(ArgumentError, f"randint: low {low}, high {high}; expected signed 64-bit integers", ValueError)
    _check_order(low, high, "")
    if kind.is_floating:
        low, high = _inwards(low, 1, kind), _inwards(high, -1, kind)
        _check_order(low, high, " casted to dtype")
    for name, value in (("from", low), ("to - 1", high - 1)):
        _check_integer(name, value, kind)
    return low, high


def _check_order(low: int, high: int, how: str) -> None:
    if low >= high:
        raise make(
            ArgumentError,
            f"random_ expects 'from'{how} to be less than 'to'{how}, but got from={low} >= to={high}",
            RuntimeError,
        )


def _inwards(bound: int, step: int, kind: DType) -> int:
    """The bound, or the next number of the dtype on the inner side, if rounding could leave the range."""
    with np.errstate(over="ignore"):
        rounded = float(np.float32(bound + step).astype(kind.numpy())) if kind.itemsize < 8 else float(bound + step)
    if abs(rounded) >= 1 << 63:
        return bound  # torch's conversion back to int64 overflows, and leaves an upper bound as it is
    inside = int(rounded) >= bound if step > 0 else int(rounded) < bound
    spacing = abs(bound + step).bit_length() - DIGITS[kind.name]
    return bound if inside else int(rounded) + step * (1 << spacing)


def _check_integer(name: str, value: int, kind: DType) -> None:
    least: float
    if kind.is_floating:
        least, most = -_LARGEST[kind.name], _LARGEST[kind.name]
    elif kind is dtypes.bool_:
        least, most = 0, 1
    else:
        limits = np.iinfo(kind.numpy())
        least, most = int(limits.min), min(int(limits.max), (1 << 63) - 1)
    if not least <= value <= most:
        raise make(ArgumentError, f"random_: {name} is out of bounds for {kind.name}: {value}", RuntimeError)
    if kind.is_floating and abs(value) > 1 << DIGITS[kind.name]:
        digits = DIGITS[kind.name]
        warnings.warn(
            f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations {kind.name} can "
            "support discrete uniform distribution only within this range.",
            UserWarning,
            stacklevel=4,
        )


def check_weights(weights: Array, samples: int, replacement: bool) -> None:
    """What torch.multinomial demands of its arguments."""
    for wrong, message in (
        (weights.ndim not in (1, 2), f"prob_dist must be 1 or 2 dim; got shape {weights.shape}"),
        (samples <= 0, f"cannot sample n_sample <= 0 samples; got {samples}"),
    ):
        if wrong:
            raise make(ShapeError, f"multinomial: {message}", RuntimeError)
    categories = weights.shape[-1]
    for wrong, message in (
        (
            not replacement and samples > categories,
            f"cannot sample n_sample > prob_dist.size(-1) samples without replacement; got {samples} > {categories}",
        ),
        (categories > _MOST_CATEGORIES, f"number of categories cannot exceed 2^24; got {categories}"),
        (
            weights.shape[0] > 0 and not ((weights >= 0) & np.isfinite(weights)).all(),
            "probability tensor contains either `inf`, `nan` or element < 0",
        ),
        (not (weights > 0).any(axis=-1).all(), "invalid multinomial distribution (sum of probabilities <= 0)"),
    ):
        if wrong:
            raise make(ArgumentError, f"multinomial: {message}", RuntimeError)
