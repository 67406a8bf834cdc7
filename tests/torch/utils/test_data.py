"""`torch.utils.data` against real PyTorch: orders for a seed, batches, errors."""

from __future__ import annotations

import threading
from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
import pytest

import unified_nn
import unified_nn.torch as ours
import unified_nn.torch.utils.data as our_data
from unified_nn.errors import NotOfferedError

Point = namedtuple("Point", "x y")


def both(oracle: Callable[[str], Any]) -> list[tuple[Any, Any]]:
    torch = oracle("torch")
    return [(ours, our_data), (torch, torch.utils.data)]


def plain(value: Any) -> Any:
    """Batches as Python values with the dtypes of their tensors."""
    if hasattr(value, "requires_grad"):
        return str(value.dtype), tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(part) for part in value]
    return value


def pairs(t: Any, data: Any, count: int = 10) -> Any:
    return data.TensorDataset(t.arange(count * 2.0).reshape(count, 2), t.arange(count))


LOADERS: dict[str, Callable[[Any, Any], Any]] = {
    "default": lambda t, d: d.DataLoader(pairs(t, d)),
    "batches": lambda t, d: d.DataLoader(pairs(t, d), batch_size=3),
    "drop-last": lambda t, d: d.DataLoader(pairs(t, d), batch_size=3, drop_last=True),
    "shuffled": lambda t, d: d.DataLoader(pairs(t, d), batch_size=4, shuffle=True),
    "workers": lambda t, d: d.DataLoader(pairs(t, d), batch_size=4, shuffle=True, num_workers=2 if t is ours else 0),
    "generator": lambda t, d: d.DataLoader(pairs(t, d), 4, True, generator=t.Generator().manual_seed(3)),
    "no-batches": lambda t, d: d.DataLoader(pairs(t, d), batch_size=None),
    "sampler": lambda t, d: d.DataLoader(pairs(t, d), 3, sampler=d.SubsetRandomSampler([1, 5, 7, 2])),
    "weighted": lambda t, d: d.DataLoader(pairs(t, d, 4), 3, sampler=d.WeightedRandomSampler([0.1, 2, 0, 3], 9)),
    "weighted-once": lambda t, d: d.DataLoader(
        pairs(t, d, 4), sampler=d.WeightedRandomSampler([0.1, 2, 1, 3], 3, False)
    ),
    "replacement": lambda t, d: d.DataLoader(pairs(t, d), 8, sampler=d.RandomSampler(range(10), True, num_samples=50)),
    "more-samples": lambda t, d: d.DataLoader(pairs(t, d), 8, sampler=d.RandomSampler(range(10), num_samples=23)),
    "batch-sampler": lambda t, d: d.DataLoader(
        pairs(t, d), batch_sampler=d.BatchSampler(d.SequentialSampler(range(10)), 4, False)
    ),
    "own-batches": lambda t, d: d.DataLoader(pairs(t, d), batch_sampler=[[1, 2], [9]]),
    "collate": lambda t, d: d.DataLoader(pairs(t, d), 3, collate_fn=lambda samples: [int(b) for _, b in samples]),
    "list": lambda t, d: d.DataLoader([(i, float(i), str(i)) for i in range(5)], 2),
    "dicts": lambda t, d: d.DataLoader([{"a": i, "b": np.full(2, i)} for i in range(5)], 2),
    "subset": lambda t, d: d.DataLoader(d.Subset(pairs(t, d), [3, 1, 4]), 2),
    "concatenated": lambda t, d: d.DataLoader(d.ConcatDataset([pairs(t, d), pairs(t, d, 3)]), 4, shuffle=True),
    "sum": lambda t, d: d.DataLoader(pairs(t, d) + pairs(t, d, 3), 4),
    "stacked": lambda t, d: d.DataLoader(d.StackDataset(a=pairs(t, d), b=range(10)), 4),
    "stacked-tuple": lambda t, d: d.DataLoader(d.StackDataset(pairs(t, d), range(10)), 4),
    "empty": lambda t, d: d.DataLoader(pairs(t, d, 0), 4),
}


@pytest.mark.parametrize("make", LOADERS.values(), ids=LOADERS)
def test_batches_of_two_epochs(make: Callable[[Any, Any], Any], backend: Any, oracle: Callable[[str], Any]) -> None:
    found = []
    for t, data in both(oracle):
        t.manual_seed(4)
        loader = make(t, data)
        batches = [[plain(batch) for batch in loader] for _ in range(2)]
        found.append((len(loader), batches, t.rand(2).tolist()))
    assert found[0] == found[1]


def iterable(data: Any, count: int = 7) -> Any:
    class Numbers(data.IterableDataset):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Iterator[int]:
            return iter(range(count))

    return Numbers()


