"""The host generator: the same numbers everywhere, exact ranges, states, threads, errors."""

from __future__ import annotations

import copy
import hashlib
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from unified_nn import random
from unified_nn.errors import ArgumentError, DTypeError
from unified_nn.random import BLOCK, Generator, RandomStream, State


def digest(values: np.ndarray) -> str:
    return hashlib.sha256(values.tobytes()).hexdigest()[:16]


DRAWS = {
    "uniform": lambda g: g.uniform((7, 3), -0.5, 0.25),
    "uniform-float64": lambda g: g.uniform(5, dtype="float64"),
    "normal": lambda g: g.normal((3, 5), 0.1, 0.7),
    "normal-float64": lambda g: g.normal(5, dtype="float64"),
    "integers": lambda g: g.integers((4, 2), -3, 10),
    "permutation": lambda g: g.permutation(20),
    "bernoulli": lambda g: g.bernoulli(30, 0.3),
}
RECORDED = {
    "uniform": "c4c83b1532364175",
    "uniform-float64": "66f1f1ec4a74de67",
    "normal": "5c586a88501cd1f1",
    "normal-float64": "571425a66fb13e0f",
    "integers": "211102e0544059c9",
    "permutation": "892e1efbb838368a",
    "bernoulli": "e81b0becbecd64e1",
}


@pytest.mark.parametrize("name", DRAWS)
def test_one_seed_means_the_recorded_numbers(name):
    assert digest(DRAWS[name](Generator(42))) == RECORDED[name]


def test_words_are_those_of_philox():
    expected = np.random.Philox(key=7).random_raw(10) >> np.uint64(11)
    assert np.array_equal(Generator(7).uniform(10, dtype="float64"), expected * 2.0**-53)


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("before", [0, 1, 2, 3, 4, 9])
def test_state_replays(name, before):
    generator = Generator(5)
    generator.uniform(before)
    state = generator.get_state()
    assert state == State(5, before)
    twins = [Generator(0), pickle.loads(pickle.dumps(generator)), copy.deepcopy(generator)]
    twins[0].set_state(state)
    expected = DRAWS[name](generator)
    for twin in twins:
        assert np.array_equal(DRAWS[name](twin), expected)
        assert twin.get_state() == generator.get_state()


@pytest.mark.parametrize("draw", ["uniform", "normal"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_lower_precisions_round_the_same_numbers(draw, dtype):
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes", reason="bfloat16 needs ml_dtypes")
    low = getattr(Generator(3), draw)(1000, dtype=dtype)
    high = getattr(Generator(3), draw)(1000, dtype="float64")
    assert low.dtype.name == dtype
    unit = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24}[dtype]
    assert np.allclose(low.astype(np.float64), high, rtol=unit, atol=1e-7)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("bounds", [(0.0, 1.0), (-1.0, -0.5), (3.0, 3.0), (1.0, 1.0000001)], ids=str)
def test_uniform_keeps_its_upper_bound_out(dtype, bounds):
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes", reason="bfloat16 needs ml_dtypes")
    low, high = np.array(bounds).astype(Generator(0).uniform(1, dtype=dtype).dtype)
    values = Generator(0).uniform(50_000, *bounds, dtype=dtype)
    assert (values >= low).all()
    assert (values < high).all() or (low == high and (values == low).all())


@pytest.mark.parametrize("name", ["uniform", "normal", "bernoulli", "integers"])
def test_blocks_leave_no_seam(name):
    arguments = {"bernoulli": (0.5,), "integers": (0, 1000)}.get(name, ())
    whole = getattr(Generator(1), name)(2 * BLOCK + 7, *arguments)
    parts = Generator(1)
    for start, count in ((0, BLOCK), (BLOCK, 2), (BLOCK + 2, BLOCK)):
        assert np.array_equal(whole[start : start + count], getattr(parts, name)(count, *arguments))


def test_normal_is_box_muller():
    words = np.random.Philox(key=9).random_raw(20_000) >> np.uint64(11)
    radius = np.sqrt(-2 * np.log((words[0::2] + np.uint64(1)) * 2.0**-53))
    angle = 2 * np.pi * (words[1::2] * 2.0**-53)
    expected = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)
    assert np.allclose(Generator(9).normal(20_000, dtype="float64"), expected, rtol=1e-13, atol=1e-14)


def test_normal_has_the_moments_of_a_normal():
    z = Generator(0).normal(1_000_000, 2.0, 3.0, dtype="float64")
    z = (z - 2.0) / 3.0
    assert [np.mean(z**k) for k in range(1, 5)] == pytest.approx([0, 1, 0, 3], abs=0.02)
    assert abs(np.corrcoef(z[0::2], z[1::2])[0, 1]) < 0.005


@pytest.mark.parametrize("span", [1, 2, 3, 10, 256])
def test_integers_are_equally_likely(span):
    counts = np.bincount(Generator(0).integers(100_000, -5, span - 5) + 5, minlength=span)
    assert len(counts) == span
    expected = 100_000 / span
    assert np.abs(counts - expected).max() <= 5 * np.sqrt(expected)


