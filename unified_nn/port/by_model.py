"""Names by a model definition: its rows say what every array is called in every vocabulary, and in which form it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from unified_nn.errors import UnifiedError
from unified_nn.port.by_rules import scoped, split
from unified_nn.port.formats import Entry
from unified_nn.port.plan import Move, Plan, PlanError, Question, Shape, kept
from unified_nn.vocabulary.slots import VOCABULARIES, Key, Slot, slots, with_axis, without_axis
from unified_nn.vocabulary.tree import Module

Found = dict[str, tuple[Slot, str]]


def plan(entries: Sequence[Entry], model: Module, source: str | None, target: str | None, hint: str | None) -> Plan:
    """What becomes of every tensor; PlanError where the file's names are not the model's in any vocabulary."""
    order = [source] if source else [hint, *VOCABULARIES] if hint else list(VOCABULARIES)
    spellings = _spellings(model, [name for name in dict.fromkeys(order) if name is not None], target)
    matches = {name: _matched(entries, model, name, spelled) for name, spelled in spellings.items()}
    chosen = max(matches, key=lambda name: _score(entries, matches[name][0], spellings[name]))
    found, note = matches[chosen]
    if not found:
        expected = ", ".join(slot.name for slot in spellings[chosen][:5] if slot.name)
        raise PlanError(f"no tensor has a name of {type(model).__name__}, such as {expected}; say the names in --map")
    own = {name: slot.name for name, (slot, _) in found.items() if slot.name is not None}
    made = Plan(chosen, target or chosen, notes=[note] if note else [], own=own)
    _check_shapes(made, entries, found)
    _fill(made, entries, found, slots(model, made.target))
    return made


def _spellings(model: Module, names: Sequence[str], target: str | None) -> dict[str, list[Slot]]:
    """The model's arrays under the names of each vocabulary that has them all; an error if the target or none has."""
    found: dict[str, list[Slot]] = {}
    errors: list[UnifiedError] = []
    for name in names:
        try:
            found[name] = slots(model, name)
        except UnifiedError as error:
            if name == target:
                raise
            errors.append(error)
    if not found:
        raise errors[0]
    return found


def _score(entries: Iterable[Entry], found: Found, wanted: Iterable[Slot]) -> tuple[int, int]:
    """More arrays of the network found in their form is better; then fewer that it should have and has not."""
    keys = {found[e.name][0].key for e in entries if e.name in found and found[e.name][0].fits(e.shape)}
    needed = {slot.key for slot in wanted if slot.name is not None and slot.held is not None and not slot.fixed}
    return len(keys & needed), -len(needed - keys)


def _matched(entries: Sequence[Entry], model: Module, vocabulary: str, spelled: list[Slot]) -> tuple[Found, str]:
    """The file's name -> the slot and what was assumed; and what must be told about all of them."""
    wanted = {slot.name: slot for slot in spelled if slot.name is not None}
    prefix = _prefix([entry.name for entry in entries], wanted)
    found = {
        e.name: (wanted[e.name[len(prefix) :]], "")
        for e in entries if e.name.startswith(prefix) and e.name[len(prefix) :] in wanted
    }  # fmt: skip
    note = f"the prefix {prefix!r} was taken off the names" if prefix else ""
    if vocabulary == "mxnet" and not found:
        found = _by_scope(entries, model, spelled) or _by_order(entries, spelled)
    return found, note


def _prefix(names: Iterable[str], wanted: Mapping[str, Slot]) -> str:
    """What stands before most of the network's names in the file, such as `module.` or `state_dict.`; often nothing."""
    depths = {name.count(".") + 1 for name in wanted}
    counts: Counter[str] = Counter({"": 0})
    for name in names:
        parts = name.rsplit(".", max(depths, default=0))
        for depth in depths:
            last = ".".join(parts[-depth:])
            if last in wanted:
                counts[name[: len(name) - len(last)]] += 1
    return counts.most_common(1)[0][0]


def _by_scope(entries: Sequence[Entry], model: Module, spelled: list[Slot]) -> Found:
    """By Gluon's full names, where the counters in them are those of this process."""
    prefix: str = getattr(model, "prefix", "")
    full = {str(slot.held.name).removeprefix(prefix): slot for slot in spelled if hasattr(slot.held, "grad_req")}
    scope = entries[0].name.partition("_")[0] + "_" if entries else ""
    for lead in ("", prefix, scope):
        found = {e.name: (full[e.name.removeprefix(lead)], "") for e in entries if e.name.removeprefix(lead) in full}
        if found and len(found) == len(entries):
            return found
    return {}


