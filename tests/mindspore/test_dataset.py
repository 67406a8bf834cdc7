"""Data sets against MindSpore's: columns, sizes, order and dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import unified_nn.mindspore as ms
from unified_nn import Backend
from unified_nn.mindspore import dataset

X = np.arange(12, dtype=np.float32).reshape(6, 2)
Y = np.arange(6, dtype=np.int32)


class Samples:
    def __getitem__(self, index: int) -> Any:
        return np.float32(index) * np.ones(2, np.float32), np.int32(index)

    def __len__(self) -> int:
        return 5


def drawn() -> Any:
    for i in range(3):
        yield (np.array([i, i + 1]),)


def slices(m: Any) -> Any:
    return m.dataset.NumpySlicesDataset((X, Y), ["data", "label"], shuffle=False)


def generated(m: Any) -> Any:
    return m.dataset.GeneratorDataset(Samples(), ["d", "l"], shuffle=False)


PIPELINES: dict[str, Callable[[Any], Any]] = {
    "slices": slices,
    "batch": lambda m: slices(m).batch(4),
    "whole-batches": lambda m: slices(m).batch(4, drop_remainder=True),
    "one-column": lambda m: m.dataset.NumpySlicesDataset([1, 2, 3], shuffle=False),
    "dictionary": lambda m: m.dataset.NumpySlicesDataset({"a": [1, 2], "b": [3.0, 4.0]}, shuffle=False),
    "generator": lambda m: generated(m).batch(2),
    "function": lambda m: m.dataset.GeneratorDataset(drawn, ["a"]),
    "map": lambda m: generated(m).map(lambda v: v * 2, input_columns=["d"]),
    "map-more": lambda m: generated(m).map([lambda v: (v, v + 1)], input_columns=["d"], output_columns=["d", "e"]),
    "map-two": lambda m: generated(m).map(lambda a, b: (a + b, b), input_columns=["d", "l"]),
    "repeat": lambda m: generated(m).repeat(2).batch(3),
    "take-skip": lambda m: generated(m).skip(1).take(3),
    "too-many-names": lambda m: m.dataset.NumpySlicesDataset([1, 2], ["a", "b"], shuffle=False),
    "unequal": lambda m: m.dataset.NumpySlicesDataset(([1, 2], [1]), ["a", "b"], shuffle=False),
    "batch-of-0": lambda m: generated(m).batch(0),
    "shuffle-of-1": lambda m: generated(m).shuffle(1),
}  # fmt: skip


@pytest.mark.parametrize("name", PIPELINES)
def test_pipeline(name: str, same: Callable[..., None], backend: Backend) -> None:
    def run(m: Any) -> Any:
        build = PIPELINES[name]
        rows = [dict(row) for row in build(m).create_dict_iterator(output_numpy=True)]
        tensors = [list(row) for row in build(m)]
        return rows, tensors, build(m).get_dataset_size(), build(m).get_col_names()

    same(run)


def test_shuffling_keeps_every_sample_and_follows_the_seed(backend: Backend) -> None:
    def order(seed: int) -> list[int]:
        ms.set_seed(seed)
        made = dataset.NumpySlicesDataset({"a": np.arange(50)}).shuffle(7)
        return [int(row["a"].item()) for row in made.create_dict_iterator()]

    assert sorted(order(1)) == list(range(50))
    assert order(1) == order(1)
    assert order(1) != order(2)


def test_what_is_not_offered_says_so() -> None:
    with pytest.raises(NotImplementedError, match="sampler not offered"):
        dataset.NumpySlicesDataset([1], sampler=3)
    with pytest.raises(AttributeError, match=r"dataset\.MnistDataset is not offered"):
        dataset.MnistDataset  # noqa: B018
