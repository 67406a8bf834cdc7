"""The torch backend: every op against NumPy, native autograd against the tape, arrays, indices, changes in place."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="not run: torch is not installed")

import unified_nn
from tests.backends import agreement
from tests.backends.agreement import FLOATING, SMOOTH, TWICE, leaf
from tests.backends.op_samples import SAMPLES, Sample
from unified_nn import dtypes, errors
from unified_nn.autodiff import Leaf, backward, gradients, recording
from unified_nn.backend import Backend
from unified_nn.op import REGISTRY
from unified_nn.ops import elementwise as el
from unified_nn.ops import index, loss, reduce, shape
from unified_nn.tensor import Tensor

NATIVE = unified_nn.backend("torch")
TAPE = unified_nn.backend("torch", "tape")
BOTH = pytest.mark.parametrize("backend", [NATIVE, TAPE], ids=["native", "tape"])


def of(values: Any, dtype: str | None = None, backend: Backend = NATIVE) -> Tensor:
    return Tensor.from_numpy(np.asarray(values), dtype, backend=backend)


def ones(like: Tensor) -> Tensor:
    return of(np.ones(like._shape, like._dtype.name), backend=like.backend)


# ---- every op ------------------------------------------------------------------------------------------------------


def test_every_primitive_is_offered_and_nothing_else_but_ops() -> None:
    assert {op.name for op in REGISTRY.values() if op.is_primitive} <= set(NATIVE.functions)
    assert set(NATIVE.functions) <= set(REGISTRY)


@BOTH
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.id)
def test_value(sample: Sample, backend: Backend) -> None:
    agreement.check_value(sample, backend)


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


@BOTH
@pytest.mark.parametrize("sample", TWICE, ids=lambda s: s.id)
def test_second_gradient(sample: Sample, backend: Backend) -> None:
    agreement.check_gradient(sample, backend, order=2)


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


@BOTH
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.id)
def test_only_a_view_op_shares_memory_with_an_argument(sample: Sample, backend: Backend) -> None:
    args = [of(a, backend=backend) if isinstance(a, np.ndarray) else a for a in sample.arrays]
    before = [a.numpy() if isinstance(a, Tensor) else a for a in args]
    out = REGISTRY[sample.op](*args, **sample.attrs).native
    for a, values in zip(args, before, strict=True):
        if isinstance(a, Tensor):
            np.testing.assert_array_equal(a.numpy(), values)
            if not REGISTRY[sample.op].view and out.numel():
                assert out.untyped_storage().data_ptr() != a.native.untyped_storage().data_ptr()


# ---- arrays --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", dtypes.ALL, ids=lambda d: d.name)
@pytest.mark.parametrize("size", [(), (0, 3), (2, 3)], ids=str)
def test_arrays_come_back_as_they_went(dtype: dtypes.DType, size: tuple[int, ...]) -> None:
    if dtype is dtypes.bfloat16:
        pytest.importorskip("ml_dtypes", reason="not run: NumPy has bfloat16 by ml_dtypes only")
    values = np.arange(int(np.prod(size))).reshape(size).astype(dtype.numpy())
    native = NATIVE.from_numpy(values)
    assert NATIVE.dtype(native) is dtype
    assert type(NATIVE.shape(native)) is tuple
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
    assert NATIVE.devices()[0] == "cpu"
    assert of([1.0])._device == "cpu"
    with pytest.raises(errors.ArgumentError, match="no device 'cuda:99'"):
        NATIVE.from_numpy(np.zeros(2), "cuda:99")


@pytest.mark.parametrize("op", ["add", "mul", "floor_div", "mod", "pow", "maximum"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64"])
def test_integers_stay_integers(op: str, dtype: str) -> None:
    x, y = np.array([7, 2, 5], dtype), np.array([2, 3, 1], dtype)
    got = REGISTRY[op](of(x), of(y))
    want = REGISTRY[op](of(x, backend=agreement.REFERENCE), of(y, backend=agreement.REFERENCE))
    assert got._dtype.name == dtype
    np.testing.assert_array_equal(got.numpy(), want.numpy())


def test_unsigned_arithmetic_that_torch_lacks_is_said() -> None:
    with pytest.raises(errors.NativeError, match=r"add.*uint32"):
        el.add(of([1], "uint32"), of([1], "uint32"))
    assert any("uint32" in line for line in NATIVE.degraded())


def test_a_number_over_a_tiny_one_does_not_overflow() -> None:
    assert el.div(1e-5, of([1e-40], "float32")).numpy()[0] == pytest.approx(1e35, rel=1e-2)


# ---- errors --------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x, i: index.take(x, i, axis=0), "index 7 is out of range for axis 0 with size 3"),
        (lambda x, i: index.take(x, el.sub(i, 8), axis=1), "index -1 is out of range"),
        (lambda x, i: index.gather(x, shape.reshape(i, shape=(1, 1)), axis=0), "index 7 is out of range"),
        (lambda x, i: index.scatter_add(x, shape.reshape(i, shape=(1, 1)), x, axis=1), "index 7 is out of range"),
        (lambda x, i: index.getitem(x, i, index=(index.ARRAY,)), "index 7 is out of range for axis 0"),
        (lambda x, i: index.setitem(x, x, i, index=(slice(None), index.ARRAY)), "out of range for axis 1"),
        (lambda x, i: index.index_add(x, x, i, index=(index.ARRAY,)), "out of range for axis 0"),
        (lambda x, i: loss.cross_entropy(index.getitem(x, index=(slice(1),)), i), "index 7 is out of range"),
        (lambda x, i: loss.nll(index.getitem(x, index=(slice(1),)), el.sub(i, 107)), "index -100 is out of range"),
    ],
    ids=["take", "take-negative", "gather", "scatter", "getitem", "setitem", "index-add", "label", "label-ignored"],
)
def test_an_index_outside_is_an_error(backend: Backend, call: Any, text: str) -> None:
    with pytest.raises(errors.IndexRangeError, match=text):
        call(of(np.ones((3, 4)), backend=backend), of([7], backend=backend))


def test_ranks_that_torch_does_not_have_are_not_offered() -> None:
    four = {"stride": (1,) * 4, "pads": ((0, 0),) * 4, "dilation": (1,) * 4, "groups": 1}
    with pytest.raises(errors.NotOfferedError, match="1 to 3 spatial axes, got 4"):
        REGISTRY["conv"](of(np.ones((1, 1, 2, 2, 2, 2))), of(np.ones((1, 1, 1, 1, 1, 1))), **four)


# ---- autograd ------------------------------------------------------------------------------------------------------


def test_the_tape_records_nothing_in_torch() -> None:
    x = leaf(np.ones(3), TAPE)
    assert not el.mul(x, x).native.requires_grad
    assert not x.native.requires_grad


def test_without_recording_torch_records_nothing() -> None:
    x = leaf(np.ones(3), NATIVE)
    y = el.mul(x, x)
    with recording(False):
        assert not el.mul(y, x).native.requires_grad
    assert not x.native.requires_grad


def test_an_input_that_has_no_part_gets_no_gradient() -> None:
    x, y = leaf(np.ones(3), NATIVE), leaf(np.ones(3), NATIVE)
    z = el.mul(x, 2.0)
    assert gradients([z], [ones(z)], [y]) == [None]
    through = el.cast(el.cast(z, dtype=dtypes.int64), dtype=dtypes.float64)
    (g,) = gradients([through], [ones(through)], [x])
    assert g.numpy().tolist() == [0, 0, 0]  # nothing flows through integers


def test_gradients_have_memory_of_their_own() -> None:
    x, y = leaf(np.ones(3), NATIVE), leaf(np.ones(3), NATIVE)
    z = el.add(x, y)
    seed = ones(z)
    backward([z], [seed])
    x.grad._assign(el.mul(x.grad, 5.0))
    assert (x.grad.numpy()[0], y.grad.numpy()[0], seed.numpy()[0]) == (5, 1, 1)
    total = reduce.sum_(el.mul(leaf_x := leaf(np.ones((2, 2)), NATIVE), 1.0))
    backward([total], [ones(total)])
    leaf_x.grad._assign(el.mul(leaf_x.grad, 3.0))  # torch gives one number that is seen four times
    assert leaf_x.grad.numpy().tolist() == [[3, 3], [3, 3]]


def test_a_gradient_that_is_all_zero_is_one() -> None:
    x = leaf(np.array([1.0, -2.0]), NATIVE)
    (g,) = gradients([el.abs_(x)], [of([1.0, 1.0])], [x], create_graph=True)
    (h,) = gradients([g], [of([1.0, 1.0])], [x])
    assert h.numpy().tolist() == [0, 0]


# ---- in place ------------------------------------------------------------------------------------------------------


def test_a_change_is_seen_by_views_and_not_by_the_source_of_the_values() -> None:
    x, y = of(np.zeros((2, 2))), of(np.ones((2, 2)))
    row = index.getitem(x, index=(0,))
    x._assign(y)
    assert row.numpy().tolist() == [1, 1]
    y._assign(el.mul(y, 5.0))
    assert x.numpy().sum() == 4


def test_a_parameter_changed_without_recording_keeps_its_own_memory() -> None:
    w, value = leaf(np.ones(2), NATIVE), of([3.0, 3.0])
    with recording(False):
        w._assign(value)
        value._assign(el.mul(value, 2.0))
    assert w.numpy().tolist() == [3, 3]
    y = el.mul(w, w)
    backward([y], [ones(y)])
    assert w.grad.numpy().tolist() == [6, 6]


def test_torch_notices_a_change_of_what_a_gradient_needs() -> None:
    w, x = leaf(np.ones(2), NATIVE), of([2.0, 2.0])
    y = el.mul(w, x)
    x._assign(el.mul(x, 3.0))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        backward([y], [ones(y)])


def test_a_graph_dies_with_its_result() -> None:
    w = leaf(np.ones(2), NATIVE)
    y = el.exp(w)
    recorded = weakref.ref(y.native)
    z = reduce.sum_(y)
    del y
    backward([z], [ones(z)])
    del z
    gc.collect()
    assert recorded() is None


def test_a_leaf_of_another_node_keeps_its_variable() -> None:
    node = Leaf(NATIVE)
    native = NATIVE.from_numpy(np.ones(2))
    assert node.variable_of(native) is node.variable_of(native)
    assert node.variable_of(native).requires_grad
    assert not native.requires_grad
