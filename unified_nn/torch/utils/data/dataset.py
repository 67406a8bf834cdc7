"""Datasets: something with `__getitem__` and a length, or something to iterate."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from unified_nn.errors import ArgumentError, make
from unified_nn.torch import random

T = TypeVar("T")


class Dataset(Generic[T]):
    """Base of datasets: `dataset[i]` is sample i."""

    def __getitem__(self, index: Any) -> T:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Dataset[T]) -> ConcatDataset[T]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T]):
    """Base of datasets that are only iterated."""

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError("Subclasses of IterableDataset should implement __iter__.")

    def __add__(self, other: Dataset[T]) -> Any:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Any, ...]]):
    """Sample i is (a[i], b[i], ...) of tensors with one first size."""

    def __init__(self, *tensors: Any) -> None:
        if any(len(t) != len(tensors[0]) for t in tensors):
            raise make(
                ArgumentError,
                "Size mismatch between tensors: " + ", ".join(str(tuple(t.shape)) for t in tensors),
                AssertionError,
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class StackDataset(Dataset[Any]):
    """Sample i is the tuple, or the dictionary, of the datasets' samples i."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise make(ArgumentError, "StackDataset takes datasets either by position or by name, at least one")
        self.datasets: Any = args or kwargs
        sizes = {len(d) for d in (args or kwargs.values())}
        if len(sizes) > 1:
            raise make(ArgumentError, f"Size mismatch between datasets: {sorted(sizes)}")
        self._length = sizes.pop()

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[T]):
    """One dataset after the other."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise make(ArgumentError, "datasets should not be an empty iterable", AssertionError)
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            raise make(ArgumentError, "ConcatDataset does not support IterableDataset", AssertionError)
        self.cumulative_sizes = list(itertools.accumulate(len(d) for d in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> T:
        if not -len(self) <= index < len(self):
            raise make(ArgumentError, f"index {index} is outside a dataset of length {len(self)}")
        index %= len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        before = self.cumulative_sizes[which - 1] if which else 0
        found: T = self.datasets[which][index - before]
        return found


class ChainDataset(IterableDataset[T]):
    """One iterable dataset after the other."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        super().__init__()
        self.datasets = datasets

    def __iter__(self) -> Iterator[T]:
        for dataset in self.datasets:
            yield from dataset


class Subset(Dataset[T]):
    """The samples at the given places."""

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> T:
        chosen = [self.indices[i] for i in index] if isinstance(index, list) else self.indices[index]
        found: T = self.dataset[chosen]
        return found

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Any, lengths: Sequence[float], generator: Any = None) -> list[Subset[Any]]:
    """Random disjoint subsets of the given lengths, or fractions that sum to 1."""
    sizes = list(lengths)
    if math.isclose(sum(sizes), 1) and sum(sizes) <= 1:
        for position, fraction in enumerate(sizes):
            if not 0 <= fraction <= 1:
                raise make(ArgumentError, f"Fraction at index {position} is not between 0 and 1")
        sizes = [math.floor(len(dataset) * fraction) for fraction in lengths]
        for position in range(len(dataset) - int(sum(sizes))):
            sizes[position % len(sizes)] += 1
    if sum(sizes) != len(dataset):
        raise make(
            ArgumentError, f"Sum of input lengths {sum(sizes)} does not equal the length {len(dataset)} of the dataset!"
        )
    order = random.randperm(len(dataset), generator=generator).tolist()
    ends = itertools.accumulate(int(size) for size in sizes)
    return [Subset(dataset, order[end - int(size) : end]) for end, size in zip(ends, sizes, strict=True)]
