"""Printed tensors: recorded from MindSpore 2.10 on NumPy 1.26, checked against MindSpore, and drawn at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from unified_nn.array_text import numpy_1_style
from unified_nn.mindspore import printing

FLOATING = ("float16", "bfloat16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
INTEGERS = ("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")


@pytest.fixture
def mindspore(oracle: Callable[[str], Any]) -> Iterator[Any]:
    with numpy_1_style():  # the recorded version of the oracle ran on NumPy 1.26
        yield oracle("mindspore")


def recorded(name: str, array: Any, dtype_name: str, text: str, representation: str) -> Any:
    return pytest.param(held(array, dtype_name), dtype_name, (text, representation), id=name)


def held(array: Any, dtype_name: str) -> np.ndarray[Any, Any]:
    """The array as a tensor of this dtype holds it; a NumPy array of bfloat16 values is float32."""
    if dtype_name != "bfloat16":
        return np.asarray(array).astype(dtype_name)
    bits = np.asarray(array).astype("float32").view("uint32") & np.uint32(0xFFFF0000)
    return bits.view("float32")


def real_tensor(mindspore: Any, array: Any, dtype_name: str) -> Any:
    if dtype_name != "bfloat16":
        return mindspore.Tensor(array)
    if not np.__version__.startswith("1."):
        pytest.skip("MindSpore 2.10 gives bfloat16 to NumPy 1 only")
    native = mindspore.Tensor([0.0]).astype(mindspore.bfloat16).asnumpy().dtype
    bits = np.asarray(np.asarray(array).view("uint32") >> np.uint32(16)).astype("uint16")
    return mindspore.Tensor(bits.view(native))  # by its bits: a cast would drop the sign of nan


def real_text(mindspore: Any, array: Any, dtype_name: str) -> tuple[str, str]:
    tensor = real_tensor(mindspore, array, dtype_name)
    return str(tensor), repr(tensor)


RECORDED = [
    recorded("0d", np.array(3.0), "float32", "3.0", "Tensor(shape=[], dtype=Float32, value= 3)"),
    recorded("0d-third", np.array(1 / 3), "float32", "0.33333334", "Tensor(shape=[], dtype=Float32, value= 0.333333)"),
    recorded(
        "0d-big", np.array(123456789.0), "float64", "123456789.0", "Tensor(shape=[], dtype=Float64, value= 1.23457e+08)"
    ),
    recorded("0d-float16", np.array(5640.0), "float16", "5640.0", "Tensor(shape=[], dtype=Float16, value= 5640)"),
    recorded("0d-int", np.array(-7), "int64", "-7", "Tensor(shape=[], dtype=Int64, value= -7)"),
    recorded("0d-bool", np.array(True), "bool", "True", "Tensor(shape=[], dtype=Bool, value= True)"),
    recorded(
        "0d-complex", np.array(1.5 - 2j), "complex64", "(1.5-2j)", "Tensor(shape=[], dtype=Complex64, value= 1.5-2j)"
    ),
    recorded(
        "0d-bfloat16",
        np.array(0.333984375),
        "bfloat16",
        "0.333984",
        "Tensor(shape=[], dtype=BFloat16, value= 0.333984)",
    ),
    recorded("one", np.array([1.5]), "float32", "[1.5]", "Tensor(shape=[1], dtype=Float32, value= [ 1.50000000e+00])"),
    recorded(
        "relu-float16",
        np.array([0.0, 2.0, 0.0, 2.0, 0.0]),
        "float16",
        "[0. 2. 0. 2. 0.]",
        ("Tensor(shape=[5], dtype=Float16, value= [ 0.0000e+00,  2.0000e+00,  0.0000e+00,  2.0000e+00,  0.0000e+00])"),
    ),
    recorded(
        "float16",
        np.array([-0.0, 1 / 3, 65504.0]),
        "float16",
        "[-0.000e+00  3.333e-01  6.550e+04]",
        "Tensor(shape=[3], dtype=Float16, value= [-0.0000e+00,  3.3325e-01,  6.5504e+04])",
    ),
    recorded(
        "matrix",
        np.arange(4.0).reshape(2, 2),
        "float32",
        ("[[0. 1.]\n [2. 3.]]"),
        (
            "Tensor(shape=[2, 2], dtype=Float32, value=\n"
            "[[ 0.00000000e+00,  1.00000000e+00],\n"
            " [ 2.00000000e+00,  3.00000000e+00]])"
        ),
    ),
    recorded(
        "nonfinite",
        np.array([np.nan, -np.nan, np.inf, -np.inf, -0.0]),
        "float32",
        "[ nan  nan  inf -inf  -0.]",
        (
            "Tensor(shape=[5], dtype=Float32, value= [            nan,            -nan,             inf,            "
            "-inf, -0.00000000e+00])"
        ),
    ),
    recorded(
        "magnitudes",
        np.array([np.nan, 1e-30, 1e30, -1.5, 1 / 3]),
        "float32",
        ("[           nan  1.0000000e-30  1.0000000e+30 -1.5000000e+00\n  3.3333334e-01]"),
        (
            "Tensor(shape=[5], dtype=Float32, value= [            nan,  1.00000000e-30,  1.00000002e+30, "
            "-1.50000000e+00,  3.33333343e-01])"
        ),
    ),
    recorded(
        "float64",
        np.array([[1 / 3, 1e100]]),
        "float64",
        "[[3.33333333e-001 1.00000000e+100]]",
        ("Tensor(shape=[1, 2], dtype=Float64, value=\n[[ 3.33333333e-01, 1.00000000e+100]])"),
    ),
    recorded(
        "int32",
        np.array([[1, -20], [300, 4]]),
        "int32",
        ("[[  1 -20]\n [300   4]]"),
        ("Tensor(shape=[2, 2], dtype=Int32, value=\n[[  1, -20],\n [300,   4]])"),
    ),
    recorded(
        "int8", np.array([-128, 127]), "int8", "[-128  127]", "Tensor(shape=[2], dtype=Int8, value= [-128,  127])"
    ),
    recorded(
        "uint16",
        np.array([0, 65535]),
        "uint16",
        "[    0 65535]",
        "Tensor(shape=[2], dtype=UInt16, value= [    0, 65535])",
    ),
    recorded(
        "bool",
        np.array([[True, False]]),
        "bool",
        "[[ True False]]",
        ("Tensor(shape=[1, 2], dtype=Bool, value=\n[[ True, False]])"),
    ),
    recorded(
        "complex64",
        np.array([1 - 2j, 0.25 + 1j, complex(np.nan, -np.nan), complex(1e10, np.inf)]),
        "complex64",
        "[1.0e+00 -2.j 2.5e-01 +1.j     nan+nanj 1.0e+10+infj]",
        "Tensor(shape=[4], dtype=Complex64, value= [1-2j, 0.25+1j, nan-nanj, 1e+10+infj])",
    ),
    recorded(
        "bfloat16",
        np.array([[-1.0, 100.0, 0.0], [np.nan, -np.nan, 0.333984375]]),
        "bfloat16",
        ("[[-1.000000 100.000000 0.000000]\n [nan -nan 0.333984]]"),
        (
            "Tensor(shape=[2, 3], dtype=BFloat16, value=\n"
            "[[      -1,      100,        0],\n"
            " [     nan,     -nan, 0.333984]])"
        ),
    ),
    recorded("empty", np.zeros(0), "float32", "[]", "Tensor(shape=[0], dtype=Float32, value= )"),
    recorded("empty-bool", np.zeros(0), "bool", "[]", "Tensor(shape=[0], dtype=Bool, value= )"),
    recorded("empty-matrix", np.zeros((2, 0)), "float32", "[]", ("Tensor(shape=[2, 0], dtype=Float32, value=\n)")),
    recorded("empty-int", np.zeros((0, 3, 2)), "int32", "[]", ("Tensor(shape=[0, 3, 2], dtype=Int32, value=\n)")),
    recorded(
        "full-line",
        np.ones(12),
        "float32",
        "[1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1. 1.]",
        (
            "Tensor(shape=[12], dtype=Float32, value= [ 1.00000000e+00,  1.00000000e+00,  1.00000000e+00,  "
            "1.00000000e+00,  1.00000000e+00,  1.00000000e+00,  1.00000000e+00,  1.00000000e+00,  1.00000000e+00,  "
            "1.00000000e+00,  1.00000000e+00,  1.00000000e+00\n"
            " ])"
        ),
    ),
    recorded(
        "line-and-one",
        np.zeros(13),
        "bool",
        ("[False False False False False False False False False False False False\n False]"),
        (
            "Tensor(shape=[13], dtype=Bool, value= [False, False, False, False, False, False, False, False, False, "
            "False, False, False, \n"
            " False])"
        ),
    ),
    recorded(
        "two-lines-of-integers",
        np.arange(48),
        "int32",
        (
            "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n"
            " 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47]"
        ),
        (
            "Tensor(shape=[48], dtype=Int32, value= [ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, "
            "16, 17, 18, 19, 20, 21, 22, 23, \n"
            " 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47\n"
            " ])"
        ),
    ),
    recorded(
        "thousand-and-one",
        np.arange(1001),
        "int64",
        "[   0    1    2 ...  998  999 1000]",
        "Tensor(shape=[1001], dtype=Int64, value= [   0,    1,    2 ...  998,  999, 1000])",
    ),
    recorded(
        "six-by-one",
        np.arange(6).reshape(6, 1),
        "int8",
        "[[0]\n [1]\n [2]\n [3]\n [4]\n [5]]",
        "Tensor(shape=[6, 1], dtype=Int8, value=\n[[0],\n [1],\n [2],\n [3],\n [4],\n [5]])",
    ),
    recorded(
        "seven-by-seven",
        np.arange(49).reshape(7, 7) - 24,
        "int32",
        (
            "[[-24 -23 -22 -21 -20 -19 -18]\n"
            " [-17 -16 -15 -14 -13 -12 -11]\n"
            " [-10  -9  -8  -7  -6  -5  -4]\n"
            " [ -3  -2  -1   0   1   2   3]\n"
            " [  4   5   6   7   8   9  10]\n"
            " [ 11  12  13  14  15  16  17]\n"
            " [ 18  19  20  21  22  23  24]]"
        ),
        (
            "Tensor(shape=[7, 7], dtype=Int32, value=\n"
            "[[-24, -23, -22 ... -20, -19, -18],\n"
            " [-17, -16, -15 ... -13, -12, -11],\n"
            " [-10,  -9,  -8 ...  -6,  -5,  -4],\n"
            " ...\n"
            " [  4,   5,   6 ...   8,   9,  10],\n"
            " [ 11,  12,  13 ...  15,  16,  17],\n"
            " [ 18,  19,  20 ...  22,  23,  24]])"
        ),
    ),
    recorded(
        "four-axes",
        np.arange(4).reshape(2, 1, 1, 2),
        "uint8",
        ("[[[[0 1]]]\n\n\n [[[2 3]]]]"),
        ("Tensor(shape=[2, 1, 1, 2], dtype=UInt8, value=\n[[[[0, 1]]],\n [[[2, 3]]]])"),
    ),
]


@pytest.mark.parametrize(("array", "dtype_name", "texts"), RECORDED)
def test_prints_as_recorded(array: Any, dtype_name: str, texts: tuple[str, str]) -> None:
    assert printing.format_tensor(array, dtype_name=dtype_name) == texts


@pytest.mark.parametrize(("array", "dtype_name", "texts"), RECORDED)
def test_recorded_is_what_mindspore_prints(mindspore: Any, array: Any, dtype_name: str, texts: tuple[str, str]) -> None:
    assert real_text(mindspore, array, dtype_name) == texts


def test_an_array_of_ml_dtypes_is_bfloat16() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="bfloat16 in NumPy needs ml_dtypes")
    array = np.array([1.5, -2.0], ml_dtypes.bfloat16)
    assert printing.format_tensor(array, dtype_name="bfloat16")[0] == "[1.500000 -2.000000]"


def test_a_dtype_that_mindspore_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="'float23' is not a dtype; known: bool"):
        printing.format_tensor(np.ones(2), dtype_name="float23")


# ---- parameters and initializers ----

PARAMETERS = [
    pytest.param("w", (2, 3), "float32", True, "Parameter (name=w, shape=(2, 3), dtype=Float32, requires_grad=True)"),
    pytest.param("a.b", (), "int64", False, "Parameter (name=a.b, shape=(), dtype=Int64, requires_grad=False)"),
    pytest.param("m", (1,), "bool", False, "Parameter (name=m, shape=(1,), dtype=Bool, requires_grad=False)"),
]


@pytest.mark.parametrize(("name", "shape", "dtype_name", "requires_grad", "text"), PARAMETERS)
def test_parameter(name: str, shape: tuple[int, ...], dtype_name: str, requires_grad: bool, text: str) -> None:
    assert printing.format_parameter(name, shape, dtype_name=dtype_name, requires_grad=requires_grad) == text


@pytest.mark.parametrize(("name", "shape", "dtype_name", "requires_grad", "text"), PARAMETERS)
def test_parameter_as_mindspore_prints_it(
    mindspore: Any, name: str, shape: tuple[int, ...], dtype_name: str, requires_grad: bool, text: str
) -> None:
    value = mindspore.Tensor(np.zeros(shape, dtype_name))
    parameter = mindspore.Parameter(value, name=name, requires_grad=requires_grad)
    assert str(parameter) == repr(parameter) == text


UNINITIALIZED = [
    pytest.param((), "float16", "value=<uninitialized>)", "value= 0)", id="0d"),
    pytest.param((2,), "float32", "value=<uninitialized>)", "value= [ 0.00000000e+00,  0.00000000e+00])", id="1d"),
    pytest.param((1, 2), "int32", "value=\n<uninitialized>)", "value=\n[[0, 0]])", id="2d"),
    pytest.param((1, 1), "bfloat16", "value=\n<uninitialized>)", "value=\n[[0]])", id="bfloat16"),
]


@pytest.mark.parametrize(("shape", "dtype_name", "text", "representation"), UNINITIALIZED)
def test_initializer(shape: tuple[int, ...], dtype_name: str, text: str, representation: str) -> None:
    ours = printing.format_uninitialized(shape, dtype_name=dtype_name)
    assert [part[part.index("value=") :] for part in ours] == [text, representation]


@pytest.mark.parametrize(("shape", "dtype_name", "text", "representation"), UNINITIALIZED)
def test_initializer_as_mindspore_prints_it(
    mindspore: Any, shape: tuple[int, ...], dtype_name: str, text: str, representation: str
) -> None:
    tensor = mindspore.common.initializer.initializer("ones", list(shape), getattr(mindspore, dtype_name))
    theirs = str(tensor), repr(tensor)
    assert theirs == printing.format_uninitialized(shape, dtype_name=dtype_name)


# ---- NumPy's options: str follows them, repr does not ----

OPTIONS = [
    pytest.param({"precision": 2}, id="precision"),
    pytest.param({"threshold": 3, "edgeitems": 1}, id="summary"),
    pytest.param({"linewidth": 20, "sign": "+"}, id="narrow"),
    pytest.param({"suppress": True, "nanstr": "missing"}, id="suppress"),
    pytest.param({"legacy": "1.13"}, id="legacy"),
    pytest.param({"formatter": {"float_kind": "<{}>".format}}, id="formatter"),
    pytest.param({"formatter": {"all": "<{}>".format}}, id="formatter-all"),
    pytest.param({"formatter": {"all": "<{}>".format, "numpystr": "({})".format}}, id="formatter-numpystr"),
    pytest.param({"formatter": {"str_kind": "<{}>".format}}, id="formatter-str-kind"),
]
VALUES = np.array([[1e-7, -0.25, np.nan], [1 / 3, 2.0, np.inf]])


def test_str_follows_the_options_of_numpy() -> None:
    with np.printoptions(precision=2):
        texts = printing.format_tensor(np.array([1 / 3]), dtype_name="float64")
    assert texts == ("[0.33]", "Tensor(shape=[1], dtype=Float64, value= [ 3.33333333e-01])")


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("dtype_name", ["float32", "bfloat16"])
def test_options_act_as_in_mindspore(mindspore: Any, dtype_name: str, options: dict[str, Any]) -> None:
    array = held(VALUES, dtype_name)
    with np.printoptions(**options):
        ours = printing.format_tensor(array, dtype_name=dtype_name)
        assert ours == real_text(mindspore, array, dtype_name)


# ---- at random ----

SHAPES = npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=8) | st.sampled_from(
    [(12,), (13,), (24,), (48,), (1000,), (1001,), (1008,), (1, 1001), (26, 40), (2, 3, 200), (2, 2, 2, 2, 2)]
)
NUMBERS = st.one_of(
    # a framework in this process may have switched subnormal numbers off, of float32 too
    st.floats(allow_subnormal=False).map(lambda value: 0.0 if abs(value) < 1.2e-38 else value),
    st.integers(-2000, 2000).map(float),
    st.integers(-(10**6), 10**6).map(lambda value: value / 1000),
    st.sampled_from([1e-300, np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 65504.0]),
)


@st.composite
def arrays(draw: st.DrawFn) -> tuple[np.ndarray[Any, Any], str]:
    name = draw(st.sampled_from(FLOATING + COMPLEX + INTEGERS))
    if name in INTEGERS:
        return draw(npst.arrays(name, SHAPES)), name
    numbers = st.builds(complex, NUMBERS, NUMBERS) if name in COMPLEX else NUMBERS
    values = draw(npst.arrays("complex128" if name in COMPLEX else "float64", SHAPES, elements=numbers))
    with np.errstate(all="ignore"):
        return held(values, name), name


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=arrays())
def test_prints_as_mindspore_does(mindspore: Any, drawn: tuple[Any, str]) -> None:
    array, name = drawn
    assume(name != "bfloat16" or np.__version__.startswith("1."))  # MindSpore 2.10 gives bfloat16 to NumPy 1 only
    assert printing.format_tensor(array, dtype_name=name) == real_text(mindspore, array, name)
