"""The MXNet backend where MXNet's own kernels are wrong, late with their errors, or too slow to be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.conftest import installed

if not installed("mxnet"):
    pytest.skip("not run: mxnet is not installed", allow_module_level=True)

import unified_nn
from tests.backends import agreement
from tests.backends.agreement import leaf
from tests.backends.op_samples import Sample
from unified_nn.autodiff import gradients
from unified_nn.backend import Backend
from unified_nn.op import REGISTRY
from unified_nn.ops import elementwise as el
from unified_nn.ops import index, norm, reduce
from unified_nn.ops.conv import conv
from unified_nn.ops.index import ARRAY
from unified_nn.ops.shape import reshape
from unified_nn.tensor import Tensor

NATIVE = unified_nn.backend("mxnet")


@pytest.fixture(autouse=True)
def _no_error_is_left_behind() -> Iterator[None]:
    """MXNet's errors come late, and in a workspace that calls share they come again and again: wait after each test."""
    yield
    NATIVE.synchronize()


def of(values: Any, dtype: str | None = None, backend: Backend = NATIVE) -> Tensor:
    return Tensor.from_numpy(np.asarray(values), dtype, backend=backend)


def ones(like: Tensor) -> Tensor:
    return of(np.ones(like._shape, like._dtype.name))


def drawn(*size: int, dtype: str = "float64", number: int = 0) -> np.ndarray:
    return np.random.default_rng(number).standard_normal(size).astype(dtype)


def sample(op: str, *arrays: Any, **attrs: Any) -> Sample:
    return Sample(op, arrays, attrs)


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
    *(sample("batch_norm", drawn(3, 5, *space), drawn(5), np.abs(drawn(5)) + 1, *more, eps=1e-5)
      for space in ((400,), (20, 30), (4, 9, 11)) for more in ((), (drawn(5),), (drawn(5), drawn(5, number=1)))),
    sample("batch_norm", drawn(30, 20, 10), drawn(10), np.abs(drawn(10)) + 1, None, drawn(10), eps=1e-5, axis=-1),
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


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("before", ["nothing", "conv"])
def test_pooling_of_what_was_reshaped(before: str, recorded: bool) -> None:
    """MXNet's gradient of the largest of a window is wrong for arrays that share memory with others."""
    window = {"kernel": (2, 2), "stride": (2, 2), "pads": ((0, 0), (0, 0)), "dilation": (1, 1)}
    found = []
    for backend in (NATIVE, agreement.REFERENCE):
        x = leaf(drawn(2, 16, 8, 8, dtype="float32"), backend)
        y = x
        if before == "conv":
            w = of(drawn(16, 16, 3, 3, dtype="float32", number=1), backend=backend)
            y = REGISTRY["conv"](x, w, stride=(1, 1), pads=((1, 1), (1, 1)), dilation=(1, 1), groups=1)
        if not recorded:
            y = x = leaf(y.numpy().reshape(32, 64), backend)
            x._body.native = reshape(y._detached(), shape=(32, 1, 8, 8)).native
        out = REGISTRY["max_pool"](reshape(y, shape=(32, 1, 8, 8)), **window)
        seed = of(drawn(32, 1, 4, 4, dtype="float32", number=2), backend=backend)
        found.append([g.numpy() for g in gradients([out], [seed], [x])])
    for got, want in zip(*found, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)


def test_of_several_nan_the_last_is_largest() -> None:
    """As PyTorch has it."""
    window = {"kernel": (3,), "stride": (3,), "pads": ((0, 0),), "dilation": (1,)}
    x = leaf(np.array([[[np.nan, 1.0, np.nan, 2.0, np.nan, 3.0]]], "float32"), NATIVE)
    out = REGISTRY["max_pool"](x, **window)
    (g,) = gradients([out], [of([[[5.0, 7.0]]], "float32")], [x])
    assert g.numpy().tolist() == [[[0, 0, 5, 0, 7, 0]]]
    assert REGISTRY["max_pool_index"](of(x.numpy()), **window).numpy().tolist() == [[[2, 4]]]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("size", [(), (7,), (1000, 7)], ids=str)
def test_relu_passes_the_gradient_at_nan(dtype: str, size: tuple[int, ...]) -> None:
    row = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 2.0, -2.0])
    values = np.broadcast_to(row, size) if size else row[4]
    x = leaf(np.array(values, dtype), NATIVE)
    out = REGISTRY["relu"](x)
    (g,) = gradients([out], [of(np.full(size, 3.0), dtype)], [x])
    expected = np.array([0, 0, np.inf, 0, np.nan, 2, 0]) if size else np.array(np.nan)
    np.testing.assert_array_equal(out.numpy(), np.broadcast_to(expected, size))
    np.testing.assert_array_equal(g.numpy(), np.broadcast_to([0, 0, 3, 0, 3, 3, 0] if size else 3, size))


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


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64"])
def test_places_of_any_integer_dtype(dtype: str) -> None:
    values, places = np.arange(3.0 * 300).reshape(300, 3), np.array([100, 3, 3], dtype)
    for found in (
        index.getitem(of(values), of(places), index=(ARRAY,)),
        index.getitem(of(values.T), of(places), index=(slice(None), ARRAY)),
        index.take(of(values), of(places), axis=0),
    ):
        assert found.numpy().sum() == values[[100, 3, 3]].sum()


@pytest.mark.parametrize("value", [2**53 + 1, -(2**62) - 1, 3, True])
def test_integers_arrive_exactly(value: int) -> None:
    x = of([2**60 + 1, -7])
    assert el.add(x, value).numpy().tolist() == [2**60 + 1 + value, -7 + value]
    assert el.equal(x, value).numpy().tolist() == [False, False]
    assert el.mod(x, 10).numpy().tolist() == [(2**60 + 1) % 10, 3]
    assert el.pow_(of([3, -5]), 23).numpy().tolist() == [3**23, (-5) ** 23]


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


@pytest.mark.parametrize("channels", [8, 32])
@pytest.mark.parametrize("size", [3, 7])
@pytest.mark.parametrize("per_channel", [False, True])
def test_gradient_of_our_own_before_a_convolution(channels: int, size: int, per_channel: bool) -> None:
    """oneDNN gives a convolution's gradient in a layout of its own, which a rule of ours must not read as it stands."""
    groups = channels if per_channel else 1
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, channels, size, size)).astype("f4")
    w = (rng.normal(size=(channels, channels // groups, 3, 3)) * 0.1).astype("f4")
    steps = (lambda t: el.clip(t, low=0.0, high=6.0), lambda t: el.pow_(el.abs_(t), 1.5))
    for step in steps * 3:
        found = []
        for backend in (NATIVE, agreement.REFERENCE):
            start = leaf(x, backend)
            out = conv(step(start), of(w, backend=backend), stride=(1, 1), pads=((1, 1), (1, 1)), dilation=(1, 1),
                       groups=groups)  # fmt: skip
            (g,) = gradients([out], [el.full_like(out, value=1e-3)], [start])
            assert g is not None
            found.append(g.numpy())
        np.testing.assert_allclose(found[0], found[1], rtol=1e-3, atol=1e-6)
