"""The project's own random numbers: one counter-based stream, made on the host, equal on every backend and platform.

Initial weights, dropout masks and shuffles are drawn here as NumPy arrays and handed to whatever backend runs the
network. Only the raw bits of NumPy's Philox are used, which NumPy promises never to change; the distributions are
computed below with additions, multiplications, divisions and square roots alone. IEEE 754 fixes those to the last
bit, unlike the logarithms and cosines of a C library, so that one seed means one sequence everywhere.
"""

from __future__ import annotations

import math
import operator
import secrets
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unified_nn import dtypes
from unified_nn.errors import ArgumentError, DTypeError, make

Shape = int | Sequence[int]
Array = NDArray[Any]

#: Values made at a time: small enough for the cache, and even, because normals come in pairs.
BLOCK = 1 << 16
_SEED_BITS = 64
_LOG_2 = 0.6931471805599453


class RandomStream(Protocol):
    """What a source of host random numbers offers; `Generator` and a vocabulary's own stream both do."""

    def seed(self, n: int | None = None) -> int: ...
    def initial_seed(self) -> int: ...
    def get_state(self) -> Any: ...
    def set_state(self, state: Any) -> None: ...
    def uniform(self, shape: Shape, low: float = 0.0, high: float = 1.0, dtype: object = "float32") -> Array: ...
    def normal(self, shape: Shape, mean: float = 0.0, std: float = 1.0, dtype: object = "float32") -> Array: ...
    def integers(self, shape: Shape, low: int, high: int, dtype: object = "int64") -> Array: ...
    def permutation(self, n: int, dtype: object = "int64") -> Array: ...
    def bernoulli(self, shape: Shape, p: ArrayLike, dtype: object = "bool") -> Array: ...


class State(NamedTuple):
    """Where a `Generator` is: its seed and how many 64-bit words it has handed out."""

    seed: int
    position: int


