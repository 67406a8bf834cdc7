"""The MXNet backend: every op against NumPy, its autograd against the tape, what its kernels get wrong, its switches."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.conftest import installed

if not installed("mxnet"):
    pytest.skip("not run: mxnet is not installed", allow_module_level=True)

import unified_nn
from tests.backends import agreement
from tests.backends.agreement import FLOATING, SMOOTH, TWICE, leaf
from tests.backends.op_samples import SAMPLES, Sample
from unified_nn import dtypes, errors
from unified_nn.autodiff import backward, gradients, recording
from unified_nn.backend import Backend
from unified_nn.op import REGISTRY
from unified_nn.ops import elementwise as el
from unified_nn.ops import index, linalg, loss, reduce, shape
from unified_nn.tensor import Tensor

NATIVE = unified_nn.backend("mxnet")
TAPE = unified_nn.backend("mxnet", "tape")
BOTH = pytest.mark.parametrize("backend", [NATIVE, TAPE], ids=["native", "tape"])

from unified_nn_backends.mxnet import call, patches  # noqa: E402  after the backend, which finds MXNet

mx = call.mx
KNOWN = [d for d in dtypes.ALL if d.name in call.CODES]


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    """MXNet's errors come late, and in a workspace that calls share they come again and again: wait after each test.

    Its switches are the user's: off before, off after.
    """
    yield
    mx.nd.waitall()
    assert not mx.util.is_np_shape()
    assert not mx.autograd.is_recording()
    assert not mx.autograd.is_training()


def of(values: Any, dtype: str | None = None, backend: Backend = NATIVE) -> Tensor:
    return Tensor.from_numpy(np.asarray(values), dtype, backend=backend)


def ones(like: Tensor) -> Tensor:
    return of(np.ones(like._shape, like._dtype.name), backend=like.backend)


def drawn(*size: int, dtype: str = "float64", number: int = 0) -> np.ndarray:
    return np.random.default_rng(number).standard_normal(size).astype(dtype)


def sample(op: str, *arrays: Any, **attrs: Any) -> Sample:
    return Sample(op, arrays, attrs)


# ---- every op ------------------------------------------------------------------------------------------------------


def test_every_primitive_is_offered_and_nothing_else_but_ops() -> None:
    assert {op.name for op in REGISTRY.values() if op.is_primitive} <= set(NATIVE.functions)
    assert set(NATIVE.functions) <= set(REGISTRY)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.id)
def test_value(sample: Sample) -> None:
    agreement.check_value(sample, NATIVE)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("sample", FLOATING, ids=lambda s: s.id)
def test_value_in_other_dtypes(sample: Sample, dtype: str) -> None:
    agreement.check_value(sample, NATIVE, dtype)


@BOTH
@pytest.mark.parametrize("sample", SMOOTH, ids=lambda s: s.id)
def test_gradient(sample: Sample, backend: Backend) -> None:
    agreement.check_gradient(sample, backend)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("sample", SMOOTH, ids=lambda s: s.id)
def test_gradient_in_other_dtypes(sample: Sample, dtype: str) -> None:
    agreement.check_gradient(sample, NATIVE, dtype=dtype)


@pytest.mark.parametrize("sample", TWICE, ids=lambda s: s.id)
def test_second_gradient_by_the_tape(sample: Sample) -> None:
    agreement.check_gradient(sample, TAPE, order=2)


@pytest.mark.parametrize("sample", TWICE, ids=lambda s: s.id)
def test_second_gradient_is_right_or_refused(sample: Sample) -> None:
    try:
        found = agreement.gradient(sample, NATIVE, order=2)
    except errors.GradientError as error:
        assert "set_backend('mxnet', autodiff='tape')" in str(error)
        return
    for got, want in zip(found, agreement.gradient(sample, agreement.REFERENCE, order=2), strict=True):
        agreement.assert_near(got, want, 3e-9)


@pytest.mark.parametrize("op", ["exp", "sin", "log", "tanh", "sigmoid", "sqrt"])
def test_second_gradients_that_mxnet_has(op: str) -> None:
    x = sample(op, np.array([0.5, 1.5]))
    for got, want in zip(agreement.gradient(x, NATIVE, 2), agreement.gradient(x, TAPE, 2), strict=True):
        agreement.assert_near(got, want, 1e-9)


@pytest.mark.parametrize("number", range(60))
def test_random_programs(number: int) -> None:
    exact = agreement.program(number, agreement.REFERENCE)
    for got, want in zip(agreement.program(number, TAPE), exact, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-9)
    for got, want in zip(agreement.program(number, NATIVE, middle=False), exact, strict=False):
        np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-9)


# ---- arrays --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", KNOWN, ids=lambda d: d.name)
@pytest.mark.parametrize("size", [(), (0, 3), (2, 3)], ids=str)
def test_arrays_come_back_as_they_went(dtype: dtypes.DType, size: tuple[int, ...]) -> None:
    values = np.arange(int(np.prod(size))).reshape(size).astype(dtype.numpy())
    native = NATIVE.from_numpy(values)
    assert NATIVE.owns(native)
    assert NATIVE.dtype(native) is dtype
    assert NATIVE.shape(native) == size
    back = NATIVE.to_numpy(native)
    assert back.dtype == values.dtype
    np.testing.assert_array_equal(back, values)


@pytest.mark.parametrize("dtype", ["int16", "uint16", "uint32", "uint64", "complex64", "complex128"])
def test_dtypes_that_mxnet_lacks_are_refused(dtype: str) -> None:
    with pytest.raises(errors.DTypeError, match=f"no {dtype} arrays; MXNet 1.9.1"):
        of([1], dtype)
    with pytest.raises(errors.DTypeError, match=f"cast: .*no {dtype} arrays"):
        el.cast(of([1.0]), dtype=dtypes.BY_NAME[dtype])


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


def test_other_arrays_are_not_natives() -> None:
    assert not NATIVE.owns(mx.nd.ones((2,)))
    assert not NATIVE.owns(np.ones(2))
    with pytest.raises(errors.ArgumentError, match="no device 'cuda:0'"):
        NATIVE.from_numpy(np.zeros(2), "cuda:0")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.id)
def test_no_op_changes_an_argument(sample: Sample) -> None:
    args = [of(a) if isinstance(a, np.ndarray) else a for a in sample.arrays]
    before = [a.numpy() if isinstance(a, Tensor) else a for a in args]
    REGISTRY[sample.op](*args, **sample.attrs)
    for a, values in zip(args, before, strict=True):
        if isinstance(a, Tensor):
            np.testing.assert_array_equal(a.numpy(), values)


# ---- MXNet's switches, and MXNet itself beside it -------------------------------------------------------------------


def test_the_real_mxnet_is_not_disturbed() -> None:
    x = mx.nd.array([1.0, 2.0])
    x.attach_grad()
    w = leaf(np.ones((0, 2)), NATIVE)
    with mx.autograd.record():
        y = x * x
        ours = el.mul(reduce.sum_(el.exp(w)), 3.0)  # 0-d and without elements, which this scope does not have
        backward([ours], [ones(ours)])
        assert mx.autograd.is_recording()
        assert mx.autograd.is_training()
        assert not mx.util.is_np_shape()
        z = (y * 2).sum()
    z.backward()
    assert x.grad.asnumpy().tolist() == [4, 8]
    assert z.shape == (1,)
    assert w.grad.numpy().shape == (0, 2)


def test_a_user_with_numpy_shapes_keeps_them() -> None:
    before = mx.util.set_np_shape(True)
    try:
        assert reduce.sum_(of([1.0, 2.0])).numpy() == 3
        assert mx.util.is_np_shape()
    finally:
        mx.util.set_np_shape(before)


def test_an_error_leaves_the_switches_as_they_were() -> None:
    with pytest.raises(errors.ShapeError):
        el.add(of([1.0, 2.0]), of([1.0, 2.0, 3.0]))
    with pytest.raises(errors.ShapeError):
        linalg.matmul(leaf(np.ones((2, 3)), NATIVE), of(np.ones((2, 3))))


def test_threads_do_not_see_each_others_switches() -> None:
    found: list[float] = []

    def work(number: int) -> None:
        with unified_nn.use_backend("mxnet"):
            w = leaf(np.full((), float(number)), NATIVE)
            for _ in range(30):
                y = reduce.sum_(el.maximum(el.mul(w, w), 0.5))
                (g,) = gradients([y], [ones(y)], [w])
            found.append(float(g) - 2 * number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [0.0] * 4


# ---- autograd ------------------------------------------------------------------------------------------------------


def test_the_tape_records_nothing_in_mxnet() -> None:
    from unified_nn_backends.mxnet.recording import is_recorded

    x = leaf(np.ones(3), TAPE)
    assert not is_recorded(el.mul(x, x).native)
    y = el.mul(leaf(np.ones(3), NATIVE), 2.0)
    assert is_recorded(y.native)
    with recording(False):
        assert not is_recorded(el.mul(y, y).native)


@pytest.mark.parametrize("backend", [NATIVE, TAPE], ids=["native", "tape"])
def test_an_out_that_is_given_twice_gets_both_seeds(backend: Backend) -> None:
    x = leaf([1.0, 2.0], backend)
    for y in (el.mul(x, 3.0), x):
        (g,) = gradients([y, y], [of([1.0, 10.0], backend=backend), of([5.0, 7.0], backend=backend)], [x])
        assert g is not None
        assert g.numpy().tolist() == ([18.0, 51.0] if y is not x else [6.0, 17.0])


def test_an_input_that_has_no_part_gets_no_gradient() -> None:
    x, y = leaf(np.ones(3), NATIVE), leaf(np.ones(3), NATIVE)
    z = el.mul(x, 2.0)
    assert gradients([z], [ones(z)], [y]) == [None]
    through = el.cast(el.cast(z, dtype=dtypes.int64), dtype=dtypes.float64)
    (g,) = gradients([through], [ones(through)], [x])
    assert g.numpy().tolist() == [0, 0, 0]  # nothing flows through integers


def test_data_can_be_in_two_graphs() -> None:
    """MXNet ties plain arrays to a graph and frees them with it."""
    data, w = of([5.0, 6.0]), leaf(np.array([1.0, 2.0]), NATIVE)
    first, second = el.mul(w, data), el.mul(el.mul(w, data), data)
    backward([first], [ones(first)])
    backward([second], [ones(second)])
    assert w.grad.numpy().tolist() == [5 + 25, 6 + 36]


def test_a_leaf_can_be_its_own_result() -> None:
    w = leaf(np.ones(2), NATIVE)
    (g,) = gradients([w], [of([3.0, 4.0])], [w])
    assert g.numpy().tolist() == [3, 4]


@pytest.mark.parametrize("saves", [True, False])
def test_a_used_graph_is_gone(saves: bool) -> None:
    w = leaf(np.ones(2), NATIVE)
    y = el.exp(w) if saves else el.add(w, 1.0)
    backward([y], [ones(y)], retain_graph=True)
    backward([y], [ones(y)])
    with pytest.raises(errors.GradientError, match="retain_graph=True"):
        backward([y], [ones(y)])
    assert w.grad.numpy() == pytest.approx([2 * np.e] * 2 if saves else [2, 2])


def test_what_mxnet_cannot_differentiate_says_so() -> None:
    w = leaf(np.ones(2), NATIVE)
    y = el.exp(w)
    z = el.mul(y, y)
    advice = r"set_backend\('mxnet', autodiff='tape'\)"
    with pytest.raises(errors.GradientError, match=f"leaves only.*{advice}"):
        gradients([z], [ones(z)], [y])
    with pytest.raises(errors.GradientError, match=f"no second derivative here.*{advice}"):
        (g,) = gradients([z], [ones(z)], [w], create_graph=True)
        gradients([g], [ones(g)], [w])
    with pytest.raises(errors.GradientError, match=f"seeds of a gradient.*{advice}"):
        gradients([y], [el.mul(w, 1.0)], [w], create_graph=True)


def test_gradients_have_memory_of_their_own() -> None:
    x, y = leaf(np.ones(3), NATIVE), leaf(np.ones(3), NATIVE)
    z = el.add(x, y)
    seed = ones(z)
    backward([z], [seed])
    x.grad._assign(el.mul(x.grad, 5.0))
    assert (x.grad.numpy()[0], y.grad.numpy()[0], seed.numpy()[0]) == (5, 1, 1)


def test_a_changed_parameter_is_the_next_steps_leaf() -> None:
    w = leaf(np.ones(2), NATIVE)
    for expected in (2.0, 6.0):
        y = el.mul(w, w)
        w.grad = None
        backward([y], [ones(y)])
        assert w.grad.numpy().tolist() == [expected, expected]
        with recording(False):
            w._assign(el.mul(w, 3.0))


def test_nodes_of_our_own_are_freed() -> None:
    holders = mx.autograd.Function._registry.ref_holder
    before = len(holders)
    for _ in range(5):
        w = leaf(drawn(3, 2, 3), NATIVE)
        attrs = {"stride": (2,), "pads": ((0, 0),), "extra": (0,), "dilation": (1,), "groups": 1}
        y = reduce.max_(REGISTRY["conv_transpose"](of(drawn(1, 3, 4)), w, **attrs))
        (g,) = gradients([y], [ones(y)], [w])
        g.numpy()
    del w, y, g
    gc.collect()
    mx.nd.waitall()
    assert len(holders) == before


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
        (lambda x, i: index.getitem(x, i, index=(0, index.ARRAY)), "index 7 is out of range for axis 1"),
        (lambda x, i: index.setitem(x, x, i, index=(slice(None), index.ARRAY)), "out of bounds for axis 1"),
        (lambda x, i: index.index_add(x, x, i, index=(index.ARRAY,)), "out of range for axis 0"),
        (lambda x, i: loss.cross_entropy(index.getitem(x, index=(slice(1),)), i), "index 7 is out of range"),
        (lambda x, i: loss.nll(index.getitem(x, index=(slice(1),)), el.sub(i, 107)), "index -100 is out of range"),
    ],
    ids=["take", "take-negative", "gather", "scatter", "getitem", "getitem-int", "setitem", "index-add", "label",
         "label-ignored"],
)  # fmt: skip
def test_an_index_outside_is_an_error(backend: Backend, call: Any, text: str) -> None:
    with pytest.raises(errors.IndexRangeError, match=text):
        call(of(np.ones((3, 4)), backend=backend), of([7], backend=backend))


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: el.floor_div(of([1]), of([0])), errors.ArgumentError, "floor_div: an integer was divided by 0"),
        (lambda: el.mod(of([1]), 0), errors.ArgumentError, "mod: an integer was divided by 0"),
        (lambda: el.pow_(of([2]), of([-1])), errors.ArgumentError, "pow: integers to negative powers"),
        (lambda: el.div(of([1]), of([2])), errors.DTypeError, "div: .*divides floating arrays only, got int64"),
        (lambda: el.exp(of([1])), errors.DTypeError, "exp: .*int64, expected a floating dtype"),
        (lambda: el.bitwise_and(of([1.0]), of([2.0])), errors.DTypeError, "bitwise_and: expected integer or bool"),
        (lambda: el.sub(of([True]), of([True])), errors.DTypeError, "sub: .*bool arrays; cast them"),
        (lambda: reduce.max_(of(np.ones((0, 3))), axis=0), errors.NativeError, "max: .*no element to reduce to"),
        (lambda: reduce.mean(of([1])), errors.DTypeError, "mean: .*int64, expected a floating dtype"),
        (lambda: shape.reshape(of(np.ones(4)), shape=(-2, 2)), errors.ShapeError, "negative size"),
        (lambda: index.getitem(of([1.0]), of([0.5]), index=(index.ARRAY,)), errors.DTypeError, "integer or bool"),
        (lambda: el.clip(of([1]), low=0.5, high=None), errors.DTypeError, "0.5 does not fit an array of dtype int64"),
    ],
)  # fmt: skip
def test_errors_come_at_the_call(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


def test_ranks_that_mxnet_does_not_have_are_not_offered() -> None:
    four = {"stride": (1,) * 4, "pads": ((0, 0),) * 4, "dilation": (1,) * 4}
    with pytest.raises(errors.NotOfferedError, match="conv: .*1 to 3 spatial axes, got 4"):
        REGISTRY["conv"](of(np.ones((1, 1, 2, 2, 2, 2))), of(np.ones((1, 1, 1, 1, 1, 1))), groups=1, **four)
    with pytest.raises(errors.NotOfferedError, match="max_pool: .*1 to 3 spatial axes, got 4"):
        REGISTRY["max_pool"](of(np.ones((1, 1, 2, 2, 2, 2))), kernel=(1,) * 4, **four)


# ---- the import ----------------------------------------------------------------------------------------------------


def test_the_patches_are_gone_after_the_import() -> None:
    names, modules = patches._missing_names(), patches._missing_modules()
    assert not set(names) & set(vars(np))
    assert not set(modules) & set(sys.modules)
    with patches.patched():
        assert set(names) <= set(vars(np))
        assert set(modules) <= set(sys.modules)
    assert not set(names) & set(vars(np))
    assert not set(modules) & set(sys.modules)
    assert patches.load() is mx


def test_a_dropped_name_that_has_no_stand_in_says_so() -> None:
    with pytest.raises(AttributeError, match="numpy_financial"):
        patches._removed("npv")(1)


@pytest.mark.parametrize(("low", "high"), [("1.9", "1.10"), ("1.26.4", "2.0"), ("1.17", "1.17.1")])
def test_versions_compare_by_their_numbers(low: str, high: str) -> None:
    small, large = patches.Version(low), patches.Version(high)
    assert small < large
    assert small <= large
    assert large > small
    assert large >= low
    assert small == low
    assert small != high
    assert hash(small) == hash(patches.Version(low))
