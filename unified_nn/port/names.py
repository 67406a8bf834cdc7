"""Names and forms of a file's tensors in another vocabulary: exact by a model's rows, else by rules and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from unified_nn.port import by_model, by_rules
from unified_nn.port.formats import Entry
from unified_nn.port.mapping import Rules
from unified_nn.port.plan import Move, Plan, PlanError, kept, require_distinct
from unified_nn.vocabulary.tree import Module

PORTABLE = ("torch", "mindspore", "mxnet")
#: What writes a format; the others hold anyone's names.
_OF_FORMAT = {"torch": "torch", "torch-legacy": "torch", "mindspore": "mindspore", "mxnet": "mxnet"}
_OF_METADATA = {"pt": "torch", "ms": "mindspore"}
_WRAPPERS = ("state_dict.", "model_state_dict.")
#: Names that only one vocabulary's layers have.
_TELLING = {
    "num_batches_tracked": "torch", "moving_mean": "mindspore", "moving_variance": "mindspore",
    "embedding_table": "mindspore", "i2h_weight": "mxnet", "h2h_weight": "mxnet", "alpha": "mxnet",
}  # fmt: skip


def plan(
    entries: Sequence[Entry], target: str | None, *, model: Module | None = None, source: str | None = None,
    rules: Rules | None = None, hint: str | None = None,
) -> Plan:  # fmt: skip
    """What becomes of every tensor when names of `source` become names of `target`.

    `hint` is the vocabulary that usually writes such a file. Without `source` it is the one whose names fit; without
    `target` names stay. Raises PlanError where names cannot be told apart.
    """
    rules = rules or Rules()
    source = source or rules.vocabulary
    names, left_out, prefix = _given(entries, rules, stripped=model is None)
    given = [replace(entry, name=name) for name, entry in names.items()]
    if model is not None:
        made = by_model.plan(given, model, source, target or source, hint)
    elif target is None or target == source:
        made = _unchanged(given, source or hint or "")
    else:
        made = _by_rules(given, source, target, rules, hint)
    made.notes += [f"the prefix {prefix!r} was taken off the names"] if prefix else []
    made.own = {names[name].name: own for name, own in made.own.items()}
    made.moves = [_back(move, names) for move in made.moves]
    made.unused = {names[name].name: reason for name, reason in made.unused.items()} | left_out
    made.neutral = {names[name].name: value for name, value in made.neutral.items()}
    made.twins = {names[name].name: names[first].name for name, first in made.twins.items()}
    require_distinct(made)
    return made


def _given(entries: Sequence[Entry], rules: Rules, stripped: bool) -> tuple[dict[str, Entry], dict[str, str], str]:
    """The entries by the names that they go by, why others are left out, and what was taken off the names."""
    prefix = _wrapper(entry.name for entry in entries) if stripped else ""
    inside = {entry.name.removeprefix(prefix): entry for entry in entries if entry.name.startswith(prefix)}
    rules.require_used(inside, [entry.name for entry in entries])
    left_out = {e.name: f"it is beside {prefix[:-1]!r}" for e in entries if not e.name.startswith(prefix)}
    dropped = {name: e for name, e in inside.items() if rules.drops(name) or rules.drops(e.name)}
    left_out |= {entry.name: "dropped, as --map says" for entry in dropped.values()}
    names: dict[str, Entry] = {}
    for name, entry in inside.items():
        if name not in dropped and names.setdefault(rules.name_of(name), entry) is not entry:
            raise PlanError(f"--map gives two tensors the name {rules.name_of(name)!r}")
    return names, left_out, prefix


def _wrapper(names: Iterable[str]) -> str:
    """What a training checkpoint keeps the network's state under, beside an optimizer's."""
    return next((wrapper for wrapper in _WRAPPERS if any(name.startswith(wrapper) for name in names)), "")


def _back(move: Move, names: Mapping[str, Entry]) -> Move:
    """The move from the file's own name."""
    return move if move.source is None else replace(move, source=names[move.source].name)


def _by_rules(entries: list[Entry], source: str | None, target: str, rules: Rules, hint: str | None) -> Plan:
    """The plan that all vocabularies which the names can be of agree on."""
    possible = [source] if source else possible_sources(entries, hint)
    plans = [
        _unchanged(entries, name) if name == target else by_rules.plan(entries, name, target, rules)
        for name in possible
    ]
    if any(_result(other) != _result(plans[0]) for other in plans[1:]):
        raise PlanError(f"the names could be those of {' or '.join(possible)}: say which with --from")
    return plans[0]


def _one_by_rules(entries: list[Entry], source: str, target: str, rules: Rules) -> Plan:
    return _unchanged(entries, source) if source == target else by_rules.plan(entries, source, target, rules)


def _result(made: Plan) -> tuple[object, ...]:
    """What a plan comes to, whatever it took for granted on the way."""
    return [replace(move, assumed="") for move in made.moves], made.unused, made.questions


def _unchanged(entries: Iterable[Entry], vocabulary: str) -> Plan:
    return Plan(vocabulary, vocabulary, [kept(entry) for entry in entries])


def possible_sources(entries: Iterable[Entry], hint: str | None) -> list[str]:
    """The vocabularies that the names can be of; one where a name tells, else the hint, else all."""
    entries = list(entries)
    found = {vocabulary for entry in entries if (vocabulary := _told_by(entry.name)) is not None}
    for path, arrays in by_rules.modules(entries, "mxnet").items():
        if {"running_mean", "running_var"} <= arrays.keys() and path is not None:
            found |= {"mxnet"} if "gamma" in arrays else {"torch"} if "weight" in arrays else set()
    if len(found) > 1:
        raise PlanError(f"the names are of several vocabularies ({', '.join(sorted(found))}): say which with --from")
    return list(found) or ([hint] if hint else list(PORTABLE))


def _told_by(name: str) -> str | None:
    return next((v for part, v in _TELLING.items() if name == part or name.endswith((f".{part}", f"_l0_{part}"))), None)


def vocabulary_of(format: str, metadata: Mapping[str, object]) -> str | None:
    """The vocabulary that usually writes such a file, or None."""
    return _OF_FORMAT.get(format) or _OF_METADATA.get(str(metadata.get("format")))
