"""The float64 rule and the checks: what agrees, what differs, and how it is said."""

from __future__ import annotations

import numpy as np
import pytest
from unified_nn_conformance.answer import Answer
from unified_nn_conformance.case import layer
from unified_nn_conformance.checks import compare
from unified_nn_conformance.compare import disagreement, distance
from unified_nn_conformance.expected import Expected
from unified_nn_conformance.sample import f32, given, index

TRUTH = np.linspace(1, 2, 6).reshape(2, 3)
CLOSE = TRUTH.astype("float32")


def said(result, oracle=CLOSE, truth=TRUTH) -> str:
    return disagreement("out 0", "value", result, oracle, truth) or ""


def test_rounding_agrees() -> None:
    assert said(CLOSE) == ""
    assert said(np.nextafter(CLOSE, np.float32(9))) == ""


def test_one_wrong_place_is_named() -> None:
    wrong = CLOSE.copy()
    wrong[1, 2] += 1e-4
    assert "at [1, 2] it is 2.0001, should be 2.0" in said(wrong)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (CLOSE.T, "shape (3, 2), the real one (2, 3)"),
        (TRUTH, "dtype float64, the real one float32"),
        (None, "ours is None, the real one an array (2, 3)"),
        (np.where(CLOSE > 1.5, np.nan, CLOSE).astype("float32"), "inf from float64"),
    ],
    ids=["shape", "dtype", "none", "nan"],
)
def test_what_differs(result, text: str) -> None:
    assert text in said(result)


def test_a_real_framework_far_from_the_truth_is_not_believed() -> None:
    assert "the real one is" in said(CLOSE, oracle=CLOSE + np.float32(0.01))


def test_an_inexact_real_framework_gives_room_to_ours() -> None:
    off = (CLOSE * np.float32(1 + 4e-6)).astype("float32")
    assert said((CLOSE * np.float32(1 + 8e-6)).astype("float32"), oracle=off) == ""


def test_distance_of_special_values() -> None:
    special = np.array([np.nan, np.inf, 1.0])
    assert distance(special, special) == 0
    assert distance(special, np.array([1.0, np.inf, 1.0])) == np.inf


CASE = layer("torch", "nn.Linear(2, 1)", f32(1, 2))


def answer(**changes) -> Answer:
    made = Answer([CLOSE], ["float32"], [CLOSE], ["weight"], [(1, 2)], {"weight": CLOSE}, {"weight": CLOSE}, "Linear()")
    for name, value in changes.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"dtypes": ["float64"]}, "dtypes"),
        ({"outs": [CLOSE, CLOSE]}, "outputs: 2, the real one 1"),
        ({"names": ["w"]}, "parameters: {'w'"),
        ({"parameter_grads": {}}, "learned parameters"),
        ({"parameter_grads": {"weight": CLOSE * 2}}, "gradient of weight"),
        ({"input_grads": [None]}, "gradient of input 0: ours is None"),
        ({"state": {"weight": CLOSE * 2}}, "state weight"),
        ({"printed": "Linear(1)"}, "printed: 'Linear(1)', the real one 'Linear()'"),
        ({"error": ("KeyError", ["KeyError"], "x")}, "error: KeyError: x; the real one computes"),
    ],
    ids=lambda v: next(iter(v)) if isinstance(v, dict) else None,
)
def test_every_check_turns_red(changes: dict, text: str) -> None:
    assert compare(CASE, answer(), answer(), None) == []
    (found,) = compare(CASE, answer(**changes), answer(), None)
    assert text in found


def test_errors_must_be_of_the_real_class_and_our_own() -> None:
    real = Answer(error=("RuntimeError", ["RuntimeError"], "bad"))
    ours = Answer(error=("ShapeError", ["ShapeError", "UnifiedError", "RuntimeError"], "bad"))
    assert compare(CASE, ours, real, None) == []
    assert "the real one ValueError" in compare(CASE, ours, Answer(error=("ValueError", [], "")), None)[0]
    assert "a foreign RuntimeError" in compare(CASE, real, real, None)[0]
    assert "ours computes" in compare(CASE, answer(), real, None)[0]


def test_expected_lines_have_reasons_and_go_stale(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    import unified_nn_conformance.expected as module

    monkeypatch.setattr(module, "__file__", str(tmp_path / "__init__.py"))
    (tmp_path / "numpy.txt").write_text("# why\nlayers/torch/a :: it is so\nfunctions/* :: all of them\n", "utf-8")
    known = Expected.read("numpy")
    assert known.reason("layers/torch/a") == "it is so"
    assert known.reason("functions/torch/b") == "all of them"
    assert known.reason("layers/torch/b") is None
    known.mark_stale("layers/torch/a")
    assert known.stale == ["layers/torch/a :: agrees now"]
    (tmp_path / "numpy.txt").write_text("layers/torch/a\n", "utf-8")
    with pytest.raises(ValueError, match=r"numpy.txt:1: expected 'case id :: reason'"):
        Expected.read("numpy")


def test_samples_are_the_same_everywhere() -> None:
    assert f32(2).array("salt").tolist() == f32(2).array("salt").tolist()
    assert f32(2).array("salt").tolist() != f32(2).array("pepper").tolist()
    assert index(50, high=3).array("").max() == 2
    assert given([[1, 2]], "int64").array("").shape == (1, 2)