class Generator:
    """A seeded stream of 64-bit words, and the distributions drawn from it.

    Every value costs one word whatever its dtype (a pair of normals costs two), so that float16, float32 and float64
    draws of one seed are roundings of the same numbers. Without a seed the operating system gives one. Threads may
    share a generator: each call takes its words in one piece.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._lock = RLock()
        self.seed(seed)

    def seed(self, n: int | None = None) -> int:
        """Restart from seed n, 0 <= n < 2**64, or from one of the operating system; the seed taken."""
        chosen = secrets.randbits(_SEED_BITS) if n is None else operator.index(n)
        self.set_state(State(chosen, 0))
        return chosen

    def initial_seed(self) -> int:
        """The seed that this stream started from."""
        return self._seed

    def get_state(self) -> State:
        """The seed and the position; giving it to `set_state` replays what follows."""
        with self._lock:
            return State(self._seed, self._position)

    def set_state(self, state: tuple[int, int]) -> None:
        """Continue from a state of `get_state`, also of another process or machine."""
        seed, position = (operator.index(part) for part in state)
        if not 0 <= seed < 1 << _SEED_BITS or position < 0:
            raise make(
                ArgumentError,
                f"random.Generator: seed {seed}, position {position}; expected 0 <= seed < 2**64 and position >= 0",
            )
        with self._lock:
            self._seed, self._position = seed, position
            self._bits = np.random.Philox(key=seed)
            self._bits.advance(position // 4)  # one step of the counter gives four words
            self._bits.random_raw(position % 4)

    def __getstate__(self) -> State:
        return self.get_state()

    def __setstate__(self, state: State) -> None:
        self._lock = RLock()
        self.set_state(state)

    def __repr__(self) -> str:
        return f"Generator(seed={self._seed}, position={self._position})"

    def _words(self, count: int) -> NDArray[np.uint64]:
        self._position += count
        words: NDArray[np.uint64] = self._bits.random_raw(count)
        return words

    def _fractions(self, count: int) -> NDArray[np.float64]:
        """k / 2**53 for uniform integers k, in [0, 1)."""
        return (self._words(count) >> np.uint64(11)) * 2.0**-53

    def uniform(self, shape: Shape, low: float = 0.0, high: float = 1.0, dtype: object = "float32") -> Array:
        """low + (high - low) * u with u uniform in [0, 1); low <= result < high after rounding to the dtype, too."""
        kind = _floating("uniform", dtype)
        with np.errstate(over="ignore"):
            bottom, top = np.array([low, high]).astype(kind)
        if not (low <= high and math.isfinite(high - low) and np.isfinite(top) and np.isfinite(bottom)):
            raise make(
                ArgumentError,
                f"random.uniform: low={low}, high={high}, dtype {kind.name}; "
                "expected low <= high, both and their difference finite in the dtype",
            )
        highest = np.nextafter(top, bottom)

        def block(start: int, stop: int) -> Array:
            values = (low + (high - low) * self._fractions(stop - start)).astype(kind)
            values[values >= top] = highest
            return values

        with self._lock:
            return filled(shape, kind, block)

    def normal(self, shape: Shape, mean: float = 0.0, std: float = 1.0, dtype: object = "float32") -> Array:
        """mean + std * z, with z standard normal (Box-Muller in float64, then rounded to the dtype)."""
        kind = _floating("normal", dtype)
        if not std >= 0:
            raise make(ArgumentError, f"random.normal: std={std}; expected std >= 0")

        def block(start: int, stop: int) -> Array:
            count = stop - start
            return mean + std * _standard_normals(self._words(count + count % 2))[:count]

        with self._lock, np.errstate(over="ignore"):
            return filled(shape, kind, block)

    def integers(self, shape: Shape, low: int, high: int, dtype: object = "int64") -> Array:
        """Integers in [low, high), every one equally likely."""
        kind = dtypes.canonical(dtype)
        if kind.kind not in "iu":
            raise make(DTypeError, f"random.integers: dtype {kind.name}; expected an integer dtype")
        bounds = np.iinfo(kind.numpy())
        if not bounds.min <= low < high <= int(bounds.max) + 1:
            raise make(
                ArgumentError,
                f"random.integers: low={low}, high={high}, dtype {kind.name}; "
                f"expected {bounds.min} <= low < high <= {int(bounds.max) + 1}",
            )
        span = high - low
        # Words from the incomplete last multiple of the span are drawn again, else small results come too often.
        last = np.uint64((1 << 64) - (1 << 64) % span - 1)

        def block(start: int, stop: int) -> Array:
            words = self._words(stop - start)
            while (refused := words > last).any():
                words[refused] = self._words(int(refused.sum()))
            if span < 1 << 64:
                words %= np.uint64(span)
            return words + np.uint64(low % (1 << 64))  # modulo 2**64, as two's complement is

        with self._lock:
            return filled(shape, kind.numpy(), block)

    def permutation(self, n: int, dtype: object = "int64") -> Array:
        """The integers 0 ... n - 1 in random order."""
        if n < 0:
            raise make(ArgumentError, f"random.permutation: n={n}; expected n >= 0")
        with self._lock:
            order = np.argsort(self._words(n), kind="stable")
        return order.astype(dtypes.canonical(dtype).numpy())

    def bernoulli(self, shape: Shape, p: ArrayLike, dtype: object = "bool") -> Array:
        """1 with probability p, else 0; p is a number or an array that broadcasts to the shape."""
        chance = np.asarray(p, np.float64)
        if not ((chance >= 0) & (chance <= 1)).all():
            raise make(ArgumentError, f"random.bernoulli: p={p!r}; expected 0 <= p <= 1")
        each = spread(chance, shape)
        with self._lock:
            return filled(
                shape,
                dtypes.canonical(dtype).numpy(),
                lambda start, stop: self._fractions(stop - start) < each(start, stop),
            )


def filled(shape: Shape, dtype: np.dtype[Any], block: Callable[[int, int], Array]) -> Array:
    """An array of the shape whose flat elements start:stop are block(start, stop), made one block at a time."""
    out: Array = np.empty(shape, dtype)
    flat = out.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        stop = min(start + BLOCK, flat.size)
        flat[start:stop] = block(start, stop)
    return out


def spread(values: Array, shape: Shape) -> Callable[[int, int], Array]:
    """The flat elements start:stop of values broadcast to the shape, as a function of start and stop."""
    if values.ndim == 0:
        return lambda start, stop: values
    flat = np.broadcast_to(values, shape).reshape(-1)
    return lambda start, stop: flat[start:stop]


def _floating(name: str, dtype: object) -> np.dtype[Any]:
    kind = dtypes.canonical(dtype)
    if not kind.is_floating:
        raise make(DTypeError, f"random.{name}: dtype {kind.name}; expected a floating dtype")
    return kind.numpy()


def _standard_normals(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Box-Muller: words 2i and 2i + 1 give sqrt(-2 log u) * cos(2 pi t) and sqrt(-2 log u) * sin(2 pi t)."""
    pairs = words.reshape(-1, 2) >> np.uint64(11)
    radius = np.sqrt(-2.0 * _log((pairs[:, 0] + np.uint64(1)) * 2.0**-53))  # u in (0, 1]
    out = np.empty((len(pairs), 2))
    _cos_sin_of_turns(pairs[:, 1] * 2.0**-53, out)
    out *= radius[:, None]
    return out.reshape(-1)


def _log(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """log u = e log 2 + 2 artanh(s), with u = m 2**e, s = (m - 1) / (m + 1) and m in [sqrt(1/2), sqrt(2))."""
    m, e = np.frexp(u)
    below = m < math.sqrt(0.5)
    m = np.where(below, 2.0 * m, m)
    s: NDArray[np.float64] = (m - 1.0) / (m + 1.0)
    artanh = s * _series(s * s, [1.0 / (2 * k + 1) for k in range(11)])
    return (e - below.astype(np.float64)) * _LOG_2 + 2.0 * artanh


def _cos_sin_of_turns(t: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """cos(2 pi t) and sin(2 pi t) into the two columns of out; the quarter turns are taken off without rounding."""
    quarter = np.rint(4.0 * t)
    x = (t - 0.25 * quarter) * (2.0 * math.pi)
    cos = _series(x * x, [(-1.0) ** k / math.factorial(2 * k) for k in range(10)])
    sin = x * _series(x * x, [(-1.0) ** k / math.factorial(2 * k + 1) for k in range(10)])
    swapped = quarter % 2 == 1
    out[:, 0] = np.where(swapped, sin, cos) * np.where((quarter == 1) | (quarter == 2), -1.0, 1.0)
    out[:, 1] = np.where(swapped, cos, sin) * np.where((quarter == 2) | (quarter == 3), -1.0, 1.0)


def _series(z: NDArray[np.float64], coefficients: list[float]) -> NDArray[np.float64]:
    """The sum of coefficients[k] * z**k by Horner's rule."""
    total = np.full_like(z, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total *= z
        total += coefficient
    return total


#: The stream of this process, used wherever no generator is given.
default_generator = Generator()


def seed(n: int | None = None) -> int:
    """Restart `default_generator` from seed n, or from one of the operating system; the seed taken."""
    return default_generator.seed(n)
