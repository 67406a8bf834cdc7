"""The NumPy backend: what it offers, dtypes, numbers beside arrays, reductions and indices."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from unified_nn_backends.numpy import parallel

import unified_nn
from tests.backends.op_samples import SAMPLES, Sample
from unified_nn import dtypes, errors
from unified_nn.op import REGISTRY
from unified_nn.ops.index import ARRAY

BACKEND = unified_nn.backend("numpy")
FUNCTIONS = BACKEND.functions
INF, NAN = math.inf, math.nan
OFFERED = [s for s in SAMPLES if s.op in FUNCTIONS]


def narrow(name: str) -> np.dtype:
    """float16 or bfloat16."""
    return np.dtype(pytest.importorskip("ml_dtypes").bfloat16) if name == "bfloat16" else np.dtype(name)


# ---- every op ------------------------------------------------------------------------------------------------------


def test_every_primitive_is_offered_and_nothing_else_but_ops() -> None:
    assert {op.name for op in REGISTRY.values() if op.is_primitive} <= set(FUNCTIONS)
    assert set(FUNCTIONS) <= set(REGISTRY)


@pytest.mark.parametrize("sample", OFFERED, ids=lambda s: s.id)
def test_results_are_arrays_and_arguments_stay_as_they_are(sample: Sample) -> None:
    given = [a.copy() if isinstance(a, np.ndarray) else a for a in sample.arrays]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = FUNCTIONS[sample.op](*given, **sample.attrs)
    assert type(out) is np.ndarray  # also where it has no axes
    for before, after in zip(sample.arrays, given, strict=True):
        np.testing.assert_array_equal(before, after)


OVERRIDES = sorted(name for name in FUNCTIONS if not REGISTRY[name].is_primitive)


@pytest.mark.parametrize("sample", [s for s in OFFERED if s.op in OVERRIDES], ids=lambda s: s.id)
def test_an_override_is_the_composite(sample: Sample) -> None:
    """A backend without the override computes the op's own body."""
    plain = type(BACKEND)()
    plain.functions = {name: f for name, f in FUNCTIONS.items() if name not in OVERRIDES}
    tensors = [
        unified_nn.Tensor.from_numpy(a, backend=plain) if isinstance(a, np.ndarray) else a for a in sample.arrays
    ]
    expected = REGISTRY[sample.op](*tensors, **sample.attrs).numpy()
    found = FUNCTIONS[sample.op](*sample.arrays, **sample.attrs)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


ALONG = {"axis": 1}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize(
    ("op", "attrs"),
    [
        *((op, {}) for op in ("sigmoid", "silu", "gelu", "erf", "tanh", "sum", "mean")),
        *((op, ALONG) for op in ("softmax", "log_softmax", "sum", "mean", "var", "cumsum", "prod")),
    ],
)
def test_narrow_floats_are_computed_in_float32_and_rounded_once(op: str, attrs: dict[str, int], dtype: str) -> None:
    kind = narrow(dtype)
    x = np.random.default_rng(1).uniform(-1.5, 1.5, (4, 9)).astype(kind)
    found = FUNCTIONS[op](x, **attrs)
    assert found.dtype == kind
    np.testing.assert_array_equal(found, FUNCTIONS[op](x.astype("float32"), **attrs).astype(kind))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_the_sign_of_nan_is_zero(dtype: str) -> None:
    out = FUNCTIONS["sign"](np.array([NAN, -2.0, 0.0, INF]).astype(narrow(dtype)))
    assert out.dtype == narrow(dtype)
    np.testing.assert_array_equal(out.astype("float64"), [0, -1, 0, 1])


# ---- numbers beside arrays -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)], ids=str)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "int8", "uint8", "int32", "complex64"])
@pytest.mark.parametrize("op", ["add", "sub", "mul", "maximum", "minimum", "pow"])
def test_a_number_never_changes_the_dtype(op: str, dtype: str, shape: tuple[int, ...]) -> None:
    kind = narrow(dtype) if dtype == "bfloat16" else np.dtype(dtype)
    x = np.full(shape, 2, kind)
    for number in (3, 0.1, 1e300) if kind.kind in "fV" else (3,):
        right, left = FUNCTIONS[op](x, number), FUNCTIONS[op](number, x)
        assert right.dtype == left.dtype == kind
        assert right.shape == left.shape == shape


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize(
    "op", ["add", "sub", "mul", "div", "pow", "floor_div", "mod", "fmod", "equal", "less", "greater"]
)
def test_numbers_beside_floats_are_pytorchs(op: str, dtype: str, oracle: Callable[[str], ModuleType]) -> None:
    """float16(1e4) * 1e-9 is 1e-5 there, not 0: only products and quotients take the number as it is."""
    torch = oracle("torch")
    call = {"equal": "eq", "less": "lt", "greater": "gt", "floor_div": "floor_divide", "mod": "remainder"}.get(op, op)
    values = [0.1, 3.0, 7.0, 11.0, 1e4, 0.3]
    native = torch.tensor(values, dtype=getattr(torch, dtype))
    x = np.array(values, "float32").astype(narrow(dtype))
    for number in (0.1, 1e-9, 3, -2.7):
        expected = getattr(torch, call)(native, number).to(torch.float32).numpy()
        found = FUNCTIONS[op](x, number)
        np.testing.assert_allclose(found.astype("float32"), expected, rtol=1e-6, err_msg=f"{op} {number}")


