"""Adaptive and norm pooling, padding, look-ups and one-hot rows against real PyTorch, on every backend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from called import same_call, same_refusal
from twins import build, compare_construction, namespaces


def values(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.RandomState(0).randn(*shape).astype("float32")


ARRAYS = {"a": values(2, 3, 9), "x": values(2, 3, 7, 8), "c": values(1, 2, 5, 6, 4), "w": values(4, 3), "t": np.ones((1, 2, 5, 7), "float32"),
          "I": np.array([[0, 2], [1, 1]]), "L": np.arange(24).reshape(1, 2, 3, 4), "E": np.zeros((0, 2), "int64"),
          "p": np.abs(values(2, 3, 7, 8)) + 0.1}  # fmt: skip

CALLS = """
F.adaptive_avg_pool1d(a, 4) / F.adaptive_avg_pool1d(a, 1) / F.adaptive_avg_pool1d(a, 9) / F.adaptive_avg_pool1d(a[0], [4])
F.adaptive_avg_pool2d(x, 1) / F.adaptive_avg_pool2d(x, 3) / F.adaptive_avg_pool2d(x, (3, None)) / F.adaptive_avg_pool2d(x, (7, 8))
F.adaptive_avg_pool2d(x[0], (2, 4)) / F.adaptive_avg_pool2d(x[0], 1) / F.adaptive_avg_pool2d(x, 12) / F.adaptive_avg_pool2d(x.detach(), 0)
F.adaptive_avg_pool2d(x[:0], 2) / F.adaptive_avg_pool3d(c, 2) / F.adaptive_avg_pool3d(c, 1) / F.adaptive_avg_pool3d(c[0], (None, 2, 3))
F.adaptive_avg_pool2d(x.detach(), (0, 3)) / F.adaptive_max_pool1d(a, 4) / F.adaptive_max_pool1d(a, 4, return_indices=True)
F.adaptive_max_pool1d(a[0], 9, True) / F.adaptive_max_pool2d(x, 3) / F.adaptive_max_pool2d(x, (3, None)) / F.adaptive_max_pool2d(x, (3, 5), True)
F.adaptive_max_pool2d(x[0], (7, 4), True) / F.adaptive_max_pool2d(x, 12, True) / F.adaptive_max_pool2d(x, 1, True) / F.adaptive_max_pool2d(x.detach(), 0, True)
F.adaptive_max_pool2d(t, (3, 4), True) / F.adaptive_max_pool2d(x[:0], 2) / F.adaptive_max_pool3d(c, 2, True)
F.adaptive_max_pool3d(c[0], (2, None, 3), True) / F.lp_pool1d(a, 2, 3) / F.lp_pool1d(a[0], 3, 2) / F.lp_pool1d(a, float('inf'), 3)
F.lp_pool2d(p, 2.0, (2, 3), stride=2, ceil_mode=True) / F.lp_pool2d(p, 1.5, 3) / F.lp_pool2d(x, -float('inf'), 2) / F.lp_pool3d(c, 2, 2)
nn.AdaptiveAvgPool1d(4)(a) / nn.AdaptiveAvgPool2d((None, 3))(x) / nn.AdaptiveAvgPool3d(2)(c[0]) / nn.AdaptiveMaxPool1d(2)(a)
nn.AdaptiveMaxPool2d((3, 5), return_indices=True)(x) / nn.AdaptiveMaxPool3d(3)(c) / nn.LPPool1d(2, 3)(a) / nn.LPPool2d(2, 2, 1)(p)
nn.AvgPool2d(2)(x[0]) / nn.AvgPool1d(2)(a[0]) / nn.MaxPool2d(2)(x[0]) / nn.MaxPool1d(2)(a[0]) / nn.MaxPool2d(2, return_indices=True)(x[0])
F.max_pool1d(a.flip(2), 3) / F.max_pool1d(a[:, :, [0, 2, 1, 5]], 2) / F.avg_pool2d(x[0], 2) / F.max_pool2d(x[0], 2) / F.max_pool1d(a[0], 2) / F.avg_pool1d(a[0], 2) / nn.AvgPool3d(2)(c[0])
F.pad(x, (1, 2)) / F.pad(x, (1, 2, 3, 4), value=3) / F.pad(x, ()) / F.pad(x, (-1, 2)) / F.pad(x, (-4, -4)) / F.pad(x, [1, 1, 0, 0, 2, 1, 1, 0])
F.pad(x, (1, 2, 1, 2), 'reflect') / F.pad(a, (1, 2), 'reflect', 0.0) / F.pad(a[0], (8, 0), 'reflect') / F.pad(a, (12, 0), 'replicate')
F.pad(a, (9, 3), 'circular') / F.pad(x, (1, 1, 2, 2), 'circular') / F.pad(x, (1, 1, 2, 2), mode='replicate') / F.pad(c, (1, 1, 2, 2, 1, 0), 'replicate')
F.pad(c, (1, 1, 2, 2, 1, 0), 'reflect') / F.pad(c, (1, 1, 2, 2, 1, 0), 'circular') / F.pad(x, (-1, 1, -1, -2), 'replicate')
F.pad(x, (-1, 1, -1, -2), 'reflect') / F.pad(x, (-1, 1, -1, -2), 'circular') / F.pad(L, (1, 1), value=2.7) / F.pad(L > 3, (1, 1), value=1)
F.pad(L, (1, 1, 1, 1), 'reflect') / F.pad(x[0], (1, 1, 1, 1), 'circular') / F.pad(x[:0], (1, 1, 1, 1), 'reflect')
F.embedding(I, w) / F.embedding(I.int(), w) / F.embedding(I, w, padding_idx=2) / F.embedding(I, w, padding_idx=-3) / F.embedding(I[0, 0], w)
F.embedding(E, w) / F.one_hot(I) / F.one_hot(I, 5) / F.one_hot(E, 3) / F.one_hot(I[0, 0]) / F.one_hot(I[0], num_classes=3)
"""


@pytest.mark.parametrize("text", [t.strip() for line in CALLS.split("\n") for t in line.split(" / ") if t.strip()])
def test_as_in_torch(text: str, backend: Any, oracle: Callable[[str], Any]) -> None:
    same_call(oracle("torch"), text, ARRAYS)


@pytest.mark.parametrize("text", [
    "nn.AdaptiveAvgPool1d(4)", "nn.AdaptiveAvgPool2d((None, 3))", "nn.AdaptiveAvgPool3d((1, 2, 3))", "nn.AdaptiveMaxPool1d(3)",
    "nn.AdaptiveMaxPool2d((3, None), return_indices=True)", "nn.AdaptiveMaxPool3d(2)", "nn.LPPool1d(2, 3)",
    "nn.LPPool2d(2, (3, 2), stride=1, ceil_mode=True)", "nn.LPPool3d(1.5, 2)",
])  # fmt: skip
def test_construction_as_in_torch(text: str, oracle: Callable[[str], Any]) -> None:
    made = [build(space, text) for space in namespaces(oracle("torch"))]
    compare_construction(made)
    kept = ("output_size", "return_indices", "norm_type", "kernel_size", "stride", "ceil_mode")
    assert {k: getattr(made[0], k) for k in kept if hasattr(made[1], k)} == {
        k: getattr(made[1], k) for k in kept if hasattr(made[1], k)
    }


REFUSED = """
F.adaptive_avg_pool1d(a, (4, 5)) / F.adaptive_avg_pool1d(a, None) / nn.AdaptiveAvgPool1d(None)(a) / F.adaptive_avg_pool2d(x, None)
F.adaptive_avg_pool2d(x, (1, 2, 3)) / F.adaptive_avg_pool2d(x, (2,)) / F.adaptive_avg_pool2d(x, -1) / F.adaptive_avg_pool2d(x[0, 0], 2)
F.adaptive_avg_pool2d(x[:, :, :0], 2) / F.adaptive_avg_pool2d(L, 2) / nn.AdaptiveMaxPool1d((None,))(a) / F.adaptive_max_pool2d(x, -1)
F.adaptive_max_pool2d(x, (2,)) / F.adaptive_max_pool2d(x[0, 0], 2) / F.adaptive_max_pool2d(x[:, :, :0], 2) / F.adaptive_max_pool2d(L, 2)
F.pad(x, (1, 2, 3)) / F.pad(x, (1,) * 10) / F.pad(x, (1, 2), 'reflect') / F.pad(x, (1, 2, 1, 2), 'reflect', 1.0) / F.pad(a[0, 0], (1, 2), 'reflect')
F.pad(a, (9, 0), 'reflect') / F.pad(a, (10, 0), 'circular') / F.pad(x, (1, 1), 'some') / F.pad(x, (-4, -5)) / F.pad(L > 3, (1, 1, 1, 1), 'replicate')
F.embedding(I.float(), w) / F.embedding(I + 3, w) / F.embedding(I - 1, w) / F.embedding(I, w, padding_idx=7) / F.embedding(I, w, padding_idx=-5)
F.embedding(I, w[0]) / F.embedding(I.to(torch.uint8), w) / F.one_hot(I, 2) / F.one_hot(I, 0) / F.one_hot(I, -3) / F.one_hot(I.int()) / F.one_hot(E)
F.one_hot(I - 1) / F.one_hot(w) / F.lp_pool2d(x, 0, 3)
"""


@pytest.mark.parametrize("text", [t.strip() for line in REFUSED.split("\n") for t in line.split(" / ") if t.strip()])
def test_refuses_what_torch_refuses(text: str, oracle: Callable[[str], Any]) -> None:
    same_refusal(oracle("torch"), text, ARRAYS)


@pytest.mark.parametrize("name", ["unfold", "fold", "grid_sample"])
def test_functions_that_are_not_there_say_so(name: str) -> None:
    from unified_nn.torch.nn import functional

    with pytest.raises(AttributeError, match=rf"torch\.nn\.functional\.{name} is not offered"):
        getattr(functional, name)


def test_sparse_gradients_of_embedding_are_not_offered() -> None:
    from unified_nn import torch
    from unified_nn.errors import NotOfferedError

    with pytest.raises(NotOfferedError, match="sparse"):
        torch.nn.functional.embedding(torch.tensor([0]), torch.ones(2, 3), sparse=True)
