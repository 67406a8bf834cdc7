"""A plan: what becomes of every tensor of a weight file, worked out from names and shapes before a value is read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from unified_nn.errors import UnifiedError
from unified_nn.port.formats import Entry

Shape = tuple[int, ...]


class PlanError(UnifiedError, ValueError):
    """The names or shapes of a file cannot be translated at all, or not with what was said."""


@dataclass(frozen=True)
class Move:
    """One tensor of the result: from the tensor `source`, or, where that is None, made of `fill`.

    `assumed` says what was taken for granted about it; a wrong assumption shows when the result is loaded.
    """

    name: str
    source: str | None
    shape: Shape
    dtype: str
    fill: int | None = None
    reshaped: bool = False
    cast: str | None = None
    assumed: str = ""

    @property
    def actions(self) -> list[str]:
        """What is done: "added", or "taken" and any of "renamed", "reshaped", "cast"."""
        if self.source is None:
            return ["added"]
        done = (
            ["renamed"] * (self.name != self.source) + ["reshaped"] * self.reshaped + ["cast"] * (self.cast is not None)
        )
        return done or ["taken"]


@dataclass(frozen=True)
class Question:
    """Something that names and shapes do not answer; `answers` are the lines for --map that would."""

    about: str
    reason: str
    answers: tuple[str, ...] = ()


@dataclass
class Plan:
    """All that becomes of a file: tensors of the result, tensors left out and why, and what is uncertain.

    `neutral` lists tensors all of whose values must be the given one, as the network computes with that; `twins` those
    that must equal another, as the network has one array for both. `own` gives the name that a tensor of the file has
    in the model, in the vocabulary `source`; it is empty without a model.
    """

    source: str
    target: str
    moves: list[Move] = field(default_factory=list)
    unused: dict[str, str] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    neutral: dict[str, int] = field(default_factory=dict)
    twins: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many tensors were taken, renamed, ..., unused, uncertain."""
        counted = Counter(action for move in self.moves for action in move.actions)
        order = ("taken", "renamed", "reshaped", "cast", "added")
        found = {action: counted[action] for action in order if counted[action]}
        return found | {"unused": len(self.unused), "uncertain": len(self.questions)}


def kept(entry: Entry, **changes: object) -> Move:
    """The move that takes an entry as it is, but for the changes."""
    return replace(Move(entry.name, entry.name, entry.shape, entry.dtype), **changes)  # type: ignore[arg-type]


def require_distinct(plan: Plan) -> None:
    """Make a question of every name that two tensors would get."""
    rivals: dict[str, list[str]] = {}
    for move in plan.moves:
        rivals.setdefault(move.name, []).append(move.source or "an added one")
    for name, sources in rivals.items():
        if len(sources) > 1:
            plan.questions.append(Question(name, f"{' and '.join(map(repr, sources))} would both be {name!r}"))