@pytest.mark.parametrize("op", ["add", "sub", "mul", "equal", "less", "greater"])
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64"])
def test_whole_numbers_wrap_around_as_pytorchs(op: str, dtype: str, oracle: Callable[[str], ModuleType]) -> None:
    torch = oracle("torch")
    x = np.array([0, 1, 5, 100], dtype)
    call = getattr(torch, {"equal": "eq", "less": "lt", "greater": "gt"}.get(op, op))
    for number in (3, -1, 100):
        found = FUNCTIONS[op](x, number)
        np.testing.assert_array_equal(found, call(torch.from_numpy(x), number).numpy(), err_msg=f"{op} {number}")


def test_numbers_out_of_range_wrap_around() -> None:
    np.testing.assert_array_equal(FUNCTIONS["add"](np.array([5], "int8"), 300), [49])
    np.testing.assert_array_equal(FUNCTIONS["sub"](np.array([5], "uint8"), 257), [4])
    np.testing.assert_array_equal(FUNCTIONS["add"](np.array([5], "int8"), -200), [61])


def test_a_fraction_beside_integers_is_refused() -> None:
    with pytest.raises(errors.DTypeError, match=r"the number 2\.5 does not fit an array of dtype int64"):
        FUNCTIONS["clip"](np.array([1, 2, 3]), low=2.5, high=None)


# ---- dtypes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", ["exp", "log", "sqrt", "reciprocal", "tanh", "erf", "sigmoid", "silu", "mean", "var"])
def test_a_floating_op_refuses_integers(op: str) -> None:
    with pytest.raises(errors.DTypeError, match=f"{op}: got an array of dtype int64, expected a.* floating dtype"):
        FUNCTIONS[op](np.array([1, 2]))


def test_division_of_integers_is_refused() -> None:
    with pytest.raises(errors.DTypeError, match="div: got an array of dtype int64"):
        FUNCTIONS["div"](np.array([1, 2]), 2)


@pytest.mark.parametrize("op", ["floor", "ceil", "trunc", "round"])
def test_integers_are_their_own_rounding(op: str) -> None:
    out = FUNCTIONS[op](np.array([-3, 4], "int16"))
    assert out.dtype == np.int16
    np.testing.assert_array_equal(out, [-3, 4])


@pytest.mark.parametrize("op", ["floor_div", "mod", "fmod"])
@pytest.mark.parametrize("zero", [0, np.array([1, 0])], ids=["number", "array"])
def test_an_integer_divided_by_zero_raises(op: str, zero: Any) -> None:
    with pytest.raises(ZeroDivisionError, match=f"{op}: an integer was divided by 0"):
        FUNCTIONS[op](np.array([5, 6]), zero)
    assert np.isfinite(FUNCTIONS[op](np.array([5.0, 6.0]), 4.0)).all()


@pytest.mark.parametrize("name", [d.name for d in dtypes.ALL])
def test_every_dtype_survives_the_way_in_and_out(name: str) -> None:
    kind = narrow(name) if name == "bfloat16" else np.dtype(name)
    x = np.array([0, 1], kind)
    native = BACKEND.from_numpy(x)
    assert BACKEND.dtype(native) is dtypes.BY_NAME[name]
    back = BACKEND.to_numpy(native)
    assert back.dtype == kind
    x[0] = 1  # neither way shares memory
    back[1] = 0
    np.testing.assert_array_equal(native, np.array([0, 1], kind))


def test_foreign_byte_order_becomes_native() -> None:
    native = BACKEND.from_numpy(np.array([1, 2], ">f4"))
    assert native.dtype.isnative
    np.testing.assert_array_equal(native, [1, 2])


def test_another_device_is_refused() -> None:
    with pytest.raises(errors.ArgumentError, match="has no device 'cuda:0'"):
        BACKEND.from_numpy(np.ones(2), "cuda:0")


def test_complex_values_become_real_without_a_word() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(FUNCTIONS["cast"](np.array([1 + 2j]), dtype=dtypes.float32), [1])
    np.testing.assert_array_equal(FUNCTIONS["cast"](np.array([2j, 0j]), dtype=dtypes.bool_), [True, False])


