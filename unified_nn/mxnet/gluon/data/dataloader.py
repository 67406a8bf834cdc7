"""Batches of a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError, make
from unified_nn.mxnet import ndarray as nd
from unified_nn.mxnet.gluon.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler
from unified_nn.mxnet.ndarray.ndarray import NDArray


def default_batchify_fn(data: list[Any]) -> Any:
    """Items as one batch: arrays stacked, parts of tuples one by one, numbers in an array of their own dtype."""
    if isinstance(data[0], NDArray):
        return nd.stack(*data)
    if isinstance(data[0], tuple):
        return [default_batchify_fn(list(parts)) for parts in zip(*data, strict=True)]
    values = np.asarray(data)
    return nd.array(values, dtype=values.dtype)


class DataLoader:
    """An iterable of batches.

    The batches are loaded in this process; num_workers, prefetch, pin_memory and their like only tell MXNet how to
    spend processes and memory, and change no batch.
    """

    def __init__(
        self, dataset: Any, batch_size: int | None = None, shuffle: bool = False, sampler: Sampler | None = None,
        last_batch: str | None = None, batch_sampler: Any = None, batchify_fn: Callable[[list[Any]], Any] | None = None,
        num_workers: int = 0, pin_memory: bool = False, pin_device_id: int = 0, prefetch: int | None = None,
        thread_pool: bool = False, timeout: int = 120, auto_reload: bool = False,
    ) -> None:  # fmt: skip
        self._dataset = dataset
        if batch_sampler is None:
            if batch_size is None:
                message = "batch_size must be specified unless batch_sampler is specified"
                raise make(ArgumentError, message)
            if sampler is None:
                sampler = RandomSampler(len(dataset)) if shuffle else SequentialSampler(len(dataset))
            elif shuffle:
                raise make(ArgumentError, "shuffle must not be specified if sampler is specified")
            batch_sampler = BatchSampler(sampler, batch_size, last_batch or "keep")
        elif batch_size is not None or shuffle or sampler is not None or last_batch is not None:
            message = "batch_size, shuffle, sampler and last_batch must not be specified if batch_sampler is specified."
            raise make(ArgumentError, message)
        self._batch_sampler = batch_sampler
        self._batchify_fn = batchify_fn or default_batchify_fn

    def __iter__(self) -> Iterator[Any]:
        for batch in self._batch_sampler:
            yield self._batchify_fn([self._dataset[i] for i in batch])

    def __len__(self) -> int:
        return len(self._batch_sampler)
