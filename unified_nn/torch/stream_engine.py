"""MT19937 as PyTorch's CPU generator keeps it: its seeding, its state bytes, and the words and fractions it gives."""

from __future__ import annotations

import math
import operator
import secrets
from threading import RLock
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unified_nn.errors import ArgumentError, StateError, make
from unified_nn.torch.stream_arithmetic import Float32, Float64, from_c_library

#: The seed of a new `torch.Generator()`.
DEFAULT_SEED = 67280421310721

_LENGTH = 624  # words in the state of MT19937

#: What `torch.Generator.get_state` gives, 5056 bytes; normal_y is the second normal of the last pair, if not yet used.
_STATE = np.dtype(
    [
        ("seed", np.uint64),
        ("left", np.int32),
        ("seeded", np.int32),
        ("next", np.uint64),
        ("words", np.uint64, _LENGTH),
        ("normal_x", np.float64),
        ("normal_y", np.float64),
        ("normal_rho", np.float64),
        ("normal_is_valid", np.int32),
        ("next_float_normal", np.float32),
        ("next_float_normal_is_valid", np.bool_),
    ],
    align=True,
)


class MersenneTwister:
    """A seeded stream of 32-bit words; 64-bit words take two, the high half first."""

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self._lock = RLock()
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> Self:
        """Restart from a seed of 64 bits, negative ones modulo 2**64; only the low 32 bits choose the stream."""
        number = operator.index(seed)
        if not -(1 << 63) <= number < 1 << 64:
            raise make(ArgumentError, f"manual_seed: seed {number}; expected -2**63 <= seed < 2**64", ValueError)
        words = np.random.RandomState(number & 0xFFFFFFFF).get_state(legacy=False)["state"]["key"]
        with self._lock:
            self._continue(words, _LENGTH)
            self._seed = number % (1 << 64)
            self._fresh = True  # no word taken yet: torch writes this position differently from "all words taken"
            self._spare_normal: float | None = None
        return self

    def seed(self, n: int | None = None) -> int:
        """Restart from seed n, or from one of the operating system; the seed taken."""
        return self.manual_seed(secrets.randbits(64) if n is None else n).initial_seed()

    def initial_seed(self) -> int:
        """The seed that this stream started from."""
        return self._seed

    def get_state(self) -> NDArray[np.uint8]:
        """The 5056 bytes of `torch.Generator.get_state`; real torch continues the same stream from them."""
        state = np.zeros((), _STATE)
        with self._lock:
            mersenne = self._bits.state["state"]
            taken = 0 if self._fresh else mersenne["pos"]
            state["seed"], state["seeded"], state["words"] = self._seed, 1, mersenne["key"]
            state["next"], state["left"] = taken, _LENGTH + 1 - taken if taken else 1
            state["normal_is_valid"] = self._spare_normal is not None
            state["normal_y"] = self._spare_normal or 0.0
        return np.frombuffer(state.tobytes(), np.uint8).copy()

    def set_state(self, state: ArrayLike) -> None:
        """Continue from a state of `get_state`, of this class or of real torch."""
        given = np.asarray(state)
        if given.dtype != np.uint8:
            raise make(StateError, f"RNG state must be a torch.ByteTensor; got dtype {given.dtype}", TypeError)
        if given.size != _STATE.itemsize:
            raise make(
                StateError,
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} but found the input RNG state size to be "
                f"{given.size}",
                RuntimeError,
            )
        read = np.frombuffer(given.tobytes(), _STATE)[0]
        left, taken = int(read["left"]), int(read["next"])
        if not read["seeded"] or not 1 <= left <= _LENGTH or (left > 1 and left + taken != _LENGTH + 1):
            raise make(StateError, f"Invalid mt19937 state: left {left}, next {taken}", RuntimeError)
        with self._lock:
            self._continue(read["words"].astype(np.uint32), taken if left > 1 else _LENGTH)
            self._seed = int(read["seed"])
            self._fresh = taken == 0
            self._spare_normal = float(read["normal_y"]) if read["normal_is_valid"] else None

    def _continue(self, words: NDArray[np.uint32], position: int) -> None:
        self._bits = np.random.MT19937(0)
        self._bits.state = {"bit_generator": "MT19937", "state": {"key": words, "pos": position}}

    def __getstate__(self) -> NDArray[np.uint8]:
        return self.get_state()

    def __setstate__(self, state: NDArray[np.uint8]) -> None:
        self._lock = RLock()
        self.set_state(state)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(seed={self._seed})"

    def _words32(self, count: int) -> NDArray[np.uint64]:
        self._fresh = self._fresh and count == 0
        words: NDArray[np.uint64] = self._bits.random_raw(count)
        return words

    def _words64(self, count: int) -> NDArray[np.uint64]:
        words = self._words32(2 * count)
        return (words[0::2] << np.uint64(32)) | words[1::2]

    def _fractions32(self, count: int) -> Float32:
        """k / 2**24 for uniform integers k, one word each."""
        return (self._words32(count) & np.uint64((1 << 24) - 1)).astype(np.float32) * np.float32(2.0**-24)

    def _fractions64(self, count: int) -> Float64:
        """k / 2**53 for uniform integers k, two words each."""
        return (self._words64(count) & np.uint64((1 << 53) - 1)) * 2.0**-53

    def _normals(self, count: int) -> Float64:
        """Standard normals one by one, made in pairs; the second of a pair waits for the next call of this method."""
        kept = [] if self._spare_normal is None or count == 0 else [self._spare_normal]
        uniforms = self._fractions64((count - len(kept) + 1) // 2 * 2)
        radius = np.sqrt(-2.0 * from_c_library(math.log1p, -uniforms[1::2]))
        angle = 2.0 * math.pi * uniforms[0::2]
        pairs = np.stack([radius * from_c_library(f, angle) for f in (math.cos, math.sin)], axis=1)
        values: Float64 = np.concatenate([kept, pairs.reshape(-1)])
        if count:
            self._spare_normal = float(values[count]) if values.size > count else None
        return values[:count]