# ---- no warnings, and no change to what the user set ---------------------------------------------------------------


def test_special_values_are_values() -> None:
    x = np.array([0.0, -1.0, INF, NAN], "float32")
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        np.testing.assert_equal(FUNCTIONS["log"](x), np.array([-INF, NAN, INF, NAN], "float32"))
        np.testing.assert_equal(FUNCTIONS["div"](x, 0.0), np.array([NAN, -INF, INF, NAN], "float32"))
        np.testing.assert_equal(FUNCTIONS["sigmoid"](np.array([-1e4, 1e4, NAN])), np.array([0, 1, NAN]))
        FUNCTIONS["cast"](x, dtype=dtypes.int32)
        assert np.geterr()["divide"] == "raise"
        with pytest.raises(FloatingPointError):
            np.ones(1) / np.zeros(1)


def test_errors_leave_the_users_settings_alone() -> None:
    before = np.geterr()
    with pytest.raises(TypeError):
        FUNCTIONS["bitwise_and"](np.ones(2), np.ones(2))
    assert np.geterr() == before


def test_threads_may_compute_at_the_same_time() -> None:
    x = np.random.default_rng(2).standard_normal((4, 3, 16, 16)).astype("float32")
    w = np.random.default_rng(3).standard_normal((5, 3, 3, 3)).astype("float32")
    attrs = {"stride": (1, 1), "pads": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
    expected = FUNCTIONS["conv"](x, w, **attrs)
    with ThreadPoolExecutor(4) as pool:
        for out in pool.map(lambda _: FUNCTIONS["conv"](x, w, **attrs), range(40)):
            np.testing.assert_array_equal(out, expected)


def test_an_error_in_another_thread_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "threads", lambda: 2)
    done: list[int] = []

    def task(part: int) -> None:
        if part == 3:
            raise ValueError("part 3")
        done.append(part)

    with pytest.raises(ValueError, match="part 3"):
        parallel.each(np, task, range(50), parallel.WORTH)


def test_blas_gets_its_threads_back() -> None:
    before = parallel.threads()
    with parallel._single_threaded_blas():
        assert parallel.threads() == 1
    assert parallel.threads() == before


# ---- accuracy ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "places"), [("float32", 1.5), ("float64", 3.0)])
def test_erf_is_exact_to_the_last_places(dtype: str, places: float) -> None:
    x = np.concatenate([np.linspace(-6.5, 6.5, 40001), np.logspace(-30, 1, 2001), -np.logspace(-5, 1, 999)])
    x = x.astype(dtype)
    exact = np.array([math.erf(v) for v in x.astype("float64").tolist()])
    error = np.abs(FUNCTIONS["erf"](x).astype("float64") - exact) / np.spacing(np.abs(exact.astype(dtype)))
    assert error.max() <= places


def test_erf_of_special_values() -> None:
    x = np.array([NAN, INF, -INF, 0.0, -0.0])
    for dtype in ("float16", "float32", "float64"):
        out = FUNCTIONS["erf"](x.astype(dtype))
        np.testing.assert_equal(out.astype("float64"), np.array([NAN, 1, -1, 0.0, -0.0]))
        assert out.dtype == dtype


@pytest.mark.parametrize("op", ["sum", "mean"])
@pytest.mark.parametrize("shape", [(300_000, 2), (2, 300_000), (1500, 200, 2)], ids=str)
def test_sums_of_many_float32_are_accurate(op: str, shape: tuple[int, ...]) -> None:
    """NumPy alone adds the rows of a tall array one after the other: an error of 1e-4 and more."""
    x = np.random.default_rng(4).uniform(size=shape).astype("float32")
    axis = tuple(range(x.ndim - 1)) if shape[-1] == 2 else -1
    np.testing.assert_allclose(FUNCTIONS[op](x, axis=axis), getattr(x.astype("f8"), op)(axis=axis), rtol=3e-6)


@pytest.mark.parametrize("ddof", [3, 4])
def test_there_is_no_variance_without_freedom(ddof: int) -> None:
    assert np.isnan(FUNCTIONS["var"](np.array([1.0, 2.0, 4.0]), ddof=ddof))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_tall_narrow_arrays_are_summed_in_float32(dtype: str) -> None:
    x = np.full((5000, 2), 0.5).astype(narrow(dtype))
    for op, expected in (("sum", 2500), ("mean", 0.5)):
        out = FUNCTIONS[op](x, axis=0)
        assert out.dtype == narrow(dtype)
        np.testing.assert_array_equal(out, np.array([expected] * 2).astype(narrow(dtype)))


