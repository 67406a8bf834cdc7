"""What cases are drawn with. Every part is drawn on its own, so that hypothesis shrinks a failing case part by part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st

from unified_nn_conformance.case import Case, function, layer
from unified_nn_conformance.drivers import NAMES
from unified_nn_conformance.sample import Sample

T = TypeVar("T")


class Source(str):
    """An argument that is source text already, such as `torch.ones(3)`."""

    __slots__ = ()


#: An argument that is left to its default.
OMITTED = Source("")
#: A case's inputs, as an expression names them.
INPUTS = tuple(map(Source, NAMES))


@dataclass(frozen=True)
class Draw:
    """One case being drawn. The first of several values is the plainest one: hypothesis shrinks towards it."""

    draw: Callable[[st.SearchStrategy[Any]], Any]

    def pick(self, *values: T) -> T:
        """One of the values."""
        found: T = self.draw(st.sampled_from(values))
        return found

    def size(self, low: int, high: int) -> int:
        """A number from low to high."""
        found: int = self.draw(st.integers(low, high))
        return found

    def some(self, *values: Any) -> Any:
        """An optional argument: left out half of the time, else one of the values."""
        return self.pick(*values) if self.pick(False, True) else OMITTED

    def rarely(self, *values: Any) -> Any:
        """An argument that is left out most of the time."""
        return self.pick(*values) if self.pick(*[False] * 7, True) else OMITTED

    def per_axis(self, rank: int, *values: int) -> Any:
        """One of the values for all axes, or one for each."""
        if rank and self.pick(False, False, True):
            return tuple(self.pick(*values) for _ in range(rank))
        return self.pick(*values)

    def fault(self, *names: str) -> str:
        """What is wrong with the case: half of the time nothing, which is the empty string."""
        return self.pick(*[""] * len(names), *names)


def call(name: str, *positional: Any, **options: Any) -> str:
    """The source of a call; arguments that are OMITTED are not said."""
    said = [text(value) for value in positional if value is not OMITTED]
    said += [f"{key}={text(value)}" for key, value in options.items() if value is not OMITTED]
    return f"{name}({', '.join(said)})"


def text(value: Any) -> str:
    """A value as source."""
    if isinstance(value, Source):
        return str(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(text, value))}{',' * (len(value) == 1)})"
    if isinstance(value, float) and value - value != 0:
        return f"float('{value}')"
    return repr(value)


Drawing = Callable[[Draw], Case]


def cases(*drawings: Drawing) -> st.SearchStrategy[Case]:
    """A strategy of the cases that these functions draw."""

    @st.composite
    def case(draw: Any) -> Case:
        chosen = drawings[draw(st.sampled_from(range(len(drawings))))] if len(drawings) > 1 else drawings[0]
        return chosen(Draw(draw))

    return case()


# ---- a case as a line that can be put into a file of cases ----


def line(case: Case) -> str:
    """`layer("torch", "nn.Linear(4, 3)", f32(2, 4))`: the same id, and so the same values."""
    if case.program:
        return f"program({', '.join([text(case.vocabulary), repr(case.id.split('/', 2)[2]), repr(case.text)])})"
    maker = (function if case.call else layer).__name__
    said = [text(case.vocabulary), f'"{case.text}"', *map(_sample, case.inputs)]
    for name in ("arguments", "training", "gradient", "printed"):
        value = getattr(case, name)
        if value != Case.__dataclass_fields__[name].default:
            said.append(f"{name}={value!r}")
    return f"{maker}({', '.join(said)})"


def _sample(sample: Sample) -> str:
    if sample.kind == "value":
        return f"given({_listed(sample.value)!r}, {sample.dtype!r})"
    if sample.kind == "index":
        sizes = [*map(str, sample.shape), f"high={sample.high}", f"dtype={sample.dtype!r}"]
        return f"index({', '.join(sizes)})"
    if sample.dtype in ("float32", "float64"):
        sizes = list(map(str, sample.shape)) + [f"kind={sample.kind!r}"] * (sample.kind != "normal")
        return f"f{sample.dtype[-2:]}({', '.join(sizes)})"
    return f"Sample({sample.shape}, {sample.kind!r}, {sample.dtype!r})"


def _listed(value: Any) -> Any:
    return [_listed(v) for v in value] if isinstance(value, tuple) else value
