"""PyTorch's own CPU random numbers, without PyTorch: the same bits for the same seed.

`TorchGenerator` repeats the generator (MT19937) and the kernels that turn its words into tensors, as PyTorch 2.13
does on x86-64 processors with AVX2: which words each function takes, in which order, and every rounding. Elsewhere
torch rounds `uniform_` with bounds and float32 normals differently in the last bits; this is the AVX2 answer.
Numbers that pass through the C library's log, sin, cos or exp (float64 normals, fewer than 16 normals, exponential_
and its like) are those that PyTorch gets from the C library of the same machine.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from unified_nn import dtypes
from unified_nn.dtypes import DType
from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.random import Array, Shape, filled, spread
from unified_nn.torch.stream_arguments import (
    DIGITS,
    FLOATS,
    HALVES,
    INTEGERS,
    UNSIGNED,
    check_positive,
    check_uniform_bounds,
    check_weights,
    integer_bounds,
    joined,
    one_of,
    real_part,
)
from unified_nn.torch.stream_arithmetic import LANES, Float64, box_muller, fma32, fma64, from_c_library
from unified_nn.torch.stream_engine import DEFAULT_SEED, MersenneTwister

__all__ = ["DEFAULT_SEED", "TorchGenerator"]

#: From this many elements on torch shuffles with 64-bit draws.
_LARGE_PERMUTATION = ((1 << 32) - 1) // 20
_LARGEST_EXPONENT = 709.782712893384


class TorchGenerator(MersenneTwister):
    """`torch.Generator` on the CPU, with its draws as methods that give NumPy arrays.

    Arguments out of range raise what torch raises. Threads may share a generator: each call takes its words in one
    piece.
    """

    def uniform(self, shape: Shape, low: float = 0.0, high: float = 1.0, dtype: object = "float32") -> Array:
        """`torch.empty(shape).uniform_(low, high)`; `torch.rand` with the default bounds."""
        kind, real, full_shape = real_part("uniform_", shape, dtype)
        check_uniform_bounds(low, high, real)
        bottom, top = _cast(np.array([low, high]), real)

        def block(start: int, stop: int) -> Array:
            if real is dtypes.float64:
                values: Array = fma64(self._fractions64(stop - start), high - low, low)
            else:
                first = np.float32(low)
                values = _cast(fma32(self._fractions32(stop - start), np.float32(high) - first, first), real)
            return np.where(values == top, bottom, values)

        with self._lock:
            return joined(filled(full_shape, real.numpy(), block), kind)

    def normal(self, shape: Shape, mean: float = 0.0, std: float = 1.0, dtype: object = "float32") -> Array:
        """`torch.empty(shape).normal_(mean, std)`; `torch.randn` with the defaults.

        From 16 elements on they are made in blocks of 16, a last incomplete block anew from 16 further uniforms;
        fewer are made in pairs, and the second of a pair is kept for the next draw of fewer than 16.
        """
        kind, real, full_shape = real_part("normal_", shape, dtype)
        if not std >= 0:
            raise make(ArgumentError, f"normal expects std >= 0.0, but found std {std:g}", RuntimeError)
        scale = std if kind is real else std / math.sqrt(2.0)
        size = math.prod(full_shape)
        with self._lock, np.errstate(over="ignore", invalid="ignore"):
            if size < LANES:
                flat = _cast(fma64(self._normals(size), scale, mean), real)
            else:
                flat = self._blocks_of_normals(size, mean, scale, real)
        return joined(flat.reshape(full_shape), kind)

    def _blocks_of_normals(self, size: int, mean: float, std: float, real: DType) -> Array:
        draw: Callable[[int], Any] = self._fractions64 if real is dtypes.float64 else self._fractions32
        rest = size % LANES
        out: Array = np.empty(size, real.numpy())
        out[: size - rest] = filled(
            size - rest, real.numpy(), lambda start, stop: box_muller(draw(stop - start), mean, std)
        )
        if rest:
            if real.name not in HALVES:
                draw(rest)  # torch has put uniforms in the whole tensor before it looks at the blocks
            out[-LANES:] = box_muller(draw(LANES), mean, std)
        return out

    def trunc_normal(
        self,
        shape: Shape,
        mean: float = 0.0,
        std: float = 1.0,
        a: float = -2.0,
        b: float = 2.0,
        dtype: object = "float32",
    ) -> Array:
        """`torch.nn.init.trunc_normal_`: normals redrawn until all lie in [a, b].

        Where [a, b] holds at most 0.3 of the probability torch draws uniforms and accepts by density instead; there
        the float32 logarithm may differ from torch's in the last bit, and with it, very rarely, one acceptance.
        """
        one_of("trunc_normal_", dtype, FLOATS)
        lower, upper = ((1.0 + math.erf((bound - mean) / std / math.sqrt(2.0))) / 2.0 for bound in (a, b))
        with self._lock:
            if upper - lower > 0.3:
                return self._redrawn_normals(shape, mean, std, a, b, dtype)
            return self._accepted_uniforms(shape, mean, std, a, b, dtype)

    def _redrawn_normals(self, shape: Shape, mean: float, std: float, a: float, b: float, dtype: object) -> Array:
        values = self.normal(shape, mean, std, dtype)
        lowest, highest = _cast(np.array([a, b]), dtypes.canonical(dtype))
        while (outside := (values < lowest) | (values > highest)).any():
            values = np.where(outside, self.normal(shape, mean, std, dtype), values)
        return values

    def _accepted_uniforms(self, shape: Shape, mean: float, std: float, a: float, b: float, dtype: object) -> Array:
        kind = dtypes.canonical(dtype)
        peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
        values = self.uniform(shape, a, b, kind)
        candidates, pending = values, np.ones(values.shape, np.bool_)
        while True:
            density = _cast(_wide(candidates) - _wide_scalar(mean, kind), kind)
            density = _cast(_wide(density) / _wide_scalar(std, kind), kind)
            density = density * density * kind.numpy().type(-0.5)
            density = _cast(_wide(density) - _wide_scalar(peak, kind), kind)
            with np.errstate(divide="ignore"):
                chance = _cast(np.log(self.uniform(shape, dtype=kind).astype(np.float64)), kind)
            pending &= chance > density
            if not pending.any():
                return values
            candidates = self.uniform(shape, a, b, kind)
            values = np.where(pending, candidates, values)

    def exponential(self, shape: Shape, rate: float = 1.0, dtype: object = "float32") -> Array:
        """`torch.empty(shape).exponential_(rate)`: -log(1 - u) / rate."""
        one_of("exponential_", dtype, FLOATS, RuntimeError)
        check_positive("exponential_", "lambda", rate)
        return self._mapped(shape, dtype, lambda u: -1.0 / rate * from_c_library(math.log1p, -u))

    def geometric(self, shape: Shape, p: float, dtype: object = "float32") -> Array:
        """`torch.empty(shape).geometric_(p)`: trials up to the first success, ceil(log u / log(1 - p))."""
        one_of("geometric_", dtype, INTEGERS + FLOATS)
        if not 0 < p < 1:
            raise make(ArgumentError, f"geometric_ expects p to be in (0, 1), but got p={p:g}", RuntimeError)
        failure = math.log1p(-p)
        return self._mapped(shape, dtype, lambda u: np.ceil(from_c_library(_log, u) / failure))

    def cauchy(self, shape: Shape, median: float = 0.0, sigma: float = 1.0, dtype: object = "float32") -> Array:
        """`torch.empty(shape).cauchy_(median, sigma)`: median + sigma tan(pi (u - 1/2))."""
        one_of("cauchy_", dtype, FLOATS, RuntimeError)
        check_positive("cauchy_", "sigma", sigma)
        return self._mapped(shape, dtype, lambda u: fma64(from_c_library(math.tan, math.pi * (u - 0.5)), sigma, median))

    def log_normal(self, shape: Shape, mean: float = 1.0, std: float = 2.0, dtype: object = "float32") -> Array:
        """`torch.empty(shape).log_normal_(mean, std)`: exp of normals that are always made in pairs."""
        kind = one_of("log_normal_", dtype, FLOATS)
        check_positive("log_normal_", "std", std)

        def block(start: int, stop: int) -> Array:
            return _cast(from_c_library(_exp, fma64(self._normals(stop - start), std, mean)), kind)

        with self._lock, np.errstate(over="ignore"):
            return filled(shape, kind.numpy(), block)

    def _mapped(self, shape: Shape, dtype: object, function: Callable[[Float64], Float64]) -> Array:
        kind = dtypes.canonical(dtype)
        with self._lock, np.errstate(over="ignore"):
            return filled(
                shape, kind.numpy(), lambda start, stop: _cast(function(self._fractions64(stop - start)), kind)
            )

    def integers(self, shape: Shape, low: int, high: int, dtype: object = "int64") -> Array:
        """`torch.randint(low, high, shape)`: words modulo high - low, of 64 bits when that is 2**28 or more."""
        kind = one_of("random_", dtype, ("bool", *INTEGERS, *UNSIGNED, *FLOATS), RuntimeError)
        first, last = integer_bounds(operator.index(low), operator.index(high), kind)
        span = last - first
        draw = self._words64 if span >= 1 << 28 else self._words32

        def block(start: int, stop: int) -> Array:
            offsets = draw(stop - start) % np.uint64(span)
            return _cast((offsets + np.uint64(first % (1 << 64))).view(np.int64), kind)

        with self._lock:
            return filled(shape, kind.numpy(), block)

    def random(self, shape: Shape, dtype: object = "int64") -> Array:
        """`torch.empty(shape).random_()`: all non-negative integers of the dtype, or 0 to 2**digits of a float."""
        kind = one_of("random_", dtype, ("bool", *INTEGERS, *FLOATS))
        span = (1 << DIGITS[kind.name]) + 1 if kind.is_floating else 1 << (8 * kind.itemsize - (kind.kind != "u"))
        if kind is dtypes.bool_:
            span = 2
        draw = self._words64 if kind in (dtypes.int64, dtypes.float64) else self._words32
        with self._lock:
            return filled(
                shape,
                kind.numpy(),
                lambda start, stop: _cast((draw(stop - start) % np.uint64(span)).view(np.int64), kind),
            )

    def permutation(self, n: int, dtype: object = "int64") -> Array:
        """`torch.randperm(n)`: element i changes places with one of i ... n - 1."""
        kind = one_of("randperm", dtype, INTEGERS + FLOATS)
        if n < 0:
            raise make(ArgumentError, f"randperm: n must be non-negative, got {n}", RuntimeError)
        largest = 1 << DIGITS[kind.name] if kind.is_floating else int(np.iinfo(kind.numpy()).max)
        if n - 1 > largest:
            raise make(
                ArgumentError, f"randperm: n={n} cannot be greater than {largest + 1} for {kind.name}", RuntimeError
            )
        if n >= _LARGE_PERMUTATION:
            raise make(
                NotOfferedError, f"randperm: n={n}; shuffles of {_LARGE_PERMUTATION} elements or more are not done"
            )
        with self._lock:
            places = np.arange(max(n - 1, 0), dtype=np.uint64)
            partners = places + self._words32(places.size) % (np.uint64(n) - places)
        order = list(range(n))
        for i, j in enumerate(partners.tolist()):
            order[i], order[j] = order[j], order[i]
        return _cast(np.array(order, np.int64), kind)

    def bernoulli(self, shape: Shape, p: Any, dtype: object = "bool") -> Array:
        """1 with probability p, else 0: `torch.empty(shape).bernoulli_(p)`.

        A number p is compared with a 53-bit uniform; an array p, which broadcasts to the shape, with one of its own
        precision, as `torch.bernoulli(p)` does.
        """
        kind = one_of("bernoulli_", dtype, ("bool", *INTEGERS, *FLOATS))
        draw: Callable[[int], Any] = self._fractions64
        if isinstance(p, np.ndarray) and one_of("bernoulli_: p", p.dtype, FLOATS) is not dtypes.float64:
            p, draw = p.astype(np.float32), self._fractions32
        chance = np.asarray(p)
        if not ((chance >= 0) & (chance <= 1)).all():
            raise make(ArgumentError, f"bernoulli_ expects p to be in [0, 1], but got p={p}", RuntimeError)
        each = spread(chance, shape)
        with self._lock:
            return filled(shape, kind.numpy(), lambda start, stop: draw(stop - start) < each(start, stop))

    def dropout_mask(self, shape: Shape, p: float, dtype: object = "float32") -> Array:
        """What `F.dropout(x, p)` multiplies a contiguous x of this shape with: 0, or 1 / (1 - p)."""
        kind = one_of("dropout", dtype, FLOATS)
        if not 0 <= p <= 1:
            raise make(ArgumentError, f"dropout probability has to be between 0 and 1, but got {p}", ValueError)
        if p in (0, 1):  # torch draws nothing then
            return np.full(shape, 1 - p, kind.numpy())
        kept = self.bernoulli(shape, 1 - p, kind)
        return _cast(_wide(kept) / _wide_scalar(1 - p, kind), kind)

    def multinomial(self, weights: Array, samples: int, replacement: bool = False) -> Array:
        """`torch.multinomial(weights, samples, replacement)`: (samples,) or (N, samples) indices for weights (N, C)."""
        kind = one_of("multinomial", weights.dtype, FLOATS, RuntimeError)
        check_weights(weights, samples, replacement)
        rows = weights.reshape(-1, weights.shape[-1])
        with self._lock:
            if replacement and samples > 1:
                picked = self._with_replacement(rows, samples)
            else:
                picked = self._without_replacement(rows, samples, kind)
        return picked.reshape(*weights.shape[:-1], samples)

    def _with_replacement(self, rows: Array, samples: int) -> Array:
        picked = np.empty((len(rows), samples), np.int64)
        for row, out in zip(_wide(rows), picked, strict=True):
            cumulative = np.add.accumulate(row)
            cumulative /= cumulative[-1]
            cumulative[-1] = 1
            out[:] = np.searchsorted(cumulative.astype(np.float64), self._fractions64(samples))
        return picked

    def _without_replacement(self, rows: Array, samples: int, kind: DType) -> Array:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            scores = _cast(_wide(rows) / _wide(self.exponential(rows.shape, dtype=kind)), kind).astype(np.float64)
        scores[np.isnan(scores)] = np.inf  # 0 / 0, which torch ranks first
        if samples == 1:
            best: Array = scores.argmax(axis=1)[:, None]
            return best
        order = np.argsort(-scores, axis=1, kind="stable")
        ranked = np.take_along_axis(scores, order, axis=1)[:, : samples + 1]
        if (ranked[:, 1:] == ranked[:, :-1]).any():
            raise make(
                NotOfferedError,
                f"multinomial: {samples} samples without replacement from {rows.shape[1]} {kind.name} weights came to "
                "a tie (equal scores, or fewer non-zero weights than samples), whose order in torch is unspecified. "
                "Try float64 weights, or fewer samples",
            )
        return order[:, :samples]


def _log(x: float) -> float:
    return math.log(x) if x > 0.0 else -math.inf


def _exp(x: float) -> float:
    return math.exp(x) if x <= _LARGEST_EXPONENT else math.inf


def _wide(values: Array) -> Array:
    """The values in the precision that torch computes in: float32 for the half precisions."""
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float32)


def _wide_scalar(value: float, kind: DType) -> Any:
    return np.float64(value) if kind is dtypes.float64 else np.float32(value)


def _cast(values: Array, kind: DType) -> Array:
    """C++'s conversion: half precisions by way of float32, small integers modulo their size."""
    if kind.name in HALVES:
        values = values.astype(np.float32)
    elif kind.kind in "iu" and values.dtype.kind == "f":
        values = values.astype(np.int64)
    return values.astype(kind.numpy(), copy=False)
