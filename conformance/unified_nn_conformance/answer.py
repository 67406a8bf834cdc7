"""What one side, shim or oracle, says to one case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass
class Question:
    """One run of a case: the source, the inputs, and the weights by name (None lets the side report shapes only)."""

    vocabulary: str
    text: str
    call: bool
    inputs: list[Array]
    training: bool
    gradient: bool
    dtype: str = "float32"
    salt: str = ""
    op: str | None = None
    attrs: dict[str, Any] = field(default_factory=dict)
    arguments: str = ""
    program: bool = False

    def cast(self, array: Array) -> Array:
        """A float32 input in the dtype that is asked for; others keep their own."""
        return array.astype(self.dtype) if array.dtype == "float32" else array


@dataclass
class Answer:
    """Everything that is compared, as plain NumPy arrays and text."""

    outs: list[Array] = field(default_factory=list)
    dtypes: list[str] = field(default_factory=list)
    input_grads: list[Array | None] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    parameter_grads: dict[str, Array | None] = field(default_factory=dict)
    state: dict[str, Array] = field(default_factory=dict)  # arrays after the call: running statistics move
    printed: str = ""
    results: dict[str, Any] = field(default_factory=dict)  # what a program showed
    error: tuple[str, list[str], str] | None = None  # class, its bases, message
    unavailable: str | None = None  # the oracle has no kernel, or crashed


@dataclass(frozen=True)
class Shown:
    """A tensor, an array or a number with a fraction that a program showed, and what it was."""

    values: Array
    kind: str  # the dtype in the framework's words, or "float"


@dataclass(frozen=True)
class Raised:
    """The error that a call in a program raised."""

    name: str
    bases: tuple[str, ...]
    message: str

    @classmethod
    def of(cls, error: BaseException) -> Raised:
        return cls(type(error).__name__, tuple(base.__name__ for base in type(error).__mro__), str(error))


def weights(salt: str, name: str, shape: Sequence[int], dtype: str) -> Array:
    """The values that both sides give to a parameter: a function of the case and the name only."""
    from unified_nn_conformance.sample import Sample

    positive = name.endswith(("var", "variance", "gamma"))
    made = Sample(tuple(shape), "positive" if positive else "normal", dtype).array(f"{salt}:{name}")
    return made if positive else (made * 0.5).astype(dtype)


def seed(salt: str, position: int, shape: Sequence[int], dtype: str) -> Array:
    """The gradient that both sides start backward with."""
    from unified_nn_conformance.sample import Sample

    return Sample(tuple(shape), "normal", dtype).array(f"{salt}:seed{position}")
