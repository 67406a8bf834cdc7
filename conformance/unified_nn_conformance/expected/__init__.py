"""Known disagreements, one a line as `case id :: reason`; a line that no longer holds fails.

`<backend>.txt` is for one backend, `all.txt` for what differs on every one, `oracle.txt` for cases for which the real
framework has no kernel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path


@dataclass
class Expected:
    """The lines of one file; a case id may hold * for a family of cases."""

    lines: dict[str, str] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, name: str) -> Expected:
        path = Path(__file__).parent / f"{name.replace(':', '-')}.txt"
        found = cls()
        if path.exists():
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if not line.strip() or line.startswith("#"):
                    continue
                case, separator, reason = line.partition(" :: ")
                if not separator or not reason.strip():
                    raise ValueError(f"{path.name}:{number}: expected 'case id :: reason', got {line!r}")
                found.lines[case.strip()] = reason.strip()
        return found

    def reason(self, case: str) -> str | None:
        if case in self.lines:
            return self.lines[case]
        return next((reason for pattern, reason in self.lines.items() if "*" in pattern and _fits(case, pattern)), None)

    def mark_stale(self, case: str) -> None:
        line = f"{case} :: agrees now"
        if case in self.lines and line not in self.stale:
            self.stale.append(line)


def _fits(case: str, pattern: str) -> bool:
    return fnmatchcase(case.replace("[", "("), pattern.replace("[", "("))
