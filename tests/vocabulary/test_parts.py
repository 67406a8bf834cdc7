"""Layers that are made of layers: attention keeps its last projection as a child, under each vocabulary's names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import unified_nn
from unified_nn import mindspore, nn, torch
from unified_nn.errors import ArgumentError
from unified_nn.layers.attention import MultiheadAttention
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.entry import call_for

ROWS = {"neutral": nn.MultiheadAttention, "torch": torch.nn.MultiheadAttention,
        "mindspore": mindspore.nn.MultiheadAttention}  # fmt: skip
LAYERS = {
    "plain": MultiheadAttention(4, 2),
    "separate": MultiheadAttention(4, 2, bias=False, key_features=3, batch_first=True),
    "places": MultiheadAttention(6, 3, drop=0.25, learned_place=True, zero_place=True),
}
NAMES = {
    "torch": ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"],
    "mindspore": ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"],
    "neutral": ["in_w", "in_b", "out_proj.w", "out_proj.b"],
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_each_vocabulary_says_the_layer_and_means_it(row: Any, layer: MultiheadAttention) -> None:
    made = eval(call_for(row, layer), {row.__name__: row})
    assert made.layer == layer
    assert made.out_proj.layer.features == layer.features


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_part_has_each_vocabularys_names(row: Any, names: str) -> None:
    assert list(unified_nn.state(row(4, 2), names=names)) == NAMES[names]


def test_a_state_goes_from_one_vocabulary_to_another() -> None:
    rows = np.random.default_rng(0).standard_normal((3, 2, 4)).astype("float32")
    theirs = torch.nn.MultiheadAttention(4, 2)
    theirs.in_proj_bias.data.fill_(0.5)
    ours = nn.MultiheadAttention(4, 2)
    ours.load_state_dict(theirs.state_dict(), names="torch")
    x = torch.tensor(rows)
    expected = theirs(x, x, x)
    found = ours(Tensor.from_numpy(rows))
    np.testing.assert_allclose(found[0].numpy(), expected[0].detach().numpy(), 1e-6)
    np.testing.assert_allclose(found[1].numpy().mean(1), expected[1].detach().numpy(), 1e-6)


def test_the_neutral_layer_attends_to_what_it_is_given() -> None:
    net = nn.MultiheadAttention(4, 2, batch_first=True)
    x, y = (Tensor.from_numpy(np.ones((2, n, 4), "float32")) for n in (3, 5))
    mask = Tensor.from_numpy(np.array([[[[True, False, True, True, False]]]]))
    out, weights = net(x, y, y, mask)
    assert out._shape == (2, 3, 4)
    np.testing.assert_allclose(weights.numpy(), np.broadcast_to([1 / 3, 0, 1 / 3, 1 / 3, 0], (2, 2, 3, 5)), 1e-6)
    assert repr(net) == "MultiheadAttention(\n  4, heads=2\n  (out_proj): Linear(4 -> 4, bias=True)\n)"


@pytest.mark.parametrize(
    ("shapes", "text"),
    [
        ([(3, 2, 5)], "q has shape \\(3, 2, 5\\), expected rank 3 \\(length, N, features\\) with 4 features"),
        ([(3, 2, 4), (5, 3, 4)], "samples and places do not fit"),
    ],
    ids=["features", "samples"],
)
def test_what_does_not_fit_is_explained(shapes: list[tuple[int, ...]], text: str) -> None:
    arrays = [Tensor.from_numpy(np.ones(shape, "float32")) for shape in shapes]
    with pytest.raises(ValueError, match=text):
        nn.MultiheadAttention(4, 2)(*arrays)


def test_heads_must_divide_the_features() -> None:
    with pytest.raises(ArgumentError, match="divisible by heads, got features=5, heads=2"):
        nn.MultiheadAttention(5, 2)