def _by_order(entries: Sequence[Entry], spelled: list[Slot]) -> Found:
    """Block by block in the order of both, where all names and shapes agree; nothing if any does not."""
    blocks: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        place = scoped(entry.name)
        if place is None:
            return {}
        blocks.setdefault(place[0], {})[place[1]] = entry
    layers: dict[str, dict[str, Slot]] = {}
    for slot in spelled:
        if slot.name is not None:
            path, last = split(slot.name, "mxnet")
            layers.setdefault(path, {})[last] = slot
    if len(blocks) != len(layers):
        return {}
    found: Found = {}
    forms = [_form(arrays) for arrays in blocks.values()]
    for arrays, form, wanted in zip(blocks.values(), forms, layers.values(), strict=True):
        if arrays.keys() != wanted.keys() or not all(wanted[last].fits(e.shape) for last, e in arrays.items()):
            return {}
        assumed = "matched by its place among layers of this form" if forms.count(form) > 1 else ""
        found |= {entry.name: (wanted[last], assumed) for last, entry in arrays.items()}
    return found


def _form(arrays: Mapping[str, Entry]) -> tuple[tuple[str, Shape], ...]:
    return tuple(sorted((last, entry.shape) for last, entry in arrays.items()))


def _check_shapes(made: Plan, entries: Sequence[Entry], found: Found) -> None:
    for entry in entries:
        if entry.name in found and not found[entry.name][0].fits(entry.shape):
            reason = f"{entry.name} has the shape {entry.shape}, the model's is {found[entry.name][0].shape}"
            made.questions.append(Question(entry.name, reason))


def _fill(made: Plan, entries: Sequence[Entry], found: Found, wanted: list[Slot]) -> None:
    """Moves for all that the target wants, and reasons for all of the file that it does not."""
    given: dict[Key, tuple[Entry, Slot, str]] = {}
    for entry in entries:
        if entry.name in found:
            slot, assumed = found[entry.name]
            given.setdefault(slot.key, (entry, slot, assumed))
    for slot in wanted:
        _one(made, slot, given.get(slot.key))
    used = {move.source for move in made.moves} | made.unused.keys()
    for entry in entries:
        if entry.name not in used and entry.name in found:
            first = given[found[entry.name][0].key][0].name
            made.twins[entry.name] = first
            made.unused[entry.name] = f"the network has one array for it and {first}"
        elif entry.name not in used:
            made.unused[entry.name] = "the model has no such array"


def _one(made: Plan, slot: Slot, given: tuple[Entry, Slot, str] | None) -> None:
    if given is None:
        if slot.name is None:
            return
        if slot.fill is not None or (slot.held is not None and slot.dtype == "int64" and slot.neutral is not None):
            value = slot.neutral if slot.fill is None else slot.fill
            shape = _settled(made, slot)
            if shape is not None:
                made.moves.append(Move(slot.name, None, shape, slot.dtype, fill=value))
        else:
            made.questions.append(Question(slot.name, f"the file has nothing for {slot.name} {slot.shape}"))
        return
    entry, own, assumed = given
    if own.fill is not None and own.dtype != "int64":
        made.neutral[entry.name] = own.fill
    if slot.name is None:
        made.unused[entry.name] = f"{made.target} does not keep it"
        if slot.neutral is not None and slot.dtype != "int64" and not own.fixed:
            made.neutral[entry.name] = slot.neutral
    elif own.fixed and slot.fill is not None:
        made.unused[entry.name] = "the layer computes with 1 whatever it is (fix_gamma, scale=False)"
        made.moves.append(Move(slot.name, None, entry.shape, entry.dtype, fill=slot.fill))
    elif slot.held is None and slot.fill is not None:
        made.moves.append(kept(entry, name=slot.name))
    else:
        shape = with_axis(without_axis(entry.shape, own.inserted), slot.inserted)
        made.moves.append(kept(entry, name=slot.name, shape=shape, reshaped=shape != entry.shape, assumed=assumed))


def _settled(made: Plan, slot: Slot) -> Shape | None:
    """The shape of an array that is added; one that is not known yet is that of another array of the layer."""
    if 0 not in slot.shape:
        return slot.shape
    path = (slot.name or "").rpartition(".")[0]
    siblings = [m.shape for m in made.moves if m.name.rpartition(".")[0] == path and len(m.shape) == len(slot.shape)]
    if siblings:
        return siblings[0]
    made.questions.append(Question(slot.name or "", "its size is not known: give the layer its input size"))
    return None
