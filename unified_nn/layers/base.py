"""What a canonical layer is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol, Self

from unified_nn.init import Initializer
from unified_nn.random import RandomStream
from unified_nn.tensor import Tensor


@dataclass(frozen=True)
class Param:
    """One array that a layer keeps: its canonical name, shape, neutral initial value, and whether it is learned."""

    name: str
    shape: tuple[int, ...]
    init: Initializer
    learned: bool = True
    dtype: str = "float32"


class Params(Protocol):
    """What a layer sees of its module: its arrays by canonical name (those of a part by `part.name`), and whether it is
    training."""

    @property
    def training(self) -> bool: ...

    @property
    def stream(self) -> RandomStream:
        """Where random numbers come from."""

    def __getitem__(self, name: str) -> Tensor: ...

    def get(self, name: str) -> Tensor | None: ...

    def update(self, name: str, value: Tensor) -> None:
        """Replace an array that is not learned (running statistics)."""


@dataclass(frozen=True)
class Layer:
    """Configuration -> `params()` -> `forward(p, x)`."""

    #: How many arrays `forward` takes at most.
    inputs: ClassVar[int] = 1

    def params(self) -> Iterator[Param]:
        """The arrays of this configuration, in the neutral order."""
        return iter(())

    def parts(self) -> Iterator[tuple[str, Layer]]:
        """The layers inside this one by name; a row has each as a child of that name."""
        return iter(())

    def forward(self, p: Params, *xs: Tensor) -> Any:
        raise NotImplementedError

    def resolve(self, *shapes: tuple[int, ...]) -> Self:
        """This layer with the sizes that were left open (None) worked out from the shapes of the inputs."""
        return self

    @property
    def is_open(self) -> bool:
        """Whether a size is still unknown."""
        return False

    def summary(self) -> str:
        """A few words for error messages, such as `9 -> 2`."""
        return ""

    def settings(self) -> Mapping[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}
