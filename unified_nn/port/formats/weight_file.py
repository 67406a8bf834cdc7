"""What reading gives: a lazy mapping from names to arrays, and what readers build it from."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, TracebackType
from typing import Any

import numpy.typing as npt

from unified_nn.port.formats import limits
from unified_nn.port.formats.dtypes import DTYPES
from unified_nn.port.formats.errors import quoted
from unified_nn.port.formats.source import Source

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Entry:
    """What the file says about one tensor, known without reading it."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    nbytes: int


@dataclass(frozen=True)
class Stored:
    """One tensor in a file: `load` reads it, `span` is how many bytes of the file it is made from.

    `pieces` reads it as flat arrays that follow one another in C order, where that needs less memory than all of it.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    span: int
    load: Callable[[], Array]
    pieces: Callable[[], Iterator[Array]] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of the tensor once read."""
        return math.prod(self.shape) * DTYPES[self.dtype].itemsize


@dataclass
class Contents:
    """All that a reader found in a file; `opened` are further files that must stay open."""

    tensors: list[Stored]
    metadata: dict[str, object] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    opened: list[Source] = field(default_factory=list)
    is_flat: bool = True  # one mapping of names to tensors; False where dotted names stand for nested containers


class WeightFile(Mapping[str, Array]):
    """An open weight file: name -> array, each read when asked for, each a fresh writable array.

    `format` is the format's name, `entries` says what is there without reading it, `metadata` is what the file holds
    besides tensors, `notes` are the things that a user must be told.
    """

    def __init__(self, source: Source, format: str, contents: Contents, max_expanded: int) -> None:
        self._sources = (source, *contents.opened)
        self._stored = {stored.name: stored for stored in contents.tensors}
        self.path = source.path
        self.format = format
        self.is_flat = contents.is_flat
        self.entries = tuple(Entry(t.name, t.shape, t.dtype, t.nbytes) for t in contents.tensors)
        self.metadata: Mapping[str, object] = MappingProxyType(contents.metadata)
        self.notes = tuple(contents.notes)
        check_names(source, [entry.name for entry in self.entries])
        check_expansion(source, contents.tensors, max_expanded, sum(s.size for s in self._sources))

    def __getitem__(self, name: str) -> Array:
        stored = self._stored[name]
        with self._in_memory(stored):
            return stored.load()

    def pieces(self, name: str) -> Iterator[Array]:
        """The tensor as flat arrays that follow one another in C order; each is valid until the next but one is asked for."""
        stored = self._stored[name]
        with self._in_memory(stored):
            yield from stored.pieces() if stored.pieces else (stored.load().reshape(-1),)

    @contextlib.contextmanager
    def _in_memory(self, stored: Stored) -> Iterator[None]:
        try:
            yield
        except MemoryError as cause:
            reason = f"tensor {quoted(stored.name)} does not fit into memory"
            raise self._sources[0].error(reason, expected=f"{stored.nbytes} bytes") from cause

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def __contains__(self, name: object) -> bool:
        return name in self._stored

    def __repr__(self) -> str:
        return f"<WeightFile {str(self.path)!r}: {self.format}, {len(self)} tensors>"

    def __enter__(self) -> WeightFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; arrays already read stay valid."""
        for source in self._sources:
            source.close()


def check_names(source: Source, names: Sequence[str]) -> None:
    """Refuse names that repeat, and names that another reader would see differently."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise source.error(f"two tensors have the name {quoted(name)}")
        if "\0" in name:
            raise source.error(f"the name {quoted(name)} has a zero character, where C readers would end it")
        seen.add(name)


def check_shape(source: Source, shape: Sequence[object], what: str) -> tuple[int, ...]:
    """The shape as a tuple of sizes, refused if NumPy or memory could not hold it."""
    if len(shape) > limits.DIMENSIONS:
        raise source.error(f"{what} has too many dimensions", expected=f"at most {limits.DIMENSIONS}", found=len(shape))
    sizes = check_sizes(source, shape, f"the sizes of {what}")
    if math.prod(size or 1 for size in sizes) > limits.ELEMENTS:
        raise source.error(f"{what} is too large", expected="at most 2^48 elements", found=_brief(sizes))
    return sizes


def check_sizes(source: Source, numbers: Sequence[object], what: str) -> tuple[int, ...]:
    """The numbers as a tuple, refused unless all are integers of zero or more."""
    sizes = tuple(number for number in numbers if type(number) is int and number >= 0)
    if len(sizes) != len(numbers):
        raise source.error(f"{what} are bad", expected="integers of zero or more", found=_brief(numbers))
    return sizes


def check_bytes(source: Source, shape: tuple[int, ...], dtype: str, found: int, what: str) -> None:
    """Refuse data whose length is not what shape and element type say."""
    expected = math.prod(shape) * DTYPES[dtype].itemsize
    if expected != found:
        raise source.error(
            f"{what} has the wrong length", expected=f"{expected} bytes for {dtype} {shape}", found=f"{found} bytes"
        )


def check_expansion(source: Source, tensors: Sequence[Stored], max_expanded: int, size: int) -> None:
    """Refuse tensors that would take far more memory than the file has bytes."""
    advice = "; pass a larger max_expanded if the file is trusted"
    for stored in tensors:
        if stored.nbytes > max(stored.span, max_expanded):
            raise source.error(
                f"tensor {quoted(stored.name)} would grow from {stored.span} to {stored.nbytes} bytes{advice}",
                expected=f"at most {max_expanded} bytes",
            )
    total = sum(stored.nbytes for stored in tensors)
    if total > limits.REPEATED * size + max_expanded:
        raise source.error(f"all tensors together would take {total} bytes{advice}", found=f"a file of {size} bytes")


def _brief(shape: Sequence[object]) -> str:
    shown = [str(size) if isinstance(size, int | float) else type(size).__name__ for size in shape[:8]]
    return "(" + ", ".join(size[:24] for size in shown) + (", ...)" if len(shape) > 8 else ")")
