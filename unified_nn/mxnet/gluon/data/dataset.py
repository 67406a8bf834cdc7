"""Data sets: things with a length and items by number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.mxnet.gluon.data.sampler import Sampler
from unified_nn.mxnet.ndarray.ndarray import NDArray


class Dataset:
    """Base: a subclass defines `__getitem__` and `__len__`."""

    def __getitem__(self, idx: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__")

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def transform(self, fn: Callable[..., Any], lazy: bool = True) -> Dataset:
        """fn(*item) of every item, computed when asked for, or now."""
        lazily = _Transformed(self, fn)
        return lazily if lazy else SimpleDataset(list(lazily))

    def transform_first(self, fn: Callable[[Any], Any], lazy: bool = True) -> Dataset:
        """fn of the first part of every item, the others as they are."""
        return self.transform(_First(fn), lazy)

    def filter(self, fn: Callable[[Any], bool]) -> Dataset:
        """The items for which fn holds."""
        return _Chosen(self, [i for i in range(len(self)) if fn(self[i])])

    def take(self, count: int | None) -> Dataset:
        """The first `count` items."""
        size = len(self) if count is None or count > len(self) else count
        return _Chosen(self, range(size))

    def sample(self, sampler: Sampler) -> Dataset:
        """The items that the sampler names, in its order."""
        if not isinstance(sampler, Sampler):
            raise make(ArgumentError, f"Invalid sampler type: {type(sampler)}. Expected gluon.data.Sampler.", TypeError)
        return _Chosen(self, list(sampler))

    def shard(self, num_shards: int, index: int) -> Dataset:
        """The index-th of num_shards parts of nearly equal length."""
        if not 0 <= index < num_shards:
            raise make(ArgumentError, f"Shard index of out bound: {index} out of {num_shards}", AssertionError)
        size, rest = divmod(len(self), num_shards)
        start = size * index + min(index, rest)
        return _Chosen(self, range(start, start + size + (index < rest)))


class SimpleDataset(Dataset):
    """A list, or anything like one, as a data set."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: int) -> Any:
        return self._data[idx]


class ArrayDataset(Dataset):
    """Items with one part from each of several arrays of one length."""

    def __init__(self, *args: Any) -> None:
        if not args:
            raise make(ArgumentError, "Needs at least 1 arrays", AssertionError)
        self._length = len(args[0])
        self._data: list[Any] = []
        for position, data in enumerate(args):
            if len(data) != self._length:
                message = (
                    "All arrays must have the same length; array[0] has length "
                    f"{self._length} while array[{position}] has {len(data)}."
                )
                raise make(ArgumentError, message, AssertionError)
            self._data.append(data.asnumpy() if isinstance(data, NDArray) and data.ndim == 1 else data)

    def __getitem__(self, idx: int) -> Any:
        if len(self._data) == 1:
            return self._data[0][idx]
        return tuple(data[idx] for data in self._data)

    def __len__(self) -> int:
        return self._length


class _Transformed(Dataset):
    def __init__(self, data: Dataset, fn: Callable[..., Any]) -> None:
        self._data, self._fn = data, fn

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: int) -> Any:
        item = self._data[idx]
        return self._fn(*item) if isinstance(item, tuple) else self._fn(item)


class _First:
    def __init__(self, fn: Callable[[Any], Any]) -> None:
        self._fn = fn

    def __call__(self, first: Any, *others: Any) -> Any:
        return (self._fn(first), *others) if others else self._fn(first)


class _Chosen(Dataset):
    def __init__(self, data: Dataset, places: Sequence[int]) -> None:
        self._data, self._places = data, places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, idx: int) -> Any:
        return self._data[self._places[idx]]
