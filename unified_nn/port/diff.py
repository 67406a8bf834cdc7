"""`unified-nn port diff A B`: how two weight files differ, tensor by tensor."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from unified_nn.port import formats
from unified_nn.port.casting import Array, numbers
from unified_nn.port.formats import WeightFile
from unified_nn.port.terminal import progress, say, say_json, table

SUMMARY = "compare two weight files tensor by tensor"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Difference:
    """How one tensor differs: `reason` where the values cannot be compared, else the largest difference.

    `relative` is the largest of |a - b| / |b|; `unequal` counts elements. NaN equals NaN, and is infinitely far from a
    number.
    """

    name: str
    reason: str = ""
    largest: float = 0.0
    relative: float = 0.0
    unequal: int = 0
    elements: int = 0

    @property
    def is_none(self) -> bool:
        return not self.reason and not self.unequal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="a weight file of any framework")
    parser.add_argument("b", metavar="B", help="another one")
    parser.add_argument(
        "--tolerance", type=_tolerance, default=0.0, metavar="T", help="differences up to T do not count (default 0)"
    )
    parser.add_argument("--json", action="store_true", help="for machines")


def _tolerance(text: str) -> float:
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number of at least 0")
    return value


def run(given: argparse.Namespace) -> int:
    """0 when the files hold the same tensors, else 1."""
    with formats.read(given.a) as a, formats.read(given.b) as b:
        found = sorted(differences(a, b), key=lambda d: (not d.reason, -d.largest, -d.unequal))
    counted = [d for d in found if d.reason or d.largest > given.tolerance or math.isnan(d.largest)]
    if given.json:
        shown = [
            asdict(d) | {"largest": _json(d.largest), "relative": _json(d.relative)} for d in found if not d.is_none
        ]
        say_json({"a": given.a, "b": given.b, "same": not counted, "tensors": len(found), "differences": shown})
    elif counted:
        say(_text(counted, len(found)))
    else:
        within = f" (within {given.tolerance:g})" if any(not d.is_none for d in found) else ""
        say(f"the same: {len(found)} tensors{within}")
    return 1 if counted else 0


def differences(a: WeightFile, b: WeightFile) -> Iterator[Difference]:
    """One for each name in either file."""
    ours, theirs = ({entry.name: entry for entry in file.entries} for file in (a, b))
    with progress(sum(entry.nbytes for entry in a.entries), "comparing") as advance:
        for name, entry in ours.items():
            other = theirs.get(name)
            if other is None:
                yield Difference(name, "only in A")
            elif entry.shape != other.shape:
                yield Difference(name, f"shape {entry.shape} in A, {other.shape} in B")
            else:
                reason = f"dtype {entry.dtype} in A, {other.dtype} in B" if entry.dtype != other.dtype else ""
                yield compared(name, a[name], b[name], reason)
            advance(entry.nbytes)
    yield from (Difference(name, "only in B") for name in theirs if name not in ours)


def compared(name: str, a: Array, b: Array, reason: str = "") -> Difference:
    """The difference of two arrays of one shape, worked out piece by piece."""
    largest = relative = 0.0
    unequal = 0
    flat_a, flat_b = np.ascontiguousarray(a).reshape(-1), np.ascontiguousarray(b).reshape(-1)
    for start in range(0, flat_a.size, _CHUNK):
        part_a, part_b = numbers(flat_a[start : start + _CHUNK]), numbers(flat_b[start : start + _CHUNK])
        differ = (part_a != part_b) & ~((part_a != part_a) & (part_b != part_b))  # NaN is not itself
        if not differ.any():
            continue
        unequal += int(np.count_nonzero(differ))
        distance, scale = _distance(part_a[differ], part_b[differ])
        largest = max(largest, float(distance.max()))
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = max(relative, float(np.nan_to_num(distance / scale, nan=np.inf, posinf=np.inf).max()))
    return Difference(name, reason, largest, relative, unequal, flat_a.size)


def _distance(a: Array, b: Array) -> tuple[Array, Array]:
    """|a - b| and |b|, in double precision; infinite where one is NaN or infinite."""
    if a.dtype == b.dtype and a.dtype.kind in "iu":
        low, high = np.minimum(a, b), np.maximum(a, b)
        bits = high.astype(np.uint64) - low.astype(np.uint64)  # wraps round to the true distance
        return bits.astype(np.float64), np.abs(b.astype(np.float64))
    wide = np.complex128 if "c" in (a.dtype.kind, b.dtype.kind) else np.float64
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(a.astype(wide) - b.astype(wide))
    return np.where(np.isnan(distance), np.inf, distance), np.abs(b.astype(wide))


def _json(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def _text(found: list[Difference], count: int) -> str:
    rows = [
        (d.name, f"{d.largest:.3g}" if d.unequal else "", f"{d.relative:.3g}" if d.unequal else "",
         f"{d.unequal} of {d.elements}" if d.unequal else "", d.reason)
        for d in found
    ]  # fmt: skip
    heads = ("name", "largest", "relative", "unequal", "")
    return f"{len(found)} of {count} tensors differ\n\n{table(heads, rows, right=(1, 2, 3))}"
