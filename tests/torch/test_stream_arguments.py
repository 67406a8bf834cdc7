"""What the random functions refuse: our message names it, our class is PyTorch's, and no number is lost."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from unified_nn.errors import UnifiedError
from unified_nn.torch.stream import TorchGenerator

#: Ours, real torch's, and what our message says.
ERRORS = {
    "uniform-order": (lambda g: g.uniform(2, 2, 1), lambda t: t.empty(2).uniform_(2, 1), "from=2 > to=1"),
    "uniform-range": (
        lambda g: g.uniform(2, 0, 1e5, "float16"),
        lambda t: t.empty(2).half().uniform_(0, 1e5),
        "100000.0",
    ),
    "uniform-span": (lambda g: g.uniform(2, -3e38, 3e38), lambda t: t.empty(2).uniform_(-3e38, 3e38), "to=3e\\+38"),
    "uniform-nan": (lambda g: g.uniform(2, 0, math.nan), lambda t: t.empty(2).uniform_(0, math.nan), "nan"),
    "uniform-int": (lambda g: g.uniform(2, dtype="int64"), lambda t: t.empty(2).long().uniform_(), "int64"),
    "normal-std": (lambda g: g.normal(2, 0, -1), lambda t: t.empty(2).normal_(0, -1), "found std -1"),
    "normal-nan": (lambda g: g.normal(2, 0, math.nan), lambda t: t.empty(2).normal_(0, math.nan), "found std nan"),
    "normal-int": (lambda g: g.normal(2, dtype="int64"), lambda t: t.empty(2).long().normal_(), "int64"),
    "randint-order": (lambda g: g.integers(2, 5, 5), lambda t: t.randint(5, 5, (2,)), "from=5 >= to=5"),
    "randint-uint8": (
        lambda g: g.integers(2, 0, 300, "uint8"),
        lambda t: t.randint(0, 300, (2,), dtype=t.uint8),
        "299",
    ),
    "randint-sign": (lambda g: g.integers(2, -1, 3, "uint8"), lambda t: t.randint(-1, 3, (2,), dtype=t.uint8), "from"),
    "randint-bool": (lambda g: g.integers(2, 0, 3, "bool"), lambda t: t.randint(0, 3, (2,), dtype=t.bool), "bool"),
    "randint-half": (
        lambda g: g.integers(2, 0, 70000, "float16"),
        lambda t: t.randint(0, 70000, (2,), dtype=t.half),
        "6999",
    ),
    "randint-64": (lambda g: g.integers(2, 0, 2**63), lambda t: t.randint(0, 2**63, (2,)), "9223372036854775808"),
    "randint-complex": (
        lambda g: g.integers(2, 0, 3, "complex64"),
        lambda t: t.randint(0, 3, (2,), dtype=t.complex64),
        "complex64",
    ),
    "random-uint16": (lambda g: g.random(2, "uint16"), lambda t: t.empty(2, dtype=t.uint16).random_(), "uint16"),
    "randperm-sign": (lambda g: g.permutation(-1), lambda t: t.randperm(-1), "-1"),
    "randperm-uint8": (lambda g: g.permutation(300, "uint8"), lambda t: t.randperm(300, dtype=t.uint8), "300"),
    "randperm-half": (lambda g: g.permutation(2050, "float16"), lambda t: t.randperm(2050, dtype=t.half), "2049"),
    "randperm-bool": (lambda g: g.permutation(5, "bool"), lambda t: t.randperm(5, dtype=t.bool), "bool"),
    "bernoulli": (lambda g: g.bernoulli(2, 1.5), lambda t: t.empty(2).bernoulli_(1.5), "p=1.5"),
    "bernoulli-nan": (lambda g: g.bernoulli(2, math.nan), lambda t: t.empty(2).bernoulli_(math.nan), "nan"),
    "bernoulli-array": (
        lambda g: g.bernoulli(2, np.float32([0.5, 1.5])),
        lambda t: t.bernoulli(t.tensor([0.5, 1.5])),
        "1.5",
    ),
    "bernoulli-ints": (lambda g: g.bernoulli(2, np.array([0, 1])), lambda t: t.bernoulli(t.tensor([0, 1])), "int64"),
    "bernoulli-complex": (
        lambda g: g.bernoulli(2, 0.5, "complex64"),
        lambda t: t.empty(2, dtype=t.complex64).bernoulli_(0.5),
        "complex64",
    ),
    "dropout": (lambda g: g.dropout_mask(2, 1.5), lambda t: t.nn.functional.dropout(t.ones(2), 1.5), "got 1.5"),
    "exponential": (lambda g: g.exponential(2, 0.0), lambda t: t.empty(2).exponential_(0.0), "lambda=0"),
    "exponential-int": (
        lambda g: g.exponential(2, dtype="int64"),
        lambda t: t.empty(2).long().exponential_(),
        "int64",
    ),
    "geometric": (lambda g: g.geometric(2, 1.0), lambda t: t.empty(2).geometric_(1.0), "p=1"),
    "geometric-bool": (lambda g: g.geometric(2, 0.5, "bool"), lambda t: t.empty(2).bool().geometric_(0.5), "bool"),
    "cauchy": (lambda g: g.cauchy(2, 0.0, 0.0), lambda t: t.empty(2).cauchy_(0.0, 0.0), "sigma=0"),
    "cauchy-int": (lambda g: g.cauchy(2, dtype="int64"), lambda t: t.empty(2).long().cauchy_(), "int64"),
    "log_normal": (lambda g: g.log_normal(2, 0.0, 0.0), lambda t: t.empty(2).log_normal_(0.0, 0.0), "std=0"),
    "log_normal-int": (lambda g: g.log_normal(2, dtype="int64"), lambda t: t.empty(2).long().log_normal_(), "int64"),
    "seed-high": (lambda g: g.manual_seed(2**64), lambda t: t.manual_seed(2**64), "18446744073709551616"),
    "seed-low": (lambda g: g.manual_seed(-(2**63) - 1), lambda t: t.manual_seed(-(2**63) - 1), "-9223372036854775809"),
    "state-size": (
        lambda g: g.set_state(g.get_state()[:-1]),
        lambda t: t.set_rng_state(t.get_rng_state()[:-1].clone()),
        "5056 but found .* 5055",
    ),
    "state-dtype": (
        lambda g: g.set_state(g.get_state().astype(np.float32)),
        lambda t: t.set_rng_state(t.get_rng_state().float()),
        "ByteTensor",
    ),
    "state-empty": (
        lambda g: g.set_state(np.zeros(5056, np.uint8)),
        lambda t: t.set_rng_state(t.zeros(5056, dtype=t.uint8)),
        "Invalid mt19937 state",
    ),
}
WEIGHTS = {
    "many": (np.array([0.1, 0.2]), 3, "3 > 2"),
    "none": (np.array([0.1, 0.2]), 0, "got 0"),
    "negative": (np.array([0.1, -0.2]), 1, "element < 0"),
    "nan": (np.array([0.1, math.nan]), 1, "nan"),
    "inf": (np.array([0.1, math.inf]), 1, "inf"),
    "zeros": (np.array([[0.0, 0.0], [1.0, 2.0]]), 1, "sum of probabilities"),
    "integers": (np.array([1, 2]), 1, "int64"),
    "rank": (np.ones((1, 1, 2)), 1, "1 or 2 dim"),
    "scalar": (np.array(0.5), 1, "1 or 2 dim"),
    "empty": (np.ones(0), 1, "1 > 0"),
}
ERRORS |= {
    f"multinomial-{name}": (
        lambda g, w=weights, n=samples: g.multinomial(w, n),
        lambda t, w=weights, n=samples: t.multinomial(t.from_numpy(w), n),
        match,
    )
    for name, (weights, samples, match) in WEIGHTS.items()
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_names_what_came_and_leaves_the_stream(name):
    generator = TorchGenerator(0)
    with pytest.raises(UnifiedError, match=ERRORS[name][2]):
        ERRORS[name][0](generator)
    assert np.array_equal(generator.get_state(), TorchGenerator(0).get_state())


@pytest.mark.parametrize("name", ERRORS)
def test_error_is_of_torchs_class(name):
    torch = pytest.importorskip("torch", reason="not run: torch is not installed")
    ours, theirs, _ = ERRORS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with pytest.raises(Exception) as expected:  # noqa: PT011 - torch's class is what is asked for
            theirs(torch)
        with pytest.raises(expected.type):
            ours(TorchGenerator(0))


def test_integers_beyond_a_floats_digits_warn():
    with pytest.warns(UserWarning, match=r"to - 1 is out of bounds \[-\(2\^24\), 2\^24\]"):
        TorchGenerator(0).integers(2, 0, 2**24 + 3, "float32")
