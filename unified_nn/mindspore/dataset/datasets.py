"""Data sets as pipelines: a source, then batch, shuffle, map, repeat, take and skip.

Samples are NumPy arrays until an iterator makes tensors of them.  Shuffling draws from the stream that
`mindspore.set_seed` starts; the order is not MindSpore's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.random import default_generator
from unified_nn.tensor import Tensor as Core

Sample = tuple[np.ndarray[Any, Any], ...]


def _refuse(where: str, **options: Any) -> None:
    """Refuse options that are set but not offered; how many workers run is no one's business."""
    asked = [name for name, value in options.items() if value is not None]
    if asked:
        raise make(NotOfferedError, f"{', '.join(asked)} not offered", None, f"mindspore.dataset.{where}")


def _array(value: Any) -> np.ndarray[Any, Any]:
    return value.numpy() if isinstance(value, Core) else np.asarray(value)


class Dataset:
    """Base of the pipeline's nodes: columns, and how to go through the samples once."""

    columns: list[str]

    def samples(self) -> Iterator[Sample]:
        """Every sample once."""
        raise NotImplementedError

    def get_dataset_size(self) -> int:
        """How many samples, or batches, one pass gives."""
        raise NotImplementedError

    # -- what users ask --

    def get_col_names(self) -> list[str]:
        return list(self.columns)

    def output_shapes(self) -> list[list[int]]:
        """The shape of each column of the first sample."""
        return [list(v.shape) for v in next(self.samples())]

    def output_types(self) -> list[np.dtype[Any]]:
        """The NumPy dtype of each column of the first sample."""
        return [v.dtype for v in next(self.samples())]

    def __len__(self) -> int:
        return self.get_dataset_size()

    def __iter__(self) -> Any:
        return self.create_tuple_iterator()

    def create_tuple_iterator(
        self, columns: Sequence[str] | None = None, num_epochs: int = -1, output_numpy: bool = False,
        do_copy: bool = False,
    ) -> Any:  # fmt: skip
        """Lists of tensors, or of arrays; one pass each time it is iterated."""
        places = [self._place(name) for name in (columns or self.columns)]
        return _Passes(self, lambda sample: [_given(sample[at], output_numpy) for at in places])

    def create_dict_iterator(self, num_epochs: int = -1, output_numpy: bool = False, do_copy: bool = False) -> Any:
        """Dictionaries column -> tensor, or array; one pass each time it is iterated."""
        return _Passes(self, lambda s: {name: _given(v, output_numpy) for name, v in zip(self.columns, s, strict=True)})

    def _place(self, name: str) -> int:
        if name not in self.columns:
            message = f"there is no column {name!r}; the columns are {self.columns}"
            raise make(ArgumentError, message, RuntimeError, "mindspore.dataset")
        return self.columns.index(name)

    # -- the next node --

    def batch(
        self, batch_size: int, drop_remainder: bool = False, num_parallel_workers: int | None = None, **kwargs: Any
    ) -> Dataset:
        """Samples stacked in batches."""
        _refuse("batch", **kwargs)
        if not isinstance(batch_size, int) or isinstance(batch_size, bool):
            message = f"batch_size must be int, but got {batch_size!r}"
            raise make(ArgumentError, message, TypeError, "mindspore.dataset.batch")
        if batch_size < 1:
            raise make(ArgumentError, f"batch_size must be positive, but got {batch_size}", ValueError)
        return BatchDataset(self, batch_size, drop_remainder)

    def shuffle(self, buffer_size: int) -> Dataset:
        """Samples drawn at random from a buffer of this size."""
        if not isinstance(buffer_size, int) or buffer_size < 2:
            message = f"buffer_size must be at least 2, but got {buffer_size!r}"
            raise make(ArgumentError, message, ValueError, "mindspore.dataset.shuffle")
        return ShuffleDataset(self, buffer_size)

    def map(
        self, operations: Any, input_columns: Any = None, output_columns: Any = None,
        num_parallel_workers: int | None = None, **kwargs: Any,
    ) -> Dataset:  # fmt: skip
        """Columns replaced by what the operations make of them, one after the other."""
        kwargs.pop("python_multiprocessing", None)
        _refuse("map", **kwargs)
        made = list(operations) if isinstance(operations, (list, tuple)) else [operations]
        inputs = _names(input_columns) or self.columns[:1]
        return MapDataset(self, made, inputs, _names(output_columns) or inputs)

    def repeat(self, count: int | None = None) -> Dataset:
        """The samples `count` times."""
        if count is None or count == -1:
            raise make(NotOfferedError, "repeat() without an end is not offered; give a count")
        return RepeatDataset(self, count)

    def take(self, count: int = -1) -> Dataset:
        """The first samples."""
        return self if count == -1 else PartDataset(self, 0, count)

    def skip(self, count: int) -> Dataset:
        """Without the first samples."""
        return PartDataset(self, count, None)