@pytest.mark.parametrize(
    "options", [{}, {"batch_size": 3}, {"batch_size": 3, "drop_last": True}, {"batch_size": None}], ids=str
)
def test_iterable_datasets(options: dict[str, Any], backend: Any, oracle: Callable[[str], Any]) -> None:
    found = []
    for t, data in both(oracle):
        t.manual_seed(4)
        loader = data.DataLoader(iterable(data), **options)
        with pytest.raises(TypeError):
            len(loader)
        chained = data.DataLoader(iterable(data, 2) + iterable(data, 3), 4)
        found.append(([plain(b) for b in loader], [plain(b) for b in chained], t.rand(1).tolist()))
    assert found[0] == found[1]


SAMPLES: dict[str, Callable[[Any], Any]] = {
    "tensors": lambda t: [t.ones(2), t.zeros(2)],
    "int-tensors": lambda t: [t.tensor(1), t.tensor(2)],
    "numbers": lambda t: [1, 2],
    "floats": lambda t: [1.0, 2.5],
    "bools": lambda t: [True, False],
    "texts": lambda t: ["a", "b"],
    "bytes": lambda t: [b"a", b"b"],
    "arrays": lambda t: [np.ones(2, np.float32), np.zeros(2, np.float32)],
    "array-scalars": lambda t: [np.float64(1.5), np.float64(2)],
    "int-scalars": lambda t: [np.int32(1), np.int32(2)],
    "zero-dim": lambda t: [np.array(1.5), np.array(2.5)],
    "tuples": lambda t: [(1, 2.0), (3, 4.0)],
    "lists": lambda t: [[1, "x"], [2, "y"]],
    "named": lambda t: [Point(1, 2.0), Point(3, 4.0)],
    "nested": lambda t: [{"a": (1, {"b": t.ones(1)})}, {"a": (2, {"b": t.zeros(1)})}],
}


@pytest.mark.parametrize("make", SAMPLES.values(), ids=SAMPLES)
def test_collate_and_convert(make: Callable[[Any], Any], backend: Any, oracle: Callable[[str], Any]) -> None:
    found = []
    for t, data in both(oracle):
        found.append((plain(data.default_collate(make(t))), plain(data.default_convert(make(t)[0]))))
    assert found[0] == found[1]


BAD_SAMPLES: dict[str, Callable[[Any], Any]] = {
    "sizes": lambda t: [t.ones(2), t.ones(3)],
    "lengths": lambda t: [(1, 2), (1,)],
    "none": lambda t: [None, None],
    "object": lambda t: [object(), object()],
    "object-array": lambda t: [np.array(["a"], object)],
    "text-array": lambda t: [np.array(["a"])],
    "set": lambda t: [{1}, {2}],
    "keys": lambda t: [{"a": 1}, {"b": 1}],
    "mixed": lambda t: [t.ones(2), 3],
    "nothing": lambda t: [],
}


@pytest.mark.parametrize("make", BAD_SAMPLES.values(), ids=BAD_SAMPLES)
def test_what_does_not_collate(make: Callable[[Any], Any], oracle: Callable[[str], Any]) -> None:
    raised = []
    for t, data in both(oracle)[::-1]:
        with pytest.raises(Exception) as error:  # noqa: PT011  which one is what the test is about
            data.default_collate(make(t))
        raised.append(error.value)
    assert isinstance(raised[1], type(raised[0])), raised


SPLITS: list[Any] = [[7, 3], [10], [0, 10], [0.5, 0.5], [0.3, 0.3, 0.4], [0.25, 0.75], [0.15, 0.85], (1, 2, 7)]


@pytest.mark.parametrize("lengths", SPLITS, ids=str)
def test_random_split(lengths: Any, backend: Any, oracle: Callable[[str], Any]) -> None:
    found = []
    for t, data in both(oracle):
        t.manual_seed(4)
        parts = data.random_split(range(10), lengths)
        own = data.random_split(range(10), lengths, generator=t.Generator().manual_seed(42))
        found.append([list(p) for p in parts + own] + [list(p.indices) for p in parts] + [len(p) for p in own])
    assert found[0] == found[1]


