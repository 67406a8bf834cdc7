"""The MindSpore backend: every op against NumPy, its eager engine against the tape, what its kernels lack, errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip("mindspore", reason="not run: mindspore is not installed")

import mindspore as ms
from unified_nn_backends.mindspore import engine as engine_module

import unified_nn
from tests.backends import agreement
from tests.backends.agreement import FLOATING, SMOOTH, leaf
from tests.backends.op_samples import SAMPLES, Sample
from unified_nn import dtypes, errors, registry
from unified_nn.autodiff import backward, gradients, recording
from unified_nn.backend import Backend
from unified_nn.op import REGISTRY
from unified_nn.ops import elementwise as el
from unified_nn.ops import index, linalg, loss, reduce, shape
from unified_nn.ops.activation import relu
from unified_nn.ops.norm import softmax
from unified_nn.tensor import Tensor

NATIVE = unified_nn.backend("mindspore")
TAPE = unified_nn.backend("mindspore", "tape")
NUMPY = unified_nn.backend("numpy")
BOTH = pytest.mark.parametrize("backend", [NATIVE, TAPE], ids=["native", "tape"])


def of(values: Any, dtype: str | None = None, backend: Backend = NATIVE) -> Tensor:
    return Tensor.from_numpy(np.asarray(values), dtype, backend=backend)


def ones(like: Tensor) -> Tensor:
    return of(np.ones(like._shape, like._dtype.name), backend=like.backend)


# ---- every op ------------------------------------------------------------------------------------------------------


def test_every_primitive_is_offered_and_nothing_else_but_ops() -> None:
    assert {op.name for op in REGISTRY.values() if op.is_primitive} <= set(NATIVE.functions)
    assert set(NATIVE.functions) <= set(REGISTRY)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.id)
def test_value(sample: Sample) -> None:
    agreement.check_value(sample, NATIVE)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("sample", FLOATING, ids=lambda s: s.id)
def test_value_in_other_dtypes(sample: Sample, dtype: str) -> None:
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes", reason="not run: NumPy has bfloat16 by ml_dtypes only")
    agreement.check_value(sample, NATIVE, dtype)


@BOTH
@pytest.mark.parametrize("sample", SMOOTH, ids=lambda s: s.id)
def test_gradient(sample: Sample, backend: Backend) -> None:
    agreement.check_gradient(sample, backend)


@pytest.mark.parametrize("sample", [s for s in SMOOTH if s.twice], ids=lambda s: s.id)
def test_second_gradient_by_the_tape(sample: Sample) -> None:
    agreement.check_gradient(sample, TAPE, order=2)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("sample", SMOOTH, ids=lambda s: s.id)
def test_gradient_in_other_dtypes(sample: Sample, dtype: str) -> None:
    agreement.check_gradient(sample, NATIVE, dtype=dtype)


@pytest.mark.parametrize("number", range(60))
def test_random_programs(number: int) -> None:
    exact = agreement.program(number, agreement.REFERENCE)
    for backend in (NATIVE, TAPE):
        for got, want in zip(agreement.program(number, backend), exact, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-9)


# ---- what the kernels lack -----------------------------------------------------------------------------------------


def test_a_number_beside_float64_is_not_rounded_to_float32() -> None:
    assert el.mul(of([1.0]), 0.1).numpy()[0] == 0.1
    assert el.pow_(of([2.0]), 0.1).numpy()[0] == pytest.approx(2**0.1, rel=1e-15)
    assert el.equal(of([0.1]), 0.1).numpy()[0]


def test_minus_zero_is_not_taken_for_zero() -> None:
    assert math.copysign(1, el.mul(of([1.0]), 0.0).numpy()[0]) == 1
    assert math.copysign(1, el.mul(of([1.0]), -0.0).numpy()[0]) == -1


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nan_does_not_get_lost(dtype: str) -> None:
    x, two = of([math.nan, -1.0, 2.0], dtype), of([0.0, 0.0, 0.0], dtype)
    assert np.isnan(relu(x).numpy()).tolist() == [True, False, False]
    assert np.isnan(el.maximum(x, two).numpy()).tolist() == [True, False, False]
    assert np.isnan(el.minimum(two, x).numpy()).tolist() == [True, False, False]
    assert np.isnan(reduce.max_(x).numpy())
    assert reduce.argmin(x).numpy() == 0


def test_softmax_of_a_row_without_a_finite_maximum_leaves_the_other_rows_alone() -> None:
    rows = [[-math.inf] * 3, [0.0, -math.inf, 1.0], [math.nan, 0.0, 1.0], [1.0, 2.0, 3.0]]
    found, expected = (softmax(of(rows, "float32", backend), axis=1).numpy() for backend in (NATIVE, NUMPY))
    assert np.isnan(found).any(1).tolist() == [True, False, True, False]
    np.testing.assert_allclose(found, expected, 1e-6)


@pytest.mark.parametrize("trial", range(3))
def test_arrays_without_elements_do_not_read_memory(trial: int) -> None:
    """MindSpore's sums over nothing give what lies in memory."""
    del trial
    junk = [of(np.full(64, 3.0)) for _ in range(8)]
    del junk
    nothing = of(np.zeros((0, 4)))
    assert reduce.sum_(nothing, axis=0).numpy().tolist() == [0, 0, 0, 0]
    assert reduce.prod(nothing, axis=0).numpy().tolist() == [1, 1, 1, 1]
    assert linalg.matmul(of(np.ones((2, 0))), of(np.ones((0, 2)))).numpy().tolist() == [[0, 0], [0, 0]]
    b = leaf(np.ones(4), NATIVE)
    total = el.add(reduce.sum_(el.add(nothing, b)), reduce.sum_(b))
    (g,) = gradients([total], [ones(total)], [b])
    assert g.numpy().tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("op", ["add", "sub", "mul", "floor_div", "mod", "pow", "maximum", "minimum"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64"])
def test_integers_stay_integers(op: str, dtype: str) -> None:
    x, y = np.array([7, 3, 5], dtype), np.array([2, 3, 1], dtype)
    got = REGISTRY[op](of(x), of(y))
    want = REGISTRY[op](of(x, backend=agreement.REFERENCE), of(y, backend=agreement.REFERENCE))
    assert got._dtype.name == dtype
    np.testing.assert_array_equal(got.numpy(), want.numpy())


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: el.exp(of([1, 2])), r"exp: backend 'mindspore' has no CPU kernel for \(int64\)"),
        (lambda: el.sub(of([1], "uint64"), of([1], "uint64")), r"no CPU kernel for \(uint64, uint64\)"),
        (lambda: linalg.matmul(of([[True]]), of([[True]])), r"no CPU kernel for \(bool, bool\)"),
        (lambda: reduce.max_(of([1 + 2j])), r"no CPU kernel for \(complex128\)"),
    ],
    ids=["exp-int", "sub-uint64", "matmul-bool", "max-complex"],
)
def test_a_dtype_without_a_kernel_is_an_error_at_the_call(call: Any, text: str) -> None:
    with pytest.raises(errors.DTypeError, match=text):
        call()
    assert el.add(of([1.0]), 1.0).numpy().tolist() == [2]  # MindSpore raised it at the next call otherwise


