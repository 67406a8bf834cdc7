"""NumPy's text under any NumPy: the strings are those of NumPy 1.26.4."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from unified_nn.array_text import array_repr, array_text

RECORDED = [
    pytest.param(
        np.arange(1001),
        "[   0    1    2 ...  998  999 1000]",
        "array([   0,    1,    2, ...,  998,  999, 1000])",
        id="long",
    ),
    pytest.param(np.float32(3.0), "3.0", "array(3., dtype=float32)", id="0d"),
    pytest.param(np.float32(-84918824.0), "-84918824.0", "array(-84918824., dtype=float32)", id="0d-eight-digits"),
    pytest.param(np.float16([5640.0]), "[5640.]", "array([5640.], dtype=float16)", id="float16-four-digits"),
    pytest.param(
        np.float32([1434181.0, -126280.0]),
        "[1434181. -126280.]",
        "array([1434181., -126280.], dtype=float32)",
        id="float32-seven-digits",
    ),
    pytest.param(
        np.complex64([-839276 - 0.25j]), "[-839276.-0.25j]", "array([-839276.-0.25j], dtype=complex64)", id="complex64"
    ),
    pytest.param(np.zeros((2, 0)), "[]", "array([], shape=(2, 0), dtype=float64)", id="empty"),
]


@pytest.mark.parametrize(("array", "text", "representation"), RECORDED)
def test_prints_as_numpy_1_26(array: Any, text: str, representation: str) -> None:
    assert (array_text(array), array_repr(array)) == (text, representation)


OPTIONS = [
    pytest.param({"precision": 2}, "[0.33 2.  ]", id="precision"),
    pytest.param({"formatter": {"float_kind": "<{:.1f}>".format}}, "[<0.3> <2.0>]", id="formatter"),
    pytest.param({"legacy": "1.13"}, "[ 0.33333333  2.        ]", id="legacy"),
]


@pytest.mark.parametrize(("options", "text"), OPTIONS)
def test_the_options_of_the_user_hold(options: dict[str, Any], text: str) -> None:
    with np.printoptions(**options):
        before = np.get_printoptions()
        assert array_text(np.array([1 / 3, 2.0])) == text
        assert np.get_printoptions() == before
