"""`unified-nn port weights IN -o OUT`: weights of one framework as another has them, with no framework installed.

Names and forms are exact with --model; without it layers are known by the names and shapes of their arrays, and what
that leaves open is listed and nothing is written. OUT is replaced only when it is complete.
Exit status: 0 done; 1 uncertain or not verified; 2 impossible; 128 + n stopped by signal n.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from unified_nn.port import formats, report
from unified_nn.port.casting import SHORT, Array, cast, is_floating, numbers, overflows
from unified_nn.port.definition import network
from unified_nn.port.diff import compared
from unified_nn.port.formats import Pending, Waiting, WeightFile, WeightFileError
from unified_nn.port.formats.dtypes import DTYPES
from unified_nn.port.formats.errors import quoted, weight_file_error
from unified_nn.port.kinds import SAYABLE
from unified_nn.port.mapping import Rules, read_rules
from unified_nn.port.names import PORTABLE, plan, vocabulary_of
from unified_nn.port.plan import Move, Plan, PlanError
from unified_nn.port.terminal import note, progress, say, say_json

SUMMARY = "convert weights between frameworks: format, names, forms, element type"
#: Extensions that only one framework writes.
_EXTENSIONS = {".params": "mxnet", ".ckpt": "mindspore", ".pt": "torch", ".pth": "torch", ".bin": "torch"}
Advance = Callable[[int], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="IN", help="a weight file of any framework")
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="the file to write; its extension is its format"
    )
    parser.add_argument("--format", metavar="F", help=f"its format: {', '.join(f.name for f in formats.FORMATS)}")
    parser.add_argument(
        "--shard", type=size, metavar="SIZE", help="with OUT.safetensors.index.json: the largest file, such as 2GB"
    )
    parser.add_argument(
        "--model", metavar="MODULE:NAME", help="the network, in any vocabulary: class, function or instance"
    )
    parser.add_argument(
        "--from", dest="source", choices=[*PORTABLE, "neutral"], help="whose names IN has (default: those that fit)"
    )
    parser.add_argument(
        "--to", dest="target", choices=PORTABLE, help="whose names OUT gets (default: by its extension)"
    )
    parser.add_argument(
        "--map", metavar="FILE", help="a TOML file that settles names: tables names, paths, kinds; drop, from"
    )
    parser.add_argument("--dtype", choices=SHORT, help="cast floating-point tensors")
    parser.add_argument("--dry-run", action="store_true", help="report, and write nothing")
    parser.add_argument("--json", action="store_true", help="the report for machines")
    parser.add_argument("--verify", action="store_true", help="load OUT in the real framework and compare")
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="SHAPE",
        help="shape of an input for --verify, such as 1,3,224,224",
    )


def size(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kMGT]?)B?", text)
    count = int(float(found[1]) * 1000 ** " kMGT".index(found[2] or " ")) if found else 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no size, such as 500MB or 2GB")
    return count


def run(given: argparse.Namespace) -> int:
    if given.verify and given.dry_run:
        raise PlanError("--verify needs the result, which --dry-run does not write")
    if given.input and not (given.verify and given.model):
        raise PlanError("--input goes with --verify and --model")
    rules = read_rules(given.map, SAYABLE) if given.map else Rules()
    model = network(given.model) if given.model else None
    with formats.read(given.file) as weights:
        hint = vocabulary_of(weights.format, weights.metadata)
        target = given.target or _written_by(given.output, given.format)
        try:
            made = plan(weights.entries, target, model=model, source=given.source, rules=rules, hint=hint)
        except PlanError as error:
            raise weight_file_error(given.file, str(error)) from error
        if given.verify and made.target not in PORTABLE:
            raise PlanError("--verify: say with --to whose names the result has")
        made.moves = [_cast(move, given.dtype) for move in made.moves]
        made.notes += weights.notes
        _require_values(made, weights)
        if not made.questions and not given.dry_run:
            made.notes += convert(weights, made, given.output, given.format, given.shard)
    verified = None
    if given.verify and not made.questions and not given.dry_run:
        from unified_nn.port.verify import verify

        verified = verify(given.file, given.output, made, given.model, given.input)
    _tell(made, given, verified)
    return 1 if made.questions or (verified is not None and not verified["agrees"]) else 0


def _written_by(path: str, format: str | None) -> str | None:
    """The framework that alone writes such files, if there is one."""
    if format is not None:
        return vocabulary_of(format, {})
    return next((vocabulary for end, vocabulary in _EXTENSIONS.items() if path.lower().endswith(end)), None)


def _cast(move: Move, dtype: str | None) -> Move:
    wanted = SHORT[dtype] if dtype else move.dtype
    return replace(move, cast=wanted) if wanted != move.dtype and is_floating(move.dtype) else move


def _require_values(made: Plan, weights: WeightFile) -> None:
    """Refuse values that the network has no place for, and different values for one array."""
    for name, value in made.neutral.items():
        if not np.all(numbers(weights[name]) == value):
            reason = f"{quoted(name)} is not all {value}, but that is what the network computes with in its place"
            raise weight_file_error(weights.path, reason)
    for name, first in made.twins.items():
        if compared(name, weights[name], weights[first]).unequal:
            reason = f"{quoted(name)} and {quoted(first)} differ, but the network has one array for both"
            raise weight_file_error(weights.path, reason)


def convert(
    weights: WeightFile, made: Plan, output: str, format: str | None = None, shard_bytes: int | None = None
) -> Sequence[str]:
    """Write the planned tensors, piece by piece; gives what the user must be told."""
    dtypes = {move.name: move.cast or move.dtype for move in made.moves}
    total = sum(entry.nbytes for entry in weights.entries)
    with progress(total, "converting") as advance:
        tensors = Waiting(
            Pending(move.name, move.shape, dtypes[move.name], partial(_pieces, weights, move, advance))
            for move in made.moves
        )
        return formats.write(output, tensors, format, shard_bytes=shard_bytes)


def _pieces(weights: WeightFile, move: Move, advance: Advance) -> Iterator[Array]:
    if move.source is None:
        yield cast(np.full(math.prod(move.shape), move.fill, _plain(move.dtype)), move.cast or move.dtype)
        return
    lost = 0
    for piece in weights.pieces(move.source):
        done = cast(piece, move.cast) if move.cast else piece
        lost += overflows(piece, done) if move.cast else 0
        yield done
        advance(piece.nbytes)
    if lost:
        message = f"{lost} values of {quoted(move.source)} are too large for {move.cast}"
        raise weight_file_error(weights.path, message)


def _plain(dtype: str) -> str:
    """A type that NumPy fills; bfloat16 and the like are cast from it."""
    return dtype if DTYPES[dtype].array.kind in "biufc" and dtype in np.sctypeDict else "float32"


def _tell(made: Plan, given: argparse.Namespace, verified: Mapping[str, object] | None) -> None:
    wrote = not made.questions and not given.dry_run
    if given.json:
        found = {"in": given.file, "out": given.output, "written": wrote, **report.as_json(made)}
        say_json(found if verified is None else found | {"verified": verified})
        return
    for text in made.notes:
        note(text)
    say(report.as_text(made))
    if verified is not None:
        say(f"\n{verified['text']}")
    elif not wrote:
        say("\nnothing was written" + (": answer what is uncertain first" if made.questions else " (--dry-run)"))


__all__ = ["SUMMARY", "WeightFileError", "add_arguments", "convert", "run"]
