"""What a format is to the rest: one record in the table of formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from unified_nn.port.formats.atomic import Target
from unified_nn.port.formats.pending import Pending
from unified_nn.port.formats.source import Source
from unified_nn.port.formats.weight_file import Contents


@dataclass(frozen=True)
class Format:
    """One weight file format.

    `recognises(source, head)` looks at the content only, `head` being its first 512 bytes. `write(target, tensors,
    metadata)` returns what the user must be told.
    """

    name: str
    extensions: tuple[str, ...]
    recognises: Callable[[Source, bytes], bool]
    read: Callable[[Source], Contents]
    write: Callable[[Target, Sequence[Pending], Mapping[str, str]], list[str]]
