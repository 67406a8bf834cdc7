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
from unified_nn.ops import index, linalg, loss, norm, reduce, shape
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


# ---- kernels that MXNet gets wrong, or that are too slow to use ------------------------------------------------------

WIDE = drawn(3, 40, 50)  # more elements than contraction.SMALL
LARGE = [
    *(sample(op, WIDE, axis=axis, keepdims=keep) for op in ("sum", "mean", "max", "min", "var")
      for axis, keep in ((None, False), (1, True), ((0, 2), False), ((1, 2), False), (-1, False))),
    *(sample(op, WIDE, drawn(40, 1, number=1) + 3) for op in ("add", "sub", "mul", "div", "maximum", "arctan2")),
    sample("pow", np.abs(WIDE) + 0.1, drawn(50, number=2)),
    sample("add", WIDE, drawn(1, number=3)),
    sample("mul", drawn(3, 1, 50), drawn(1, 40, 1)),
    sample("mul", drawn(number=4), WIDE),
    sample("select", WIDE > 0, WIDE, drawn(50, number=5)),
    sample("where", WIDE > 0.5, 2.0, WIDE),
    sample("expand", drawn(3, 1, 50), shape=(2, 3, 40, 50)),
    sample("flip", WIDE, axes=(0, 2)),
    sample("pad", drawn(2, 3, 30, 30), pads=((0, 0), (0, 0), (1, 2), (0, 3)), value=0.1),
    sample("pad", drawn(2, 3, 30, 30), pads=((1, 0), (0, 0), (1, 2), (0, 3)), value=-np.inf),
    sample("transpose", WIDE, axes=(2, 0, 1)),
    sample("layer_norm", WIDE, drawn(50, number=6), drawn(50, number=7), axes=1, eps=1e-5),
    sample("batch_norm", WIDE, drawn(40), np.abs(drawn(40)) + 1, drawn(40, number=8), drawn(40, number=9), eps=1e-5),
    sample("log_softmax", WIDE, axis=1),
    sample("leaky_relu", WIDE, slope=0.3),
    sample("clip", WIDE, low=-0.5, high=1.0),
    sample("matmul", drawn(20, 1, 15, 30), drawn(6, 30, 10)),
    sample("take", WIDE, np.array([[3, 3], [0, 39]]), axis=1),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("sample", LARGE, ids=lambda s: f"{s.op}-{s.attrs}")
def test_large_arrays(sample: Sample, dtype: str) -> None:
    agreement.check_value(sample, NATIVE, dtype)
    agreement.check_gradient(sample, NATIVE, dtype=dtype)


SIX = drawn(2, 1, 3, 1, 2, 2)
MANY_AXES = [
    *(sample(op, SIX, drawn(1, 2, 1, 2, 1, 2, number=1) + 4) for op in ("add", "mul", "maximum", "mod", "pow")),
    sample("equal", np.ones((2, 1, 2, 1, 2, 1)), np.ones((1, 2, 1, 2, 1, 2))),
    sample("select", drawn(1, 2, 1, 2, 1, 2) > 0, SIX, drawn(2)),
    *(sample(op, drawn(2, 2, 2, 2, 2, 2), axis=(0, 2, 4)) for op in ("sum", "max", "mean", "any", "all", "var")),
    sample("expand", SIX, shape=(2, 2, 3, 2, 2, 2)),
    sample("transpose", drawn(2, 1, 2, 3, 1, 2, 2, 3), axes=(7, 1, 6, 2, 5, 3, 4, 0)),
    sample("flip", SIX, axes=(0, 4, 5)),
    sample("pad", SIX, pads=((1, 0),) * 6, value=2.0),
    sample("getitem", drawn(2, 3, 2, 3, 2, 3), index=(slice(None, None, -1), 1, Ellipsis, slice(1, 3))),
    sample("setitem", drawn(2, 3, 2, 3, 2, 3), drawn(3, 2), index=(0, slice(None), 1, 1, slice(None), 2)),
]


@pytest.mark.parametrize("sample", MANY_AXES, ids=lambda s: s.op)
def test_more_axes_than_mxnet_broadcasts(sample: Sample) -> None:
    agreement.check_value(sample, NATIVE)
    if REGISTRY[sample.op].differentiable and sample.op != "equal":
        agreement.check_gradient(sample, NATIVE)


CONVOLUTIONS = [
    ((2, 1, 9), (1, 1, 3), (1,), ((1, 1),), (1,), 1),
    ((2, 16, 12, 11), (16, 16, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    ((2, 32, 9, 9), (32, 1, 3, 3), (2, 2), ((1, 1), (1, 1)), (1, 1), 32),
    ((1, 8, 7, 9), (12, 4, 5, 3), (3, 2), ((2, 1), (0, 3)), (1, 2), 2),
    ((2, 1, 8, 8), (1, 1, 4, 4), (2, 2), ((1, 1), (1, 1)), (1, 1), 1),
    ((1, 3, 5, 6, 4), (4, 3, 2, 3, 3), (1, 2, 1), ((0, 1), (1, 1), (2, 2)), (2, 1, 1), 1),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("case", CONVOLUTIONS, ids=lambda c: f"{c[0]}-{c[1]}")
def test_convolution_and_its_gradients(case: Any, dtype: str) -> None:
    size, kernel, stride, pads, dilation, groups = case
    attrs = {"stride": stride, "pads": pads, "dilation": dilation, "groups": groups}
    x, w, b = drawn(*size), drawn(*kernel, number=1), drawn(kernel[0], number=2)
    g = agreement.result(sample("conv", x, w, **attrs), agreement.REFERENCE).numpy()
    for one in (
        sample("conv", x, w, b, **attrs),
        sample("conv_dx", g, w, size=size[2:], **attrs),
        sample("conv_dw", x, g, kernel=kernel[2:], **attrs),
    ):
        agreement.check_value(one, NATIVE, dtype)
        agreement.check_gradient(one, NATIVE, dtype=dtype)


@pytest.mark.parametrize("op", ["linear", "conv"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_shift_alone_can_be_learned(op: str, dtype: str) -> None:
    """MXNet leaves the gradient of a shift unset where that of the weights is not wanted."""
    size = {"linear": ((4, 3), (2, 3)), "conv": ((4, 3, 5), (2, 3, 1))}[op]
    x, w, b = (drawn(*s, dtype=dtype) for s in (*size, (2,)))
    attrs = {} if op == "linear" else {"stride": (1,), "pads": ((0, 0),), "dilation": (1,), "groups": 1}
    shift = leaf(b, NATIVE)
    out = REGISTRY[op](of(x), of(w), shift, **attrs)
    (g,) = gradients([out], [ones(out)], [shift])
    np.testing.assert_allclose(g.numpy(), np.ones(2) * out.numpy().size / 2)


def test_sums_stay_exact() -> None:
    values = np.random.default_rng(0).uniform(0, 1, (1_000_003,)).astype("float32")
    total = reduce.sum_(of(values)).numpy()
    assert total == pytest.approx(values.sum(dtype="float64"), rel=1e-6)
    halves = of(np.ones(5000), "float16")
    assert reduce.sum_(halves).numpy() == 5000
    assert reduce.mean(halves).numpy() == 1


def test_what_is_not_finite_stays_where_it_is() -> None:
    values = np.ones((4, 60, 60), "float32")
    values[1, 2, 3], values[2, 0, 0], values[3, 5, 5] = np.nan, np.inf, -np.inf
    assert np.isnan(reduce.sum_(of(values), axis=(1, 2)).numpy()).tolist() == [False, True, False, False]
    assert reduce.max_(of(values), axis=(1, 2)).numpy()[2:].tolist() == [np.inf, 1]
    assert np.isnan(reduce.max_(of(values), axis=0).numpy()[2, 3])
    np.testing.assert_array_equal(norm.softmax(of(values[3]), axis=-1).numpy()[5, 5], 0)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32"])
def test_largest_of_windows(dtype: str) -> None:
    """MXNet starts from the lowest finite number, loses NaN and has no dilation."""
    two = {"kernel": (2,), "stride": (1,), "pads": ((1, 0),), "dilation": (1,)}
    values = [-np.inf, -np.inf, np.nan, 1.0] if dtype[0] == "f" else [-(2**31), -(2**31), 5, 1]
    found = REGISTRY["max_pool"](of([[values]], dtype), **two).numpy()[0, 0]
    expected = [-np.inf, -np.inf, np.nan, np.nan] if dtype[0] == "f" else [-(2**31), -(2**31), 5, 5]
    np.testing.assert_array_equal(found, np.array(expected, dtype))


def test_matmul_of_broadcast_batches_has_the_right_gradient() -> None:
    agreement.check_gradient(sample("matmul", drawn(2, 1, 3, 4), drawn(5, 4, 2)), NATIVE)
    agreement.check_gradient(sample("matmul", drawn(5, 3, 4), drawn(1, 4, 2)), NATIVE)


@pytest.mark.parametrize("count", [1, 2, 17, 400])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "uint8", "bool"])
def test_equal_elements_keep_their_order(count: int, dtype: str) -> None:
    values = np.random.default_rng(1).integers(0, 4, (3, count)).astype(dtype)
    if dtype[0] == "f":
        values[0, : count // 2] = np.nan
    found = REGISTRY["argsort"](of(values), axis=1).numpy()
    np.testing.assert_array_equal(found, np.argsort(values, axis=1, kind="stable"))


@pytest.mark.parametrize(
    "value", [0.1, 1e300, 5e-324, -0.0, np.inf, -np.inf, np.nan, 1 / 3, 2.0, 1e-310, 1.7976931348623157e308]
)
def test_numbers_arrive_exactly(value: float) -> None:
    """MXNet's own parser of numbers is off by up to three units in the last place."""
    with np.errstate(all="ignore"):
        for found, expected in ((el.mul(of([1.0]), value), value), (el.div(value, of([1.0])), value)):
            np.testing.assert_array_equal(found.numpy(), [expected])
            assert np.signbit(found.numpy()[0]) == np.signbit(value)
        np.testing.assert_array_equal(el.less(of([1.0]), value).numpy(), [value > 1.0])


@pytest.mark.parametrize("value", [2**53 + 1, -(2**62) - 1, 3, True])
def test_integers_arrive_exactly(value: int) -> None:
    x = of([2**60 + 1, -7])
    assert el.add(x, value).numpy().tolist() == [2**60 + 1 + value, -7 + value]
    assert el.equal(x, value).numpy().tolist() == [False, False]
    assert el.mod(x, 10).numpy().tolist() == [(2**60 + 1) % 10, 3]
    assert el.pow_(of([3, -5]), 35 if value == 3 else 1).numpy().tolist() == ([3**35, (-5) ** 35] if value == 3 else [3, -5])  # fmt: skip


@pytest.mark.parametrize("op", ["add", "mul", "floor_div", "mod", "fmod", "pow", "maximum"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64"])
def test_integers_stay_integers(op: str, dtype: str) -> None:
    low = 0 if dtype == "uint8" else -9
    x, y = np.arange(low, 12, dtype=dtype), np.array([1, 2, 3, 5, 7] * 5, dtype)[: 12 - low]
    got, want = (REGISTRY[op](of(x, backend=b), of(y, backend=b)) for b in (NATIVE, agreement.REFERENCE))
    assert got._dtype.name == dtype
    np.testing.assert_array_equal(got.numpy(), want.numpy())


def test_the_lowest_integer_by_minus_one_does_not_end_the_process() -> None:
    lowest = np.iinfo("int64").min
    assert el.floor_div(of([lowest]), of([-1])).numpy().tolist() == [lowest]
    assert el.mod(of([lowest]), -1).numpy().tolist() == [0]


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
        (lambda: reduce.max_(of(np.ones((0, 3))), axis=0), errors.ShapeError, "max: axis 0 of x"),
        (lambda: reduce.mean(of([1])), errors.DTypeError, "mean: .*int64, expected a floating dtype"),
        (lambda: shape.reshape(of(np.ones(4)), shape=(-2, 2)), errors.ShapeError, "negative size"),
        (lambda: index.getitem(of([1.0]), of([0.5]), index=(index.ARRAY,)), errors.DTypeError, "integer or bool"),
        (lambda: el.clip(of([1]), low=0.5, high=None), errors.DTypeError, "0.5 does not fit an array of dtype int64"),
    ],
)  # fmt: skip
def test_errors_come_at_the_call(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


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
    assert (small < large, small <= large, large > small, large >= low, small == low, small == high) == (True,) * 5 + (False,)  # fmt: skip
    assert hash(small) == hash(patches.Version(low))
