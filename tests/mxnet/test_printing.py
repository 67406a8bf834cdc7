"""Printed arrays: recorded from MXNet 1.9.1 on NumPy 1.26, checked against MXNet, and drawn at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from unified_nn.array_text import numpy_1_style
from unified_nn.mxnet import printing

FLOATING = ("float16", "float32", "float64")
INTEGERS = ("bool", "uint8", "int8", "int32", "int64")


@pytest.fixture
def mxnet(oracle: Callable[[str], Any]) -> Iterator[Any]:
    """MXNet under NumPy semantics, which its classic arrays share: axes of size 0 and arrays without axes exist."""
    module = oracle("mxnet")
    module.npx.set_np()
    with numpy_1_style():  # the recorded version of the oracle ran on NumPy 1.26
        yield module
    module.npx.reset_np()


def recorded(name: str, array: Any, dtype_name: str, text: str, representation: str) -> Any:
    return pytest.param(np.asarray(array).astype(dtype_name), text, representation, id=name)


RECORDED = [
    recorded("0d", np.array(3.0), "float32", "3.0", "array(3.)"),
    recorded("0d-third", np.array(1 / 3), "float32", "0.33333334", "array(0.33333334)"),
    recorded("0d-big", np.array(123456789.0), "float64", "123456789.0", "array(1.23456789e+08, dtype=float64)"),
    recorded("0d-float16", np.array(5640.0), "float16", "5640.0", "array(5640., dtype=float16)"),
    recorded("0d-nan", np.array(np.nan), "float32", "nan", "array(nan)"),
    recorded("0d-int", np.array(-7), "int64", "-7", "array(-7, dtype=int64)"),
    recorded("0d-bool", np.array(True), "bool", "True", "array(True)"),
    recorded("one", np.array([1.5]), "float32", "[1.5]", "array([1.5])"),
    recorded(
        "relu-float16",
        np.array([0.0, 2.0, 0.0, 2.0, 0.0]),
        "float16",
        "[0. 2. 0. 2. 0.]",
        "array([0., 2., 0., 2., 0.], dtype=float16)",
    ),
    recorded(
        "float16",
        np.array([-0.0, 1 / 3, 65504.0]),
        "float16",
        "[-0.000e+00  3.333e-01  6.550e+04]",
        "array([-0.000e+00,  3.333e-01,  6.550e+04], dtype=float16)",
    ),
    recorded(
        "matrix",
        np.arange(4.0).reshape(2, 2),
        "float32",
        ("[[0. 1.]\n [2. 3.]]"),
        ("array([[0., 1.],\n       [2., 3.]])"),
    ),
    recorded(
        "whole-numbers-at-the-cutoff",
        np.array([-53856.0, 3116.0]),
        "float16",
        "[-53856.   3116.]",
        "array([-53856.,   3116.], dtype=float16)",
    ),
    recorded(
        "millions", np.array([1434181.0, -126280.0]), "float32", "[1434181. -126280.]", "array([1434181., -126280.])"
    ),
    recorded(
        "nonfinite",
        np.array([np.nan, -np.nan, np.inf, -np.inf, -0.0]),
        "float32",
        "[ nan  nan  inf -inf  -0.]",
        "array([ nan,  nan,  inf, -inf,  -0.])",
    ),
    recorded(
        "magnitudes",
        np.array([np.nan, 1e-30, 1e30, -1.5, 1 / 3]),
        "float32",
        ("[           nan  1.0000000e-30  1.0000000e+30 -1.5000000e+00\n  3.3333334e-01]"),
        ("array([           nan,  1.0000000e-30,  1.0000000e+30, -1.5000000e+00,\n        3.3333334e-01])"),
    ),
    recorded(
        "float64",
        np.array([[1 / 3, 1e100]]),
        "float64",
        "[[3.33333333e-001 1.00000000e+100]]",
        "array([[3.33333333e-001, 1.00000000e+100]], dtype=float64)",
    ),
    recorded(
        "int32",
        np.array([[1, -20], [300, 4]]),
        "int32",
        ("[[  1 -20]\n [300   4]]"),
        ("array([[  1, -20],\n       [300,   4]], dtype=int32)"),
    ),
    recorded("int64", np.array([1, 2]), "int64", "[1 2]", "array([1, 2], dtype=int64)"),
    recorded("int8", np.array([-128, 127]), "int8", "[-128  127]", "array([-128,  127], dtype=int8)"),
    recorded("uint8", np.array([0, 255]), "uint8", "[  0 255]", "array([  0, 255], dtype=uint8)"),
    recorded("bool", np.array([[True, False]]), "bool", "[[ True False]]", "array([[ True, False]])"),
    recorded("empty", np.zeros(0), "float32", "[]", "array([])"),
    recorded("empty-bool", np.zeros(0), "bool", "[]", "array([], dtype=bool)"),
    recorded("empty-matrix", np.zeros((2, 0)), "float32", "[]", "array([], shape=(2, 0))"),
    recorded("empty-int", np.zeros((0, 3, 2)), "int32", "[]", "array([], shape=(0, 3, 2), dtype=int32)"),
    recorded(
        "two-lines-of-integers",
        np.arange(48),
        "int32",
        (
            "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n"
            " 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47]"
        ),
        (
            "array([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16,\n"
            "       17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33,\n"
            "       34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47],\n"
            "      dtype=int32)"
        ),
    ),
    recorded(
        "thousand-and-one",
        np.arange(1001),
        "int64",
        "[   0    1    2 ...  998  999 1000]",
        "array([   0,    1,    2, ...,  998,  999, 1000], dtype=int64)",
    ),
    recorded(
        "summarised-matrix",
        np.arange(1600).reshape(40, 40),
        "int32",
        (
            "[[   0    1    2 ...   37   38   39]\n"
            " [  40   41   42 ...   77   78   79]\n"
            " [  80   81   82 ...  117  118  119]\n"
            " ...\n"
            " [1480 1481 1482 ... 1517 1518 1519]\n"
            " [1520 1521 1522 ... 1557 1558 1559]\n"
            " [1560 1561 1562 ... 1597 1598 1599]]"
        ),
        (
            "array([[   0,    1,    2, ...,   37,   38,   39],\n"
            "       [  40,   41,   42, ...,   77,   78,   79],\n"
            "       [  80,   81,   82, ...,  117,  118,  119],\n"
            "       ...,\n"
            "       [1480, 1481, 1482, ..., 1517, 1518, 1519],\n"
            "       [1520, 1521, 1522, ..., 1557, 1558, 1559],\n"
            "       [1560, 1561, 1562, ..., 1597, 1598, 1599]], dtype=int32)"
        ),
    ),
    recorded(
        "summarised-wide",
        np.arange(1600.0).reshape(40, 40),
        "float32",
        (
            "[[0.000e+00 1.000e+00 2.000e+00 ... 3.700e+01 3.800e+01 3.900e+01]\n"
            " [4.000e+01 4.100e+01 4.200e+01 ... 7.700e+01 7.800e+01 7.900e+01]\n"
            " [8.000e+01 8.100e+01 8.200e+01 ... 1.170e+02 1.180e+02 1.190e+02]\n"
            " ...\n"
            " [1.480e+03 1.481e+03 1.482e+03 ... 1.517e+03 1.518e+03 1.519e+03]\n"
            " [1.520e+03 1.521e+03 1.522e+03 ... 1.557e+03 1.558e+03 1.559e+03]\n"
            " [1.560e+03 1.561e+03 1.562e+03 ... 1.597e+03 1.598e+03 1.599e+03]]"
        ),
        (
            "array([[0.000e+00, 1.000e+00, 2.000e+00, ..., 3.700e+01, 3.800e+01,\n"
            "        3.900e+01],\n"
            "       [4.000e+01, 4.100e+01, 4.200e+01, ..., 7.700e+01, 7.800e+01,\n"
            "        7.900e+01],\n"
            "       [8.000e+01, 8.100e+01, 8.200e+01, ..., 1.170e+02, 1.180e+02,\n"
            "        1.190e+02],\n"
            "       ...,\n"
            "       [1.480e+03, 1.481e+03, 1.482e+03, ..., 1.517e+03, 1.518e+03,\n"
            "        1.519e+03],\n"
            "       [1.520e+03, 1.521e+03, 1.522e+03, ..., 1.557e+03, 1.558e+03,\n"
            "        1.559e+03],\n"
            "       [1.560e+03, 1.561e+03, 1.562e+03, ..., 1.597e+03, 1.598e+03,\n"
            "        1.599e+03]])"
        ),
    ),
    recorded(
        "four-axes",
        np.arange(4).reshape(2, 1, 1, 2),
        "uint8",
        ("[[[[0 1]]]\n\n\n [[[2 3]]]]"),
        ("array([[[[0, 1]]],\n\n\n       [[[2, 3]]]], dtype=uint8)"),
    ),
]


@pytest.mark.parametrize(("array", "text", "representation"), RECORDED)
def test_prints_as_recorded(array: Any, text: str, representation: str) -> None:
    assert (printing.format_np_str(array), printing.format_np_repr(array)) == (text, representation)


@pytest.mark.parametrize(("array", "text", "representation"), RECORDED)
def test_recorded_is_what_mxnet_prints(mxnet: Any, array: Any, text: str, representation: str) -> None:
    theirs = mxnet.np.array(array, dtype=array.dtype)
    assert (str(theirs), repr(theirs)) == (text, representation)


NDARRAYS = [
    pytest.param(np.array([[1.0, 2.0], [3.0, 4.0]]), "\n[[1. 2.]\n [3. 4.]]\n<NDArray 2x2 @cpu(0)>", id="matrix"),
    pytest.param(np.array([0.5]), "\n[0.5]\n<NDArray 1 @cpu(0)>", id="one"),
    pytest.param(np.array(3.0), "\n3.0\n<NDArray  @cpu(0)>", id="0d"),
    pytest.param(np.zeros((2, 0)), "\n[]\n<NDArray 2x0 @cpu(0)>", id="empty"),
    pytest.param(np.arange(1001.0), "\n[   0.    1.    2. ...  998.  999. 1000.]\n<NDArray 1001 @cpu(0)>", id="long"),
]


@pytest.mark.parametrize(("array", "text"), NDARRAYS)
def test_classic_array(array: Any, text: str) -> None:
    assert printing.format_ndarray(array.astype("float32")) == text


@pytest.mark.parametrize(("array", "text"), NDARRAYS)
def test_classic_array_as_mxnet_prints_it(mxnet: Any, array: Any, text: str) -> None:
    theirs = mxnet.nd.array(array)
    assert str(theirs) == repr(theirs) == text


# ---- contexts ----

CONTEXTS = [
    pytest.param("cpu(3)", "[1. 2.]", "array([1., 2.])", id="cpu"),
    pytest.param("cpu_pinned(0)", "[1. 2.] @cpu_pinned(0)", "array([1., 2.], ctx=cpu_pinned(0))", id="pinned"),
    pytest.param("cpu_shared(0)", "[1. 2.] @cpu_shared(0)", "array([1., 2.], ctx=cpu_shared(0))", id="shared"),
]


@pytest.mark.parametrize(("context", "text", "representation"), CONTEXTS)
def test_context(context: str, text: str, representation: str) -> None:
    array = np.array([1.0, 2.0], "float32")
    assert printing.format_np_str(array, context=context) == text
    assert printing.format_np_repr(array, context=context) == representation


@pytest.mark.parametrize(("context", "text", "representation"), CONTEXTS)
def test_context_as_mxnet_prints_it(mxnet: Any, context: str, text: str, representation: str) -> None:
    kind, number = context.rstrip(")").split("(")
    theirs = mxnet.np.array([1.0, 2.0], ctx=mxnet.Context(kind, int(number)))
    assert (str(theirs), repr(theirs)) == (text, representation)
    classic = theirs.as_nd_ndarray()
    assert repr(classic) == printing.format_ndarray(classic.asnumpy(), context=context)


def test_an_array_without_axes_hides_its_context_in_str_only() -> None:
    array = np.array(2.0, "float32")
    assert printing.format_np_str(array, context="gpu(0)") == "2.0"
    assert printing.format_np_repr(array, context="gpu(0)") == "array(2., ctx=gpu(0))"


# ---- format() ----


@pytest.mark.parametrize("spec", ["", ".2f", ">10"])
@pytest.mark.parametrize("dtype_name", ["float32", "float16", "int32", "bool"])
def test_format_of_one_number(mxnet: Any, dtype_name: str, spec: str) -> None:
    array = np.array(1.1).astype(dtype_name)
    assert printing.format_np_item(array, spec) == format(mxnet.np.array(array, dtype=dtype_name), spec)


def test_format_of_more_numbers(mxnet: Any) -> None:
    array = np.ones(2, "float32")
    assert printing.format_np_item(array, "") == format(mxnet.np.array(array), "") == "[1. 1.]"
    with pytest.raises(TypeError):
        format(mxnet.np.array(array), ".2f")
    with pytest.raises(TypeError, match=r"shape \(2,\) takes no format spec, got '.2f'"):
        printing.format_np_item(array, ".2f")


# ---- parameters ----

PARAMETERS = [
    pytest.param("dense0_weight", (2, 3), "float32", "(shape=(2, 3), dtype=float32)", id="name"),
    pytest.param("w", (2,), np.float32, "(shape=(2,), dtype=<class 'numpy.float32'>)", id="class"),
    pytest.param("w", (0,), np.bool_, "(shape=(0,), dtype=<class 'numpy.bool_'>)", id="numpy-bool"),
    pytest.param("w", (2,), bool, "(shape=(2,), dtype=<class 'bool'>)", id="bool"),
    pytest.param("w", (2,), np.dtype("float16"), "(shape=(2,), dtype=float16)", id="dtype"),
    pytest.param("w", None, "float16", "(shape=None, dtype=float16)", id="unknown-shape"),
]


@pytest.mark.parametrize(("name", "shape", "dtype", "text"), PARAMETERS)
def test_parameter(name: str, shape: tuple[int, ...] | None, dtype: object, text: str) -> None:
    assert printing.format_parameter(name, shape, dtype) == f"Parameter {name} {text}"


@pytest.mark.parametrize(("name", "shape", "dtype", "text"), PARAMETERS)
def test_parameter_as_mxnet_prints_it(
    mxnet: Any, name: str, shape: tuple[int, ...] | None, dtype: object, text: str
) -> None:
    mxnet.npx.reset_np()  # under NumPy semantics a size of 0 reads as unknown, -1
    assert repr(mxnet.gluon.Parameter(name, shape=shape, dtype=dtype)) == f"Parameter {name} {text}"


def test_constant(mxnet: Any) -> None:
    theirs = repr(mxnet.gluon.Constant("c", mxnet.nd.ones((2, 2))))
    assert printing.format_parameter("c", (2, 2), np.float32, class_name="Constant") == theirs


PARAMETER_DICT = """dense0_ (
  Parameter dense0_weight (shape=(2, 3), dtype=float32)
  Parameter dense0_bias (shape=(2,), dtype=float32)
)"""


def test_parameter_dict() -> None:
    parameters = [
        printing.format_parameter(f"dense0_{name}", shape, "float32")
        for name, shape in {"weight": (2, 3), "bias": (2,)}.items()
    ]
    assert printing.format_parameter_dict("dense0_", parameters) == PARAMETER_DICT


def test_parameter_dict_as_mxnet_prints_it(mxnet: Any) -> None:
    dense = mxnet.gluon.nn.Dense(2, in_units=3, prefix="dense0_")
    assert repr(dense.collect_params()) == PARAMETER_DICT


@pytest.mark.parametrize("prefix", ["", "net_"])
def test_empty_parameter_dict(mxnet: Any, prefix: str) -> None:
    assert printing.format_parameter_dict(prefix, []) == repr(mxnet.gluon.ParameterDict(prefix))


# ---- NumPy's options ----

OPTIONS = [
    pytest.param({"precision": 2}, id="precision"),
    pytest.param({"threshold": 3, "edgeitems": 1}, id="summary"),
    pytest.param({"linewidth": 24, "sign": "+"}, id="narrow"),
    pytest.param({"suppress": True, "nanstr": "missing"}, id="suppress"),
    pytest.param({"legacy": "1.13"}, id="legacy"),
    pytest.param({"formatter": {"float_kind": "<{}>".format}}, id="formatter"),
]
VALUES = np.array([[1e-7, -0.25, np.nan], [1 / 3, 2.0, np.inf]], "float32")


def test_text_follows_the_options_of_numpy() -> None:
    with np.printoptions(precision=2):
        printing.set_printoptions(threshold=3)
        assert (
            printing.format_np_repr(np.arange(9) / 3)
            == "array([0.  , 0.33, 0.67, ..., 2.  , 2.33, 2.67], dtype=float64)"
        )


@pytest.mark.parametrize("options", OPTIONS)
def test_options_act_as_in_mxnet(mxnet: Any, options: dict[str, Any]) -> None:
    theirs = mxnet.np.array(VALUES)
    with np.printoptions(**options):
        assert (printing.format_np_str(VALUES), printing.format_np_repr(VALUES)) == (str(theirs), repr(theirs))


def test_set_printoptions_takes_two_options(mxnet: Any) -> None:
    for set_printoptions in (mxnet.np.set_printoptions, printing.set_printoptions):
        with pytest.raises(NotImplementedError, match=r"edgeitems|only supports"):
            set_printoptions(edgeitems=2)


# ---- at random ----

SHAPES = npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=8) | st.sampled_from(
    [(40,), (1000,), (1001,), (1, 1001), (26, 40), (2, 3, 200), (2, 2, 2, 2, 2)]
)
NUMBERS = st.one_of(
    # a framework in this process may have switched subnormal numbers off, of float32 too
    st.floats(allow_subnormal=False).map(lambda value: 0.0 if abs(value) < 1.2e-38 else value),
    st.integers(-2000, 2000).map(float),
    st.integers(-(10**6), 10**6).map(lambda value: value / 1000),
    st.sampled_from([1e-300, np.nan, np.inf, -np.inf, 0.0, -0.0, 65504.0]),
)


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    name = draw(st.sampled_from(FLOATING + INTEGERS))
    if name in INTEGERS:
        return draw(npst.arrays(name, SHAPES))
    values = draw(npst.arrays("float64", SHAPES, elements=NUMBERS))
    with np.errstate(all="ignore"):
        return values.astype(name)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(array=arrays())
def test_prints_as_mxnet_does(mxnet: Any, array: Any) -> None:
    theirs = mxnet.np.array(array, dtype=array.dtype)
    assert printing.format_np_str(array) == str(theirs)
    assert printing.format_np_repr(array) == repr(theirs)
    assert printing.format_ndarray(array) == repr(theirs.as_nd_ndarray())