# ---- arrays --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", dtypes.ALL, ids=lambda d: d.name)
@pytest.mark.parametrize("size", [(), (0, 3), (2, 3)], ids=str)
def test_arrays_come_back_as_they_went(dtype: dtypes.DType, size: tuple[int, ...]) -> None:
    if dtype is dtypes.bfloat16:
        pytest.importorskip("ml_dtypes", reason="not run: NumPy has bfloat16 by ml_dtypes only")
    values = np.arange(int(np.prod(size))).reshape(size).astype(dtype.numpy())
    native = NATIVE.from_numpy(values)
    assert NATIVE.dtype(native) is dtype
    assert NATIVE.shape(native) == size
    back = NATIVE.to_numpy(native)
    assert back.dtype == values.dtype
    np.testing.assert_array_equal(back, values)


@pytest.mark.parametrize(
    "values",
    [np.arange(6.0)[::-2], np.arange(6.0).reshape(2, 3).T, np.arange(3.0).astype(">f8")],
    ids=["backwards", "transposed", "big-endian"],
)
def test_any_layout_of_numpy_is_taken(values: np.ndarray) -> None:
    np.testing.assert_array_equal(of(values).numpy(), values)


def test_memory_is_shared_neither_way() -> None:
    values = np.zeros(3)
    x = of(values)
    values[0] = 1
    x.numpy()[1] = 1
    assert x.numpy().tolist() == [0, 0, 0]


def test_devices() -> None:
    assert NATIVE.devices() == ["cpu"]
    with pytest.raises(errors.ArgumentError, match="no device 'cuda:0'"):
        NATIVE.from_numpy(np.zeros(2), "cuda:0")


# ---- indices -------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x, i: index.take(x, i, axis=0), "index 7 is out of range for axis 0 with size 3"),
        (lambda x, i: index.take(x, el.sub(i, 8), axis=1), "index -1 is out of range"),
        (lambda x, i: index.gather(x, shape.reshape(i, shape=(1, 1)), axis=0), "index 7 is out of range"),
        (lambda x, i: index.scatter_add(x, shape.reshape(i, shape=(1, 1)), x, axis=1), "index 7 is out of range"),
        (lambda x, i: index.getitem(x, i, index=(index.ARRAY,)), "index 7 is out of range for axis 0"),
        (lambda x, i: index.setitem(x, x, i, index=(slice(None), index.ARRAY)), "out of bounds for axis 1"),
        (lambda x, i: index.index_add(x, x, i, index=(index.ARRAY,)), "out of bounds for axis 0"),
        (lambda x, i: loss.cross_entropy(index.getitem(x, index=(slice(1),)), i), "index 7 is out of range"),
        (lambda x, i: loss.nll(index.getitem(x, index=(slice(1),)), el.sub(i, 107)), "index -100 is out of range"),
        (lambda x, i: reduce.sum_(x, axis=2), "axis 2 is out of range for rank 2"),
        (lambda x, i: shape.flip(x, axes=(-3,)), "axis -3 is out of range for rank 2"),
    ],
    ids=["take", "take-negative", "gather", "scatter", "getitem", "setitem", "index-add", "label", "label-ignored",
         "sum-axis", "flip-axis"],
)  # fmt: skip
def test_an_index_outside_is_an_error(backend: Backend, call: Any, text: str) -> None:
    with pytest.raises(errors.IndexRangeError, match=text):
        call(of(np.ones((3, 4)), backend=backend), of([7], backend=backend))


