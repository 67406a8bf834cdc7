"""Programs as cases: what they show, what is compared, and what the truth is."""

from __future__ import annotations

import numpy as np
import pytest
from unified_nn_conformance import shim
from unified_nn_conformance.answer import Answer, Raised, Shown
from unified_nn_conformance.case import program
from unified_nn_conformance.checks import compare
from unified_nn_conformance.runner import question
from unified_nn_conformance.sample import f32, given
from unified_nn_conformance.wide import WideNumpy

import unified_nn


def answer(source: str, *inputs, vocabulary: str = "torch", backend=None) -> Answer:
    return shim.run(question(program(vocabulary, "it", source, *inputs)), backend or unified_nn.backend("numpy"))


def shown(source: str, *inputs, **options) -> dict:
    found = answer(source, *inputs, **options)
    assert found.error is None, found.error
    return found.results


def test_what_a_program_shows() -> None:
    found = shown(
        """
        show(t=x, i=torch.tensor([1]), n=3, f=0.5, s="text", none=None, flag=True)
        show(many=[x.shape, {"a": 1}])
        show(t=x + 1)
        """,
        given([1.0, 2.0]),
    )
    assert {name: v.kind for name, v in found.items() if isinstance(v, Shown)} == {
        "t": "float32", "i": "int64", "f": "float", "t #2": "float32"}  # fmt: skip
    assert found["t #2"].values.tolist() == [2, 3]
    assert {name: v for name, v in found.items() if not isinstance(v, Shown)} == {
        "n": 3, "s": "text", "none": None, "flag": True, "many: kind": "list of 2", "many[0]: kind": "tuple of 1",
        "many[0][0]": 2, "many[1]: kind": "dict", "many[1]['a']": 1}  # fmt: skip


def test_errors_are_shown_by_class() -> None:
    found = shown("show(bad=raised(lambda: x @ torch.ones(3)), good=raised(lambda: x))", f32(2))
    assert found["good"] is None
    assert found["bad"].bases[-3:] == ("Exception", "BaseException", "object")
    assert {"UnifiedError", "RuntimeError"} <= set(found["bad"].bases)


def test_what_is_printed_is_compared() -> None:
    assert answer("print(x)", given([1.0])).printed == "tensor([1.])\n"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("y = x + 1", "the program shows nothing"),
        ("show(o=object())", "a object cannot be compared"),
        ("1 / 0", "zero"),
    ],
)
def test_an_error_of_the_program_is_the_answer(source: str, text: str) -> None:
    assert text in answer(source, f32(2)).error[2]


@pytest.mark.parametrize(("vocabulary", "layer"), [("torch", "Linear"), ("mindspore", "Dense"), ("mxnet", "Dense")])
def test_filled_gives_the_same_weights_every_time(vocabulary: str, layer: str) -> None:
    if vocabulary == "mxnet":
        source = "net = nn.Dense(3, in_units=2)\nnet.initialize()\nshow(out=filled(net)(x))"
    else:
        source = f"show(out=filled(nn.{layer}(2, 3))(x))"
    first, second = (shown(source, f32(4, 2), vocabulary=vocabulary)["out"].values for _ in range(2))
    assert np.array_equal(first, second)
    assert np.abs(first).min() > 0


def test_the_truth_is_computed_in_float64_under_the_name_float32() -> None:
    source = "torch.manual_seed(2); a = torch.rand(5); show(y=(a + 1e-8).sum() + x.long().float(), d=str(a.dtype), a=a)"
    wide, plain = (shown(source, given([3.5]), backend=b) for b in (WideNumpy(), unified_nn.backend("numpy")))
    assert wide["y"].values.dtype == np.float64
    assert wide["y"].kind == wide["a"].kind == "float32"
    assert wide["d"] == "torch.float32"
    assert np.array_equal(wide["a"].values, plain["a"].values)  # drawn the same
    assert wide["y"].values == (plain["a"].values.astype(np.float64) + 1e-8).sum() + 3
    assert wide["y"].values != plain["y"].values


CASE = program("torch", "it", "show(x=x)", f32(2))
VALUES = np.array([1.0, 2.0], "float32")
ERROR = Raised("ShapeError", ("ShapeError", "UnifiedError", "RuntimeError"), "bad")


@pytest.mark.parametrize(
    ("ours", "real", "text"),
    [
        (Shown(VALUES, "float32"), Shown(VALUES + 1, "float32"), "r: 1 from float64"),
        (Shown(VALUES, "float32"), Shown(VALUES, "float"), "r: float32 (2,), the real one float (2,)"),
        (Shown(VALUES, "float32"), Shown(VALUES[:1], "float32"), "r: shape (2,), the real one (1,)"),
        (Shown(VALUES, "float32"), 3, "r: float32 (2,), the real one 3"),
        (1, True, "r: 1, the real one True"),
        ("a", "b", "r: 'a', the real one 'b'"),
        (ERROR, Raised("ValueError", (), ""), "r: ours is ShapeError"),
        (Raised("RuntimeError", ("RuntimeError",), "x"), Raised("RuntimeError", (), ""), "r: a foreign RuntimeError"),
        (ERROR, None, "r: raises ShapeError: bad, the real one None"),
    ],
)
def test_every_difference_turns_red(ours, real, text: str) -> None:
    assert compare(CASE, Answer(results={"r": ours}), Answer(results={"r": ours}), None) == [] or text.startswith(
        "r: a"
    )
    (found,) = compare(CASE, Answer(results={"r": ours}), Answer(results={"r": real}), None)
    assert text in found


def test_names_and_print_turn_red() -> None:
    assert "results: ['r'], the real one ['s']" in compare(
        CASE, Answer(results={"r": 1}), Answer(results={"s": 1}), None
    )
    assert compare(CASE, Answer(printed="a"), Answer(printed="b"), None) == ["printed: 'a', the real one 'b'"]
