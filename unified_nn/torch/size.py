"""`torch.Size`: a tuple that prints and slices as PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any


class Size(tuple[int, ...]):
    """The sizes of a tensor's axes."""

    __slots__ = ()

    def __new__(cls, sizes: Iterable[int] = ()) -> Size:
        return super().__new__(cls, [size.__index__() for size in sizes])

    def numel(self) -> int:
        """The number of elements, 1 without axes."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    __str__ = __repr__

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return of(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Any:
        found = super().__add__(tuple(other))
        return of(found)

    def __mul__(self, times: Any) -> Any:
        return of(super().__mul__(times))

    __rmul__ = __mul__

    def __reduce__(self) -> tuple[Any, ...]:
        return Size, (tuple(self),)


def of(sizes: tuple[int, ...]) -> Size:
    """A Size of sizes that are plain integers already."""
    return tuple.__new__(Size, sizes)
