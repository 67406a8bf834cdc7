"""What a torch pickle is made of besides Python's own values: storages, tensors as views of them, sizes, devices.

The reader makes these and the writer takes them. A dtype is the token `Global("torch", name)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Storage:
    """One storage, or a part of one: `dtype` is None where it is untyped, then `count` and `start` are bytes."""

    key: str
    dtype: str | None
    count: int
    start: int = 0
    location: str = field(default="cpu", compare=False)


@dataclass(frozen=True)
class View:
    """A tensor as torch stores it: a strided view of a storage, offset and strides in elements."""

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    conjugate: bool = False
    negative: bool = False
    requires_grad: bool = False
    parameter: bool = False


class Size(tuple[int, ...]):
    """A torch.Size."""

    __slots__ = ()


@dataclass(frozen=True)
class Device:
    """A torch.device."""

    type: str
    index: int | None = None


@dataclass(frozen=True)
class Leaf:
    """A value that is allowed but holds no weights."""

    kind: str


def c_strides(shape: Iterable[int]) -> tuple[int, ...]:
    """The strides, in elements, of an array in C order."""
    strides: list[int] = []
    step = 1
    for size in reversed(tuple(shape)):
        strides.insert(0, step)
        step *= max(size, 1)
    return tuple(strides)
