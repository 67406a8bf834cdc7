"""Names without a model definition: layers are known by the names and shapes of their arrays; what is open is asked."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from unified_nn.port.formats import Entry
from unified_nn.port.kinds import KINDS, OTHER, added_names, candidates, target_names
from unified_nn.port.mapping import Rules
from unified_nn.port.plan import Move, Plan, Question, Shape, kept

_INNER = re.compile(r"(?:(.*)\.)?(_unfused\.\d+\.(?:[lr]_cell\.)?[ih]2[hr]_(?:weight|bias))")
_SCOPED = re.compile(
    r"(.*?)_((?:[lr]\d+_)?(?:i2h|h2h|h2r)_(?:weight|bias)|(?:running|moving)_(?:mean|var)|weight|bias|gamma|beta|alpha)"
)
_MOVING = {"moving_mean": "running_mean", "moving_var": "running_var"}
Outcome = dict[str, tuple[str, Shape]]


def modules(entries: Iterable[Entry], vocabulary: str) -> dict[str, dict[str, Entry]]:
    """Path of a module -> last part of the name -> entry, in the order of the file."""
    entries = list(entries)
    names = {entry.name for entry in entries}
    found: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        path, last = split(entry.name, vocabulary)
        full = f"{path}.{last}" if path else last
        # Beside another spelling of the same array a name stays what it is, so that no rule fits the layer.
        found.setdefault(path, {})[entry.name.rpartition(".")[2] if full != entry.name and full in names else last] = (
            entry
        )
    return found


def split(name: str, vocabulary: str) -> tuple[str, str]:
    """Path of the module and name in it; Gluon's recurrent layers have names of several parts."""
    inner = _INNER.fullmatch(name) if vocabulary == "mxnet" else None
    if inner:
        return inner[1] or "", inner[2]
    path, _, last = name.rpartition(".")
    return path, _MOVING.get(last, last) if vocabulary == "mxnet" else last


def scoped(name: str) -> tuple[str, str] | None:
    """(block, array) of a name with Gluon's scope, such as `net0_dense0_weight`."""
    found = None if "." in name else _SCOPED.fullmatch(name)
    return (found[1], _MOVING.get(found[2], found[2])) if found else None


def plan(entries: Sequence[Entry], source: str, target: str, rules: Rules) -> Plan:
    """What becomes of every tensor, layer by layer."""
    made = Plan(source, target)
    parts = modules(entries, source)
    ranks = [entry.shape for entry in entries]
    planar = any(len(shape) == 4 and shape[2] > 1 for shape in ranks)
    spatial = any(len(shape) == 5 for shape in ranks)
    loose = _ask_for_paths(made, parts.pop("", {})) if source == "mxnet" else {}
    if loose:
        parts[""] = loose
    for path, arrays in _unwrapped(parts, source, spatial, rules).items():
        _Layer(made, path, arrays, rules.kind_of(path), planar, spatial).translate()
    return made


def _ask_for_paths(made: Plan, arrays: Mapping[str, Entry]) -> dict[str, Entry]:
    """Make a question of every block that only its scope names; gives the arrays that are not of such blocks."""
    blocks: dict[str, list[str]] = {}
    rest = {}
    for last, entry in arrays.items():
        found = scoped(entry.name)
        if found:
            blocks.setdefault(found[0], []).append(entry.name)
        else:
            rest[last] = entry
    for block, names in blocks.items():
        reason = f"{', '.join(names)}: a Gluon scope does not say the path of the layer; give --model, or its path"
        made.questions.append(Question(block, reason, ("[paths]", f'"{block}" = "PATH"')))
    return rest


def _unwrapped(
    parts: dict[str, dict[str, Entry]], source: str, spatial: bool, rules: Rules
) -> dict[str, dict[str, Entry]]:
    """The modules, with the one that MindSpore's BatchNorm3d has inside counted as itself."""
    if source != "mindspore":
        return parts
    found: dict[str, dict[str, Entry]] = {}
    paths = sorted(parts)
    for path, arrays in parts.items():
        outer, _, inner = path.rpartition(".")
        said = rules.kind_of(outer) == "BatchNorm3d"
        if inner == "bn2d" and (said or (spatial and _is_alone(outer, paths) and rules.kind_of(path) is None)):
            found.setdefault(outer, {}).update({f"bn2d.{last}": entry for last, entry in arrays.items()})
        else:
            found.setdefault(path, {}).update(arrays)
    return found


