"""Printed tensors: recorded from PyTorch 2.13, checked against PyTorch itself, and drawn at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from unified_nn.torch import printing

DTYPES = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128", "bool")
INTEGERS = ("uint8", "int8", "int16", "int32", "int64")


@pytest.fixture
def torch(oracle: Callable[[str], Any]) -> Any:
    return oracle("torch")


@pytest.fixture(autouse=True)
def _default_options() -> Iterator[None]:
    yield
    printing.set_printoptions(profile="default")


def recorded(name: str, array: Any, text: str, *, dtype_name: str = "float32", **facts: Any) -> Any:
    return pytest.param(held(array, dtype_name), {"dtype_name": dtype_name, **facts}, text, id=name)


def held(array: Any, dtype_name: str) -> np.ndarray[Any, Any]:
    """The array as a tensor of this dtype holds it; a NumPy array of bfloat16 values is float32."""
    if dtype_name != "bfloat16":
        return np.asarray(array).astype(dtype_name)
    bits = np.asarray(array).astype("float32").view("uint32") & np.uint32(0xFFFF0000)
    return bits.view("float32")


def real_tensor(torch: Any, array: Any, *, dtype_name: str, requires_grad: bool = False, grad_fn: str = "") -> Any:
    tensor = torch.from_numpy(np.array(array)).to(getattr(torch, dtype_name))
    if requires_grad or grad_fn:
        tensor.requires_grad_()
    if grad_fn:
        methods = {name: staticmethod(lambda _context, value: value.clone()) for name in ("forward", "backward")}
        tensor = type(grad_fn.removesuffix("Backward"), (torch.autograd.Function,), methods).apply(tensor)
    return tensor


RECORDED = [
    recorded("0d", np.array(3.0), "tensor(3.)"),
    recorded("0d-third", np.array(1 / 3), "tensor(0.3333)"),
    recorded("0d-tiny", np.array(1e-7), "tensor(1.0000e-07)"),
    recorded("0d-nan", np.array(np.nan), "tensor(nan)"),
    recorded("0d-int", np.array(-7), "tensor(-7)", dtype_name="int64"),
    recorded("0d-int32", np.array(7), "tensor(7, dtype=torch.int32)", dtype_name="int32"),
    recorded("0d-bool", np.array(True), "tensor(True)", dtype_name="bool"),
    recorded("0d-float64", np.array(0.1), "tensor(0.1000, dtype=torch.float64)", dtype_name="float64"),
    recorded("0d-complex", np.array(1.5 - 2j), "tensor(1.5000-2.j)", dtype_name="complex64"),
    recorded("0d-loss", np.array(2.3026), "tensor(2.3026, grad_fn=<NllLossBackward>)", grad_fn="NllLossBackward"),
    recorded("whole", np.array([1.0, -2.0, 30.0]), "tensor([ 1., -2., 30.])"),
    recorded("whole-nonfinite", np.array([1.0, np.nan, -np.inf, 100.0]), "tensor([  1.,  nan, -inf, 100.])"),
    recorded("fixed", np.array([0.5, -1.25, 100.0]), "tensor([  0.5000,  -1.2500, 100.0000])"),
    recorded("fixed-nonfinite", np.array([0.5, np.nan, np.inf, -np.inf]), "tensor([0.5000,    nan,    inf,   -inf])"),
    recorded("spread", np.array([0.001, 1.5]), "tensor([1.0000e-03, 1.5000e+00])"),
    recorded("spread-edge", np.array([0.5, 500.0]), "tensor([  0.5000, 500.0000])"),
    recorded("tiny", np.array([0.00009, 0.00001]), "tensor([9.0000e-05, 1.0000e-05])"),
    recorded("huge-whole", np.array([1e8, 2.0e8]), "tensor([1.0000e+08, 2.0000e+08])"),
    recorded("zeros", np.zeros(3), "tensor([0., 0., 0.])"),
    recorded("negative-zero", np.array([-0.0, 0.0]), "tensor([-0., 0.])"),
    recorded("all-nonfinite", np.array([np.nan, np.inf, -np.inf]), "tensor([nan, inf, -inf])"),
    recorded(
        "float16",
        np.array([0.1, 65504.0]),
        "tensor([9.9976e-02, 6.5504e+04], dtype=torch.float16)",
        dtype_name="float16",
    ),
    recorded(
        "bfloat16",
        np.array([0.333984375, -2.0]),
        "tensor([ 0.3340, -2.0000], dtype=torch.bfloat16)",
        dtype_name="bfloat16",
    ),
    recorded("float64", np.array([1 / 3]), "tensor([0.3333], dtype=torch.float64)", dtype_name="float64"),
    recorded(
        "int64", np.array([[1, -20], [300, 4]]), ("tensor([[  1, -20],\n        [300,   4]])"), dtype_name="int64"
    ),
    recorded("uint8", np.array([0, 255]), "tensor([  0, 255], dtype=torch.uint8)", dtype_name="uint8"),
    recorded("int8-extremes", np.array([-128, 127]), "tensor([-128,  127], dtype=torch.int8)", dtype_name="int8"),
    recorded(
        "bool",
        np.array([[True, False], [False, False]]),
        ("tensor([[ True, False],\n        [False, False]])"),
        dtype_name="bool",
    ),
    recorded(
        "complex",
        np.array([1 + 2j, -1.5 - 0.25j, complex(np.nan, np.inf)]),
        "tensor([ 1.0000+2.0000j, -1.5000-0.2500j,     nan+infj])",
        dtype_name="complex64",
    ),
    recorded(
        "complex128", np.array([1e-5 + 1j]), "tensor([1.0000e-05+1.j], dtype=torch.complex128)", dtype_name="complex128"
    ),
    recorded("empty", np.zeros(0), "tensor([])"),
    recorded("empty-matrix", np.zeros((0, 3)), "tensor([], size=(0, 3))"),
    recorded("empty-int", np.zeros((2, 0, 4)), "tensor([], size=(2, 0, 4), dtype=torch.int64)", dtype_name="int64"),
    recorded("empty-grad", np.zeros((0, 3)), "tensor([], size=(0, 3), requires_grad=True)", requires_grad=True),
    recorded(
        "wrapped-row",
        np.arange(30) / 4,
        (
            "tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000, 1.2500, 1.5000, 1.7500, 2.0000,\n"
            "        2.2500, 2.5000, 2.7500, 3.0000, 3.2500, 3.5000, 3.7500, 4.0000, 4.2500,\n"
            "        4.5000, 4.7500, 5.0000, 5.2500, 5.5000, 5.7500, 6.0000, 6.2500, 6.5000,\n"
            "        6.7500, 7.0000, 7.2500])"
        ),
    ),
    recorded("matrix", np.arange(6.0).reshape(2, 3), ("tensor([[0., 1., 2.],\n        [3., 4., 5.]])")),
    recorded(
        "three-axes",
        np.arange(8.0).reshape(2, 2, 2),
        ("tensor([[[0., 1.],\n         [2., 3.]],\n\n        [[4., 5.],\n         [6., 7.]]])"),
    ),
    recorded(
        "four-axes",
        np.arange(4).reshape(2, 1, 1, 2),
        ("tensor([[[[0, 1]]],\n\n\n        [[[2, 3]]]])"),
        dtype_name="int64",
    ),
    recorded(
        "thousand-and-one", np.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])", dtype_name="int64"
    ),
    recorded(
        "summarised-matrix",
        np.arange(1600.0).reshape(40, 40),
        (
            "tensor([[0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 3.7000e+01, 3.8000e+01,\n"
            "         3.9000e+01],\n"
            "        [4.0000e+01, 4.1000e+01, 4.2000e+01,  ..., 7.7000e+01, 7.8000e+01,\n"
            "         7.9000e+01],\n"
            "        [8.0000e+01, 8.1000e+01, 8.2000e+01,  ..., 1.1700e+02, 1.1800e+02,\n"
            "         1.1900e+02],\n"
            "        ...,\n"
            "        [1.4800e+03, 1.4810e+03, 1.4820e+03,  ..., 1.5170e+03, 1.5180e+03,\n"
            "         1.5190e+03],\n"
            "        [1.5200e+03, 1.5210e+03, 1.5220e+03,  ..., 1.5570e+03, 1.5580e+03,\n"
            "         1.5590e+03],\n"
            "        [1.5600e+03, 1.5610e+03, 1.5620e+03,  ..., 1.5970e+03, 1.5980e+03,\n"
            "         1.5990e+03]])"
        ),
    ),
    recorded(
        "summarised-three-axes",
        np.arange(2400.0).reshape(2, 3, 400) / 7,
        (
            "tensor([[[0.0000e+00, 1.4286e-01, 2.8571e-01,  ..., 5.6714e+01,\n"
            "          5.6857e+01, 5.7000e+01],\n"
            "         [5.7143e+01, 5.7286e+01, 5.7429e+01,  ..., 1.1386e+02,\n"
            "          1.1400e+02, 1.1414e+02],\n"
            "         [1.1429e+02, 1.1443e+02, 1.1457e+02,  ..., 1.7100e+02,\n"
            "          1.7114e+02, 1.7129e+02]],\n"
            "\n"
            "        [[1.7143e+02, 1.7157e+02, 1.7171e+02,  ..., 2.2814e+02,\n"
            "          2.2829e+02, 2.2843e+02],\n"
            "         [2.2857e+02, 2.2871e+02, 2.2886e+02,  ..., 2.8529e+02,\n"
            "          2.8543e+02, 2.8557e+02],\n"
            "         [2.8571e+02, 2.8586e+02, 2.8600e+02,  ..., 3.4243e+02,\n"
            "          3.4257e+02, 3.4271e+02]]])"
        ),
    ),
    recorded("requires-grad", np.array([1.0, 2.0]), "tensor([1., 2.], requires_grad=True)", requires_grad=True),
    recorded(
        "grad-fn",
        np.array([[0.1, -0.2]]),
        "tensor([[ 0.1000, -0.2000]], grad_fn=<AddmmBackward>)",
        grad_fn="AddmmBackward",
    ),
    recorded(
        "grad-fn-fits",
        np.arange(5) + 0.125,
        "tensor([0.1250, 1.1250, 2.1250, 3.1250, 4.1250], grad_fn=<AAAAAAAAAAABackward>)",
        grad_fn="AAAAAAAAAAABackward",
    ),
    recorded(
        "grad-fn-wraps",
        np.arange(5) + 0.125,
        ("tensor([0.1250, 1.1250, 2.1250, 3.1250, 4.1250],\n       grad_fn=<AAAAAAAAAAAABackward>)"),
        grad_fn="AAAAAAAAAAAABackward",
    ),
    recorded(
        "dtype-then-grad-fn",
        np.arange(4) + 0.125,
        ("tensor([0.1250, 1.1250, 2.1250, 3.1250], dtype=torch.float64,\n       grad_fn=<LinalgVectorNormBackward>)"),
        dtype_name="float64",
        grad_fn="LinalgVectorNormBackward",
    ),
]


@pytest.mark.parametrize(("array", "facts", "text"), RECORDED)
def test_prints_as_recorded(array: Any, facts: dict[str, Any], text: str) -> None:
    assert printing.format_tensor(array, **facts) == text


@pytest.mark.parametrize(("array", "facts", "text"), RECORDED)
def test_recorded_is_what_torch_prints(torch: Any, array: Any, facts: dict[str, Any], text: str) -> None:
    assert repr(real_tensor(torch, array, **facts)) == text


# ---- what is not in the tensor ----


WEIGHT = np.array([[1.0, -2.0]], "float32")


def test_parameter() -> None:
    ours = printing.format_parameter(WEIGHT, dtype_name="float32")
    assert ours == "Parameter containing:\ntensor([[ 1., -2.]], requires_grad=True)"


def test_parameter_as_torch_prints_it(torch: Any) -> None:
    theirs = torch.nn.Parameter(torch.from_numpy(WEIGHT), requires_grad=False)
    assert printing.format_parameter(WEIGHT, dtype_name="float32", requires_grad=False) == repr(theirs)


@pytest.mark.parametrize("name", ["float32", "complex128", "int64"])
def test_dtype_shows_relative_to_the_default(torch: Any, name: str) -> None:
    array = np.ones(2, name)
    torch.set_default_dtype(torch.float64)
    try:
        theirs = [repr(torch.from_numpy(part)) for part in (array, array[:0])]
    finally:
        torch.set_default_dtype(torch.float32)
    assert [
        printing.format_tensor(part, dtype_name=name, default_dtype="float64") for part in (array, array[:0])
    ] == theirs


ON_DEVICE = "tensor([], device='cpu', size=(0, 3), dtype=torch.float64, requires_grad=True)"


def test_a_device_shows_first() -> None:
    facts: dict[str, Any] = {"dtype_name": "float64", "device": "cpu", "requires_grad": True}
    assert printing.format_tensor(np.ones((0, 3)), **facts) == ON_DEVICE


def test_a_device_shows_first_in_torch(torch: Any) -> None:
    with mock.patch.object(torch._C, "_get_default_device", return_value="cuda"):
        assert repr(torch.from_numpy(np.ones((0, 3))).requires_grad_()) == ON_DEVICE


def test_a_subclass_prints_its_own_name(torch: Any) -> None:
    array = np.arange(40.0, dtype="float32")
    image = type("Image", (torch.Tensor,), {})
    theirs = repr(torch.from_numpy(array).as_subclass(image))
    assert printing.format_tensor(array, dtype_name="float32", prefix="Image(") == theirs


@pytest.mark.parametrize("spec", ["", ".2f", ">10", "10.3e"])
@pytest.mark.parametrize("name", ["float32", "bfloat16", "complex64"])
def test_format_of_one_number(torch: Any, name: str, spec: str) -> None:
    array = held(np.array(2.71875), name)
    theirs = format(real_tensor(torch, array, dtype_name=name), spec)
    assert printing.format_item(array, spec, dtype_name=name) == theirs


@pytest.mark.parametrize("name", ["int64", "bool"])
def test_format_of_one_integer(torch: Any, name: str) -> None:
    array = np.array(1, name)
    assert printing.format_item(array, "4d", dtype_name=name) == format(torch.from_numpy(array), "4d")


def test_format_refuses_more_than_one_number(torch: Any) -> None:
    with pytest.raises(TypeError):
        format(torch.ones(2), ".2f")
    with pytest.raises(TypeError, match=r"shape \(2,\) takes no format spec, got '.2f'"):
        printing.format_item(np.ones(2), ".2f", dtype_name="float32")


def test_a_dtype_that_torch_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="'float23' is not a dtype"):
        printing.format_tensor(np.ones(2), dtype_name="float23")


# ---- options ----


def test_a_profile_stays_until_the_next() -> None:
    printing.set_printoptions(profile="short")
    assert printing.format_tensor(np.array([1 / 3]), dtype_name="float32") == "tensor([0.33])"
    printing.set_printoptions(profile="full")
    assert printing.format_tensor(np.arange(1001), dtype_name="int64").count(",") == 1000


def test_sci_mode_returns_to_automatic_unless_given() -> None:
    printing.set_printoptions(sci_mode=True)
    assert printing.format_tensor(np.ones(1), dtype_name="float32") == "tensor([1.0000e+00])"
    printing.set_printoptions(precision=2)
    assert printing.format_tensor(np.ones(1), dtype_name="float32") == "tensor([1.])"


def test_options_inside_a_block() -> None:
    before = printing.get_printoptions()
    with printing.printoptions(precision=1, edgeitems=1, threshold=2):
        assert printing.format_tensor(np.arange(4) / 4, dtype_name="float32") == "tensor([0.0,  ..., 0.8])"
    assert printing.get_printoptions() == before


def test_options_are_those_of_torch(torch: Any) -> None:
    assert printing.get_printoptions() == torch._tensor_str.get_printoptions()


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 8),
        "threshold": st.sampled_from([0, 3, 20, 1000, np.inf]),
        "edgeitems": st.integers(0, 4),
        "linewidth": st.integers(1, 120),
        "profile": st.sampled_from(["default", "short", "full", "no such profile"]),
        "sci_mode": st.sampled_from([None, True, False]),
    },
)

# ---- at random ----

SHAPES = npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=8) | st.sampled_from(
    [(40,), (1000,), (1001,), (1, 1001), (26, 40), (2, 3, 200), (2, 2, 2, 2, 2)]
)
NUMBERS = st.one_of(
    # a framework in this process may have switched subnormal numbers off, of float32 too
    st.floats(allow_subnormal=False).map(lambda value: 0.0 if abs(value) < 1.2e-38 else value),
    st.integers(-2000, 2000).map(float),
    st.integers(-(10**6), 10**6).map(lambda value: value / 1000),
    st.sampled_from([1e-300, np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-4, 1e8, 65504.0]),
)


@st.composite
def arrays(draw: st.DrawFn) -> tuple[np.ndarray[Any, Any], str]:
    name = draw(st.sampled_from(DTYPES + INTEGERS))
    if name in INTEGERS:
        return draw(npst.arrays(name, SHAPES)), name
    numbers = st.builds(complex, NUMBERS, NUMBERS) if name.startswith("complex") else NUMBERS
    values = draw(npst.arrays("complex128" if name.startswith("complex") else "float64", SHAPES, elements=numbers))
    with np.errstate(all="ignore"):
        return held(values, name), name


FACTS = st.fixed_dictionaries(
    {},
    optional={"requires_grad": st.booleans(), "grad_fn": st.integers(1, 70).map(lambda n: "A" * n + "Backward")},
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=arrays(), facts=FACTS)
def test_prints_as_torch_does(torch: Any, drawn: tuple[Any, str], facts: dict[str, Any]) -> None:
    array, name = drawn
    if name in (*INTEGERS, "bool"):
        facts = {}  # has no gradient
    theirs = real_tensor(torch, array, dtype_name=name, **facts)
    assert printing.format_tensor(array, dtype_name=name, **facts) == repr(theirs)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=arrays(), options=OPTIONS)
def test_options_mean_what_they_mean_in_torch(torch: Any, drawn: tuple[Any, str], options: dict[str, Any]) -> None:
    array, name = drawn
    with printing.printoptions(**options), torch._tensor_str.printoptions(**options):
        assert printing.get_printoptions() == torch._tensor_str.get_printoptions()
        theirs = repr(real_tensor(torch, array, dtype_name=name))
        assert printing.format_tensor(array, dtype_name=name) == theirs