def _names(columns: Any) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns or ())


def _given(value: np.ndarray[Any, Any], plain: bool) -> Any:
    return value if plain else Tensor.from_numpy(value)


class _Passes:
    """An iterator over one pass, which can be asked for again."""

    def __init__(self, source: Dataset, form: Callable[[Sample], Any]) -> None:
        self._source, self._form = source, form
        self._open: Iterator[Sample] | None = None

    def __iter__(self) -> _Passes:
        self._open = self._source.samples()
        return self

    def __next__(self) -> Any:
        if self._open is None:
            self._open = self._source.samples()
        return self._form(next(self._open))


class _Source(Dataset):
    """A source with random access."""

    _shuffle: bool
    _count: int

    def _sample(self, index: int) -> Sample:
        raise NotImplementedError

    def get_dataset_size(self) -> int:
        return self._count

    def samples(self) -> Iterator[Sample]:
        order = default_generator.permutation(self._length()) if self._shuffle else range(self._length())
        for index in list(order)[: self._count]:
            yield self._sample(int(index))

    def _length(self) -> int:
        raise NotImplementedError


class NumpySlicesDataset(_Source):
    """The slices of arrays along their first axis; shuffled unless `shuffle` is False."""

    def __init__(
        self, data: Any, column_names: Any = None, num_samples: int | None = None, num_parallel_workers: int = 1,
        shuffle: bool | None = None, sampler: Any = None, num_shards: int | None = None, shard_id: int | None = None,
    ) -> None:  # fmt: skip
        _refuse("NumpySlicesDataset", sampler=sampler, num_shards=num_shards, shard_id=shard_id)
        if isinstance(data, Mapping):
            names, parts = list(data), [_array(v) for v in data.values()]
        elif isinstance(data, tuple):
            names, parts = [f"column_{i}" for i in range(len(data))], [_array(v) for v in data]
        else:
            names, parts = ["column_0"], [_array(data)]
        self.columns = _names(column_names) or names
        if len(self.columns) != len(parts):
            message = f"there are {len(parts)} columns of data, but {len(self.columns)} column_names"
            raise make(ArgumentError, message, ValueError, "mindspore.dataset.NumpySlicesDataset")
        lengths = {len(part) for part in parts}
        if len(lengths) != 1:
            message = f"the columns have different lengths: {[len(part) for part in parts]}"
            raise make(ArgumentError, message, ValueError, "mindspore.dataset.NumpySlicesDataset")
        self._parts = parts
        self._count = min(len(parts[0]), num_samples or len(parts[0]))
        self._shuffle = shuffle is not False

    def _length(self) -> int:
        return len(self._parts[0])

    def _sample(self, index: int) -> Sample:
        return tuple(np.asarray(part[index]) for part in self._parts)


class GeneratorDataset(_Source):
    """Samples from an object with `__getitem__` and `__len__`, an iterable, or a function that returns one."""

    def __init__(
        self, source: Any, column_names: Any = None, column_types: Any = None, schema: Any = None,
        num_samples: int | None = None, num_parallel_workers: int = 1, shuffle: bool | None = None, sampler: Any = None,
        num_shards: int | None = None, shard_id: int | None = None, python_multiprocessing: bool = True,
        max_rowsize: Any = None, batch_sampler: Any = None, collate_fn: Any = None,
    ) -> None:  # fmt: skip
        _refuse(
            "GeneratorDataset", column_types=column_types, schema=schema, sampler=sampler, num_shards=num_shards,
            shard_id=shard_id, batch_sampler=batch_sampler, collate_fn=collate_fn,
        )  # fmt: skip
        if not column_names:
            message = "column_names must name the columns of a sample"
            raise make(ArgumentError, message, ValueError, "mindspore.dataset.GeneratorDataset")
        self._source = source
        self._limit = num_samples
        self._random = hasattr(source, "__getitem__") and hasattr(source, "__len__")
        if shuffle and not self._random:
            message = "shuffle=True needs a source with __getitem__ and __len__"
            raise make(ArgumentError, message, RuntimeError, "mindspore.dataset.GeneratorDataset")
        self._shuffle = self._random and shuffle is not False
        self.columns = _names(column_names)

    @property
    def _count(self) -> int:  # type: ignore[override]
        return min(self._length(), self._limit or self._length())

    def _length(self) -> int:
        return len(self._source) if self._random else sum(1 for _ in self._items())

    def _items(self) -> Iterable[Any]:
        items: Iterable[Any] = self._source() if callable(self._source) else self._source
        return items

    def samples(self) -> Iterator[Sample]:
        if self._random:
            yield from super().samples()
            return
        for number, item in enumerate(self._items()):
            if self._limit is not None and number >= self._limit:
                return
            yield self._checked(item)

    def _sample(self, index: int) -> Sample:
        return self._checked(self._source[index])

    def _checked(self, item: Any) -> Sample:
        found = tuple(_array(v) for v in (item if isinstance(item, tuple) else (item,)))
        if len(found) != len(self.columns):
            message = f"a sample has {len(found)} values, but there are {len(self.columns)} columns {self.columns}"
            raise make(ArgumentError, message, RuntimeError, "mindspore.dataset.GeneratorDataset")
        return found