def test_the_sum_of_halves_does_not_stop_growing(oracle: Callable[[str], ModuleType]) -> None:
    torch = oracle("torch")
    x = np.full(10000, 0.1, "float16")
    for op in ("sum", "cumsum"):
        found = FUNCTIONS[op](x, axis=0)
        expected = getattr(torch.from_numpy(x), op)(0).numpy()
        np.testing.assert_array_equal(found, expected)
    large = np.full(10000, 100, "float16")
    assert FUNCTIONS["mean"](large) == 100  # the sum alone is above the largest float16


# ---- indices -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "arrays", "attrs", "text"),
    [
        ("take", (np.ones((3, 2)), np.array([0, 3])), {"axis": 0}, "index 3 is out of range for axis 0 with size 3"),
        ("take", (np.ones((3, 2)), np.array([-1])), {"axis": 0}, "index -1 is out of range for axis 0 with size 3"),
        ("gather", (np.ones((3, 2)), np.array([[2]])), {"axis": 1}, "index 2 is out of range for axis 1 with size 2"),
        ("scatter_add", (np.ones(3), np.array([5]), np.ones(1)), {"axis": 0}, "index 5 is out of range for axis 0"),
        ("getitem", (np.ones((3, 2)), np.array([-4])), {"index": (ARRAY,)}, "index -4 is out of range for axis 0"),
        ("getitem", (np.ones((3, 2)), np.array([2])), {"index": (..., ARRAY)}, "index 2 is out of range for axis 1"),
        ("setitem", (np.ones(3), np.ones(1), np.array([3])), {"index": (ARRAY,)}, "index 3 is out of range for axis 0"),
        ("index_add", (np.ones(3), np.ones(1), np.array([3])), {"index": (ARRAY,)}, "index 3 is out of range"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_an_index_outside_raises(op: str, arrays: Any, attrs: Any, text: str) -> None:
    with pytest.raises(errors.IndexRangeError, match=text):
        FUNCTIONS[op](*arrays, **attrs)


INDICES: dict[str, tuple[tuple[int, ...], tuple[Any, ...], tuple[Any, ...]]] = {  # x's shape, arrays, index
    "rows": ((5, 3), (np.array([1, 1, -1, 0, 4]),), (ARRAY,)),
    "columns": ((2, 5, 3), (np.array([[1, 1], [-1, 4]]),), (slice(None), ARRAY)),
    "last": ((2, 5), (np.array([1, 1, 0]),), (..., ARRAY)),
    "ellipsis-after": ((5, 2, 2), (np.array([1, 1, 0]),), (ARRAY, ...)),
    "part": ((5, 4), (np.array([1, 1, 0]),), (ARRAY, slice(1, 3))),
    "pairs": ((4, 4), (np.array([1, 1, 0]), np.array([2, 2, 3])), (ARRAY, ARRAY)),
    "none": ((4, 2), (np.zeros(0, "int64"),), (ARRAY,)),
    "slice": ((4, 2), (), (slice(1, 3),)),
    "mask": ((4, 2), (np.array([True, False, True, False]),), (ARRAY,)),
}


@pytest.mark.parametrize("dtype", ["float16", "float32", "int64"])
@pytest.mark.parametrize("name", INDICES)
def test_index_add_adds_every_time(name: str, dtype: str) -> None:
    shape, arrays, index = INDICES[name]
    supply = iter(arrays)
    filled = tuple(next(supply) if part is ARRAY else part for part in index)
    x = np.random.default_rng(1).integers(-9, 9, shape).astype(dtype)
    y = np.random.default_rng(2).integers(-9, 9, x[filled].shape).astype(dtype)
    expected = x.copy()
    np.add.at(expected, filled, y)
    out = FUNCTIONS["index_add"](x, y, *arrays, index=index)
    assert out.dtype == x.dtype
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("kind", ["int32", "uint8", "uint64"])
def test_scatter_add_adds_every_time(axis: int, kind: str) -> None:
    draw = np.random.default_rng(3)
    x = draw.standard_normal((3, 4, 5)).astype("float32")
    i = draw.integers(0, 3, (2, 3, 4)).astype(kind)
    y = draw.standard_normal((3, 3, 4)).astype("float32")
    expected = x.copy()
    for at in np.ndindex(i.shape):
        target = list(at)
        target[axis] = int(i[at])
        expected[tuple(target)] += y[at]
    np.testing.assert_allclose(FUNCTIONS["scatter_add"](x, i, y, axis=axis), expected, rtol=1e-6)


def test_many_small_additions_to_halves_are_not_lost() -> None:
    x = np.zeros((2, 3), "float16")
    y = np.full((10000, 3), 0.1, "float16")
    i = np.zeros(10000, "int64")
    out = FUNCTIONS["index_add"](x, y, i, index=(ARRAY,))
    np.testing.assert_array_equal(out, np.array([[1000] * 3, [0] * 3], "float16"))
