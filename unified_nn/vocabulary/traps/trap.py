"""What a record of a trap is: the same words, another meaning in each vocabulary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

VOCABULARIES: Final = ("torch", "mindspore", "mxnet")
NOT_CONCERNED: Final = "not concerned"
_NAMES = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Trap:
    """One trap.

    torch, mindspore, mxnet  what each means, measured on PyTorch 2.13, MindSpore 2.10 and MXNet 1.9.1, or NOT_CONCERNED
    fault                    the confusion: what a wrong implementation does, which a test re-introduces
    note                     what was found otherwise than expected
    unshown                  vocabulary -> why no case shows its meaning
    about                    the names in source text that it is about, as patterns of fnmatch, such as Conv?[dD]
    """

    number: int
    title: str
    torch: str
    mindspore: str
    mxnet: str
    fault: str
    note: str = ""
    unshown: Mapping[str, str] = field(default_factory=dict)
    about: tuple[str, ...] = ()

    @property
    def meanings(self) -> dict[str, str]:
        """Vocabulary -> what it means there."""
        return {"torch": self.torch, "mindspore": self.mindspore, "mxnet": self.mxnet}

    @property
    def cases(self) -> tuple[str, ...]:
        """The ids of the conformance cases that show it: one program for each vocabulary concerned."""
        shown = (v for v, text in self.meanings.items() if text != NOT_CONCERNED and v not in self.unshown)
        return tuple(f"programs/{vocabulary}/trap {self.number}" for vocabulary in shown)

    def concerns(self, source: str) -> bool:
        """Whether a name in the source text is one that the trap is about."""
        return any(fnmatchcase(name, pattern) for name in set(_NAMES.findall(source)) for pattern in self.about)

    def __str__(self) -> str:
        return f"trap {self.number}: {self.title}"
