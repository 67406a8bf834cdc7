"""Padding, look-up tables and dropout against real PyTorch, on every backend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unified_nn.errors import NotOfferedError
from unified_nn.torch import nn as our_nn

sys.path.insert(0, str(Path(__file__).parent))
from twins import build, compare_calls, compare_construction, namespaces, tensors

PLACES = np.array([[0, 3, 1], [3, 3, 2]])
CASES: list[tuple[str, Any]] = [
    ("nn.ZeroPad1d(2)", (2, 3, 4)), ("nn.ZeroPad1d((1, 0))", (3, 4)), ("nn.ZeroPad2d(1)", (2, 3, 4, 5)),
    ("nn.ZeroPad2d((1, 2, 0, 3))", (3, 4, 5)), ("nn.ZeroPad2d((-1, 2, 0, -2))", (2, 3, 4, 5)), ("nn.ZeroPad3d(1)", (1, 2, 2, 3, 2)),
    ("nn.ConstantPad1d(1, 3.5)", (2, 3, 4)), ("nn.ConstantPad2d((1, 2, 3, 4), -1)", (2, 3, 4, 5)),
    ("nn.ConstantPad3d((1, 2, 3, 4, 0, 1), 0.5)", (2, 2, 2, 2)), ("nn.ConstantPad2d(1, 2)", (4, 5)),
    ("nn.ReflectionPad1d(2)", (2, 3, 4)), ("nn.ReflectionPad1d((3, 1))", (3, 4)), ("nn.ReflectionPad2d(2)", (2, 3, 4, 5)),
    ("nn.ReflectionPad2d((1, 2, 0, 3))", (3, 4, 5)), ("nn.ReflectionPad3d(1)", (1, 2, 2, 3, 2)),
    ("nn.ReplicationPad1d(5)", (2, 3, 4)), ("nn.ReplicationPad2d((1, 2, 0, 3))", (2, 3, 4, 5)), ("nn.ReplicationPad2d(1)", (3, 4, 5)),
    ("nn.ReplicationPad3d(1)", (1, 2, 2, 3, 2)), ("nn.CircularPad1d(4)", (2, 3, 4)), ("nn.CircularPad2d((1, 2, 0, 3))", (2, 3, 4, 5)),
    ("nn.CircularPad3d(1)", (1, 2, 2, 3, 2)), ("nn.CircularPad2d(1)", (3, 4, 5)),
    ("nn.Embedding(4, 3)", PLACES), ("nn.Embedding(4, 3, padding_idx=3)", PLACES), ("nn.Embedding(4, 3, padding_idx=-2)", PLACES),
    ("nn.Embedding(4, 3, padding_idx=0)", np.array(3)), ("nn.Embedding(4, 1)", np.array([], np.int64)),
    ("nn.Embedding(4, 3)", PLACES.astype(np.int32)), ("nn.Embedding(40, 30)", np.array([39, 0])),
    ("nn.Dropout()", (3, 4, 5)), ("nn.Dropout(0.2)", (7,)), ("nn.Dropout(0.0)", (3, 4)), ("nn.Dropout(1.0)", (3, 4)),
    ("nn.Dropout(0.3)", (0, 4)), ("nn.Dropout1d(0.3)", (2, 8, 3)), ("nn.Dropout1d(0.3)", (8, 3)), ("nn.Dropout2d(0.3)", (2, 8, 3, 2)),
    ("nn.Dropout2d(0.3)", (2, 8, 3)), ("nn.Dropout3d(0.3)", (2, 8, 1, 2, 2)), ("nn.Dropout3d(0.3)", (8, 1, 2, 2)),
    ("nn.AlphaDropout(0.4)", (3, 4, 5)), ("nn.AlphaDropout(1.0)", (3, 4)), ("nn.FeatureAlphaDropout(0.4)", (2, 8, 3)),
    ("nn.Sequential(nn.Identity(), nn.Dropout(0.5), nn.Dropout(0.1))", (3, 4)),
]  # fmt: skip
IDS = [f"{text} {shape.dtype if isinstance(shape, np.ndarray) else ''}{np.shape(shape) if isinstance(shape, np.ndarray) else shape}"
       for text, shape in CASES]  # fmt: skip


@pytest.mark.parametrize(("text", "shape"), CASES, ids=IDS)
def test_as_in_torch(text: str, shape: Any, backend: Any, oracle: Callable[[str], Any]) -> None:
    spaces = namespaces(oracle("torch"))
    made = [build(space, text) for space in spaces]
    compare_construction(made)
    compare_calls(made, spaces, [shape], "float32", 1e-6, 1e-7)


DOUBLE = [("nn.Dropout(0.3)", (5, 6)), ("nn.AlphaDropout(0.3)", (5, 6)), ("nn.ReflectionPad2d(1)", (2, 3, 4, 5)),
          ("nn.ConstantPad1d(1, 0.1)", (2, 3)), ("nn.Embedding(4, 3, dtype=torch.float64, padding_idx=1)", PLACES)]  # fmt: skip


@pytest.mark.parametrize(("text", "shape"), DOUBLE, ids=[text for text, _ in DOUBLE])
def test_float64(text: str, shape: Any, backend: Any, oracle: Callable[[str], Any]) -> None:
    spaces = namespaces(oracle("torch"))
    made = [build(space, text) for space in spaces]
    compare_construction(made)
    compare_calls(made, spaces, [shape], "float64", 1e-14, 1e-15)


REFUSED: list[tuple[str, Any]] = [
    ("nn.ZeroPad2d((1, 2, 3))", (2, 3, 4, 5)), ("nn.ReflectionPad1d(4)", (2, 3, 4)), ("nn.ReflectionPad1d(1)", (4,)),
    ("nn.ReflectionPad2d(1)", (2, 3)), ("nn.CircularPad1d(5)", (2, 3, 4)), ("nn.ReplicationPad2d(1)", (2,)), ("nn.ConstantPad1d(1)", (2, 3)),
    ("nn.ZeroPad2d((-3, -3, 0, 0))", (2, 3, 4, 5)), ("nn.ZeroPad1d(1)", ()), ("nn.ReflectionPad2d(1)", (2, 3, 0, 5)),
    ("nn.Embedding(4, 3)", np.array([4])), ("nn.Embedding(4, 3)", np.array([-1])), ("nn.Embedding(4, 3)", (2, 3)),
    ("nn.Embedding(4, 3, padding_idx=4)", PLACES), ("nn.Embedding(4, 3, padding_idx=-5)", PLACES), ("nn.Embedding(-1, 3)", PLACES),
    ("nn.Dropout(1.5)", (2,)), ("nn.Dropout(-0.1)", (2,)), ("nn.Dropout('x')", (2,)), ("nn.Dropout(None)", (2,)), ("nn.AlphaDropout(2)", (2,)),
    ("nn.Dropout(0.5)", np.array([1, 2])), ("nn.Dropout1d()", (2,)), ("nn.Dropout1d()", (2, 3, 4, 5)), ("nn.Dropout2d()", (2,)),
    ("nn.Dropout(0.5, inplace=True)", (2, 3)),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:dropout")
@pytest.mark.parametrize(("text", "shape"), REFUSED, ids=[f"{t} {np.shape(s) or s}" for t, s in REFUSED])
def test_refuses_what_torch_refuses(text: str, shape: Any, backend: Any, oracle: Callable[[str], Any]) -> None:
    ours, real = namespaces(oracle("torch"))
    with pytest.raises(Exception) as expected:  # noqa: PT011  which one is what the test is about
        build(real, text)(*tensors(real, [shape], "float32"))
    with pytest.raises(type(expected.value)):
        build(ours, text)(*tensors(ours, [shape], "float32"))


def test_in_place_dropout_changes_its_input(backend: Any, oracle: Callable[[str], Any]) -> None:
    found = []
    for space in namespaces(oracle("torch")):
        layer = build(space, "nn.Dropout(0.5, inplace=True)")
        x = space["torch"].ones(4, 4)
        out = layer(x)
        assert out is x
        found.append(x.tolist())
    assert found[0] == found[1]


def test_sparse_gradients_of_embedding_are_not_offered() -> None:
    with pytest.raises(NotOfferedError, match="sparse=True is not offered, gradients are dense"):
        our_nn.Embedding(4, 3, sparse=True)


def test_embedding_from_pretrained(backend: Any, oracle: Callable[[str], Any]) -> None:
    found = []
    for space in namespaces(oracle("torch")):
        layer = space["nn"].Embedding.from_pretrained(space["torch"].arange(6.0).reshape(3, 2), padding_idx=1)
        free = space["nn"].Embedding.from_pretrained(space["torch"].arange(6.0).reshape(3, 2), freeze=False)
        places = space["torch"].tensor([2, 1])
        found.append((layer(places).tolist(), layer.weight.requires_grad, free.weight.requires_grad, repr(layer)))
        with pytest.raises(AssertionError):
            space["nn"].Embedding.from_pretrained(space["torch"].arange(6.0))
    assert found[0] == found[1]
