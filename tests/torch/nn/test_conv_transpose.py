"""Transposed convolutions against real PyTorch, on every backend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from called import same_call, same_refusal
from twins import build, compare_calls, compare_construction, namespaces

X1, X2, X3 = (2, 4, 5), (2, 4, 5, 6), (1, 2, 3, 4, 3)
LAYERS: list[tuple[str, tuple[int, ...]]] = [
    ("nn.ConvTranspose1d(4, 3, 3)", X1), ("nn.ConvTranspose1d(4, 3, 3)", X1[1:]),
    ("nn.ConvTranspose1d(4, 6, 4, stride=3, padding=2, output_padding=2, groups=2, dilation=2)", X1),
    ("nn.ConvTranspose2d(4, 3, 3)", X2), ("nn.ConvTranspose2d(4, 3, 3, stride=2)", X2[1:]),
    ("nn.ConvTranspose2d(4, 6, (3, 2), (2, 3), (1, 0), (1, 2), 2, False, (1, 2))", X2),
    ("nn.ConvTranspose2d(4, 4, 2, 2, groups=4)", X2), ("nn.ConvTranspose2d(4, 3, 3, padding=2)", X2),
    ("nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1)", (1, 4, 1, 1)),
    ("nn.ConvTranspose2d(4, 3, 2)", (0, 4, 3, 3)), ("nn.ConvTranspose2d(4, 3, 1, output_padding=1, dilation=2)", X2),
    ("nn.ConvTranspose3d(2, 3, 2, stride=2)", X3), ("nn.ConvTranspose3d(2, 4, (2, 1, 3), 2, (0, 0, 1), 1, 2)", X3[1:]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shape"), LAYERS, ids=[f"{text} {shape}" for text, shape in LAYERS])
def test_layers_as_in_torch(text: str, shape: tuple[int, ...], backend: Any, oracle: Callable[[str], Any]) -> None:
    spaces = namespaces(oracle("torch"))
    made = [build(space, text) for space in spaces]
    compare_construction(made)
    for name in ("kernel_size", "stride", "padding", "output_padding", "dilation", "groups", "transposed"):
        assert getattr(made[0], name) == getattr(made[1], name), name
    compare_calls(made, spaces, [shape], "float32", 1e-4, 1e-5, calls=1)


def values(*shape: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.RandomState(seed).randn(*shape).astype("float32")


ARRAYS = {"a": values(2, 3, 7), "x": values(2, 3, 7, 8), "c": values(1, 3, 3, 2, 4), "v": values(3, 4, 3), "b": values(4),
          "w": values(3, 4, 3, 3, seed=1), "u": values(3, 2, 2, 2, 2), "B": values(12), "L": np.ones((2, 3, 7, 8), "int64")}  # fmt: skip
LAYER = "nn.ConvTranspose2d(3, 4, 3, stride=2)"


@pytest.mark.parametrize("text", [
    "F.conv_transpose1d(a, v, b, 2, 1, 1)", "F.conv_transpose1d(a[0], v)", "F.conv_transpose2d(x, w, b)",
    "F.conv_transpose2d(x, w, B, (2, 1), (1, 2), (1, 0), 3, (1, 2))", "F.conv_transpose2d(x[0], w, b)",
    "F.conv_transpose3d(c, u, stride=2)", "F.conv_transpose3d(c[0], u, stride=(2,))", "F.conv2d(x[0], w.transpose(0, 1))",
    f"{LAYER}(x, output_size=(16, 17))", f"{LAYER}(x, [2, 4, 15, 18])", f"{LAYER}(x[0], (4, 16, 17))",
    f"{LAYER}(x[0], output_size=[16, 18])", "nn.ConvTranspose2d(3, 4, 3, 2, 1, 1)(x, output_size=(13, 15))",
    "nn.ConvTranspose2d(3, 4, 3, 2, dilation=2)(x, output_size=torch.Size([18, 19]))",
])  # fmt: skip
def test_functions_as_in_torch(text: str, backend: Any, oracle: Callable[[str], Any]) -> None:
    same_call(oracle("torch"), text, ARRAYS, 1e-4, 1e-5)


@pytest.mark.parametrize("text", [
    "F.conv_transpose2d(x, w, output_padding=1)", "F.conv_transpose2d(x, w, stride=3, output_padding=-1)",
    "F.conv_transpose2d(x, w, stride=2, output_padding=2)", "F.conv_transpose2d(x, w, padding=-1)",
    "F.conv_transpose2d(x, w, padding='same')", "F.conv_transpose2d(x[0, 0], w)", "F.conv_transpose2d(x, w, padding=8)",
    "F.conv_transpose2d(x, w, b[:3])", "F.conv_transpose2d(x, w, groups=2)", "F.conv_transpose2d(x[:, :2], w)",
    "F.conv_transpose2d(x, w.double())", "F.conv_transpose2d(x, w, stride=0)", "F.conv_transpose2d(x, w, dilation=0)",
    "F.conv_transpose2d(x, w, stride=(1, 2, 3))", "F.conv_transpose2d(x, w[0])", "F.conv_transpose2d(x, w, b[:1])",
    f"{LAYER}(x, output_size=(20, 17))", f"{LAYER}(x, output_size=(14, 17))", f"{LAYER}(x, output_size=(1, 2, 3))",
    "nn.ConvTranspose2d(3, 4, 3, groups=3)", "nn.ConvTranspose2d(3, 4, 3, groups=0)",
    "nn.ConvTranspose2d(3, 4, 3, padding_mode='reflect')", "nn.ConvTranspose2d(3, 4, 3, padding='same')(x)",
    "nn.ConvTranspose2d(3, 4, 3, output_padding=2, stride=2)(x)", "nn.ConvTranspose2d(2, 4, 3)(x)",
    "nn.ConvTranspose2d(3, 4, 3)(x[0, 0])",
])  # fmt: skip
def test_refuses_what_torch_refuses(text: str, oracle: Callable[[str], Any]) -> None:
    same_refusal(oracle("torch"), text, ARRAYS)