def test_integers_draw_again_above_the_last_whole_multiple():
    span = 3 << 62  # a quarter of the words lie above it
    words = np.random.Philox(key=1).random_raw(1000)
    values = Generator(1).integers(100, 0, span, "uint64")
    accepted = words[:100] < np.uint64(span)
    assert 60 < accepted.sum() < 90
    assert np.array_equal(values[accepted], words[:100][accepted])
    again = words[100 : 200 - accepted.sum()]
    usable = again < np.uint64(span)
    assert np.array_equal(values[~accepted][usable], again[usable])
    assert (values < np.uint64(span)).all()


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [
        (-(2**63), 2**63, "int64"),
        (0, 2**64, "uint64"),
        (-128, 128, "int8"),
        (0, 256, "uint8"),
        (2**63, 2**64, "uint64"),
    ],
)
def test_integers_reach_both_ends_of_a_dtype(low, high, dtype):
    values = Generator(0).integers(3000, low, high, dtype).astype(object)
    assert min(values) < low + (high - low) // 100
    assert max(values) > high - 1 - (high - low) // 100
    assert low <= min(values) <= max(values) < high


@pytest.mark.parametrize("n", [0, 1, 2, 17])
def test_permutation_has_every_integer_once(n):
    order = Generator(0).permutation(n, "int32")
    assert order.dtype == np.int32
    assert sorted(order.tolist()) == list(range(n))


def test_bernoulli_takes_an_array_of_chances():
    p = np.array([0.0, 0.2, 1.0])
    values = Generator(0).bernoulli((20_000, 3), p, "float32")
    assert values.dtype == np.float32
    assert values.mean(axis=0) == pytest.approx(p, abs=0.01)
    assert values[:, 0].max() == 0
    assert values[:, 2].min() == 1


@pytest.mark.parametrize("shape", [(), 0, (0, 3), (2, 0), 1], ids=str)
@pytest.mark.parametrize("name", ["uniform", "normal", "bernoulli", "integers"])
def test_small_shapes(name, shape):
    arguments = {"bernoulli": (0.5,), "integers": (0, 5)}.get(name, ())
    assert getattr(Generator(0), name)(shape, *arguments).shape == np.empty(shape).shape


def test_threads_share_a_stream_without_losing_or_repeating_words():
    generator = Generator(4)
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda _: generator.uniform(501, dtype="float64"), range(40)))
    whole = Generator(4).uniform((40, 501), dtype="float64")
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, whole))


def test_without_a_seed_streams_differ_and_name_their_seed():
    first, second = Generator(), Generator()
    assert first.initial_seed() != second.initial_seed()
    assert np.array_equal(Generator(first.initial_seed()).uniform(5), first.uniform(5))


def test_the_process_default_restarts():
    kept = random.default_generator.get_state()
    try:
        assert random.seed(11) == 11
        assert np.array_equal(random.default_generator.normal(5), Generator(11).normal(5))
    finally:
        random.default_generator.set_state(kept)


def test_generator_is_a_random_stream():
    stream: RandomStream = Generator(0)
    assert stream.seed(3) == stream.initial_seed() == 3


@pytest.mark.parametrize(
    ("call", "kind", "match"),
    [
        (lambda g: g.seed(-1), ArgumentError, r"seed -1.*0 <= seed < 2\*\*64"),
        (lambda g: g.seed(2**64), ArgumentError, "seed 18446744073709551616"),
        (lambda g: g.set_state((0, -1)), ArgumentError, "position -1"),
        (lambda g: g.uniform(2, 1.0, 0.0), ArgumentError, "low=1.0, high=0.0"),
        (lambda g: g.uniform(2, 0.0, float("nan")), ArgumentError, "high=nan"),
        (lambda g: g.uniform(2, 0.0, 1e5, "float16"), ArgumentError, "high=100000.0, dtype float16"),
        (lambda g: g.uniform(2, dtype="int32"), DTypeError, "dtype int32; expected a floating dtype"),
        (lambda g: g.normal(2, dtype="complex64"), DTypeError, "dtype complex64"),
        (lambda g: g.normal(2, 0.0, -1.0), ArgumentError, "std=-1.0"),
        (lambda g: g.normal(2, 0.0, float("nan")), ArgumentError, "std=nan"),
        (lambda g: g.integers(2, 3, 3), ArgumentError, "low=3, high=3"),
        (lambda g: g.integers(2, 0, 257, "uint8"), ArgumentError, "high=257, dtype uint8"),
        (lambda g: g.integers(2, 0, 3, "float32"), DTypeError, "dtype float32; expected an integer"),
        (lambda g: g.permutation(-1), ArgumentError, "n=-1"),
        (lambda g: g.bernoulli(2, 1.5), ArgumentError, "p=1.5"),
        (lambda g: g.bernoulli(2, float("nan")), ArgumentError, "p=nan"),
    ],
)
def test_errors_name_what_came(call, kind, match):
    generator = Generator(6)
    with pytest.raises(kind, match=match):
        call(generator)
    assert generator.get_state() == State(6, 0)
