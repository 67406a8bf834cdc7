"""Parts of one op on several threads, and buffers that are used again; both only for NumPy.

NumPy lets other threads run while it computes. BLAS is limited to one thread meanwhile: one product per thread on
several images is faster than one image at a time on all threads. The number of threads is BLAS's own, so that
`OMP_NUM_THREADS` and `threadpoolctl.threadpool_limits` say how many are used here too.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from threading import local
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped,unused-ignore]

Part = TypeVar("Part")

#: Elements of a part on a device, where parts only bound the memory for temporary arrays.
DEVICE_PART = 1 << 26

#: Multiplications and copied elements below which handing work to another thread costs more than it gains.
WORTH = 1 << 20
#: Elements of a buffer that is kept for the next call.
KEPT = 1 << 24


@cache
def _blas() -> list[Any]:
    """The controllers of the BLAS libraries that are loaded; NumPy's own where it brings one."""
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    return [lib for lib in found if "numpy" in lib.filepath] or found


def threads() -> int:
    """How many threads BLAS may use now."""
    return max((lib.get_num_threads() or 1 for lib in _blas()), default=1)


@contextmanager
def _single_threaded_blas() -> Iterator[None]:
    before = [(lib, lib.get_num_threads()) for lib in _blas()]
    for lib, _ in before:
        lib.set_num_threads(1)
    try:
        yield
    finally:
        for lib, count in before:
            lib.set_num_threads(count)


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, "unified_nn", initializer=np.seterr, initargs=("ignore",))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of its parent's threads


def lanes(xp: Any, work: int) -> int:
    """How many threads are worth using for so much work."""
    return threads() if xp is np and work >= WORTH else 1


def part_size(xp: Any, elements: int) -> int:
    """How many elements a part may have: so many on the host, whose caches they shall fit into."""
    return elements if xp is np else DEVICE_PART


def each(xp: Any, task: Callable[[Part], object], parts: Sequence[Part], work: int) -> None:
    """Run task(part) for every part; `work` is the number of multiplications and copied elements of all."""
    workers = min(lanes(xp, work), len(parts))
    if workers <= 1:
        for part in parts:
            task(part)
        return
    remaining = iter(parts)

    def run() -> None:
        for part in remaining:
            task(part)

    with _single_threaded_blas():
        others = [_pool(workers - 1).submit(run) for _ in range(workers - 1)]
        try:
            run()
        finally:
            wait(others)
    for other in others:
        other.result()


#: Elements of one block; its temporaries stay in a core's caches.
BLOCK = 1 << 15
#: Blocks that one thread takes at a time.
RUN = 4


def blockwise(xp: Any, function: Callable[[Any, Any, Any], object], x: Any) -> Any:
    """An array of x's shape and dtype that function(xp, block of x, block of the result) fills, both flat."""
    flat = x.reshape(-1)
    out = xp.empty(flat.shape, x.dtype)
    block = BLOCK if xp is np else max(flat.size, 1)

    def task(start: int) -> None:
        for at in range(start, min(start + RUN * block, flat.size), block):
            function(xp, flat[at : at + block], out[at : at + block])

    each(xp, task, range(0, flat.size, RUN * block), flat.size * 4)
    return out.reshape(x.shape)


class _Buffers(local):
    """Each thread's buffers by name and dtype."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, Any], Any] = {}


_buffers = _Buffers()


def scratch(xp: Any, name: str, shape: tuple[int, ...], dtype: Any) -> Any:
    """An array of this shape with any values, which the same thread gets again for the same name."""
    if xp is not np:
        return xp.empty(shape, dtype)
    count = math.prod(shape)
    key = (name, np.dtype(dtype))
    found = _buffers.kept.get(key)
    if found is None or found.size < count:
        found = np.empty(count, dtype)
        if count <= KEPT:
            _buffers.kept[key] = found
    return found[:count].reshape(shape)
