"""Shuffles, enlarging and distances against real PyTorch, on every backend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from unified_nn.errors import NotOfferedError
from unified_nn.torch import nn as our_nn

sys.path.insert(0, str(Path(__file__).parent))
from twins import build, compare_calls, compare_construction, namespaces, tensors

PICTURE = (2, 8, 3, 4)
CASES: list[tuple[str, list[Any]]] = [
    ("nn.PixelShuffle(2)", [PICTURE]), ("nn.PixelShuffle(2)", [(8, 3, 4)]), ("nn.PixelShuffle(1)", [PICTURE]),
    ("nn.PixelShuffle(3)", [(2, 1, 18, 2, 1)]), ("nn.PixelUnshuffle(3)", [(2, 2, 6, 3)]), ("nn.PixelUnshuffle(2)", [(2, 4, 6)]),
    ("nn.ChannelShuffle(2)", [PICTURE]), ("nn.ChannelShuffle(4)", [(2, 8, 3)]),
    ("nn.Upsample(scale_factor=2)", [PICTURE]), ("nn.Upsample(scale_factor=1.5)", [PICTURE]), ("nn.Upsample(scale_factor=(0.7, 2.6))", [PICTURE]),
    ("nn.Upsample(size=(5, 7))", [PICTURE]), ("nn.Upsample(size=2)", [(2, 3, 7)]), ("nn.Upsample(scale_factor=3)", [(1, 2, 2, 3, 2)]),
    ("nn.Upsample(scale_factor=0.7, recompute_scale_factor=True)", [PICTURE]), ("nn.UpsamplingNearest2d(scale_factor=2)", [PICTURE]),
    ("nn.UpsamplingNearest2d(size=5)", [PICTURE]),
    ("nn.Upsample(scale_factor=1.5, mode='linear')", [(2, 3, 7)]), ("nn.Upsample(size=(5, 7), mode='bilinear')", [PICTURE]),
    ("nn.Upsample(scale_factor=(0.7, 2.6), mode='bilinear')", [PICTURE]), ("nn.Upsample(size=(1, 3), mode='bilinear')", [PICTURE]),
    ("nn.Upsample(scale_factor=2, mode='trilinear', align_corners=True)", [(1, 2, 2, 3, 2)]),
    ("nn.UpsamplingBilinear2d(scale_factor=2)", [PICTURE]),
    ("nn.CosineSimilarity()", [(3, 4), (3, 4)]), ("nn.CosineSimilarity(dim=-1, eps=1.0)", [(2, 3, 4), (2, 3, 4)]),
    ("nn.CosineSimilarity(0)", [(4,), (4,)]), ("nn.CosineSimilarity()", [(3, 4), (1, 4)]),
    ("nn.PairwiseDistance()", [(3, 4), (3, 4)]), ("nn.PairwiseDistance(1.0, keepdim=True)", [(3, 4), (3, 4)]),
    ("nn.PairwiseDistance(3, eps=0.1)", [(3, 4), (4,)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shapes"), CASES, ids=[f"{text} {shapes}" for text, shapes in CASES])
def test_as_in_torch(text: str, shapes: list[Any], backend: Any, oracle: Callable[[str], Any]) -> None:
    spaces = namespaces(oracle("torch"))
    made = [build(space, text) for space in spaces]
    compare_construction(made)
    compare_calls(made, spaces, shapes, "float32", 1e-5, 1e-6, calls=1)


REFUSED: list[tuple[str, Any]] = [
    ("nn.PixelShuffle(3)", PICTURE), ("nn.PixelShuffle(0)", PICTURE), ("nn.PixelShuffle(1)", (3, 4)), ("nn.PixelUnshuffle(5)", PICTURE),
    ("nn.ChannelShuffle(3)", PICTURE), ("nn.Upsample()", PICTURE), ("nn.Upsample(3, 2)", PICTURE), ("nn.Upsample(scale_factor=2)", (3, 4)),
    ("nn.Upsample(scale_factor=2, align_corners=True)", PICTURE), ("nn.Upsample(scale_factor=(2, 3, 4))", PICTURE),
    ("nn.Upsample(scale_factor=2, mode='foo')", PICTURE), ("nn.Upsample(size=0)", PICTURE),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shape"), REFUSED, ids=[f"{text} {shape}" for text, shape in REFUSED])
def test_refuses_what_torch_refuses(text: str, shape: Any, oracle: Callable[[str], Any]) -> None:
    ours, real = namespaces(oracle("torch"))
    with pytest.raises(Exception) as expected:  # noqa: PT011  which one is what the test is about
        build(real, text)(*tensors(real, [shape], "float32"))
    with pytest.raises(type(expected.value)):
        build(ours, text)(*tensors(ours, [shape], "float32"))


@pytest.mark.parametrize("mode", ["bicubic", "area", "nearest-exact"])
def test_other_modes_say_so(mode: str) -> None:
    from unified_nn import torch

    with pytest.raises(NotOfferedError, match=mode):
        our_nn.Upsample(scale_factor=2, mode=mode)(torch.ones(1, 1, 2, 2))


@pytest.mark.parametrize("name", ["SyncBatchNorm", "EmbeddingBag"])
def test_layers_that_are_not_there_say_so(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"torch\.nn\.{name} is not offered"):
        getattr(our_nn, name)