ERRORS: dict[str, Callable[[Any, Any], Any]] = {
    "split-sum": lambda t, d: d.random_split(range(10), [3, 3]),
    "split-fraction": lambda t, d: d.random_split(range(10), [1.5, -0.5]),
    "tensor-sizes": lambda t, d: d.TensorDataset(t.ones(2), t.ones(3)),
    "shuffle-and-sampler": lambda t, d: d.DataLoader([1], shuffle=True, sampler=[0]),
    "batch-sampler-and-size": lambda t, d: d.DataLoader([1], 2, batch_sampler=[[0]]),
    "batch-sampler-and-drop": lambda t, d: d.DataLoader([1], drop_last=True, batch_sampler=[[0]]),
    "no-size-and-drop": lambda t, d: d.DataLoader([1], None, drop_last=True),
    "negative-workers": lambda t, d: d.DataLoader([1], num_workers=-1),
    "negative-timeout": lambda t, d: d.DataLoader([1], timeout=-1),
    "prefetch": lambda t, d: d.DataLoader([1], prefetch_factor=2),
    "persistent": lambda t, d: d.DataLoader([1], persistent_workers=True),
    "shuffled-iterable": lambda t, d: d.DataLoader(iterable(d), shuffle=True),
    "sampled-iterable": lambda t, d: d.DataLoader(iterable(d), sampler=[0]),
    "batch-size-0": lambda t, d: d.DataLoader([1], 0),
    "batch-size-float": lambda t, d: d.DataLoader([1], 1.5),
    "shuffle-nothing": lambda t, d: list(d.DataLoader([], shuffle=True)),
    "random-replacement": lambda t, d: d.RandomSampler([1], replacement=1),
    "random-count": lambda t, d: d.RandomSampler([1], num_samples=0),
    "weighted-count": lambda t, d: d.WeightedRandomSampler([1.0], 0),
    "weighted-shape": lambda t, d: d.WeightedRandomSampler([[1.0]], 1),
    "weighted-replacement": lambda t, d: d.WeightedRandomSampler([1.0], 1, replacement=1),
    "weighted-too-many": lambda t, d: list(d.WeightedRandomSampler([1.0, 1.0], 3, False)),
    "drop-last-type": lambda t, d: d.BatchSampler([1], 1, 0),
    "concat-nothing": lambda t, d: d.ConcatDataset([]),
    "concat-iterable": lambda t, d: d.ConcatDataset([iterable(d)]),
    "concat-index": lambda t, d: d.ConcatDataset([[1], [2]])[-3],
    "stack-nothing": lambda t, d: d.StackDataset(),
    "stack-sizes": lambda t, d: d.StackDataset([1], [1, 2]),
    "stack-both": lambda t, d: d.StackDataset([1], a=[1]),
    "no-getitem": lambda t, d: d.Dataset()[0],
}


@pytest.mark.parametrize("call", ERRORS.values(), ids=ERRORS)
def test_errors(call: Callable[[Any, Any], Any], oracle: Callable[[str], Any]) -> None:
    raised = []
    for t, data in both(oracle)[::-1]:
        try:
            call(t, data)
            raised.append(None)
        except Exception as error:
            raised.append(error)
    assert isinstance(raised[1], type(raised[0])), raised


@pytest.mark.parametrize(
    "option", [{"worker_init_fn": print}, {"timeout": 3}, {"multiprocessing_context": "fork"}], ids=str
)
def test_what_threads_do_not_have_is_refused(option: dict[str, Any]) -> None:
    with pytest.raises(NotOfferedError, match=next(iter(option))):
        our_data.DataLoader([1, 2], num_workers=1, **option)


def test_an_error_in_a_worker_reaches_the_loop(backend: Any) -> None:
    class Broken(our_data.Dataset):  # type: ignore[type-arg]
        def __len__(self) -> int:
            return 4

        def __getitem__(self, index: int) -> int:
            if index == 3:
                raise KeyError("three")
            return index

    seen = []
    with pytest.raises(KeyError, match="three"):
        for batch in our_data.DataLoader(Broken(), num_workers=2):
            seen.append(batch.tolist())
    assert seen == [[0], [1], [2]]


def test_negative_and_several_places(oracle: Callable[[str], Any]) -> None:
    found = []
    for t, data in both(oracle):
        joined = data.ConcatDataset([[1, 2], [3]])
        part = data.Subset([10, 11, 12, 13], [3, 1])
        found.append(
            (joined[-1], joined[0], joined.cumulative_sizes, part[0], len(part), plain(pairs(t, data)[[1, 2]]))
        )
    assert found[0] == found[1]


def test_threads_fetch_where_the_library_takes_several(backend: unified_nn.Backend) -> None:
    class Seen(our_data.Dataset):
        threads: ClassVar[set[int]] = set()

        def __len__(self) -> int:
            return 6

        def __getitem__(self, i: int) -> int:
            self.threads.add(threading.get_ident())
            return i

    assert [batch.tolist() for batch in our_data.DataLoader(Seen(), batch_size=2, num_workers=2)] == [
        [0, 1],
        [2, 3],
        [4, 5],
    ]
    assert (threading.get_ident() in Seen.threads) == (not backend.threads)