# ---- the engine ----------------------------------------------------------------------------------------------------


def test_nothing_records_but_a_recorded_call() -> None:
    x = leaf(np.ones(3), NATIVE)
    y = el.mul(x, x)
    assert y.native._requires_grad
    assert not x.native._requires_grad
    with recording(False):
        assert not el.mul(y, x).native._requires_grad
    assert not el.mul(of([1.0]), 2.0).native._requires_grad
    assert not el.mul(leaf(np.ones(3), TAPE), 2.0).native._requires_grad


def test_the_engine_leaves_the_recording_flag_as_it_was() -> None:
    executor = NATIVE._engine._executor
    before = executor.grad_flag()
    x = leaf(np.ones(3), NATIVE)
    y = el.exp(x)
    backward([y], [ones(y)])
    with pytest.raises(errors.DTypeError):
        el.exp(of([1]))
    assert executor.grad_flag() == before


def test_mindspores_own_gradient_works_beside_it() -> None:
    x = leaf(np.array([2.0, 3.0]), NATIVE)
    y = el.mul(x, x)
    own = ms.grad(lambda t: (t * t * t).sum())(ms.Tensor([2.0, 3.0]))
    (g,) = gradients([y], [ones(y)], [x])
    assert own.asnumpy().tolist() == [12, 27]
    assert g.numpy().tolist() == [4, 6]


def test_leaves_and_values_on_the_way_get_their_gradients_together() -> None:
    """The engine itself does not go on behind a value whose gradient is wanted."""
    x = leaf(np.array([1.0, 2.0]), NATIVE)
    y = el.mul(x, x)
    z = el.mul(y, 3.0)
    dy, dx = gradients([z], [ones(z)], [y, x])
    assert dy.numpy().tolist() == [3, 3]
    assert dx.numpy().tolist() == [6, 12]


def test_an_input_that_has_no_part_gets_no_gradient() -> None:
    x, y = leaf(np.ones(3), NATIVE), leaf(np.ones(3), NATIVE)
    z = el.mul(x, 2.0)
    assert gradients([z], [ones(z)], [y]) == [None]
    through = el.cast(el.cast(z, dtype=dtypes.int64), dtype=dtypes.float64)
    (g,) = gradients([through], [ones(through)], [x])
    assert g.numpy().tolist() == [0, 0, 0]  # nothing flows through integers


def test_a_gradient_of_a_gradient_is_refused_and_points_to_the_tape() -> None:
    """MindSpore 2.10's own is 0 for matmul, silently."""
    x = leaf(np.ones((2, 2)), NATIVE)
    y = linalg.matmul(x, x)
    with pytest.raises(errors.GradientError, match="autodiff='tape'"):
        gradients([y], [ones(y)], [x], create_graph=True)


def test_mindspores_own_gradient_of_a_gradient_is_still_wrong() -> None:
    """When this fails, MindSpore has been repaired, and the engine may offer create_graph."""
    w = ms.Tensor(np.eye(2))

    def slope(a: Any) -> Any:
        return ms.grad(lambda t: (ms.ops.matmul(t, t) * w).sum())(a).sum()

    assert not ms.grad(slope)(ms.Tensor(np.ones((2, 2)))).asnumpy().any()  # all are 2


@pytest.mark.parametrize(
    ("place", "name"),
    [("mindspore._c_expression", "run_backward"), ("mindspore.graph.api", "_pynative_executor")],
)
def test_without_the_private_engine_the_tape_remains(place: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = engine_module._found

    def lost(module: str, wanted: str) -> Any:
        if wanted == name:
            raise engine_module.MissingEngineError(f"{module}.{wanted} is gone")
        return found(module, wanted)

    monkeypatch.setattr(engine_module, "_found", lost)
    made = type(NATIVE)()
    assert made.autodiff == "tape"
    assert any(name in line for line in made.degraded())
    with pytest.raises(errors.ArgumentError, match="autodiff is 'tape', got 'native'"):
        type(NATIVE)("native")
    x = leaf(np.ones(2), made)
    y = el.mul(x, x)
    backward([y], [ones(y)])
    assert x.grad.numpy().tolist() == [2, 2]


def test_backend_says_what_it_is() -> None:
    assert NATIVE.autodiff == "native"
    assert NATIVE.version == ms.__version__
    assert any("tanh" in line for line in NATIVE.degraded())
    assert registry.BUILTIN["mindspore"].tested == "2.10.0"
