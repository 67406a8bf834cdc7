"""The loader: batches of a dataset in a sampler's order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

from unified_nn import registry
from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.torch.utils.data.collate import default_collate, default_convert
from unified_nn.torch.utils.data.dataset import IterableDataset
from unified_nn.torch.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler, drawn_seed


class _Endless:
    """The sampler of a dataset that is only iterated."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


class DataLoader:
    """Iterate for batches.

    num_workers threads (not processes) fetch ahead and keep the order, so results do not depend on their number; none do
    on a backend whose library takes one thread only.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if num_workers < 0:
            raise make(
                ArgumentError,
                "num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.",
            )
        if timeout < 0:
            raise make(ArgumentError, "timeout option should be non-negative")
        if num_workers == 0 and prefetch_factor is not None:
            raise make(
                ArgumentError, "prefetch_factor option could only be specified in multiprocessing; let num_workers > 0"
            )
        if persistent_workers and num_workers == 0:
            raise make(ArgumentError, "persistent_workers option needs num_workers > 0")
        refused = {
            "worker_init_fn": worker_init_fn, "multiprocessing_context": multiprocessing_context,
            "pin_memory_device": pin_memory_device or None, "timeout": timeout or None,
        }  # fmt: skip
        for name, value in refused.items():
            if value is not None:
                raise make(NotOfferedError, f"DataLoader: {name}={value!r} is not offered; workers here are threads")
        self.dataset, self.num_workers, self.generator = dataset, num_workers, generator
        self.pin_memory, self.timeout, self.in_order = pin_memory, timeout, in_order
        self.prefetch_factor = 2 if prefetch_factor is None and num_workers else prefetch_factor
        self._choose_samplers(batch_size, shuffle, sampler, batch_sampler, drop_last)
        self.collate_fn = collate_fn or (default_convert if self.batch_sampler is None else default_collate)

    def _choose_samplers(
        self, batch_size: int | None, shuffle: bool | None, sampler: Any, batch_sampler: Any, drop_last: bool
    ) -> None:
        iterable = isinstance(self.dataset, IterableDataset)
        if iterable and (shuffle or sampler is not None or batch_sampler is not None):
            raise make(
                ArgumentError,
                "DataLoader with IterableDataset: expected unspecified shuffle, sampler and batch_sampler",
            )
        if sampler is not None and shuffle:
            raise make(ArgumentError, "sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise make(
                    ArgumentError,
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last",
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise make(
                ArgumentError, "batch_size=None option disables auto-batching and is mutually exclusive with drop_last"
            )
        if sampler is None:
            if iterable:
                sampler = _Endless()
            elif shuffle:
                sampler = RandomSampler(self.dataset, generator=self.generator)
            else:
                sampler = SequentialSampler(self.dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size, self.drop_last = batch_size, drop_last
        self.sampler, self.batch_sampler = sampler, batch_sampler

    def __iter__(self) -> Iterator[Any]:
        drawn_seed(self.generator)  # PyTorch draws the workers' seed here, also without workers
        if isinstance(self.dataset, IterableDataset):
            return self._iterated()
        places = self.sampler if self.batch_sampler is None else self.batch_sampler
        if self.num_workers and registry.current().threads:
            return self._ahead(iter(places))
        return (self._fetch(place) for place in places)

    def _fetch(self, place: Any) -> Any:
        """The batch; an error on its way says which samples it is of."""
        try:
            return self._read(place)
        except Exception as error:
            error.add_note(
                f"DataLoader: while fetching sample{'s' if isinstance(place, list) else ''} {place} of the dataset"
            )
            raise

    def _read(self, place: Any) -> Any:
        if self.batch_sampler is None:
            return self.collate_fn(self.dataset[place])
        if hasattr(self.dataset, "__getitems__"):
            return self.collate_fn(self.dataset.__getitems__(place))
        return self.collate_fn([self._sample(i) for i in place])

    def _sample(self, i: Any) -> Any:
        try:
            return self.dataset[i]
        except Exception as error:
            error.add_note(f"DataLoader: dataset[{i!r}] raised this")
            raise

    def _iterated(self) -> Iterator[Any]:
        source = iter(self.dataset)
        if self.batch_size is None:
            yield from map(self.collate_fn, source)
            return
        while batch := list(islice(source, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield self.collate_fn(batch)

    def _ahead(self, places: Iterator[Any]) -> Iterator[Any]:
        """Fetch with threads, a few batches ahead, in order."""
        from contextvars import copy_context

        waiting: deque[Future[Any]] = deque()
        with ThreadPoolExecutor(self.num_workers) as pool:

            def start(count: int) -> None:
                for place in islice(places, count):
                    waiting.append(pool.submit(copy_context().run, self._fetch, place))

            start(self.num_workers * (self.prefetch_factor or 2))
            while waiting:
                batch = waiting.popleft().result()
                start(1)
                yield batch

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            length = len(self.dataset)  # type: ignore[arg-type]
            if self.batch_size is None:
                return length
            return length // self.batch_size if self.drop_last else -(-length // self.batch_size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
