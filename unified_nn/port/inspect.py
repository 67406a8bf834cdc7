"""`unified-nn port inspect FILE`: what a weight file holds, without reading the values."""

from __future__ import annotations

import argparse
import math

from unified_nn.port import formats
from unified_nn.port.formats import WeightFile
from unified_nn.port.formats.errors import printable
from unified_nn.port.terminal import note, say, say_json, size_of, table

SUMMARY = "names, shapes, dtypes and sizes of a weight file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a weight file of any framework")
    parser.add_argument("--json", action="store_true", help="for machines")


def run(given: argparse.Namespace) -> int:
    with formats.read(given.file) as weights:
        if given.json:
            say_json(described(weights))
            return 0
        say(_text(weights))
        for text in weights.notes:
            note(text)
    return 0


def described(weights: WeightFile) -> dict[str, object]:
    """All that is known of a file without reading its tensors."""
    tensors = [{"name": e.name, "shape": list(e.shape), "dtype": e.dtype, "bytes": e.nbytes} for e in weights.entries]
    return {
        "file": str(weights.path),
        "format": weights.format,
        "bytes": sum(entry.nbytes for entry in weights.entries),
        "numbers": sum(math.prod(entry.shape) for entry in weights.entries),
        "tensors": tensors,
        "metadata": {name: _plain(value) for name, value in weights.metadata.items()},
        "notes": list(weights.notes),
    }


def _plain(value: object) -> object:
    """A value that JSON has; what it has not, as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, (str, bool, int, float, list)) else str(value)


def _text(weights: WeightFile) -> str:
    rows = [(e.name, str(e.shape), e.dtype, str(e.nbytes)) for e in weights.entries]
    total = sum(math.prod(entry.shape) for entry in weights.entries)
    size = size_of(sum(entry.nbytes for entry in weights.entries))
    head = f"{printable(str(weights.path))}: {weights.format}, {len(rows)} tensors, {total} numbers, {size}"
    kept = "".join(
        f"\n  {printable(str(name))} = {printable(str(value)[:200])}" for name, value in weights.metadata.items()
    )
    listed = table(("name", "shape", "dtype", "bytes"), rows, right=(3,)) if rows else "no tensors"
    return f"{head}\n\n{listed}" + (f"\n\nbesides tensors:{kept}" if kept else "")
