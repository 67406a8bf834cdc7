"""What a user says about a file's names, in TOML (`--map`).

    from = "torch"                        # the vocabulary of the file's names
    drop = ["optimizer.*"]                # tensors to leave out
    [names]                               # a tensor's name -> its name, before anything is translated
    "fc.w" = "fc.weight"
    [paths]                               # a module's path -> its path; "" is the network itself
    "net0_dense0" = "features.0"
    [kinds]                               # a module's path -> what the layer is
    "tokens" = "Embedding"

In `drop` and on the left of `kinds` a `*` stands for any text. Names are those of the report: without the
`state_dict.` that a training checkpoint has before them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from unified_nn.errors import nearest
from unified_nn.port.plan import PlanError

_TABLES = ("names", "paths", "kinds")
_KEYS = ("from", "drop", *_TABLES)
_LARGEST = 10_000_000


@dataclass(frozen=True)
class Rules:
    """What the user says; empty by default."""

    vocabulary: str | None = None
    drop: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def drops(self, name: str) -> bool:
        """Whether the user wants the tensor left out."""
        return any(fnmatchcase(name, pattern) for pattern in self.drop)

    def kind_of(self, path: str) -> str | None:
        """What the user says that the layer at this path is."""
        if path in self.kinds:
            return self.kinds[path]
        return next((kind for pattern, kind in self.kinds.items() if fnmatchcase(path, pattern)), None)

    def name_of(self, name: str) -> str:
        """The name of a tensor after `names`, or else the longest fitting one of `paths`."""
        if name in self.names:
            return self.names[name]
        for path in sorted(self.paths, key=len, reverse=True):
            for joint in ".", "_":
                if name.startswith(path + joint):
                    rest = name[len(path) + 1 :]
                    return f"{self.paths[path]}.{rest}" if self.paths[path] else rest
        return name

    def require_used(self, present: Collection[str], everything: Iterable[str]) -> None:
        """Refuse names and paths that are not present, and patterns that fit nothing: they are misspelt."""
        for name in self.names:
            if name not in present:
                raise PlanError(f"--map: the file has no tensor {name!r}.{nearest(name, present)}")
        for path in self.paths:
            if not any(name.startswith((f"{path}.", f"{path}_")) for name in present):
                raise PlanError(f"--map: no tensor of the file is below the path {path!r}")
        for pattern in self.drop:
            if not any(fnmatchcase(name, pattern) for name in [*present, *everything]):
                raise PlanError(f"--map: drop = {pattern!r} fits no tensor of the file")


def read_rules(path: str, kinds: Iterable[str]) -> Rules:
    """The rules in a TOML file; PlanError names what is wrong with it."""
    try:
        with Path(path).open("rb") as file:
            text = file.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise PlanError(f"{path}: more than {_LARGEST} bytes are no rules")
        found = tomllib.loads(text.decode())
    except (OSError, ValueError) as cause:
        if isinstance(cause, PlanError):
            raise
        raise PlanError(f"{path}: {getattr(cause, 'strerror', None) or cause}") from cause
    for key in found:
        if key not in _KEYS:
            raise PlanError(f"{path}: {key!r} is not one of {', '.join(_KEYS)}.{nearest(key, _KEYS)}")
    tables = {key: _table(path, key, found.get(key, {})) for key in _TABLES}
    for where, kind in tables["kinds"].items():
        if kind not in kinds:
            known = list(kinds)
            raise PlanError(f"{path}: kinds: {where!r} = {kind!r} is none of {', '.join(known)}.{nearest(kind, known)}")
    drop, vocabulary = found.get("drop", []), found.get("from")
    if not isinstance(drop, list) or not all(isinstance(pattern, str) for pattern in drop):
        raise PlanError(f"{path}: drop must be a list of texts")
    if vocabulary not in (None, "torch", "mindspore", "mxnet", "neutral"):
        raise PlanError(f"{path}: from = {vocabulary!r}, expected torch, mindspore, mxnet or neutral")
    return Rules(vocabulary, tuple(drop), **tables)


def _table(path: str, key: str, found: Any) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise PlanError(f"{path}: {key} must be a table from texts to texts")
    return found