def _is_alone(outer: str, paths: Sequence[str]) -> bool:
    """Whether a module has one child and nothing else; `paths` are sorted, and "/" follows "." in that order."""
    at = bisect_left(paths, outer)
    has_arrays = at < len(paths) and paths[at] == outer
    return not has_arrays and bisect_left(paths, f"{outer}/") - bisect_left(paths, f"{outer}.") == 1


class _Layer:
    """The arrays of one module on their way into the plan."""

    def __init__(
        self, made: Plan, path: str, arrays: dict[str, Entry], kind: str | None, planar: bool, spatial: bool
    ) -> None:
        self.made, self.path, self.arrays, self.kind = made, path, arrays, kind
        self.planar, self.spatial = planar, spatial
        self.shapes = {last: entry.shape for last, entry in arrays.items()}

    def translate(self) -> None:
        kinds = [self.kind] if self.kind else self._likely(candidates(self.made.source, self.shapes, self.planar))
        if not kinds:
            self._keep("no rule knows it: kept its name")
            return
        outcomes = [self._outcome(kind) for kind in kinds]
        if any(outcome is None for outcome in outcomes):
            self._ask(kinds, f"a {kinds[0]} has no such arrays in {self.made.source}")
        elif any(outcome != outcomes[0] for outcome in outcomes):
            self._ask(kinds, f"could be {' or '.join(kinds)}, whose names or forms in {self.made.target} differ")
        else:
            self._move(kinds[0], outcomes[0] or {})

    def _likely(self, kinds: list[str]) -> list[str]:
        """The kinds that the rest of the file makes possible."""
        if not self.spatial or any(last.startswith("bn2d.") for last in self.arrays):
            wrapped = any(last.startswith("bn2d.") for last in self.arrays)
            return [kind for kind in kinds if (kind == "BatchNorm3d") == wrapped or not kind.startswith("BatchNorm")]
        return kinds

    def _outcome(self, kind: str) -> Outcome | None:
        found = target_names(kind, self.made.source, self.made.target, self.shapes)
        if found is None:
            return None
        added = added_names(kind, self.made.source, self.made.target, self.shapes) if kind in KINDS else {}
        return found | {f"+{name}": (name, shape) for name, (_, shape) in added.items()}

    def _name(self, last: str) -> str:
        return f"{self.path}.{last}" if self.path else last

    def _move(self, kind: str, outcome: Outcome) -> None:
        made = self.made
        assumed = self._assumption(kind)
        for last, entry in self.arrays.items():
            if last not in outcome:
                made.unused[entry.name] = f"{made.target} does not keep it"
                continue
            name, shape = outcome[last]
            made.moves.append(
                kept(entry, name=self._name(name), shape=shape, reshaped=shape != entry.shape, assumed=assumed)
            )
        dtype = next(iter(self.arrays.values())).dtype
        for name, (value, shape) in added_names(kind, made.source, made.target, self.shapes).items():
            made.moves.append(Move(self._name(name), None, shape, dtype, fill=value, assumed=assumed))

    def _assumption(self, kind: str) -> str:
        if self.kind:
            return ""
        if kind == "Conv1d" and "mindspore" in (self.made.source, self.made.target):
            return "a kernel of three sizes is a Conv1d's"
        if kind == "Conv" and self.made.source == "mindspore" and any(s[2:3] == (1,) for s in self.shapes.values()):
            return "a kernel (out, in, 1, k) is a Conv2d's, as others here have two long axes"
        if kind == "BatchNorm3d" and self.made.source == "mindspore":
            return "kernels here have three axes, so bn2d is what a BatchNorm3d has inside"
        if kind == "BatchNorm" and self.made.target == "mindspore":
            return "no kernel here has three axes, so it is a BatchNorm1d or 2d"
        if kind == "BatchNorm" and self.made.source == "mxnet":
            return "its gamma is learned (scale=True)"
        if kind == "LayerNorm" and self.made.target == "mxnet":
            return "it is no GroupNorm: Gluon's has one value per group"
        return ""

    def _keep(self, assumed: str) -> None:
        self.made.moves += [kept(entry, assumed=assumed) for entry in self.arrays.values()]

    def _ask(self, kinds: list[str], reason: str) -> None:
        listed = ", ".join(f"{entry.name} {entry.shape}" for entry in self.arrays.values())
        choices = " or ".join(f'"{kind}"' for kind in [*kinds, OTHER])
        answer = ("[kinds]", f'"{self.path}" = {choices}')
        self.made.questions.append(Question(self.path or "the network", f"{listed}: {reason}", answer))