class BatchDataset(Dataset):
    """Samples stacked."""

    def __init__(self, source: Dataset, size: int, drop: bool) -> None:
        self._source, self._size, self._drop, self.columns = source, size, drop, source.columns

    def get_dataset_size(self) -> int:
        whole, rest = divmod(self._source.get_dataset_size(), self._size)
        return whole + (rest > 0 and not self._drop)

    def samples(self) -> Iterator[Sample]:
        waiting: list[Sample] = []
        for sample in self._source.samples():
            waiting.append(sample)
            if len(waiting) == self._size:
                yield self._stacked(waiting)
                waiting = []
        if waiting and not self._drop:
            yield self._stacked(waiting)

    def _stacked(self, samples: list[Sample]) -> Sample:
        try:
            return tuple(np.stack(column) for column in zip(*samples, strict=True))
        except ValueError:
            shapes = sorted({tuple(v.shape for v in sample) for sample in samples})
            message = f"the samples of a batch need one shape, got {shapes}"
            raise make(ArgumentError, message, RuntimeError, "mindspore.dataset.batch") from None


class ShuffleDataset(Dataset):
    """Samples drawn from a buffer."""

    def __init__(self, source: Dataset, size: int) -> None:
        self._source, self._size, self.columns = source, size, source.columns

    def get_dataset_size(self) -> int:
        return self._source.get_dataset_size()

    def samples(self) -> Iterator[Sample]:
        buffer: list[Sample] = []
        for sample in self._source.samples():
            buffer.append(sample)
            if len(buffer) == self._size:
                yield buffer.pop(self._drawn(len(buffer)))
        while buffer:
            yield buffer.pop(self._drawn(len(buffer)))

    def _drawn(self, count: int) -> int:
        return int(default_generator.integers(1, 0, count)[0])


class MapDataset(Dataset):
    """Columns replaced by what the operations make of them."""

    def __init__(self, source: Dataset, operations: list[Any], inputs: list[str], outputs: list[str]) -> None:
        self._source, self._operations, self._inputs, self._outputs = source, operations, inputs, outputs
        self._places = [source._place(name) for name in inputs]
        kept = [name for name in source.columns if name not in inputs]
        at = min(self._places)
        before = [name for name in source.columns[:at] if name not in inputs]
        self.columns = before + outputs + kept[len(before) :]

    def get_dataset_size(self) -> int:
        return self._source.get_dataset_size()

    def samples(self) -> Iterator[Sample]:
        for sample in self._source.samples():
            values: tuple[Any, ...] = tuple(sample[at] for at in self._places)
            for operation in self._operations:
                made = operation(*values)
                values = made if isinstance(made, tuple) else (made,)
            if len(values) != len(self._outputs):
                message = f"the operations gave {len(values)} values for the columns {self._outputs}"
                raise make(ArgumentError, message, RuntimeError, "mindspore.dataset.map")
            found = dict(zip(self._source.columns, sample, strict=True))
            found.update(zip(self._outputs, map(_array, values), strict=True))
            yield tuple(found[name] for name in self.columns)


class RepeatDataset(Dataset):
    """The samples several times."""

    def __init__(self, source: Dataset, count: int) -> None:
        if not isinstance(count, int) or count < 1:
            raise make(
                ArgumentError, f"count must be positive, but got {count!r}", ValueError, "mindspore.dataset.repeat"
            )
        self._source, self._times, self.columns = source, count, source.columns

    def get_dataset_size(self) -> int:
        return self._source.get_dataset_size() * self._times

    def samples(self) -> Iterator[Sample]:
        for _ in range(self._times):
            yield from self._source.samples()


class PartDataset(Dataset):
    """The samples from one number to another."""

    def __init__(self, source: Dataset, start: int, count: int | None) -> None:
        self._source, self._start, self._limit, self.columns = source, start, count, source.columns

    def get_dataset_size(self) -> int:
        left = max(self._source.get_dataset_size() - self._start, 0)
        return left if self._limit is None else min(left, self._limit)

    def samples(self) -> Iterator[Sample]:
        for number, sample in enumerate(self._source.samples()):
            if self._limit is not None and number >= self._start + self._limit:
                return
            if number >= self._start:
                yield sample


__all__ = ["Dataset", "GeneratorDataset", "NumpySlicesDataset"]
