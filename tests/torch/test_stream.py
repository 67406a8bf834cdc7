"""PyTorch's CPU random stream: recorded values always, and real PyTorch bit for bit where it is installed."""

from __future__ import annotations

import copy
import hashlib
import math
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from unified_nn import dtypes
from unified_nn.errors import NotOfferedError
from unified_nn.random import RandomStream
from unified_nn.torch.stream import DEFAULT_SEED, TorchGenerator

SEEDS = [0, 1, 42, 2**31, 2**32 - 1, 2**32, 2**40 + 7, 2**63, 2**64 - 1, -1, -(2**63)]
SHAPES = [(), (0,), (1,), (2,), (7,), (15,), (16,), (17,), (4, 4), (31,), (2, 3, 4), (624,), (625,), (1003,)]
HALVES = ["float16", "bfloat16"]
FLOATS = [*HALVES, "float32", "float64"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64"]

# Recorded from PyTorch 2.13 with AVX2, all from seed 42; digests where no C library function is on the way.
RECORDED = {
    "uniform": (lambda g: g.uniform(1000, -0.5, 0.25), "aa5caa26234eb8b9"),
    "uniform-float16": (lambda g: g.uniform(1000, -0.5, 0.25, "float16"), "8a4b2c4e7c62b83c"),
    "uniform-float64": (lambda g: g.uniform(1000, -0.5, 0.25, "float64"), "419575d98cdfa91f"),
    "normal": (lambda g: g.normal(1003, 0.1, 0.7), "7cb607f6ef2c7c95"),
    "normal-float16": (lambda g: g.normal(1003, 0.1, 0.7, "float16"), "0614735992d5e1ba"),
    "normal-few": (
        lambda g: g.normal(5, dtype="float64"),
        [0.33669035438385886, 0.1288094051365897, 0.23446236336153173, 0.2303330279146119, -1.1228563767381703],
    ),
    "exponential": (
        lambda g: g.exponential(3, 2.0, "float64"),
        [0.029957007845401073, 0.03248806439669265, 0.06595838999204529],
    ),
    "randint": (lambda g: g.integers(8, 0, 10), [2, 7, 6, 4, 6, 5, 0, 4]),
    "randint-wide": (lambda g: g.integers(3, -(2**40), 2**40), [-658003837517, 395924837646, -640896347065]),
    "random": (lambda g: g.random(()), 6909045637428952499),
    "randperm": (lambda g: g.permutation(10), [2, 6, 1, 8, 4, 5, 0, 9, 3, 7]),
    "bernoulli": (lambda g: g.bernoulli(12, 0.3), [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0]),
    "bernoulli-of-float32": (
        lambda g: g.bernoulli(12, np.float32([0.3])),
        [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0],
    ),
    "multinomial": (lambda g: g.multinomial(np.array([0.1, 0.2, 0.3, 0.4]), 3), [3, 1, 2]),
    "multinomial-replacement": (
        lambda g: g.multinomial(np.float32([0.1, 0.2, 0.3, 0.4]), 6, True),
        [0, 0, 1, 0, 2, 2],
    ),
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_values(name):
    draw, expected = RECORDED[name]
    values = draw(TorchGenerator(42))
    if isinstance(expected, str):
        assert hashlib.sha256(values.tobytes()).hexdigest()[:16] == expected
    else:
        np.testing.assert_array_max_ulp(values.astype(np.asarray(expected).dtype), np.asarray(expected), 1)


# ---- against real torch: each draw as (name, ours, real); `e` makes an empty tensor of a dtype


class Real:
    """Real PyTorch with one generator, its results as NumPy arrays."""

    def __init__(self, torch, seed=DEFAULT_SEED):
        self.torch = torch
        self.generator = torch.Generator().manual_seed(seed)

    def dtype(self, name):
        return getattr(self.torch, name)

    def e(self, shape, dtype):
        return self.torch.empty(shape, dtype=self.dtype(dtype))

    def state(self):
        return self.generator.get_state().numpy()

    def array(self, tensor):
        if tensor.dtype == self.torch.bfloat16:
            return tensor.view(self.torch.int16).numpy().view(dtypes.bfloat16.numpy())
        return tensor.numpy()

    def tensor(self, array):
        if array.dtype == dtypes.bfloat16.numpy():
            return self.torch.from_numpy(array.view(np.int16)).view(self.torch.bfloat16)
        return self.torch.from_numpy(array)


@pytest.fixture
def real():
    pytest.importorskip("ml_dtypes", reason="bfloat16 needs ml_dtypes")
    torch = pytest.importorskip("torch", reason="not run: torch is not installed")
    if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        pytest.skip("not run: torch rounds differently on a processor without AVX2")
    return lambda seed=DEFAULT_SEED: Real(torch, seed)


def uniform(low, high):
    return (
        [*FLOATS, "complex64", "complex128"],
        lambda g, s, d: g.uniform(s, low, high, d),
        lambda r, s, d: r.e(s, d).uniform_(low, high, generator=r.generator),
    )


def normal(mean, std):
    return (
        [*FLOATS, "complex64", "complex128"],
        lambda g, s, d: g.normal(s, mean, std, d),
        lambda r, s, d: r.e(s, d).normal_(mean, std, generator=r.generator),
    )


def randint(low, high, dtypes_of=("int64",)):
    return (
        dtypes_of,
        lambda g, s, d: g.integers(s, low, high, d),
        lambda r, s, d: r.torch.randint(low, high, s, dtype=r.dtype(d), generator=r.generator),
    )


def in_place(method, dtypes_of, *arguments):
    return (
        dtypes_of,
        lambda g, s, d: getattr(g, method)(s, *arguments, dtype=d),
        lambda r, s, d: getattr(r.e(s, d), f"{method}_")(*arguments, generator=r.generator),
    )


def trunc_normal(mean, std, a, b):
    return (
        FLOATS,
        lambda g, s, d: g.trunc_normal(s, mean, std, a, b, d),
        lambda r, s, d: r.torch.nn.init.trunc_normal_(r.e(s, d), mean, std, a, b, generator=r.generator),
    )


ALL = ["bool", *INTEGERS, *FLOATS]
DRAWS = {
    "rand": uniform(0.0, 1.0),
    "uniform": uniform(-0.37, 0.61),
    "uniform-far": uniform(100.0, 200.0),
    "uniform-point": uniform(2.0, 2.0),
    "randn": normal(0.0, 1.0),
    "normal": normal(0.3, 0.7),
    "normal-far": normal(-1000.0, 1e-3),
    "normal-flat": normal(1.5, 0.0),
    "normal-nan": normal(math.nan, 1.0),
    "normal-huge": normal(1e30, 1e38),
    "trunc": trunc_normal(0.0, 0.02, -0.04, 0.04),
    "trunc-tail": trunc_normal(0.0, 1.0, 2.0, 3.0),
    "randint": randint(0, 10, [*INTEGERS, "uint16", "uint32", "uint64", *FLOATS]),
    "randint-bool": randint(0, 2, ["bool"]),
    "randint-28-bits": randint(-5, 2**28 - 6),
    "randint-29-bits": randint(-5, 2**28 - 5, ["int64", "float32", "float64", "bfloat16"]),
    "randint-all": randint(-(2**63), 2**63 - 1, ["int64", "float32", "float64", "bfloat16"]),
    "randint-inexact": randint(2**24 + 1, 2**40 + 1, ["float32", "bfloat16"]),
    "randint-inexact-half": randint(-4097, 4099, ["float16"]),
    "random": in_place("random", ALL),
    "bernoulli": in_place("bernoulli", ALL, 0.3),
    "exponential": in_place("exponential", FLOATS, 1.7),
    "exponential-inf": in_place("exponential", FLOATS, math.inf),
    "geometric": in_place("geometric", [*INTEGERS, *FLOATS], 0.01),
    "cauchy": in_place("cauchy", FLOATS, 0.3, 0.7),
    "log_normal": in_place("log_normal", FLOATS, 0.3, 0.7),
    "log_normal-huge": in_place("log_normal", FLOATS, 700.0, 50.0),
}
CASES = [(name, dtype) for name, (dtypes_of, _, _) in DRAWS.items() for dtype in dtypes_of]


def assert_same(ours, expected, generator, real):
    expected = real.array(expected)
    assert ours.dtype == expected.dtype
    assert ours.shape == expected.shape
    undefined = expected != expected  # NaN, whose bits mean nothing
    assert np.array_equal(ours != ours, undefined)
    assert ours[~undefined].tolist() == expected[~undefined].tolist()
    assert ours[~undefined].tobytes() == expected[~undefined].tobytes()
    assert np.array_equal(generator.get_state(), real.state())


@pytest.mark.parametrize(("name", "dtype"), CASES, ids=[f"{name}-{dtype}" for name, dtype in CASES])
def test_draw_equals_torch(real, name, dtype):
    """Every shape after every other from one stream, so that each starts where the last one left it."""
    _, ours, theirs = DRAWS[name]
    generator, torch = TorchGenerator(9), real(9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch and we warn of integers that the dtype cannot hold
        for shape in SHAPES:
            if not (name.startswith("trunc") and 0 in shape):
                assert_same(ours(generator, shape, dtype), theirs(torch, shape, dtype), generator, torch)


@pytest.mark.parametrize("seed", SEEDS)
def test_interleaved_draws_equal_torch(real, seed):
    generator, torch = TorchGenerator().manual_seed(seed), real(seed)
    assert generator.initial_seed() == torch.generator.initial_seed()
    assert np.array_equal(generator.get_state(), torch.state())
    choose = np.random.default_rng(seed % 2**64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for _ in range(150):
            name, dtype = CASES[choose.integers(len(CASES))]
            shape = SHAPES[choose.integers(len(SHAPES))]
            if not (name.startswith("trunc") and 0 in shape):
                _, ours, theirs = DRAWS[name]
                assert_same(ours(generator, shape, dtype), theirs(torch, shape, dtype), generator, torch)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["uniform", "randn", "normal"])
def test_many_values_equal_torch(real, name, dtype):
    _, ours, theirs = DRAWS[name]
    generator, torch = TorchGenerator(1), real(1)
    shape = (300_007,)
    assert_same(ours(generator, shape, dtype), theirs(torch, shape, dtype), generator, torch)


@pytest.mark.parametrize("dtype", [*INTEGERS, *FLOATS])
@pytest.mark.parametrize("n", [0, 1, 2, 10, 127, 3000])
def test_permutation_equals_torch(real, n, dtype):
    if n > 256 and dtype in ("uint8", "int8", *HALVES):
        n = 100
    generator, torch = TorchGenerator(3), real(3)
    expected = torch.torch.randperm(n, dtype=torch.dtype(dtype), generator=torch.generator)
    assert_same(generator.permutation(n, dtype), expected, generator, torch)


@pytest.mark.parametrize("dtype", FLOATS)
def test_bernoulli_of_an_array_equals_torch(real, dtype):
    generator, torch = TorchGenerator(3), real(3)
    p = TorchGenerator(0).uniform((50, 7), dtype=dtype)
    p[0, :2] = 0, 1
    expected = torch.torch.bernoulli(torch.tensor(p), generator=torch.generator)
    assert_same(generator.bernoulli(p.shape, p, dtype), expected, generator, torch)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("dtype", FLOATS)
def test_dropout_mask_equals_torch(real, p, dtype):
    torch = real().torch
    torch.manual_seed(3)
    expected = torch.nn.functional.dropout(torch.ones(64, 3, 5, dtype=getattr(torch, dtype)), p)
    generator = TorchGenerator(3)
    mask = generator.dropout_mask((64, 3, 5), p, dtype)
    assert mask.tobytes() == Real(torch).array(expected).tobytes()
    assert np.array_equal(generator.get_state(), torch.get_rng_state().numpy())


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("categories", [1, 2, 10, 5000])
@pytest.mark.parametrize("rows", [(), (3,), (0,)], ids=str)
@pytest.mark.parametrize(("samples", "replacement"), [(1, False), (1, True), (2, False), (7, True)])
def test_multinomial_equals_torch(real, dtype, categories, rows, samples, replacement):
    if samples > categories and not replacement:
        samples = categories
    generator, torch = TorchGenerator(5), real(5)
    weights = TorchGenerator(8).uniform((*rows, categories), 0.25, 1.0, dtype)
    weights[..., 1::3] = 0
    if samples == 2 and categories == 2:
        weights[..., 1] = 0.5
    expected = torch.torch.multinomial(torch.tensor(weights), samples, replacement, generator=torch.generator)
    assert_same(generator.multinomial(weights, samples, replacement), expected, generator, torch)


@pytest.mark.parametrize("few", [1, 2, 5, 15])
def test_state_goes_to_torch_and_back(real, few):
    ours, torch = TorchGenerator(7), real(1)
    ours.normal(few)
    torch.generator.set_state(torch.torch.from_numpy(ours.get_state()))
    assert np.array_equal(
        ours.normal(few + 1, dtype="float64"), torch.e(few + 1, "float64").normal_(generator=torch.generator)
    )
    back = TorchGenerator(0)
    back.set_state(torch.generator.get_state())
    assert back.initial_seed() == 7
    assert np.array_equal(back.normal(9), torch.e(9, "float32").normal_(generator=torch.generator).numpy())


def test_initial_weights_of_a_layer_equal_torch(real):
    torch = real().torch
    torch.manual_seed(0)
    layer = torch.nn.Linear(37, 11)
    generator, bound = TorchGenerator(0), 1 / math.sqrt(37)
    assert np.array_equal(generator.uniform((11, 37), -bound, bound), layer.weight.detach().numpy())
    assert np.array_equal(generator.uniform(11, -bound, bound), layer.bias.detach().numpy())


# ---- without torch


@pytest.mark.parametrize("few", [0, 3, 623, 624, 625])
def test_state_copies_and_pickles(few):
    generator = TorchGenerator(2**40 + 1)
    generator.normal(1)
    generator.uniform(few)
    twin = TorchGenerator(0)
    twin.set_state(generator.get_state())
    for other in (twin, copy.deepcopy(generator), pickle.loads(pickle.dumps(generator))):
        assert np.array_equal(other.get_state(), generator.get_state())
        assert other.initial_seed() == 2**40 + 1
        assert other.normal(2, dtype="float64")[0] == copy.deepcopy(generator).normal(1, dtype="float64")[0]


def test_state_of_an_unused_generator_comes_back():
    twin = TorchGenerator(0)
    twin.set_state(TorchGenerator(5).get_state())
    assert np.array_equal(twin.get_state(), TorchGenerator(5).get_state())
    assert np.array_equal(twin.uniform(700), TorchGenerator(5).uniform(700))


def test_the_second_normal_waits_until_the_next_few():
    pair = TorchGenerator(1).normal(2, dtype="float64")
    generator = TorchGenerator(1)
    first = generator.normal(1, dtype="float64")
    generator.uniform(3)
    generator.normal(16)
    assert [first[0], generator.normal(1, dtype="float64")[0]] == pair.tolist()
    generator.normal(1)
    generator.manual_seed(1)
    assert generator.normal(1, dtype="float64")[0] == pair[0]


def test_an_incomplete_block_is_made_anew():
    whole = TorchGenerator(1).normal(32)
    assert np.array_equal(TorchGenerator(1).normal(33)[:17], whole[:17])
    assert not np.array_equal(TorchGenerator(1).normal(33)[17:32], whole[17:32])


def test_a_new_generator_is_a_random_stream_with_torchs_seed():
    stream: RandomStream = TorchGenerator()
    assert stream.initial_seed() == 67280421310721
    assert stream.seed(-2) == stream.initial_seed() == 2**64 - 2
    assert stream.seed() != stream.seed()


def test_threads_share_a_stream():
    generator = TorchGenerator(4)
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda _: generator.uniform(501), range(40)))
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, TorchGenerator(4).uniform((40, 501))))


def test_multinomial_refuses_a_tie():
    with pytest.raises(NotOfferedError, match="3 samples without replacement from 4 float64 weights"):
        TorchGenerator(0).multinomial(np.array([0.5, 0.5, 0.0, 0.0]), 3)
